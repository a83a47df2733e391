/* Every unit of the record in every state, against the forms as the standard words them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "engine/record.h"
#include "engine/units.h"

static struct units all;
static struct arena *arena;

/* GB/T 28448-2019, Annex C and 单元判定: unit, form, steps. */
static const struct {
    const char *id;
    enum unit_form form;
    size_t steps; /* 0: does not apply to a host */
} forms[] = {
    {"L3-CES1-01", FORM_ALL, 4},   {"L3-CES1-02", FORM_ALL, 3}, {"L3-CES1-03", FORM_ONE, 1},
    {"L3-CES1-04", FORM_ALL, 2},   {"L3-CES1-05", FORM_ALL, 2}, {"L3-CES1-06", FORM_OR, 2},
    {"L3-CES1-07", FORM_ALL, 2},   {"L3-CES1-08", FORM_ALL, 3}, {"L3-CES1-09", FORM_ALL, 3},
    {"L3-CES1-10", FORM_ONE, 1},   {"L3-CES1-11", FORM_ALL, 2}, {"L3-CES1-12", FORM_ALL, 3},
    {"L3-CES1-13", FORM_ONE, 1},   {"L3-CES1-14", FORM_ALL, 2}, {"L3-CES1-15", FORM_ONE, 1},
    {"L3-CES1-17", FORM_ALL, 2},   {"L3-CES1-18", FORM_ALL, 2}, {"L3-CES1-19", FORM_ONE, 1},
    {"L3-CES1-20", FORM_ALL, 0},   {"L3-CES1-21", FORM_ALL, 2}, {"L3-CES1-22", FORM_ALL, 2},
    {"L3-CES1-23", FORM_13_23, 3}, {"L3-CES1-24", FORM_ALL, 4}, {"L3-CES1-25", FORM_ALL, 2},
    {"L3-CES1-26", FORM_ALL, 3},   {"L3-CES1-27", FORM_ALL, 2}, {"L3-CES1-28", FORM_ALL, 3},
    {"L3-CES1-29", FORM_ALL, 4},   {"L3-CES1-30", FORM_ONE, 1}, {"L3-CES1-31", FORM_ONE, 1},
    {"L3-CES1-32", FORM_ONE, 1},   {"L3-CES1-33", FORM_ONE, 1}, {"L3-CES1-34", FORM_ALL, 0},
    {"L3-CES1-35", FORM_ALL, 0},
};

static int read_units(void **state)
{
    const char *root = getenv("SOURCE_ROOT");
    char path[4096];
    static char bytes[1 << 18];
    (void)state;
    (void)snprintf(path, sizeof path, "%s/policy/data/units.yaml", root ? root : ".");
    FILE *f = fopen(path, "r");
    if (!f)
        return -1;
    size_t n = fread(bytes, 1, sizeof bytes, f);
    (void)fclose(f);
    arena = arena_new();
    struct err e = {.arena = arena};
    return units_read(arena, "units.yaml", (struct str){bytes, n}, &all, &e);
}

