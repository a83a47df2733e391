/* Plans of the resource pam on staged roots: the stack really behaves as the rule wants afterwards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "resource/pam.h"
#include "tree.h"

struct bench {
    struct arena *arena;
    struct tree tree;
    struct root *root, *staged;
    struct host *host;
};

static void make(struct bench *b, const char *os)
{
    b->arena = arena_new();
    assert_true(tree_make(&b->tree));
    assert_true(tree_dir(&b->tree, "etc/pam.d") && tree_dir(&b->tree, "etc/security"));
    assert_true(tree_text(&b->tree, "etc/os-release", os));
    assert_true(tree_text(&b->tree, "etc/passwd",
                          "root:x:0:0::/root:/bin/bash\n"
                          "ann:x:1001:1001::/home/ann:/bin/bash\n"));
    assert_true(tree_text(&b->tree, "etc/group", "root:x:0:\nwheel:x:10:ann\nann:x:1001:\n"));
    assert_true(tree_text(&b->tree, "etc/pam.d/other", "auth required pam_deny.so\n"));
}

static void open_it(struct bench *b)
{
    struct err e = {.arena = b->arena};
    assert_int_equal(root_open(b->arena, b->tree.dir, 0, &b->root, &e), 0);
    assert_int_equal(root_stage(b->root, &b->staged), 0);
    b->host = host_open(b->staged, 1764000000);
}

static void done(struct bench *b)
{
    root_close(b->staged);
    root_close(b->root);
    tree_done(&b->tree);
    arena_free(b->arena);
}

static int plan(struct bench *b, const char *key, enum want_op op, struct value v)
{
    struct want w = {.resource = "pam", .key_name = key, .op = op, .expected = v};
    struct changes c = {.arena = b->arena};
    w.key = resource_key(b->arena, &resource_pam, key);
    int r = resource_pam.plan(b->host, &w, &c);
    if (r < 0)
        print_message("%s: %s\n", key, c.why.en);
    return r;
}

static const char *text_of(struct bench *b, const char *path)
{
    struct str s;
    assert_int_equal(root_read(b->staged, path, &s), 0);
    return str_dup(b->arena, s);
}

static void faillock_enters_a_debian_stack(void **state)
{
    (void)state;
    struct bench b;
    make(&b, "ID=debian\nVERSION_ID=\"12\"\n");
    assert_true(
        tree_text(&b.tree, "etc/pam.d/login", "@include common-auth\n@include common-account\n"));
    assert_true(tree_text(&b.tree, "etc/pam.d/common-auth",
                          "auth\t[success=2 default=ignore]\tpam_unix.so nullok\n"
                          "auth\t[success=1 default=ignore]\tpam_sss.so use_first_pass\n"
                          "# here's the fallback if no module succeeds\n"
                          "auth\trequisite\tpam_deny.so\nauth\trequired\tpam_permit.so\n"));
    assert_true(tree_text(&b.tree, "etc/pam.d/common-account",
                          "account\t[success=1 new_authtok_reqd=done default=ignore]\tpam_unix.so\n"
                          "account\trequisite\tpam_deny.so\naccount\trequired\tpam_permit.so\n"));
    open_it(&b);
    assert_int_equal(plan(&b, "lockout-deny", WANT_MAX, value_number(2)), 0);
    assert_string_equal(text_of(&b, "/etc/pam.d/common-auth"),
                        "auth\trequisite\tpam_faillock.so preauth\n"
                        "auth\t[success=3 default=ignore]\tpam_unix.so nullok\n"
                        "auth\t[success=2 default=ignore]\tpam_sss.so use_first_pass\n"
                        "auth\t[default=die]\tpam_faillock.so authfail\n"
                        "# here's the fallback if no module succeeds\n"
                        "auth\trequisite\tpam_deny.so\nauth\trequired\tpam_permit.so\n");
    assert_string_equal(text_of(&b, "/etc/security/faillock.conf"), "deny = 2\n");
    done(&b);
}

static void faillock_enters_both_stacks_of_el(void **state)
{
    (void)state;
    struct bench b;
    static const char stack[] = "auth        required      pam_env.so\n"
                                "auth        sufficient    pam_unix.so try_first_pass nullok\n"
                                "auth        required      pam_deny.so\n"
                                "account     required      pam_unix.so\n";
    make(&b, "ID=almalinux\nVERSION_ID=\"9.4\"\nID_LIKE=\"rhel centos fedora\"\n");
    assert_true(tree_text(&b.tree, "etc/pam.d/login",
                          "auth substack system-auth\naccount include system-auth\n"));
    assert_true(tree_text(&b.tree, "etc/pam.d/sshd",
                          "auth substack password-auth\naccount include password-auth\n"));
    assert_true(tree_text(&b.tree, "etc/pam.d/system-auth", stack));
    assert_true(tree_text(&b.tree, "etc/pam.d/password-auth", stack));
    open_it(&b);
    assert_int_equal(plan(&b, "lockout-deny", WANT_MAX, value_number(5)), 0);
    assert_int_equal(plan(&b, "lockout-unlock-time", WANT_MIN, value_number(900)), 0);
    assert_non_null(strstr(text_of(&b, "/etc/pam.d/password-auth"), "pam_faillock.so preauth"));
    assert_string_equal(text_of(&b, "/etc/security/faillock.conf"), "unlock_time = 900\n");
    done(&b);
}

static void an_option_on_the_line_gives_way_to_the_file(void **state)
{
    (void)state;
    struct bench b;
    make(&b, "ID=debian\nVERSION_ID=\"12\"\n");
    assert_true(tree_text(&b.tree, "etc/pam.d/passwd",
                          "password requisite pam_pwquality.so retry=3 minlen=6 # short\n"
                          "password required pam_unix.so use_authtok\n"));
    assert_true(tree_text(&b.tree, "etc/security/pwquality.conf", "# x\nminlen = 4\nminclass=1\n"));
    open_it(&b);
    assert_int_equal(plan(&b, "min-length", WANT_MIN, value_number(10)), 0);
    assert_string_equal(text_of(&b, "/etc/pam.d/passwd"),
                        "password requisite pam_pwquality.so retry=3 # short\n"
                        "password required pam_unix.so use_authtok\n");
    assert_string_equal(text_of(&b, "/etc/security/pwquality.conf"),
                        "# x\nminclass=1\nminlen = 10\n");
    done(&b);
}

static void su_gets_pam_wheel_behind_rootok(void **state)
{
    (void)state;
    struct bench b;
    make(&b, "ID=almalinux\nVERSION_ID=\"9.4\"\nID_LIKE=\"rhel centos fedora\"\n");
    assert_true(tree_text(&b.tree, "etc/pam.d/su",
                          "auth required pam_env.so\nauth sufficient pam_rootok.so\n"
                          "auth sufficient pam_unix.so\nauth required pam_deny.so\n"
                          "account required pam_unix.so\n"));
    open_it(&b);
    assert_int_equal(plan(&b, "su-restricted", WANT_IS, value_yes_no(true)), 0);
    assert_string_equal(text_of(&b, "/etc/pam.d/su"),
                        "auth required pam_env.so\nauth sufficient pam_rootok.so\n"
                        "auth       required   pam_wheel.so use_uid group=wheel\n"
                        "auth sufficient pam_unix.so\nauth required pam_deny.so\n"
                        "account required pam_unix.so\n");
    assert_int_equal(plan(&b, "su-restricted", WANT_IS, value_yes_no(true)), 0);
    done(&b);
}

static void a_stack_without_the_module_is_left_alone(void **state)
{
    (void)state;
    struct bench b;
    const struct staged_change *changes;
    size_t n;
    make(&b, "ID=debian\nVERSION_ID=\"12\"\n");
    assert_true(tree_text(&b.tree, "etc/pam.d/login",
                          "auth required pam_vendor.so\n"
                          "account required pam_unix.so\n"));
    open_it(&b);
    assert_true(plan(&b, "lockout-deny", WANT_MAX, value_number(5)) < 0);
    root_staged_changes(b.staged, &changes, &n);
    assert_int_equal(n, 0);
    done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faillock_enters_a_debian_stack),
        cmocka_unit_test(faillock_enters_both_stacks_of_el),
        cmocka_unit_test(an_option_on_the_line_gives_way_to_the_file),
        cmocka_unit_test(su_gets_pam_wheel_behind_rootok),
        cmocka_unit_test(a_stack_without_the_module_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
