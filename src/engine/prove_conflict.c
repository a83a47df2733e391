#include "engine/judge.h"
#include "engine/prove.h"

static bool holds_on(struct plan *plan, struct root *view, const struct item *item,
                     const struct rule *rule)
{
    struct rule_result result = {0};
    judge_rule(plan_host_over(plan->host, view), item, rule, plan->settlements, &result);
    return result.verdict != VERDICT_FAIL || rule_awaits_activation(&result);
}

void prove_conflict(struct plan *plan, const struct item *item, const struct rule *broken)
{
    struct conflict found = {.broken = broken->id};
    struct root *view;
    if (root_stage(plan->host->root, &view) < 0)
        return;
    bool held = holds_on(plan, view, item, broken);
    vec_each (own, &plan->by_rule) {
        if (plan_replay(own->v, own->n, view) < 0)
            break;
        bool holds = holds_on(plan, view, item, broken);
        if (held && !holds)
            found.by = own->rule;
        held = holds;
    }
    root_close(view);
    vec_push(plan->host->arena, &plan->conflicts, found);
}
