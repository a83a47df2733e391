#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "model/want.h"

static void max_keeps_what_is_stricter(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    struct want w = {.op = WANT_MAX, .expected = value_number(90)};
    struct value strict = value_number(60), loose = value_number(NUMBER_NEVER);
    assert_true(want_accepts(&w, &strict));
    assert_false(want_accepts(&w, &loose));
    assert_int_equal(want_target(a, &w, &strict).number, 60);
    assert_int_equal(want_target(a, &w, &loose).number, 90);
}

static void at_most_never_adds_bits(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    struct want w = {.op = WANT_AT_MOST, .expected = value_mode(0640)};
    struct value none = value_mode(0), wide = value_mode(0604);
    assert_true(want_accepts(&w, &none));
    assert_false(want_accepts(&w, &wide));
    assert_int_equal(want_target(a, &w, &wide).number, 0600);
}

static void unset_is_accepted_only_by_absent_and_none(void **state)
{
    (void)state;
    struct value unset = VALUE_UNSET;
    for (int op = WANT_IS; op <= WANT_INCLUDES; op++) {
        struct want w = {.op = (enum want_op)op, .expected = value_number(0)};
        assert_int_equal(want_accepts(&w, &unset), op == WANT_ABSENT || op == WANT_NONE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(max_keeps_what_is_stricter),
        cmocka_unit_test(at_most_never_adds_bits),
        cmocka_unit_test(unset_is_accepted_only_by_absent_and_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
