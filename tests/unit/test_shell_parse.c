#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "effective/shell.h"
#include "format/shell.h"
#include "model/value.h"

static unsigned error_line(const char *text, enum shell_dialect d)
{
    _cleanup_arena_ struct arena *a = arena_new();
    return shell_parse(a, str_of(text), d)->error_line;
}

static void commented_umask_lines_leave_a_syntax_error(void **state)
{
    (void)state;
    assert_int_equal(
        error_line("if true; then\n# umask 002\nelse\n# umask 022\nfi\n", DIALECT_BASH), 3);
}

static void what_stood_before_the_error_counts(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    const struct shell_script *s =
        shell_parse(a, STR("umask 027\nTMOUT=1; fi\necho never\n"), DIALECT_BASH);
    assert_int_equal(s->commands.n, 1);
    assert_int_equal(s->error_line, 2);
}

static void bash_only_syntax_by_dialect(void **state)
{
    (void)state;
    static const char *const texts[] = {"a=(1 2)\n", "function f { :; }\n",
                                        "[[ $x =~ ^(a|b)$ ]] && :\n", NULL};
    for (size_t i = 0; texts[i]; i++) {
        assert_int_equal(error_line(texts[i], DIALECT_BASH), 0);
        assert_int_not_equal(error_line(texts[i], DIALECT_POSIX), 0);
    }
}

static void hostile_nesting_ends(void **state)
{
    (void)state;
    char deep[4001];
    for (size_t i = 0; i < 4000; i += 2)
        memcpy(deep + i, "$(", 2);
    deep[4000] = '\0';
    assert_int_not_equal(error_line(deep, DIALECT_BASH), 0);
    memset(deep, '(', 4000);
    assert_int_not_equal(error_line(deep, DIALECT_BASH), 0);
}

static void tmout_is_read_like_bash_reads_it(void **state)
{
    (void)state;
    assert_int_equal(shell_tmout_seconds("600"), 600);
    assert_int_equal(shell_tmout_seconds("300s"), 300);
    assert_true(shell_tmout_seconds("0") == NUMBER_NEVER);
    assert_true(shell_tmout_seconds("-5") == NUMBER_NEVER);
    assert_true(shell_tmout_seconds("abc") == NUMBER_NEVER);
    assert_true(shell_tmout_seconds(NULL) == NUMBER_NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commented_umask_lines_leave_a_syntax_error),
        cmocka_unit_test(what_stood_before_the_error_counts),
        cmocka_unit_test(bash_only_syntax_by_dialect),
        cmocka_unit_test(hostile_nesting_ends),
        cmocka_unit_test(tmout_is_read_like_bash_reads_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
