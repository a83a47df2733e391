#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/near.h"
#include "base/str.h"
#include "base/wrap.h"
#include "report/json_writer.h"

static void suggests_what_was_probably_meant(void **state)
{
    (void)state;
    static const char *words[] = {"check", "explain", "password-max-days", "sshd-root-login"};
    struct strings known = {.v = words, .n = 4, .cap = 4};
    assert_string_equal(near_find("chekc", &known), "check");
    assert_string_equal(near_find("CHECK", &known), "check");
    assert_string_equal(near_find("password-max-day", &known), "password-max-days");
    assert_string_equal(near_find("root-login", &known), "sshd-root-login");
    assert_null(near_find("undo", &known));
    assert_null(near_find("", &known));
    assert_null(near_find("xx", &known));
}

static void breaks_lines_where_each_language_allows(void **state)
{
    (void)state;
    _cleanup_buf_ struct buf b = {0};
    buf_put_wrapped(&b, "one two three", 2, 10);
    assert_string_equal(b.data, "one two\n  three");
    buf_clear(&b);
    buf_put_wrapped(&b, "口令定期更换，到期", 0, 12);
    /* the comma may not begin a line, so that the character before it moves down with it */
    assert_string_equal(b.data, "口令定期更\n换，到期");
    buf_clear(&b);
    buf_put_wrapped(&b, "a-word-longer-than-the-line", 0, 5);
    assert_string_equal(b.data, "a-word-longer-than-the-line");
    buf_clear(&b);
    buf_put_cut(&b, "口令定期更换", 7);
    assert_string_equal(b.data, "口令定…");
    buf_clear(&b);
    buf_put_cut(&b, "short", 5);
    assert_string_equal(b.data, "short");
}

static void json_is_valid_whatever_the_system_says(void **state)
{
    (void)state;
    _cleanup_buf_ struct buf b = {0};
    struct json j = {.out = &b};
    json_open_flat(&j, NULL, '[');
    json_text(&j, NULL, "q\"b\\n\nt\t");
    json_text(&j, NULL, "\033[31m\x7f");
    json_text(&j, NULL, "\xff\xc3(");
    json_text(&j, NULL,
              "\xe2\x80\xae" // NOLINT(misc-misleading-bidirectional): what is tested
              "\xf3\xa0\x80\x81");
    json_text(&j, NULL, NULL);
    json_close(&j);
    assert_string_equal(b.data, "[\"q\\\"b\\\\n\\nt\\t\", \"\\u001b[31m\\u007f\", "
                                "\"\\\\xff\\\\xc3(\", \"\\u202e\\udb40\\udc01\", null]\n");
}

static void json_nests_and_stays_readable(void **state)
{
    (void)state;
    _cleanup_buf_ struct buf b = {0};
    struct json j = {.out = &b};
    json_open(&j, NULL, '{');
    json_number(&j, "n", -3);
    json_both(&j, "t", TEXT("en", "中"));
    json_open(&j, "empty", '[');
    json_close(&j);
    json_open(&j, "list", '[');
    json_bool(&j, NULL, true);
    json_close(&j);
    json_close(&j);
    assert_string_equal(b.data, "{\n  \"n\": -3,\n  \"t\": {\"zh\": \"中\", \"en\": \"en\"},\n"
                                "  \"empty\": [],\n  \"list\": [\n    true\n  ]\n}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suggests_what_was_probably_meant),
        cmocka_unit_test(breaks_lines_where_each_language_allows),
        cmocka_unit_test(json_is_valid_whatever_the_system_says),
        cmocka_unit_test(json_nests_and_stays_readable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
