#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/check.h"
#include "fake_resource.h"
#include "tree.h"

struct bench {
    struct arena *arena;
    struct tree tree;
    struct root *root;
    struct host *host;
};

static int set_up(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    b->arena = arena_new();
    assert_true(tree_make(&b->tree));
    assert_int_equal(root_open(b->arena, b->tree.dir, 0, &b->root, NULL), 0);
    b->host = host_open(b->root, 1700000000);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;
    root_close(b->root);
    tree_done(&b->tree);
    arena_free(b->arena);
    free(b);
    return 0;
}

static const struct result *check_all(struct bench *b, const char *text,
                                      const struct check_options *o)
{
    struct policy *p = NULL;
    struct problems problems = {.arena = b->arena};
    (void)policy_load_bytes(b->arena, "p.yaml", str_of(text), &p, &problems);
    for (size_t i = 0; i < problems.n; i++)
        print_message("%u:%u %s\n", problems.v[i].line, problems.v[i].column,
                      problems.v[i].message.en);
    assert_non_null(p);
    return check_run(b->host, p, o);
}

/* The verdict of one rule with these rows; a reason is there exactly when it does not pass. */
static enum verdict verdict_of(struct bench *b, const char *rows, const char **ret_reason)
{
    const struct result *r =
        check_all(b, arena_printf(b->arena, ITEM "rules:\n" RULE("a") "%s", rows), NULL);
    const struct rule_result *rule = &r->items.v[0].rules.v[0];
    assert_int_equal(rule->verdict == VERDICT_PASS, !rule->reason.en);
    assert_int_equal(rule->verdict == VERDICT_PASS, !rule->reason.zh);
    if (ret_reason)
        *ret_reason = rule->reason.en;
    return rule->verdict;
}

#define N5 "  - fake: number\n"
#define PASSES N5 "    min: 1\n"
#define FAILS N5 "    min: 9\n"
#define UNKNOWN "  - fake: unknown\n    min: 1\n"
#define NA "  - fake: na\n    min: 1\n"

static void rows_must_all_hold(void **state)
{
    struct bench *b = *state;
    const char *reason;
    assert_int_equal(verdict_of(b, "  want:\n" PASSES, NULL), VERDICT_PASS);
    assert_int_equal(verdict_of(b, "  want:\n" PASSES FAILS, &reason), VERDICT_FAIL);
    assert_string_equal(reason, "fake number: found 5, wanted at least 9");
    assert_int_equal(verdict_of(b, "  want:\n" PASSES UNKNOWN, &reason), VERDICT_UNKNOWN);
    assert_string_equal(reason, "fake unknown: permission denied");
    assert_int_equal(verdict_of(b, "  want:\n" FAILS UNKNOWN, NULL), VERDICT_FAIL);
    assert_int_equal(verdict_of(b, "  want:\n" PASSES NA, NULL), VERDICT_PASS);
    assert_int_equal(verdict_of(b, "  want:\n" NA, NULL), VERDICT_NOT_APPLICABLE);
    assert_int_equal(verdict_of(b, "  want:\n  - fake: silent\n    min: 1\n", NULL),
                     VERDICT_UNKNOWN);
    assert_int_equal(verdict_of(b, "  want:\n  - fake: running\n    is: 1\n", &reason),
                     VERDICT_FAIL);
    assert_string_equal(reason,
                        "fake running: running value is 0 although 1 is configured, wanted 1");
}

