#include "engine/apply.h"

#include <errno.h>

#include "base/cleanup.h"
#include "engine/prove.h"
#include "engine/txn_manifest.h"
#include "engine/window.h"
#include "root/live_session.h"
#include "root/lock.h"

enum { MOST_ROUNDS = 8 };

static void close_root(struct root **r)
{
    root_close(*r);
}

/* One transaction at a time on a root; what a crash left is put back before anything else. */
int apply_begin(struct root *r, int *ret_lock, struct err *e)
{
    unsigned recovered;
    int code = state_directory(r, e);
    if (code < 0)
        return code;
    int lock = root_lock(r, TXN_STATE_DIR "/lock");
    if (lock == -EAGAIN)
        return err_set(e, -EBUSY, "another dengbao is changing this system; try again later",
                       "另一个 dengbao 正在更改本系统；请稍后再试");
    if (lock < 0)
        return err_errno(e, lock, "cannot take the lock %s", "无法获得锁 %s",
                         TXN_STATE_DIR "/lock");
    code = txn_recover(r, false, &recovered, e);
    if (code < 0)
        root_unlock(lock);
    else
        *ret_lock = lock;
    return code;
}

/* ---- looking again ---- */

struct verification {
    struct host *host;
    const struct plan *plan;
    const struct txn *txn;
    struct apply_outcome *outcome;
    struct strings *excluded;
    bool regressed;
    bool later; /* not the first round: the plan is no longer the one that was shown */
};

static bool is_good(enum verdict v)
{
    return v == VERDICT_PASS || v == VERDICT_WAIVED || v == VERDICT_NOT_APPLICABLE;
}

static bool look_at_rule(struct verification *v, const struct rule_result *before,
                         const struct rule_result *after)
{
    struct arena *a = v->host->arena;
    const char *id = after->rule->id;
    if (is_good(before->verdict) && after->verdict == VERDICT_FAIL)
        v->regressed = true; /* by which rule nobody knows: the proof did not see it coming */
    else if (strings_find(&v->plan->rules_fixed, id) < 0 || after->verdict != VERDICT_FAIL)
        return true;
    else if (v->txn->notes.n && rule_awaits_activation(after))
        return true; /* said in the notes */
    struct dropped_rule row = {id, after->reason};
    vec_push(a, &v->outcome->dropped, row);
    strings_add(a, v->excluded, id);
    return false;
}

/* On a fresh handle: nothing that was read before counts. */
static bool verify(void *context)
{
    struct verification *v = context;
    struct root *fresh;
    if (root_open(v->host->arena, root_name(v->host->root), 0, &fresh, NULL) < 0)
        return false;
    struct host *host = host_open(fresh, v->host->now);
    host->options = v->host->options;
    v->outcome->after = plan_check(v->plan, host);
    bool good = true;
    for (size_t i = 0; i < v->outcome->after->items.n; i++) {
        const struct item_result *before = &v->plan->before->items.v[i];
        const struct item_result *after = &v->outcome->after->items.v[i];
        for (size_t k = 0; k < after->rules.n; k++)
            good &= look_at_rule(v, &before->rules.v[k], &after->rules.v[k]);
    }
    root_close(fresh);
    return good;
}

static int refuse_plan(const struct plan *plan, struct err *e)
{
    if (!plan->steps.n)
        return -ENODATA;
    if (plan->refusals.n) {
        struct arena *a = plan->host->arena;
        if (e)
            e->message = text_concat(a, TEXT("the plan is refused: ", "计划被拒绝："),
                                     plan->refusals.v[0].why);
        return -EPERM;
    }
    if (plan->regressions.n == 0)
        return 0;
    const char *by = plan->conflicts.n ? plan->conflicts.v[0].by : NULL;
    const char *broken = strings_join(plan->host->arena, &plan->regressions, ", ", 5);
    if (by)
        return err_set(e, -EPERM, "the plan is refused: %s would break %s",
                       "计划被拒绝：%s 会使 %s 不再符合", by, broken);
    return err_set(e, -EPERM, "the plan is refused: it would break %s",
                   "计划被拒绝：会使 %s 不再符合", broken);
}

static void drop_rules(struct verification *v, const struct txn_step *s, struct text why)
{
    for (size_t i = 0; i < s->rules.n; i++) {
        struct dropped_rule row = {s->rules.v[i], why};
        if (strings_find(v->excluded, row.rule) >= 0)
            continue;
        vec_push(v->host->arena, &v->outcome->dropped, row);
        strings_add(v->host->arena, v->excluded, row.rule);
    }
}

