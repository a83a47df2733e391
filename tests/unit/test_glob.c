/* Patterns against fnmatch(3) of the C library in the C locale. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fnmatch.h>

#include "format/glob.h"
#include "tree.h"

static void fnmatch_agrees(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "a",           "b",   ".",   "/", "*",   "?",     "[ab]", "[!a]", "[^b]", "[a-c]",
        "[[:alpha:]]", "\\*", "\\a", "-", "[]]", "[!]a]", "[a-]", "[.]",  "c",    "[[:digit:]b]"};
    static const char letters[] = "ab./c*-]1";
    uint64_t random = random_seed(9);
    for (size_t i = random_count(20000); i; i--) {
        char pattern[128] = "", name[16] = "";
        size_t n = 1 + random_below(&random, 6), len = random_below(&random, 7);
        for (size_t k = 0; k < n; k++)
            (void)snprintf(pattern + strlen(pattern), sizeof pattern - strlen(pattern), "%s",
                           parts[random_below(&random, sizeof parts / sizeof *parts)]);
        for (size_t k = 0; k < len; k++)
            name[k] = letters[random_below(&random, sizeof letters - 1)];
        static const int theirs[] = {0, FNM_PERIOD, FNM_PATHNAME, FNM_PERIOD | FNM_PATHNAME};
        static const unsigned ours[] = {0, GLOB_LEADING_PERIOD, GLOB_SLASH,
                                        GLOB_LEADING_PERIOD | GLOB_SLASH};
        size_t f = random_below(&random, 4);
        if ((theirs[f] & FNM_PERIOD) && strstr(pattern, "*?"))
            continue; /* glibc takes the period after what "?" matched for a leading one */
        bool expected = fnmatch(pattern, name, theirs[f]) == 0;
        if (glob_matches(str_of(pattern), str_of(name), ours[f]) != expected)
            fail_msg("pattern %s name %s flags %zu: fnmatch says %d", pattern, name, f, expected);
    }
}

static void magic(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    assert_true(glob_has_magic(STR("a*")) && glob_has_magic(STR("[a")));
    assert_false(glob_has_magic(STR("a\\*b")) || glob_has_magic(STR("")));
    assert_string_equal(glob_unescape(a, STR("a\\*\\\\b")), "a*\\b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(fnmatch_agrees), cmocka_unit_test(magic)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