static void one_alternative_must_hold(void **state)
{
    struct bench *b = *state;
#define ANY "  want:\n  - any:\n"
#define I_PASSES "    - fake: number\n      min: 1\n"
#define I_FAILS "    - fake: number\n      min: 9\n"
#define I_UNKNOWN "    - fake: unknown\n      min: 1\n"
#define ALL_MIXED                                                                                  \
    "    - all:\n      - fake: number\n        min: 1\n      - fake: number\n        min: 9\n"
#define ALL_GOOD                                                                                   \
    "    - all:\n      - fake: number\n        min: 1\n      - fake: word\n        is: yes\n"
    assert_int_equal(verdict_of(b, ANY I_FAILS I_PASSES, NULL), VERDICT_PASS);
    assert_int_equal(verdict_of(b, ANY I_FAILS I_FAILS, NULL), VERDICT_FAIL);
    assert_int_equal(verdict_of(b, ANY I_FAILS I_UNKNOWN, NULL), VERDICT_UNKNOWN);
    assert_int_equal(verdict_of(b, ANY I_UNKNOWN I_PASSES, NULL), VERDICT_PASS);
    assert_int_equal(verdict_of(b, ANY ALL_MIXED, NULL), VERDICT_FAIL);
    assert_int_equal(verdict_of(b, ANY ALL_MIXED ALL_GOOD, NULL), VERDICT_PASS);
    assert_int_equal(verdict_of(b, ANY I_PASSES FAILS, NULL), VERDICT_FAIL);
    assert_int_equal(verdict_of(b, ANY I_PASSES "  - any:\n" I_FAILS, NULL), VERDICT_FAIL);
}

static void conditions_decide_what_counts(void **state)
{
    struct bench *b = *state;
    const char *reason;
    assert_int_equal(verdict_of(b, "  applies: [{fake: word, is: no}]\n  want:\n" FAILS, &reason),
                     VERDICT_NOT_APPLICABLE);
    assert_string_equal(reason, "applies only where fake word is no (found yes)");
    assert_int_equal(verdict_of(b,
                                "  applies: [{fake: word, is: no, otherwise: {zh: 无, en: x}}]\n"
                                "  want:\n" FAILS,
                                &reason),
                     VERDICT_NOT_APPLICABLE);
    assert_string_equal(reason, "x");
    assert_int_equal(verdict_of(b, "  applies: [{fake: word, is: yes}]\n  want:\n" PASSES, NULL),
                     VERDICT_PASS);
    assert_int_equal(
        verdict_of(b, "  applies: [{fake: unknown, min: 1}]\n  want:\n" PASSES, &reason),
        VERDICT_UNKNOWN);
    assert_string_equal(reason, "cannot tell whether this applies: permission denied");
    assert_int_equal(verdict_of(b,
                                "  applies: [{fake: unknown, min: 1}, {fake: word, is: no}]\n"
                                "  want:\n" PASSES,
                                NULL),
                     VERDICT_NOT_APPLICABLE);
#define WHEN_NOT "    when: {fake: word, is: no}\n"
    assert_int_equal(verdict_of(b, "  want:\n" FAILS WHEN_NOT PASSES, NULL), VERDICT_PASS);
    assert_int_equal(verdict_of(b, "  want:\n" FAILS WHEN_NOT, NULL), VERDICT_NOT_APPLICABLE);
    assert_int_equal(verdict_of(b, "  want:\n" PASSES "    when: {fake: unknown, min: 1}\n", NULL),
                     VERDICT_UNKNOWN);
}

static void evidence_is_asked_for_where_the_host_does_not_settle_it(void **state)
{
    struct bench *b = *state;
#define EVIDENCE ITEM "rules:\n" RULE_OF("a", "evidence") "  evidence: {zh: 证, en: a scan}\n"
    const struct result *r = check_all(b, EVIDENCE, NULL);
    assert_int_equal(r->items.v[0].rules.v[0].verdict, VERDICT_EVIDENCE_NEEDED);
    assert_string_equal(r->items.v[0].rules.v[0].reason.en, "a scan");
    assert_int_equal(check_exit_code(r), 3);
    r = check_all(b, EVIDENCE "  want:\n" FAILS, NULL);
    assert_int_equal(r->items.v[0].rules.v[0].verdict, VERDICT_EVIDENCE_NEEDED);
    assert_string_equal(r->items.v[0].rules.v[0].reason.en,
                        "a scan (fake number: found 5, wanted at least 9)");
    r = check_all(b, EVIDENCE "  want:\n" PASSES, NULL);
    assert_int_equal(r->items.v[0].rules.v[0].verdict, VERDICT_PASS);
    assert_int_equal(check_exit_code(r), 0);
}

