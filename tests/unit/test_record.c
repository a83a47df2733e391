#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/score.h"
#include "engine/settle.h"
#include "model/record.h"

#define Y ANSWER_YES
#define N ANSWER_NO
#define O ANSWER_OPEN
#define X ANSWER_NOT_APPLICABLE

static void every_form_by_its_own_words(void **state)
{
    static const struct {
        enum unit_form form;
        enum answer v[4];
        size_t n;
        enum unit_verdict wanted;
    } cases[] = {
        {FORM_ALL, {Y, Y, Y, Y}, 4, UNIT_CONFORMS},
        {FORM_ALL, {Y, X, Y}, 3, UNIT_CONFORMS},
        {FORM_ALL, {Y, N}, 2, UNIT_PARTLY},
        {FORM_ALL, {Y, N, O}, 3, UNIT_PENDING}, /* an unanswered step: not finished */
        {FORM_ALL, {N, O}, 2, UNIT_PENDING},
        {FORM_ALL, {N, N}, 2, UNIT_NOT},
        {FORM_ALL, {Y, O}, 2, UNIT_PENDING},
        {FORM_ALL, {X, X}, 2, UNIT_NOT_APPLICABLE},
        {FORM_ONE, {Y}, 1, UNIT_CONFORMS},
        {FORM_ONE, {N}, 1, UNIT_NOT},
        {FORM_ONE, {O}, 1, UNIT_PENDING},
        {FORM_OR, {Y, N}, 2, UNIT_CONFORMS},
        {FORM_OR, {O, Y}, 2, UNIT_PENDING},
        {FORM_OR, {N, O}, 2, UNIT_PENDING},
        {FORM_OR, {N, N}, 2, UNIT_NOT},
        {FORM_13_23, {Y, N, Y}, 3, UNIT_CONFORMS},
        {FORM_13_23, {N, Y, Y}, 3, UNIT_CONFORMS},
        {FORM_13_23, {Y, Y, N}, 3, UNIT_PARTLY},
        {FORM_13_23, {N, N, Y}, 3, UNIT_PARTLY},
        {FORM_13_23, {N, N, N}, 3, UNIT_NOT},
        {FORM_13_23, {Y, O, O}, 3, UNIT_PENDING},
        {FORM_13_23, {Y, O, Y}, 3, UNIT_PENDING},
        {FORM_13_23, {X, X, X}, 3, UNIT_NOT_APPLICABLE},
        {FORM_OR, {X, N}, 2, UNIT_NOT},
        {FORM_13_23, {O, O, N}, 3, UNIT_PENDING},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(unit_judge(cases[i].form, cases[i].v, cases[i].n), cases[i].wanted);
}

static void rates_of_2025_and_their_boundaries(void **state)
{
    static const struct {
        struct score_counts c;
        unsigned majors;
        const char *percent;
        enum score_outcome wanted;
    } cases[] = {
        {{181, 9, 10, 11}, 0, "90.50", SCORE_CONFORMS},
        {{181, 9, 10, 11}, 1, "90.50", SCORE_BASICALLY},
        {{180, 10, 10, 0}, 0, "90.00", SCORE_AT_90},
        {{120, 40, 40, 0}, 3, "60.00", SCORE_AT_60},
        {{119, 41, 40, 0}, 0, "59.50", SCORE_NOT},
        {{0, 0, 0, 34}, 0, "-", SCORE_NONE},
        {{17999, 0, 2001, 0}, 0, "90.00", SCORE_BASICALLY}, /* compared before rounding */
        {{18001, 0, 1999, 0}, 0, "90.01", SCORE_CONFORMS},
    };
    struct arena *a = arena_new();
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct score_2025 s = score_2025(&cases[i].c, cases[i].majors, false);
        assert_int_equal(s.outcome, cases[i].wanted);
        if (i < 6)
            assert_string_equal(score_percent(a, &s), cases[i].percent);
    }
    struct score_counts c = {120, 40, 40, 0};
    struct score_2025 half = score_2025(&c, 0, true);
    assert_string_equal(score_percent(a, &half), "70.00");
    assert_int_equal(half.outcome, SCORE_BASICALLY);
    arena_free(a);
}

static void near(double found, double wanted)
{
    assert_true(found > wanted - 0.005 && found < wanted + 0.005);
}

static void the_older_formulas(void **state)
{
    (void)state;
    const struct score_item two[] = {{0, 1.0, 0, false}, {0, 0.5, 0.5, false}};
    near(score_2019(two, 2), 16.67);
    near(score_2019(NULL, 0), -1);
    const struct score_item four[] = {
        {0, 3, 0, false}, {0, 2, 0.5, false}, {0, 1, 0, false}, {0, 2, 0, true}};
    near(score_2021(four, 4, 200, 0.5), 96.5);
    const struct score_item floor_[] = {{0, 3, 0, false}, {0, 3, 0, false}};
    near(score_2021(floor_, 2, 10, 0.5), 50.0);
    struct score_item many[16];
    for (size_t i = 0; i < 16; i++)
        many[i] =
            i < 4 ? (struct score_item){0, 3, 0.5, false} : (struct score_item){0, 2, 0, false};
    near(score_2021(many, 16, 211, 0.5), 85.78);
    near(score_2021(NULL, 0, 0, 0.5), -1);
}

static void days_of_the_calendar(void **state)
{
    time_t end;
    (void)state;
    assert_int_equal(date_end("2027-01-31", &end), 0);
    assert_int_equal(end, 1801440000);
    assert_int_equal(date_end("2028-02-29", &end), 0);
    static const char *const bad[] = {"2027-02-29", "2027-13-01",  "2027-00-01", "2027-1-1",
                                      "",           "2027-01-311", "20270131",   "2027-04-31"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_true(date_end(bad[i], &end) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_by_its_own_words),
        cmocka_unit_test(rates_of_2025_and_their_boundaries),
        cmocka_unit_test(the_older_formulas),
        cmocka_unit_test(days_of_the_calendar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
