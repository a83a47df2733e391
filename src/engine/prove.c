#include "engine/prove.h"

/* The failing facts of a rule are all of the kind that activation will settle: what the files say
 * holds, only the running side is still the old one. */
static bool only_running_fails(const struct rule_result *r)
{
    if (r->omitted)
        return false;
    bool failing = false;
    vec_each (j, &r->judged) {
        if (j->verdict != VERDICT_FAIL)
            continue;
        failing = true;
        if (j->fact.has_configured && !want_accepts(j->want, &j->fact.configured))
            return false;
        if (!j->fact.has_running)
            return false;
    }
    return failing;
}

static bool has_action(const struct plan *plan, const struct rule *rule)
{
    vec_each (s, &plan->steps)
        if (!s->change && strings_find(&s->rules, rule->id) >= 0)
            return true;
    return false;
}

static enum verdict expected_verdict(const struct plan *plan, const struct rule_result *after)
{
    if (after->verdict == VERDICT_FAIL && has_action(plan, after->rule) &&
        only_running_fails(after))
        return VERDICT_PASS;
    return after->verdict;
}

static bool is_good(enum verdict v)
{
    return v == VERDICT_PASS || v == VERDICT_WAIVED || v == VERDICT_NOT_APPLICABLE;
}

static struct text still_failing(struct plan *plan, const struct rule_result *after)
{
    struct arena *a = plan->host->arena;
    return (struct text){
        .en = arena_printf(a, "the planned changes do not make it hold: %s",
                           text_in(after->reason, LANG_EN)),
        .zh = arena_printf(a, "计划的更改仍不能使其符合：%s", text_in(after->reason, LANG_ZH))};
}

static void compare(struct plan *plan, const struct rule_result *before,
                    const struct rule_result *after)
{
    struct arena *a = plan->host->arena;
    enum verdict v = expected_verdict(plan, after);
    bool planned = strings_find(&plan->rules_planned, after->rule->id) >= 0;
    if (is_good(before->verdict) && !is_good(v))
        strings_add(a, &plan->regressions, after->rule->id);
    else if (before->verdict == VERDICT_FAIL && is_good(v))
        strings_add(a, &plan->rules_fixed, after->rule->id);
    else if (planned && v == VERDICT_FAIL) {
        struct not_planned row = {after->rule, still_failing(plan, after)};
        vec_push(a, &plan->not_planned, row);
    }
}

void prove(struct plan *plan)
{
    plan->after = check_run(plan->staged, plan->policy,
                            &(struct check_options){.settlements = plan->settlements});
    for (size_t i = 0; i < plan->after->items.n; i++) {
        const struct item_result *before = &plan->before->items.v[i];
        const struct item_result *after = &plan->after->items.v[i];
        for (size_t k = 0; k < after->rules.n; k++)
            compare(plan, &before->rules.v[k], &after->rules.v[k]);
    }
}

bool plan_is_safe(const struct plan *plan)
{
    return plan->steps.n > 0 && plan->regressions.n == 0;
}