static int done(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

/* ---- a made-up host: a verdict for each rule of one unit, a paper or none for each step ---- */

enum { RULES = 64 };

struct situation {
    const struct unit *unit;
    const char *rules[RULES];
    struct rule rule[RULES];
    enum verdict verdict[RULES], found[RULES];
    size_t n;
    bool paper[UNIT_STEPS];
};

static void add_rules(struct situation *s, const struct strings *ids)
{
    for (size_t i = 0; i < ids->n; i++) {
        size_t k = 0;
        while (k < s->n && !cstr_eq(s->rules[k], ids->v[i]))
            k++;
        assert_true(k < RULES);
        if (k == s->n)
            s->rules[s->n++] = ids->v[i];
    }
}

static struct situation situation_of(const struct unit *u)
{
    struct situation s = {.unit = u};
    for (size_t k = 0; k < u->steps.n; k++) {
        add_rules(&s, &u->steps.v[k].rules);
        add_rules(&s, &u->steps.v[k].either);
        add_rules(&s, &u->steps.v[k].shows);
        s.paper[k] = true;
    }
    return s;
}

static void set(struct situation *s, size_t i, enum verdict v)
{
    s->verdict[i] = v;
    s->found[i] = v == VERDICT_WAIVED ? VERDICT_FAIL : v;
}

static struct record *record_of(struct arena *a, struct situation *s)
{
    struct result *r = arena_make(a, struct result);
    struct item *item = arena_make(a, struct item);
    struct item_result one = {.item = item};
    struct units *only = arena_make(a, struct units);
    for (size_t i = 0; i < s->n; i++) {
        s->rule[i] = (struct rule){.id = s->rules[i], .title = {"t", "题"}};
        struct rule_result rule = {
            .rule = &s->rule[i], .verdict = s->verdict[i], .found = s->found[i]};
        vec_push(a, &one.rules, rule);
    }
    vec_push(a, &r->items, one);
    for (size_t k = 0; k < s->unit->steps.n; k++) {
        struct settlement paper = {.kind = SETTLEMENT_EVIDENCE,
                                   .target = arena_printf(a, "%s.%zu", s->unit->id, k + 1),
                                   .reason = "r",
                                   .person = "p",
                                   .until = "2099-01-01",
                                   .file = "/f",
                                   .sha256 = "0"};
        if (s->paper[k])
            vec_push(a, &r->settlements, paper);
    }
    *only = (struct units){.not_applicable = all.not_applicable};
    vec_push(a, &only->all, *s->unit);
    return record_make(a, r, only);
}

/* ---- what the standard says, in other words than the program ---- */

static char letter(const struct situation *s, const char *id)
{
    for (size_t i = 0; i < s->n; i++) {
        if (!cstr_eq(s->rules[i], id))
            continue;
        switch (s->found[i]) { /* a waiver accepts, it answers nothing */
        case VERDICT_PASS:
            return 'y';
        case VERDICT_FAIL:
            return 'n';
        case VERDICT_NOT_APPLICABLE:
            return '-';
        default:
            return '?';
        }
    }
    return '?';
}

static char step_letter(const struct situation *s, size_t k)
{
    const struct unit_step *step = &s->unit->steps.v[k];
    char parts[RULES + 2] = "", either[RULES] = "";
    size_t n = 0, m = 0;
    for (size_t i = 0; i < step->rules.n; i++)
        parts[n++] = letter(s, step->rules.v[i]);
    for (size_t i = 0; i < step->either.n; i++)
        either[m++] = letter(s, step->either.v[i]);
    if (strchr(either, 'y') && m)
        parts[n++] = 'y';
    else if (m)
        parts[n++] = strchr(either, '?') ? '?' : strchr(either, 'n') ? 'n' : '-';
    if (step->needs.en)
        parts[n++] = s->paper[k] ? 'y' : '?';
    parts[n] = 0;
    return strchr(parts, 'n') ? 'n' : strchr(parts, '?') ? '?' : strchr(parts, 'y') ? 'y' : '-';
}

static enum unit_verdict by_the_words(enum unit_form form, const char *steps)
{
    if (strchr(steps, '?'))
        return UNIT_PENDING;
    if (strspn(steps, "-") == strlen(steps))
        return UNIT_NOT_APPLICABLE;
    bool any_yes = strchr(steps, 'y'), any_no = strchr(steps, 'n');
    switch (form) {
    case FORM_ALL:
        return !any_no ? UNIT_CONFORMS : any_yes ? UNIT_PARTLY : UNIT_NOT;
    case FORM_ONE:
        return any_yes ? UNIT_CONFORMS : UNIT_NOT;
    case FORM_OR:
        return any_yes ? UNIT_CONFORMS : UNIT_NOT;
    case FORM_13_23:
        break;
    }
    if ((steps[0] == 'y' || steps[1] == 'y') && steps[2] != 'n')
        return UNIT_CONFORMS;
    return any_yes ? UNIT_PARTLY : UNIT_NOT;
}

static size_t compared;

static void compare(struct situation *s)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct record *r = record_of(a, s);
    const struct record_unit *u = &r->units.v[0];
    char steps[UNIT_STEPS + 1] = "";
    for (size_t k = 0; k < s->unit->steps.n; k++)
        steps[k] = step_letter(s, k);
    for (size_t k = 0; k < s->unit->steps.n; k++)
        if ("yn?-"[u->answers[k]] != steps[k])
            fail_msg("%s step %zu: %d, wanted %c", s->unit->id, k + 1, u->answers[k], steps[k]);
    enum unit_verdict wanted =
        s->unit->applies ? by_the_words(s->unit->form, steps) : UNIT_NOT_APPLICABLE;
    if (u->verdict != wanted)
        fail_msg("%s %s: %s, wanted %s", s->unit->id, steps, unit_verdict_text(u->verdict).en,
                 unit_verdict_text(wanted).en);
    if (strchr(steps, '?') && u->verdict == UNIT_CONFORMS)
        fail_msg("%s %s conforms with an unanswered step", s->unit->id, steps);
    if (s->unit->form == FORM_ONE && u->verdict == UNIT_PARTLY)
        fail_msg("%s is partly conforming, its form knows none", s->unit->id);
    if (s->unit->strict_reading && u->strict != by_the_words(FORM_ALL, steps))
        fail_msg("%s %s, strictly: %d", s->unit->id, steps, u->strict);
    assert_non_null(strstr(u->found.zh, wanted == UNIT_NOT_APPLICABLE ? "不适用"
                                        : wanted == UNIT_PENDING      ? "待定"
                                        : wanted == UNIT_NOT          ? "不符合要求"
                                        : wanted == UNIT_PARTLY       ? "部分符合要求"
                                                                      : "符合要求"));
    assert_non_null(r->estimate.zh);
    compared++;
}

