/* Lines of PAM files and control fields, as libpam cuts them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "effective/pam.h"
#include "format/pam.h"

static struct pam_document *parse(struct arena *a, const char *text)
{
    return pam_parse(a, str_of(text), false);
}

static void tokens_are_cut_at_blanks_and_brackets(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    struct pam_document *d =
        parse(a, "-auth\t[success=1 default=ignore]pam_unix.so [a \\] b] c\r # no\n");
    const struct pam_line *l = &d->lines.v[0];
    bool silent;
    assert_string_equal(pam_line_type(l, &silent), "auth");
    assert_true(silent);
    assert_string_equal(pam_token(l, 1), "success=1 default=ignore");
    assert_string_equal(pam_token(l, 2), "pam_unix.so");
    assert_string_equal(pam_token(l, 3), "a ] b");
    assert_string_equal(pam_token(l, 4), "c\r");
    assert_null(pam_token(l, 5));
}

static void a_backslash_joins_lines_and_comments_between_are_skipped(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    struct pam_document *d =
        parse(a, "# head\nauth required \\  \n # gone\n\npam_unix.so\nx y z\n");
    assert_int_equal(d->lines.n, 3);
    assert_int_equal(d->lines.v[1].line, 2);
    assert_string_equal(pam_token(&d->lines.v[1], 2), "pam_unix.so");
    assert_int_equal(d->lines.v[2].line, 6);
}

static void a_comment_ends_a_continued_line(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    struct pam_document *d = parse(a, "auth required pam_unix.so # \\\naccount required pam_x.so");
    assert_int_equal(d->lines.n, 2);
    assert_string_equal(pam_token(&d->lines.v[1], 0), "account");
}

static void the_end_inside_a_continued_line_is_marked(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    assert_int_equal(parse(a, "auth required pam_unix.so \\\n")->lines.v[0].kind, PAM_LINE_CUT);
    assert_int_equal(parse(a, "auth \\\n\n# x\n")->lines.v[0].kind, PAM_LINE_CUT);
    assert_int_equal(parse(a, "auth required pam_unix.so")->lines.v[0].kind, PAM_LINE_RULE);
}

static void a_nul_cuts_its_line(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    struct pam_document *d = pam_parse(a, STR("auth required\0 x\nauth requisite y\n"), false);
    assert_int_equal(d->lines.n, 2);
    assert_null(pam_token(&d->lines.v[0], 2));
}

static void edits_keep_every_other_byte(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    _cleanup_buf_ struct buf out = {0};
    struct pam_document *d = parse(a, "#a\nauth  x   y\nlast line");
    pam_insert(a, d, 3, "new one z");
    pam_replace(a, d, 1, "auth b c");
    pam_remove(d, 0);
    pam_print(d, &out);
    assert_string_equal(out.data, "auth b c\nlast line\nnew one z\n");
}

static void service_of_pam_conf(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    struct pam_document *d = pam_parse(a, STR("login auth required pam_unix.so a\n"), true);
    assert_string_equal(d->lines.v[0].service, "login");
    assert_string_equal(pam_token(&d->lines.v[0], 3), "a");
}

static void words_of_control(void **state)
{
    (void)state;
    int v[PAM_CODE_COUNT];
    assert_true(pam_control_parse("REQUIRED", v));
    assert_int_equal(v[PAM_CODE_SUCCESS], PAM_ACTION_OK);
    assert_int_equal(v[PAM_CODE_IGNORE], PAM_ACTION_IGNORE);
    assert_int_equal(v[PAM_CODE_AUTH_ERR], PAM_ACTION_BAD);
    assert_true(pam_control_parse("sufficient", v));
    assert_int_equal(v[PAM_CODE_NEW_AUTHTOK_REQD], PAM_ACTION_DONE);
    assert_int_equal(v[PAM_CODE_AUTH_ERR], PAM_ACTION_IGNORE);
}

static void pairs_of_control(void **state)
{
    (void)state;
    int v[PAM_CODE_COUNT];
    assert_true(pam_control_parse(" success = 2 auth_err=die default = ignore ", v));
    assert_int_equal(v[PAM_CODE_SUCCESS], 2);
    assert_int_equal(v[PAM_CODE_AUTH_ERR], PAM_ACTION_DIE);
    assert_int_equal(v[PAM_CODE_PERM_DENIED], PAM_ACTION_IGNORE);
    assert_true(pam_control_parse("default=ok success=bad", v));
    assert_int_equal(v[PAM_CODE_SUCCESS], PAM_ACTION_BAD);
    assert_true(pam_control_parse("success=ok", v)); /* the rest is bad */
    assert_int_equal(v[PAM_CODE_IGNORE], PAM_ACTION_BAD);
}

static void a_mistake_in_control_makes_everything_bad(void **state)
{
    (void)state;
    static const char *const wrong[] = {"suficient",    "success",  "success=0",
                                        "success=ok x", "success=", "default"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        int v[PAM_CODE_COUNT];
        assert_false(pam_control_parse(wrong[i], v));
        assert_int_equal(v[PAM_CODE_SUCCESS], PAM_ACTION_BAD);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_are_cut_at_blanks_and_brackets),
        cmocka_unit_test(a_backslash_joins_lines_and_comments_between_are_skipped),
        cmocka_unit_test(a_comment_ends_a_continued_line),
        cmocka_unit_test(the_end_inside_a_continued_line_is_marked),
        cmocka_unit_test(a_nul_cuts_its_line),
        cmocka_unit_test(edits_keep_every_other_byte),
        cmocka_unit_test(service_of_pam_conf),
        cmocka_unit_test(words_of_control),
        cmocka_unit_test(pairs_of_control),
        cmocka_unit_test(a_mistake_in_control_makes_everything_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
