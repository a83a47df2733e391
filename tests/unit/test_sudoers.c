#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "format/sudoers.h"

static struct sudoers *parse(struct arena *a, const char *text)
{
    return sudoers_parse(a, str_of(text), sudoers_syntax(1, 9, 13));
}

static void tags_and_runas_are_inherited(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    const struct sudoers *d =
        parse(a, "alice ALL=(bob) NOPASSWD: /bin/a, /bin/b -x\\,y, PASSWD: ALL : h2 = /bin/c\n");
    assert_int_equal(d->entries.n, 1);
    const struct sudoers_entry *e = &d->entries.v[0];
    assert_int_equal(e->privileges.n, 2);
    const struct sudoers_command *c = e->privileges.v[0].commands.v;
    assert_int_equal(e->privileges.v[0].commands.n, 3);
    assert_int_equal(c[1].nopasswd, TAG_YES);
    assert_string_equal(c[1].command.args, "-x,y");
    assert_string_equal(c[2].runas_users.v[0].name, "bob");
    assert_int_equal(c[2].nopasswd, TAG_NO);
    assert_int_equal(e->privileges.v[1].commands.v[0].nopasswd, TAG_UNSET);
}

static void empty_runas_list_is_the_user(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    const struct sudoers *d = parse(a, "alice ALL=() ALL\n");
    const struct sudoers_command *c = &d->entries.v[0].privileges.v[0].commands.v[0];
    assert_int_equal(c->runas_users.v[0].kind, SUDOERS_MYSELF);
}

static void error_drops_the_line_only(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    const struct sudoers *d = parse(a, "alice ALL=ALL )\nbob ALL=ALL\n");
    assert_int_equal(d->entries.n, 2);
    assert_int_equal(d->entries.v[0].kind, SUDOERS_ERROR);
    assert_int_equal(d->entries.v[1].line, 2);
}

static void directives_by_version(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    const char *text = "@includedir /etc/sudoers.d\n#include x y\n";
    const struct sudoers *now = parse(a, text);
    const struct sudoers *then = sudoers_parse(a, str_of(text), sudoers_syntax(1, 8, 29));
    assert_int_equal(now->entries.v[0].kind, SUDOERS_INCLUDEDIR);
    assert_int_equal(now->entries.v[1].kind, SUDOERS_INCLUDE);
    assert_int_equal(then->entries.v[0].kind, SUDOERS_ERROR);
}

static void nopasswd_goes_and_nothing_else(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    struct buf out = {0};
    const struct sudoers *d = parse(a, "# NOPASSWD: kept\nalice ALL=(ALL) NOPASSWD:ALL\n"
                                       "bob ALL = NOPASSWD : SETENV: /bin/a, NOPASSWD: /bin/b\n");
    sudoers_drop_nopasswd(d, NULL, 0, &out);
    assert_string_equal(out.data, "# NOPASSWD: kept\nalice ALL=(ALL) ALL\n"
                                  "bob ALL = SETENV: /bin/a, /bin/b\n");
    buf_done(&out);
}

static void defaults_with_scopes_and_operators(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    const struct sudoers *d = parse(a, "Defaults@web1 !use_pty, env_keep += \"A B\", x=/a:/b\n");
    const struct sudoers_entry *e = &d->entries.v[0];
    assert_int_equal(e->scope, SCOPE_HOST);
    assert_int_equal(e->settings.n, 3);
    assert_int_equal(e->settings.v[0].op, '!');
    assert_int_equal(e->settings.v[1].op, '+');
    assert_string_equal(e->settings.v[1].value, "A B");
    assert_string_equal(e->settings.v[2].value, "/a:/b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_and_runas_are_inherited),
        cmocka_unit_test(empty_runas_list_is_the_user),
        cmocka_unit_test(error_drops_the_line_only),
        cmocka_unit_test(directives_by_version),
        cmocka_unit_test(nopasswd_goes_and_nothing_else),
        cmocka_unit_test(defaults_with_scopes_and_operators),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
