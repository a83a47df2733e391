/*
 * Accounts as the C library reads them: every generated file is also given to fgetpwent or
 * fgetspent, which parse a line with the very code of the "files" service.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>

#include "root/accounts.h"
#include "tree.h"

/* pwd.h and shadow.h declare what this tree bans, so: the two functions, as fgetpwent(3) and
 * getspnam(3) give them. */
struct passwd {
    char *pw_name, *pw_passwd;
    uid_t pw_uid;
    gid_t pw_gid;
    char *pw_gecos, *pw_dir, *pw_shell;
};
struct spwd {
    char *sp_namp, *sp_pwdp;
    long sp_lstchg, sp_min, sp_max, sp_warn, sp_inact, sp_expire;
    unsigned long sp_flag;
};
struct passwd *fgetpwent(FILE *);
struct spwd *fgetspent(FILE *);

static struct tree tree;

static int setup(void **state)
{
    (void)state;
    return tree_make(&tree) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    tree_done(&tree);
    return 0;
}

static const struct accounts *read_accounts(struct arena *a, const char *passwd, const char *shadow,
                                            const char *group)
{
    struct root *r;
    assert_true(!passwd || tree_text(&tree, "etc/passwd", passwd));
    assert_true(!shadow || tree_text(&tree, "etc/shadow", shadow));
    assert_true(!group || tree_text(&tree, "etc/group", group));
    assert_int_equal(root_open(a, tree.dir, 0, &r, NULL), 0);
    const struct accounts *accounts = root_accounts(r);
    root_close(r);
    return accounts;
}

static void a_plain_system(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    const struct accounts *x =
        read_accounts(a,
                      "root:x:0:0:root:/root:/bin/bash\n"
                      "bin:x:2:2::/bin:/usr/sbin/nologin\n"
                      "old:$1$a$b:3:3::/:\n"
                      "x:x:4:4::/:/bin/sh\n"
                      "+::::::\n"
                      "root:x:9:9::/:/bin/sh",
                      "root:$y$j9T$abc$def:19000:0:99999:7:30:20000:\n"
                      "bin:*:18000:0:99999:7:::\n",
                      "root:x:0:\nwheel:x:10:root,bin, old,,root\nbin:x:2:\n");
    assert_int_equal(x->users.n, 5);
    assert_int_equal(x->malformed.n, 0);
    assert_true(x->has_nis_entries);
    const struct account *root = accounts_find(x, "root");
    assert_int_equal(root->uid, 0); /* the first line counts */
    assert_int_equal(root->last_change, 19000);
    assert_int_equal(root->inactive_days, 30);
    assert_int_equal(root->expire_date, 20000);
    assert_int_equal(root->shadow_line, 1);
    assert_int_equal(account_password(root), PASSWORD_SET);
    assert_true(account_has_login_shell(root));
    const struct account *bin = accounts_find(x, "bin");
    assert_int_equal(account_password(bin), PASSWORD_NONE);
    assert_int_equal(bin->inactive_days, ACCOUNT_UNSET);
    assert_false(account_has_login_shell(bin));
    assert_int_equal(account_password(accounts_find(x, "old")), PASSWORD_SET);
    assert_true(account_has_login_shell(accounts_find(x, "old")));
    assert_int_equal(account_password(accounts_find(x, "x")), PASSWORD_NONE);
    assert_null(accounts_find(x, "nobody"));
    assert_ptr_equal(accounts_find_uid(x, 2), bin);
    assert_int_equal(accounts_find_group(x, "wheel")->members.n, 4);
    struct strings groups = account_groups(a, x, bin);
    assert_int_equal(groups.n, 2);
    assert_string_equal(groups.v[0], "bin");
    assert_string_equal(groups.v[1], "wheel");
    assert_int_equal(account_groups(a, x, root).n, 2); /* listed twice, a member once */
}

static void what_is_missing_is_said(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    const struct accounts *x = read_accounts(a, "a:x:1:1::/:/bin/sh\n", NULL, NULL);
    assert_int_equal(x->shadow_error, -ENOENT);
    assert_int_equal(x->group_error, -ENOENT);
    assert_int_equal(account_password(accounts_find(x, "a")), PASSWORD_NONE);
    assert_true(tree_dir(&tree, "etc/shadow"));
    x = read_accounts(a, NULL, NULL, NULL);
    assert_int_equal(x->shadow_error, -EISDIR);
    assert_int_equal(account_password(accounts_find(x, "a")), PASSWORD_UNKNOWN);
}

static void malformed_lines_are_listed(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    const struct accounts *x = read_accounts(a,
                                             "good:x:1:1::/:/bin/sh\n"
                                             "# comment\n"
                                             "\n"
                                             "short::0:0\n"
                                             "nouid:x::1::/:/bin/sh\n"
                                             "text:x:1x:1::/:/bin/sh\n"
                                             "more:x:5:5::/:/bin/sh:extra\n",
                                             NULL, NULL);
    assert_int_equal(x->malformed.n, 6);
    assert_int_equal(x->malformed.v[0].line, 2);
    assert_int_equal(x->users.n, 3);
    /* glibc takes it: an account with uid 0 and no password */
    assert_int_equal(accounts_find(x, "short")->uid, 0);
    assert_int_equal(account_password(accounts_find(x, "short")), PASSWORD_EMPTY);
}

