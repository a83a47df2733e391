#include "engine/prove.h"

static bool is_deferred(const struct plan *plan, const struct want *w)
{
    for (size_t i = 0; plan && i < plan->deferred.n; i++)
        if (plan->deferred.v[i] == w)
            return true;
    return false;
}

/* plan: wants that wait for a package do not count; NULL: there are none. */
static bool only_later_fails(const struct plan *plan, const struct rule_result *r)
{
    if (r->omitted)
        return false;
    bool failing = false;
    vec_each (j, &r->judged) {
        if (j->verdict != VERDICT_FAIL)
            continue;
        failing = true;
        if (is_deferred(plan, j->want))
            continue;
        if (j->fact.has_configured && !want_accepts(j->want, &j->fact.configured))
            return false;
        if (!j->fact.has_running)
            return false;
    }
    return failing;
}

bool rule_awaits_activation(const struct rule_result *r)
{
    return r->verdict == VERDICT_FAIL && only_later_fails(NULL, r);
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
    bool open = after->verdict == VERDICT_FAIL || after->verdict == VERDICT_UNKNOWN;
    if (open && has_action(plan, after->rule) && only_later_fails(plan, after))
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
    vec_each (c, &plan->conflicts)
        if (cstr_eq(c->broken, after->rule->id) && c->by)
            return text_make(a, "conflicts with %s, which sets the same differently: choose one",
                             "与 %s 冲突：两者对同一项设置不同的值，请选择其一", c->by);
    return (struct text){
        .en = arena_printf(a, "the planned changes do not make it hold: %s",
                           text_in(after->reason, LANG_EN)),
        .zh = arena_printf(a, "计划的更改仍不能使其符合：%s", text_in(after->reason, LANG_ZH))};
}

static void compare(struct plan *plan, const struct item *item, const struct rule_result *before,
                    const struct rule_result *after)
{
    struct arena *a = plan->host->arena;
    enum verdict v = expected_verdict(plan, after);
    bool planned = strings_find(&plan->rules_planned, after->rule->id) >= 0;
    if (is_good(before->verdict) && !is_good(v)) {
        strings_add(a, &plan->regressions, after->rule->id);
        prove_conflict(plan, item, after->rule);
    } else if (before->verdict == VERDICT_FAIL && is_good(v))
        strings_add(a, &plan->rules_fixed, after->rule->id);
    else if (planned && v == VERDICT_FAIL) {
        prove_conflict(plan, item, after->rule);
        struct not_planned row = {.rule = after->rule, .reason = still_failing(plan, after)};
        vec_push(a, &plan->not_planned, row);
    }
}

void prove(struct plan *plan)
{
    plan->after = plan_check(plan, plan->staged);
    for (size_t i = 0; i < plan->after->items.n; i++) {
        const struct item_result *before = &plan->before->items.v[i];
        const struct item_result *after = &plan->after->items.v[i];
        for (size_t k = 0; k < after->rules.n; k++)
            compare(plan, after->item, &before->rules.v[k], &after->rules.v[k]);
    }
    if (plan->steps.n == 0)
        return;
    prove_login(plan);
    prove_tools(plan);
}

bool plan_is_safe(const struct plan *plan)
{
    return plan->steps.n > 0 && plan->regressions.n == 0 && plan->refusals.n == 0;
}
