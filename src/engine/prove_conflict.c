#include "engine/judge.h"
#include "engine/prove.h"

struct question {
    const struct plan *plan;
    const struct item *item;
    const struct rule *rule;
};

static bool holds_on(struct host *staged, void *context)
{
    const struct question *q = context;
    struct rule_result result = {0};
    judge_rule(staged, q->item, q->rule, q->plan->settlements, &result);
    return result.verdict == VERDICT_PASS || result.verdict == VERDICT_WAIVED ||
           result.verdict == VERDICT_NOT_APPLICABLE || rule_awaits_activation(&result);
}

void prove_conflict(struct plan *plan, const struct item *item, const struct rule *broken)
{
    struct question q = {plan, item, broken};
    struct conflict found = {broken->id, prove_blame(plan, holds_on, &q)};
    vec_push(plan->host->arena, &plan->conflicts, found);
}
