/* One rule that cannot be proved does not keep all others from being applied: it is found, left
 * out, and everything is planned and proved again without it. */
#include "engine/prove.h"

const char *prove_blame(struct plan *plan, prove_test *test, void *context)
{
    const char *by = NULL;
    struct root *view;
    if (root_stage(plan->host->root, &view) < 0)
        return NULL;
    bool held = test(plan_host_over(plan->host, view), context);
    vec_each (own, &plan->by_rule) {
        if (own->n == 0)
            continue;
        if (plan_replay(own->v, own->n, view) < 0)
            break;
        bool holds = test(plan_host_over(plan->host, view), context);
        if (held && !holds)
            by = own->rule;
        held = holds;
    }
    root_close(view);
    return held ? NULL : by;
}

static const struct rule *rule_of(const struct plan *plan, const char *id)
{
    vec_each (item, &plan->before->items)
        vec_each (r, &item->rules)
            if (id && cstr_eq(r->rule->id, id))
                return r->rule;
    return NULL;
}

/* What was asked for by name is refused as a whole instead: the person is told and chooses. */
static bool may_leave_out(const struct plan_options *options, const struct rule *rule)
{
    return rule && strings_find(&options->named, rule->id) < 0 &&
           strings_find(&options->excluded, rule->id) < 0;
}

static void leave(const struct plan *plan, struct plan_options *options, const struct rule *rule,
                  struct text why, struct not_planned_list *ret)
{
    struct arena *a = plan->host->arena;
    struct not_planned row = {.rule = rule, .reason = why};
    vec_push(a, ret, row);
    strings_add(a, &options->excluded, rule->id);
}

size_t prove_leave_out(const struct plan *plan, struct plan_options *options,
                       struct not_planned_list *ret)
{
    struct arena *a = plan->host->arena;
    size_t before = ret->n;
    vec_each (c, &plan->conflicts) {
        const struct rule *by = rule_of(plan, c->by);
        if (strings_find(&plan->regressions, c->broken) < 0 || !may_leave_out(options, by))
            continue;
        struct text why =
            text_make(a, "conflicts with %s, which holds now and would fail: choose one",
                      "与 %s 冲突：后者目前符合，更改后将不符合，请选择其一", c->broken);
        leave(plan, options, by, why, ret);
    }
    vec_each (refusal, &plan->refusals) {
        const struct rule *by = rule_of(plan, refusal->by);
        if (may_leave_out(options, by))
            leave(plan, options, by,
                  text_concat(a, TEXT("the proof refuses it: ", "验证拒绝此更改："), refusal->why),
                  ret);
    }
    return ret->n - before;
}