static void password_fields(void **state)
{
    (void)state;
    static const struct {
        const char *hash;
        enum password_state state;
    } rows[] = {{NULL, PASSWORD_UNKNOWN},
                {"", PASSWORD_EMPTY},
                {"!", PASSWORD_LOCKED},
                {"!$6$a$b", PASSWORD_LOCKED},
                {"!!", PASSWORD_NONE},
                {"!!$6$a$b", PASSWORD_LOCKED},
                {"*", PASSWORD_NONE},
                {"*LK*", PASSWORD_NONE},
                {"x", PASSWORD_NONE},
                {"$6$salt$hash", PASSWORD_SET},
                {"$y$j9T$a$b", PASSWORD_SET},
                {"$", PASSWORD_NONE},
                {"abcdefghijklm", PASSWORD_SET},
                {"abcdefghijkl", PASSWORD_NONE},
                {"_J9..rasmBYk8r9AiWNc", PASSWORD_SET},
                {"plain text!", PASSWORD_NONE}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct account u = {.hash = rows[i].hash};
        if (account_password(&u) != rows[i].state)
            fail_msg("%s: %d", rows[i].hash ? rows[i].hash : "NULL", account_password(&u));
    }
}

/* ---- against the C library ---- */

static const char *const pieces[] = {
    "root", "a",  "b",           "x",          "",           "0",      "1",  "10", " 5", "-1",
    "+7",   "1x", "99999999999", " ",          ",",          "a,b",    "#",  "+",  "-a", "/bin/sh",
    "\t",   "\r", "4294967296",  "4294967295", "3000000000", "$6$a$b", "007"};

static void make_file(uint64_t *random, char *text, size_t size)
{
    size_t lines = 1 + random_below(random, 8), n = 0;
    for (size_t i = 0; i < lines; i++) {
        size_t fields = 1 + random_below(random, 9);
        for (size_t k = 0; k < fields; k++)
            n += (size_t)snprintf(text + n, size - n, "%s%s", k ? ":" : "",
                                  pieces[random_below(random, sizeof pieces / sizeof *pieces)]);
        if (i + 1 < lines || random_below(random, 2))
            n += (size_t)snprintf(text + n, size - n, "\n");
    }
}

/* With a last newline: over fmemopen glibc 2.36 reads a byte twice where there is none. */
static FILE *open_text(char *whole, size_t size, const char *text)
{
    size_t n = strlen(text);
    bool newline = n && text[n - 1] == '\n';
    (void)snprintf(whole, size, "%s%s", text, newline ? "" : "\n");
    return fmemopen(whole, strlen(whole), "r");
}

static bool is_nis(const char *name)
{
    return name[0] == '+' || name[0] == '-';
}

static void compare_passwd(const struct accounts *x, const char *text)
{
    char whole[2100];
    FILE *file = open_text(whole, sizeof whole, text);
    size_t i = 0;
    for (const struct passwd *p; (p = fgetpwent(file));) {
        if (is_nis(p->pw_name))
            continue;
        if (i >= x->users.n)
            fail_msg("missing %s in\n%s", p->pw_name, text);
        const struct account *u = &x->users.v[i++];
        if (strcmp(u->name, p->pw_name) != 0 || u->uid != p->pw_uid || u->gid != p->pw_gid ||
            strcmp(u->gecos, p->pw_gecos) != 0 || strcmp(u->home, p->pw_dir) != 0 ||
            strcmp(u->shell, p->pw_shell) != 0 || strcmp(u->passwd_field, p->pw_passwd) != 0)
            fail_msg("<%s> <%s> %lld %lld <%s> <%s> <%s>, not <%s> %u %u <%s> <%s> <%s> in\n%s",
                     u->name, u->passwd_field, (long long)u->uid, (long long)u->gid, u->gecos,
                     u->home, u->shell, p->pw_passwd, p->pw_uid, p->pw_gid, p->pw_gecos, p->pw_dir,
                     p->pw_shell, text);
    }
    (void)fclose(file);
    if (i != x->users.n)
        fail_msg("%s is none in\n%s", x->users.v[i].name, text);
}

static void compare_shadow(const struct accounts *x, const char *text)
{
    char whole[2100];
    FILE *file = open_text(whole, sizeof whole, text);
    bool seen[4] = {false};
    for (const struct spwd *p; (p = fgetspent(file));) {
        const struct account *u = accounts_find(x, p->sp_namp);
        if (!u || seen[u - x->users.v])
            continue; /* the first line counts */
        seen[u - x->users.v] = true;
        if (!u->in_shadow || strcmp(u->hash, p->sp_pwdp) != 0 || u->last_change != p->sp_lstchg ||
            u->min_days != p->sp_min || u->max_days != p->sp_max || u->warn_days != p->sp_warn ||
            u->inactive_days != p->sp_inact || u->expire_date != p->sp_expire)
            fail_msg("%s differs in\n%s", u->name, text);
    }
    for (size_t i = 0; i < x->users.n; i++)
        if (x->users.v[i].in_shadow != seen[i])
            fail_msg("%s differs in\n%s", x->users.v[i].name, text);
    (void)fclose(file);
}

static void the_c_library_agrees(void **state)
{
    (void)state;
    uint64_t random = random_seed(5);
    char text[2048];
    for (size_t i = random_count(400); i; i--) {
        _cleanup_arena_ struct arena *a = arena_new();
        make_file(&random, text, sizeof text);
        compare_passwd(read_accounts(a, text, NULL, NULL), text);
        make_file(&random, text, sizeof text);
        const char *passwd = "root:x:0:0::/:\na:x:1:1::/:\nb:x:2:2::/:\nx:x:3:3::/:\n";
        compare_shadow(read_accounts(a, passwd, text, NULL), text);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_plain_system),  TEST(what_is_missing_is_said), TEST(malformed_lines_are_listed),
        TEST(password_fields), TEST(the_c_library_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