/* An action that fails takes its rules out, not everything. Packages are one action together. */
static int drop_failed(struct verification *v, const struct txn *t, bool packages, int code,
                       struct err *e)
{
    if (code == -EUCLEAN || !e || !e->message.en)
        return code;
    size_t before = v->excluded->n;
    if (t->failed)
        drop_rules(v, t->failed, e->message);
    else if (packages)
        vec_each (s, &t->steps)
            drop_rules(v, s, e->message);
    return v->excluded->n > before ? -ECANCELED : code;
}

static bool has_packages(const struct plan *plan)
{
    vec_each (s, &plan->steps)
        if (s->kind == STEP_PACKAGE)
            return true;
    return false;
}

/* Class access: what may cut somebody off. */
static bool may_cut_access(const struct plan *plan)
{
    for (size_t i = 0; i < plan->policy->items.n; i++)
        vec_each (rule, &plan->policy->items.v[i].rules)
            if (rule->class == CLASS_ACCESS && strings_find(&plan->rules_planned, rule->id) >= 0)
                return true;
    return false;
}

/* Seconds of the window this plan gets; 0: none. */
static int64_t window_of(const struct plan *plan, const struct apply_options *how)
{
    const char *client;
    if (!how || how->confirm_within != CONFIRM_AUTO)
        return how ? how->confirm_within : CONFIRM_NONE;
    bool over_ssh = live_ssh_client(plan->host->root, &client) == 0;
    return over_ssh && may_cut_access(plan) ? CONFIRM_DEFAULT : CONFIRM_NONE;
}

static int one_round(struct host *h, const struct policy *p, const struct selection *selection,
                     const struct plan_options *options, const struct apply_options *how,
                     struct verification *v, struct err *e)
{
    struct apply_outcome *outcome = v->outcome;
    const char *expected_digest = how && !v->later ? how->expected_digest : NULL;
    int code = plan_make(h, p, selection, options, &outcome->plan);
    if (code == 0 && expected_digest && !cstr_eq(expected_digest, outcome->plan->digest))
        code = err_set(e, -ESTALE,
                       "the system is no longer as it was when the plan was made; "
                       "make a new plan",
                       "系统已与制定计划时不同；请重新制定计划");
    if (code == 0)
        code = refuse_plan(outcome->plan, e);
    if (code < 0)
        return code;
    v->plan = outcome->plan;
    bool packages = has_packages(outcome->plan);
    struct txn_hooks hooks = {packages ? NULL : verify, v};
    struct txn *t;
    code = txn_from_plan(outcome->plan, packages ? TXN_PART_PACKAGES : TXN_PART_REST, &t, e);
    if (code < 0)
        return code;
    v->txn = t;
    int64_t window = packages ? 0 : window_of(outcome->plan, how);
    if (window)
        code = window_open(h->root, t, window, e);
    if (code < 0)
        return code;
    code = txn_execute(h->root, t, &hooks, e);
    if (code < 0)
        return drop_failed(v, t, packages, code, e);
    if (packages)
        outcome->packages = t;
    else
        outcome->txn = t;
    return 0;
}

int apply_run(struct host *h, const struct policy *p, const struct selection *selection,
              const struct plan_options *options, const struct apply_options *how,
              struct apply_outcome *ret, struct err *e)
{
    _cleanup_lock_ int lock = -1;
    struct plan_options own = *options;
    int code = apply_begin(h->root, &lock, e);
    if (code == 0)
        code = refuse_while_waiting(h->root, NULL, e);
    for (int round = 0; code == 0 && round < MOST_ROUNDS; round++) {
        _cleanup_(close_root) struct root *fresh = NULL; /* what earlier rounds read is past */
        code = root_open(h->arena, root_name(h->root), 0, &fresh, e);
        if (code < 0)
            break;
        struct host *host = host_open(fresh, h->now);
        host->options = h->options;
        struct verification v = {
            .host = host, .outcome = ret, .excluded = &own.excluded, .later = round > 0};
        code = one_round(host, p, selection, &own, how, &v, e);
        if (code == 0 && ret->packages && !ret->txn && own.packages == PACKAGES_YES)
            own.packages = PACKAGES_DONE; /* what they brought is planned for in the next round */
        else if (code != -ECANCELED || v.regressed)
            break;
        code = 0;
    }
    return code == -ENODATA && ret->packages ? 0 : code;
}
