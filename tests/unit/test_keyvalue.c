#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "format/keyvalue.h"
#include "format/osrelease.h"

static const char *value(struct arena *a, const struct keyvalue_dialect *d, const char *text,
                         const char *key)
{
    const struct keyvalue_line *l = keyvalue_get(keyvalue_parse(a, d, str_of(text)), key);
    return l ? str_dup(a, l->value) : NULL;
}

static const char *after_set(struct arena *a, const struct keyvalue_dialect *d, const char *text,
                             const char *key, const char *v)
{
    struct keyvalue *kv = keyvalue_parse(a, d, str_of(text));
    assert_int_equal(keyvalue_set(kv, key, v), 0);
    struct str once = keyvalue_print(a, kv);
    struct keyvalue *again = keyvalue_parse(a, d, once);
    assert_int_equal(keyvalue_set(again, key, v), 0);
    assert_true(str_eq(once, keyvalue_print(a, again)));
    return str_dup(a, once);
}

static void login_defs_as_shadow_reads_it(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    const struct keyvalue_dialect *d = &keyvalue_login_defs;
    assert_string_equal(value(a, d, "A 1\nA\t2\r\n", "A"), "2");
    assert_string_equal(value(a, d, " A \"x y\" z\n", "A"), "x y");
    assert_string_equal(value(a, d, "A 90 # days\n", "A"), "90 # days");
    assert_null(value(a, d, "#A 1\n  # A 2\nA\nA  \n", "A"));
    assert_null(value(a, d, "a 1\n", "A"));
    assert_string_equal(value(a, d, "A 1\nA\n", "A"), "1");
}

static void login_defs_as_pam_reads_it(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    const struct keyvalue_dialect *d = &keyvalue_login_defs_pam;
    assert_string_equal(value(a, d, "umask = 027# x\nUMASK 022\n", "UMASK"), "027");
    assert_string_equal(value(a, d, "UMASK 077  \n", "UMASK"), "077  ");
}

static void conf_flags_comments_and_case(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    assert_string_equal(value(a, &keyvalue_pwquality, "MinLen=8 # c\nminlen 10\n", "minlen"), "10");
    assert_string_equal(value(a, &keyvalue_pwquality, "enforce_for_root\n", "enforce_for_root"),
                        "");
    assert_null(value(a, &keyvalue_faillock, "Deny = 3\n", "deny"));
    assert_string_equal(value(a, &keyvalue_pwhistory, "remember = 5\nremember=24\n", "remember"),
                        "5");
}

static void auditd_wants_blanks_and_a_newline(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    const struct keyvalue_dialect *d = &keyvalue_auditd;
    assert_string_equal(value(a, d, "NUM_LOGS = 5\nnum_logs = 6", "num_logs"), "5");
    struct keyvalue *kv = keyvalue_parse(a, d, STR("num_logs=5\nx = 1 2 3\n# y\n"));
    assert_true(kv->lines.v[0].malformed && kv->lines.v[1].malformed);
    assert_false(kv->lines.v[2].setting);
}

static void set_keeps_everything_else(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    assert_string_equal(after_set(a, &keyvalue_login_defs, "# x\nA\t1\n\nB 2", "A", "9"),
                        "# x\nA\t9\n\nB 2");
    assert_string_equal(after_set(a, &keyvalue_login_defs, "B 2", "A", "9"), "B 2\nA\t9\n");
    assert_string_equal(after_set(a, &keyvalue_login_defs, "A 1\nA 2\n", "A", "9"), "A 9\nA 9\n");
    assert_string_equal(after_set(a, &keyvalue_login_defs, "B 2\nA 1 # why\nC 3\n", "A", "9"),
                        "B 2\n# why\nA 9\nC 3\n");
    assert_string_equal(after_set(a, &keyvalue_pwquality, "# minlen = 8\nx = 1\n", "minlen", "10"),
                        "# minlen = 8\nminlen = 10\nx = 1\n");
    assert_string_equal(after_set(a, &keyvalue_pwquality, "minlen=8  # why\n", "minlen", "10"),
                        "minlen=10  # why\n");
    assert_string_equal(after_set(a, &keyvalue_auditd, "num_logs = 5", "num_logs", "6"),
                        "num_logs = 6\nnum_logs = 5");
}

static void set_refuses_what_it_cannot_write(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    struct keyvalue *kv = keyvalue_parse(a, &keyvalue_login_defs, STR("A 1\n"));
    assert_true(keyvalue_set(kv, "A", "a\"b") < 0);
    assert_true(keyvalue_set(kv, "A", "a\nb") < 0);
    assert_true(keyvalue_set(kv, "A B", "1") < 0);
    kv = keyvalue_parse(a, &keyvalue_pwquality, STR(""));
    assert_true(keyvalue_set(kv, "A", "1#2") < 0);
    assert_true(str_is(keyvalue_print(a, kv), ""));
}

static void os_release_quotes_and_case(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    struct osrelease os;
    osrelease_parse(
        a, STR("# c\nID=\"openEuler\"\nVERSION_ID='22.03'\nPRETTY_NAME=\"a \\\"b\\\" \\$\"\n"),
        &os);
    assert_string_equal(os.id, "openeuler");
    assert_string_equal(os.version_id, "22.03");
    assert_string_equal(os.pretty_name, "a \"b\" $");
    osrelease_parse(a, STR(""), &os);
    assert_string_equal(os.id, "linux");
    assert_null(os.version_id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(login_defs_as_shadow_reads_it),
        cmocka_unit_test(login_defs_as_pam_reads_it),
        cmocka_unit_test(conf_flags_comments_and_case),
        cmocka_unit_test(auditd_wants_blanks_and_a_newline),
        cmocka_unit_test(set_keeps_everything_else),
        cmocka_unit_test(set_refuses_what_it_cannot_write),
        cmocka_unit_test(os_release_quotes_and_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
