/*
 * Is anybody really locked out? The question is put to the whole stack: wrong passwords are tried
 * until nothing changes any more, and after each the right one; the smallest number of failures
 * after which the right password is refused is the limit in force.
 */
#include <stdlib.h>
#include <string.h>

#include "effective/pam_module.h"

enum { ROUNDS_MAX = 64, LIMITS_MAX = 64 };

struct limits {
    int64_t v[LIMITS_MAX];
    size_t n;
};

static void add_limit(struct limits *l, int64_t value)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->v[i] == value)
            return;
    if (value > 0 && l->n < LIMITS_MAX)
        l->v[l->n++] = value;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static const struct pam_lock *lock_of(const struct pam_handler *h)
{
    return h->settings && h->model &&
                   (h->model->prepare == pam_prepare_faillock ||
                    h->model->prepare == pam_prepare_tally2)
               ? h->settings
               : NULL;
}

/* Every number at which a module of the stack changes its mind. */
static void collect(const struct pam_service *s, struct limits *denies, struct limits *times)
{
    const struct pam_stack *k = &s->stacks[PAM_GROUP_AUTH];
    for (size_t i = 0; i < k->n; i++) {
        const struct pam_lock *lock = lock_of(&k->v[i]);
        if (!lock)
            continue;
        add_limit(denies, lock->deny.value);
        add_limit(times, lock->unlock.value);
        add_limit(times, lock->root_unlock.value);
    }
    qsort(denies->v, denies->n, sizeof denies->v[0], by_size);
    qsort(times->v, times->n, sizeof times->v[0], by_size);
}

static int64_t next_limit(const struct limits *l, int64_t value)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->v[i] > value)
            return l->v[i];
    return value;
}

struct trial {
    struct host *host;
    const char *service;
    struct pam_scenario in;
    struct limits denies, times;
    size_t stores;
    struct pam_outcome last;
};

static enum pam_decision try(struct trial *t, enum pam_secret secret)
{
    t->in.secret = secret;
    pam_login_outcome(t->host, t->service, &t->in, &t->last);
    return t->last.decision;
}

/* One round of wrong passwords: moves every store that counts to its next limit. False: nothing
 * counts any more. */
static bool fail_more(struct trial *t)
{
    bool moved = false;
    (void)try(t, PAM_SECRET_WRONG);
    for (size_t i = 0; i < t->stores; i++) {
        int64_t next = next_limit(&t->denies, t->in.failures[i]);
        if ((t->last.sure & ((unsigned)PAM_EVENT_COUNTED << i)) && next != t->in.failures[i]) {
            t->in.failures[i] = next;
            moved = true;
        }
    }
    return moved;
}

/* Fails until the right password is refused. */
static enum pam_decision drive(struct trial *t)
{
    enum pam_decision d = try(t, PAM_SECRET_RIGHT);
    if (d == PAM_REFUSED)
        t->last.why = TEXT("the right password is refused, so nothing can be said about lock-out",
                           "正确口令也被拒绝，无法判断锁定是否生效");
    if (d != PAM_ACCEPTED)
        return PAM_UNDECIDED;
    for (int round = 0; round < ROUNDS_MAX; round++) {
        if (!fail_more(t))
            return PAM_REFUSED;
        d = try(t, PAM_SECRET_RIGHT);
        if (d == PAM_REFUSED && (t->last.sure & PAM_EVENT_LOCK_REFUSED))
            return PAM_ACCEPTED;
        if (d != PAM_ACCEPTED)
            return PAM_UNDECIDED;
    }
    return PAM_UNDECIDED;
}

static int64_t locked_for(struct trial *t)
{
    for (size_t i = 0; i < t->times.n; i++) {
        t->in.since_failure = t->times.v[i] + 1;
        if (try(t, PAM_SECRET_RIGHT) == PAM_ACCEPTED)
            return t->times.v[i];
    }
    return NUMBER_NEVER;
}

/* The line that holds the limit: where a module of that store got the number from. */
static void find_where(const struct pam_service *s, int64_t deny, struct pam_lockout *ret)
{
    const struct pam_stack *k = &s->stacks[PAM_GROUP_AUTH];
    for (size_t i = 0; i < k->n; i++) {
        const struct pam_lock *lock = lock_of(&k->v[i]);
        if (!lock || lock->deny.value != deny)
            continue;
        ret->path = lock->deny.path;
        ret->line = lock->deny.line;
        ret->unlock_path = lock->unlock.path;
        ret->unlock_line = lock->unlock.line;
        return;
    }
}

static bool unknown_setting(const struct pam_service *s, struct pam_lockout *ret)
{
    const struct pam_stack *k = &s->stacks[PAM_GROUP_AUTH];
    for (size_t i = 0; i < k->n; i++) {
        const struct pam_lock *lock = lock_of(&k->v[i]);
        if (!lock || !lock->unknown.en || k->v[i].presence == PAM_MISSING)
            continue;
        *ret = (struct pam_lockout){.effective = PAM_UNDECIDED,
                                    .root = PAM_UNDECIDED,
                                    .path = k->v[i].path,
                                    .line = k->v[i].line,
                                    .why = lock->unknown};
        return true;
    }
    return false;
}

static struct text why_not(struct host *h, const struct pam_service *s, const struct trial *t)
{
    const struct pam_stack *k = &s->stacks[PAM_GROUP_AUTH];
    for (size_t i = 0; i < k->n; i++) {
        const struct pam_lock *lock = lock_of(&k->v[i]);
        if (!lock)
            continue;
        if (k->v[i].presence == PAM_MISSING)
            return text_make(h->arena, "%s is not installed", "未安装 %s", k->v[i].module);
        if (t->last.possible & ~((unsigned)PAM_EVENT_COUNTED - 1)) /* in any store */
            return TEXT("failures are counted, and the right password is let in all the same",
                        "失败次数被记录，但正确口令始终可以登录");
        return TEXT("a wrong password is not counted on its way through the stack",
                    "错误口令在该栈中未被计数");
    }
    return TEXT("no module counts failures", "没有模块对登录失败计数");
}

void pam_lockout(struct host *h, const char *service, const struct pam_scenario *user,
                 struct pam_lockout *ret)
{
    const struct pam_service *s;
    struct strings stores = {0};
    *ret = (struct pam_lockout){.effective = PAM_UNDECIDED, .root = PAM_UNDECIDED};
    if (pam_service(h, service, &s, &ret->why) < 0)
        return;
    if (unknown_setting(s, ret))
        return;
    struct trial t = {.host = h, .service = service};
    t.in = user ? *user : pam_scenario_ordinary(h);
    pam_scenario_service(&t.in, service);
    pam_stores(h, s, &stores);
    t.stores = stores.n < PAM_STORES_MAX ? stores.n : PAM_STORES_MAX;
    collect(s, &t.denies, &t.times);
    struct trial root = t;
    ret->effective = drive(&t);
    ret->path = t.last.path;
    ret->line = t.last.line;
    if (ret->effective == PAM_REFUSED)
        ret->why = why_not(h, s, &t);
    if (ret->effective == PAM_UNDECIDED)
        ret->why = t.last.why;
    if (ret->effective != PAM_ACCEPTED)
        return;
    for (size_t i = 0; i < t.stores; i++)
        if (t.in.failures[i] > ret->deny)
            ret->deny = t.in.failures[i];
    ret->unlock_time = locked_for(&t);
    find_where(s, ret->deny, ret);
    root.in = pam_scenario_root(h);
    pam_scenario_service(&root.in, service);
    ret->root = drive(&root);
}
