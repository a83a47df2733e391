#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "access/access.h"
#include "format/authorized_keys.h"
#include "tree.h"

#define KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKCurxhnt1pyZrx9sqjwrIzuvcZTJvEepe2GC4qix0+h"
#define HASH                                                                                       \
    "$6$saltsalt$"                                                                                 \
    "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh"

/* ---- authorized_keys ---- */

static struct authorized_key line(struct arena *a, const char *text)
{
    struct authorized_keys keys = {0};
    authorized_keys_parse(a, str_of(text), &keys);
    assert_int_equal(keys.n, 1);
    return keys.v[0];
}

static void key_options(void **state)
{
    struct arena *a = arena_new();
    (void)state;
    assert_null(line(a, KEY " me@here").bad.en);
    assert_string_equal(line(a, "from=\"10.*,!10.1.*\" " KEY).from, "10.*,!10.1.*");
    assert_true(line(a, "no-pty,COMMAND=\"a \\\"b\\\" c\" " KEY).forced_command);
    assert_int_equal(line(a, "expiry-time=\"19700102Z\" " KEY).expires, 86400);
    assert_int_equal(line(a, "expiry-time=\"20240229120000Z\" " KEY).expires, 1709208000);
    assert_true(line(a, "expiry-time=\"19700102\" " KEY).expires_local);
    assert_true(line(a, "cert-authority,principals=\"a\" " KEY).cert_authority);
    arena_free(a);
}

/* A line that sshd passes over opens nothing. */
static void key_lines_that_are_passed_over(void **state)
{
    static const char *const bad[] = {
        "no-such-option " KEY,
        "restrict, " KEY,
        "command=\"a\",command=\"b\" " KEY,
        "from=\"10.0.0.1 " KEY,
        "principals=\"a\" " KEY,
        "expiry-time=\"2024\" " KEY,
        "environment=\"A b\" " KEY,
        "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIKCurxhnt1pyZrx9sqjwrIzuvcZTJvEepe2GC4qix0+h",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKCurxhnt1pyZrx9sqjwrIzuvcZTJv",
        "ssh-ed25519",
    };
    struct arena *a = arena_new();
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_non_null(line(a, bad[i]).bad.en);
    arena_free(a);
}

/* ---- the table on a small root ---- */

struct fixture {
    struct tree tree;
    struct arena *arena;
    struct root *root, *staged;
    struct host *host, over;
};

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){.arena = arena_new()};
    if (!tree_make(&f.tree))
        return -1;
    static const char *const dirs[] = {"bin",     "usr",     "usr/sbin",    "etc/pam.d",
                                       "etc/ssh", "root",    "root/.ssh",   "usr/bin",
                                       "var",     "var/lib", "var/lib/dpkg"};
    bool good = true;
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
        good &= tree_dir(&f.tree, dirs[i]);
    good &= tree_text(&f.tree, "etc/passwd",
                      "root:x:0:0::/root:/bin/sh\na:x:1001:1001::/home/a:/bin/sh\n"
                      "n:x:99:99::/:/sbin/nologin\n");
    good &= tree_text(&f.tree, "etc/shadow",
                      "root:" HASH ":20000::::::\na:" HASH ":20000::::::\nn:*:20000::::::\n");
    good &= tree_text(&f.tree, "etc/group", "root:x:0:\na:x:1001:\nwheel:x:10:a\n");
    good &= tree_text(&f.tree, "etc/pam.d/other", "auth required pam_deny.so\n");
    static const char stack[] = "auth required pam_unix.so\naccount required pam_unix.so\n";
    static const char *const services[] = {"etc/pam.d/sshd", "etc/pam.d/login", "etc/pam.d/su"};
    for (size_t i = 0; i < 3; i++)
        good &= tree_text(&f.tree, services[i], stack);
    static const char *const programs[] = {"bin/sh", "bin/login", "bin/su"};
    for (size_t i = 0; i < 3; i++)
        good &= tree_text(&f.tree, programs[i], "") &&
                fchmodat(f.tree.fd, programs[i], i == 2 ? 04755 : 0755, 0) == 0;
    good &= root_open(f.arena, f.tree.dir, 0, &f.root, NULL) == 0;
    if (!good)
        return -1;
    f.host = host_open(f.root, (time_t)20010 * 86400);
    good = root_stage(f.root, &f.staged) == 0;
    f.over = *f.host;
    f.over.root = f.staged;
    *state = &f;
    return good ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    root_close(f->staged);
    root_close(f->root);
    tree_done(&f->tree);
    arena_free(f->arena);
    return 0;
}