static void failing_facts_are_kept_first(void **state)
{
    struct bench *b = *state;
    const struct result *r =
        check_all(b, ITEM "rules:\n" RULE("a") "  want:\n  - fake: many\n    max: 9\n", NULL);
    const struct rule_result *rule = &r->items.v[0].rules.v[0];
    assert_int_equal(rule->judged.n, JUDGED_CAP);
    assert_int_equal(rule->omitted, 1000 - JUDGED_CAP);
    for (size_t i = 0; i < rule->judged.n; i++)
        assert_int_equal(rule->judged.v[i].verdict, VERDICT_FAIL);
    assert_string_equal(rule->judged.v[0].fact.subject, "user4");
}

static void an_item_with_open_parts_is_at_best_unknown(void **state)
{
    struct bench *b = *state;
    const char *pending = "pending: {zh: 待, en: more to come}\n";
    const struct result *r = check_all(
        b, arena_printf(b->arena, ITEM "%srules:\n" RULE("a") "  want:\n" PASSES, pending), NULL);
    assert_int_equal(r->items.v[0].verdict, VERDICT_UNKNOWN);
    assert_string_equal(r->items.v[0].conclusion.zh, "待定");
    assert_int_equal(check_exit_code(r), 3);
    r = check_all(b, arena_printf(b->arena, ITEM "%srules:\n" RULE("a") "  want:\n" FAILS, pending),
                  NULL);
    assert_int_equal(r->items.v[0].verdict, VERDICT_FAIL);
    r = check_all(b, arena_printf(b->arena, ITEM "%s", pending), NULL);
    assert_int_equal(r->items.v[0].verdict, VERDICT_UNKNOWN);
}

static void a_waiver_settles_what_failed_but_hides_nothing(void **state)
{
    struct bench *b = *state;
    struct settlement waiver = {
        .target = "a", .until = "2027-01-31", .person = "Li", .reason = "r"};
    struct settlements all = {.v = &waiver, .n = 1, .cap = 1};
    struct check_options o = {.settlements = &all};
    const struct result *r = check_all(b, ITEM "rules:\n" RULE("a") "  want:\n" FAILS, &o);
    const struct rule_result *rule = &r->items.v[0].rules.v[0];
    assert_int_equal(rule->verdict, VERDICT_WAIVED);
    assert_int_equal(rule->judged.v[0].verdict, VERDICT_FAIL);
    assert_string_equal(
        rule->reason.en,
        "waived until 2027-01-31, approved by Li: r (fake number: found 5, wanted at "
        "least 9)");
    assert_int_equal(rule->found, VERDICT_FAIL);
    assert_true(r->settlements.v[0].used);
    r = check_all(b, ITEM "rules:\n" RULE("a") "  want:\n" PASSES, &o);
    assert_int_equal(r->items.v[0].rules.v[0].verdict, VERDICT_PASS);
}

static void a_row_with_several_operators_asks_once(void **state)
{
    struct bench *b = *state;
    fake_asked = 0;
    (void)verdict_of(b, "  want:\n" N5 "    min: 1\n    max: 9\n", NULL);
    assert_int_equal(fake_asked, 1);
    (void)verdict_of(b, "  want:\n" N5 "    min: 1\n" N5 "    min: 1\n    is-really: 7\n", NULL);
    assert_int_equal(fake_asked, 3);
}

static void digests_change_with_facts_only(void **state)
{
    struct bench *b = *state;
    const char *text = ITEM "rules:\n" RULE("a") "  want:\n" PASSES;
    const struct result *one = check_all(b, text, NULL), *again = check_all(b, text, NULL);
    assert_string_equal(one->state_digest, again->state_digest);
    const struct result *other = check_all(
        b, ITEM "rules:\n" RULE("a") "  want:\n" N5 "    min: 1\n    is-really: 6\n", NULL);
    assert_string_not_equal(one->state_digest, other->state_digest);
    assert_string_not_equal(one->items.v[0].rules.v[0].digest, other->items.v[0].rules.v[0].digest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_must_all_hold, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_alternative_must_hold, set_up, tear_down),
        cmocka_unit_test_setup_teardown(conditions_decide_what_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(evidence_is_asked_for_where_the_host_does_not_settle_it,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(failing_facts_are_kept_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_item_with_open_parts_is_at_best_unknown, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_waiver_settles_what_failed_but_hides_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_row_with_several_operators_asks_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(digests_change_with_facts_only, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
