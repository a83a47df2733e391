#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>

#include "format/sshd.h"

static const char *keyword_of(struct arena *a, const char *line)
{
    struct sshd_doc *doc = sshd_doc_parse(a, str_of(line));
    return doc->lines.n ? doc->lines.v[0].keyword : NULL;
}

static const char *args_of(struct arena *a, const char *line, enum sshd_arguments how)
{
    struct sshd_doc *doc = sshd_doc_parse(a, str_of(line));
    struct strings args = {0};
    if (sshd_arguments(a, doc->lines.v[0].rest, how, &args) < 0)
        return "invalid quotes";
    return strings_join(a, &args, "|", 0);
}

static void keywords_as_strdelim_reads_them(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    assert_string_equal(keyword_of(a, " \tPermitRootLogin=no"), "PermitRootLogin");
    assert_string_equal(keyword_of(a, "=Port 1"), "Port");
    assert_string_equal(keyword_of(a, "\"Po\"rt 1"), "Po");
    assert_null(keyword_of(a, "\"Port 1")); /* open quote: sshd skips the line in silence */
    assert_null(keyword_of(a, "#Port 1"));
    assert_null(keyword_of(a, " \t\r\n"));
}

static void arguments_of_both_parsers(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    const enum sshd_arguments split = SSHD_ARGUMENTS_SPLIT, delim = SSHD_ARGUMENTS_DELIM;
    assert_string_equal(args_of(a, "SetEnv a=b=c # x", split), "a=b=c");
    assert_string_equal(args_of(a, "AllowUsers bob # x", delim), "bob|#|x");
    assert_string_equal(args_of(a, "K = 'a b'\"c\\\"d\" e\\ f", split), "a bc\"d|e f");
    assert_string_equal(args_of(a, "K \"a", split), "invalid quotes");
    assert_string_equal(args_of(a, "K a\"b c\" d", delim), "ab c|d");
}

static void a_nul_byte_joins_the_next_line(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    struct sshd_doc *doc = sshd_doc_parse(a, STR("Port 22\0junk\nPermitRootLogin no\nX y\n"));
    assert_int_equal(doc->lines.n, 2);
    assert_string_equal(doc->lines.v[0].text, "Port 22PermitRootLogin no");
    assert_int_equal(doc->lines.v[1].number, 3);
}

static void edits_keep_other_bytes(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    _cleanup_buf_ struct buf out = {0};
    struct sshd_doc *doc = sshd_doc_parse(a, STR("# c\r\nPort 22 \nMatch user bob\n\tX11Forwarding"
                                                 " yes"));
    sshd_doc_insert(doc, sshd_doc_first_match(doc), "UsePAM yes");
    sshd_doc_disable(doc, 4, "off");
    sshd_doc_insert(doc, doc->lines.n, "Match all");
    sshd_doc_print(doc, &out);
    assert_string_equal(out.data, "# c\r\nPort 22 \nUsePAM yes\nMatch user bob\n"
                                  "# off: X11Forwarding yes\nMatch all\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keywords_as_strdelim_reads_them),
        cmocka_unit_test(arguments_of_both_parsers),
        cmocka_unit_test(a_nul_byte_joins_the_next_line),
        cmocka_unit_test(edits_keep_other_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