static const struct access_account *row(const struct access *a, const char *name)
{
    vec_each (r, &a->accounts)
        if (strcmp(r->name, name) == 0)
            return r;
    return NULL;
}

static void rows_are_people_and_root(void **state)
{
    struct fixture *f = *state;
    struct access a;
    assert_int_equal(access_table(f->host, "10.0.0.1", &a), 0);
    assert_int_equal(a.accounts.n, 2);
    assert_non_null(row(&a, "root"));
    assert_null(row(&a, "n"));
    assert_int_equal(access_table(f->host, "host.example", &a), -EINVAL);
}

static void no_sshd_means_console_only(void **state)
{
    struct fixture *f = *state;
    struct access a;
    assert_int_equal(access_table(f->host, NULL, &a), 0);
    assert_int_equal(access_in(row(&a, "a"), ACCESS_BY_SSH), ACCESS_NO);
    assert_int_equal(row(&a, "a")->ways[ACCESS_SUDO].state, ACCESS_NO);
    for (size_t i = 0; i < a.accounts.n; i++)
        for (int w = 0; w < ACCESS_WAYS; w++) /* every answer says why */
            assert_true(a.accounts.v[i].ways[w].facts.n > 0 || w == ACCESS_SSH_BOTH ||
                        (a.accounts.v[i].uid == 0 && w >= ACCESS_SU));
}

static void a_locked_root_refuses_the_plan(void **state)
{
    struct fixture *f = *state;
    struct access before, after;
    struct access_changes changes = {0};
    struct where at;
    static const char shadow[] = "root:*:20000::::::\na:!" HASH ":20000::::::\n";
    assert_int_equal(access_table(f->host, NULL, &before), 0);
    if (access_anybody_root(&before, ACCESS_BY_CONSOLE) != ACCESS_YES)
        skip(); /* the modules of this build's PAM directory cannot be told */
    assert_int_equal(stage_write(f->staged, "/etc/shadow", STR(shadow), NULL), 0);
    assert_int_equal(access_table(&f->over, NULL, &after), 0);
    access_compare(&before, &after, &changes);
    assert_int_equal(changes.n, 2);
    assert_false(access_operator_keeps_root(&after, ACCESS_BY_CONSOLE));
    assert_non_null(access_refusal(&before, &after, ACCESS_BY_SSH | ACCESS_BY_CONSOLE, &at).en);
    assert_null(access_refusal(&after, &after, ACCESS_BY_CONSOLE, &at).en);
    assert_null(access_refusal(&after, &before, ACCESS_BY_CONSOLE, &at).en);
}

static void a_stack_that_takes_wrong_passwords_refuses_the_plan(void **state)
{
    struct fixture *f = *state;
    struct access before, after;
    struct where at;
    static const char open_stack[] =
        "auth sufficient pam_permit.so\naccount required pam_permit.so\n";
    assert_int_equal(access_table(f->host, NULL, &before), 0);
    assert_int_equal(stage_write(f->staged, "/etc/pam.d/su", STR(open_stack), NULL), 0);
    assert_int_equal(access_table(&f->over, NULL, &after), 0);
    assert_non_null(access_refusal(&before, &after, ACCESS_BY_CONSOLE, &at).en);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_options),
        cmocka_unit_test(key_lines_that_are_passed_over),
        cmocka_unit_test_setup_teardown(rows_are_people_and_root, setup, teardown),
        cmocka_unit_test_setup_teardown(no_sshd_means_console_only, setup, teardown),
        cmocka_unit_test_setup_teardown(a_locked_root_refuses_the_plan, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stack_that_takes_wrong_passwords_refuses_the_plan, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