static void each_alike(struct situation *s)
{
    for (unsigned v = 0; v < VERDICT_COUNT; v++)
        for (int papers = 0; papers < 2; papers++) {
            for (size_t i = 0; i < s->n; i++)
                set(s, i, (enum verdict)v);
            for (size_t k = 0; k < UNIT_STEPS; k++)
                s->paper[k] = papers;
            compare(s);
        }
}

static void one_otherwise(struct situation *s, enum verdict rest)
{
    for (size_t i = 0; i < s->n; i++)
        set(s, i, rest);
    for (size_t k = 0; k < UNIT_STEPS; k++)
        s->paper[k] = true;
    for (size_t i = 0; i < s->n; i++) {
        for (unsigned v = 0; v < VERDICT_COUNT; v++) {
            set(s, i, (enum verdict)v);
            compare(s);
        }
        set(s, i, rest);
    }
    for (size_t k = 0; k < s->unit->steps.n; k++) {
        s->paper[k] = false;
        compare(s);
        s->paper[k] = true;
    }
}

static void at_random(struct situation *s, uint32_t *seed, unsigned times)
{
    for (unsigned t = 0; t < times; t++) {
        for (size_t i = 0; i < s->n; i++) {
            *seed = *seed * 1664525u + 1013904223u;
            set(s, i, (enum verdict)((*seed >> 16) % VERDICT_COUNT));
        }
        for (size_t k = 0; k < UNIT_STEPS; k++) {
            *seed = *seed * 1664525u + 1013904223u;
            s->paper[k] = (*seed >> 20) & 1;
        }
        compare(s);
    }
}

static void units_are_those_of_the_standard(void **state)
{
    (void)state;
    assert_int_equal(all.all.n, 34);
    for (size_t i = 0; i < 34; i++) {
        const struct unit *u = &all.all.v[i];
        assert_string_equal(u->id, forms[i].id);
        assert_int_equal(u->form, forms[i].form);
        assert_int_equal(u->steps.n, forms[i].steps);
        assert_int_equal(u->applies, forms[i].steps > 0);
    }
}

static void every_unit_in_every_state(void **state)
{
    uint32_t seed = 7;
    (void)state;
    for (size_t i = 0; i < all.all.n; i++) {
        struct situation s = situation_of(&all.all.v[i]);
        each_alike(&s);
        one_otherwise(&s, VERDICT_PASS);
        one_otherwise(&s, VERDICT_FAIL);
        at_random(&s, &seed, 40);
    }
    assert_true(compared > 34 * 52);
}

static void unit_06_in_both_readings(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    struct situation s = situation_of(&all.all.v[5]);
    for (size_t i = 0; i < s.n; i++)
        set(&s, i, cstr_eq(s.rules[i], "no-weak-passwords") ? VERDICT_PASS : VERDICT_FAIL);
    const struct record_unit *u = &record_of(a, &s)->units.v[0];
    assert_int_equal(u->verdict, UNIT_CONFORMS);
    assert_int_equal(u->strict, UNIT_PARTLY);
    assert_non_null(strstr(u->found.zh, "从严按全部步骤判定：部分符合"));
}

static void what_can_still_become_of_it(void **state)
{
#define Y ANSWER_YES
#define N ANSWER_NO
#define O ANSWER_OPEN
    static const struct {
        enum unit_form form;
        enum answer v[4];
        size_t n;
        enum unit_verdict worst, best;
    } cases[] = {
        {FORM_ALL, {Y, N, O}, 3, UNIT_PARTLY, UNIT_PARTLY},
        {FORM_ALL, {N, O}, 2, UNIT_NOT, UNIT_PARTLY},
        {FORM_ALL, {Y, O}, 2, UNIT_PARTLY, UNIT_CONFORMS},
        {FORM_ONE, {O}, 1, UNIT_NOT, UNIT_CONFORMS},
        {FORM_OR, {Y, O}, 2, UNIT_CONFORMS, UNIT_CONFORMS},
        {FORM_OR, {N, O}, 2, UNIT_NOT, UNIT_CONFORMS},
        {FORM_13_23, {Y, Y, O}, 3, UNIT_PARTLY, UNIT_CONFORMS},
        {FORM_13_23, {O, N, N}, 3, UNIT_NOT, UNIT_PARTLY},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct unit_range r = unit_range(cases[i].form, cases[i].v, cases[i].n);
        assert_int_equal(unit_judge(cases[i].form, cases[i].v, cases[i].n), UNIT_PENDING);
        assert_int_equal(r.worst, cases[i].worst);
        assert_int_equal(r.best, cases[i].best);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_are_those_of_the_standard),
        cmocka_unit_test(every_unit_in_every_state),
        cmocka_unit_test(unit_06_in_both_readings),
        cmocka_unit_test(what_can_still_become_of_it),
    };
    return cmocka_run_group_tests(tests, read_units, done);
}
