/*
 * _pam_dispatch_aux() over sets of answers.  Handlers only lead forward, so the states that can
 * stand before each handler are collected in order; a module that may answer in several ways sends
 * its state on in each of them, equal states are merged.
 */
#include <errno.h>
#include <string.h>

#include "effective/pam_module.h"

enum { LEVELS = 17, STATES_MAX = 256 };

enum impression { UNDEFINED, POSITIVE, NEGATIVE };

struct verdict_state {
    uint8_t impression, status;
};

struct state {
    struct pam_run run;
    struct verdict_state now;
    struct verdict_state saved[LEVELS]; /* at the entry of each substack */
    uint8_t previous_level;
    uint8_t inexact;  /* the status stands for several codes */
    uint8_t guessed;  /* a module that we cannot tell was passed */
    uint16_t decider; /* handler + 1 that last changed the verdict */
    uint16_t doubt;   /* handler + 1 that answered in several ways */
};

struct states {
    struct state *v;
    size_t n, cap;
};

struct evaluation {
    struct arena *arena;
    const struct pam_stack *stack;
    struct states *before; /* before[i]: states in front of handler i; before[n]: the end */
    bool overflow;
};

static bool same(const struct state *a, const struct state *b)
{
    return a->run.events == b->run.events && a->run.token == b->run.token &&
           a->run.old_token == b->run.old_token &&
           memcmp(a->run.counted, b->run.counted, sizeof a->run.counted) == 0 &&
           a->run.unix_failures == b->run.unix_failures && a->run.unix_code == b->run.unix_code &&
           a->previous_level == b->previous_level && a->inexact == b->inexact &&
           memcmp(&a->now, &b->now, sizeof a->now) == 0 &&
           memcmp(a->saved, b->saved, sizeof a->saved) == 0;
}

static void reach(struct evaluation *e, size_t at, struct state s)
{
    struct states *list = &e->before[at];
    vec_each (known, list)
        if (same(known, &s))
            return;
    if (list->n == STATES_MAX) {
        e->overflow = true;
        return;
    }
    vec_push(e->arena, list, s);
}

/* Index of the handler where libpam stands after `decision_made`. */
static size_t skip_stack(const struct pam_stack *k, size_t at)
{
    unsigned level = k->v[at].level;
    while (at + 1 < k->n && k->v[at + 1].level >= level)
        at++;
    return at;
}

/* Jumps; *action is what is left when the stack ends first. */
static size_t jump(const struct pam_stack *k, size_t at, int *action)
{
    unsigned level = k->v[at].level;
    while (at + 1 < k->n && k->v[at + 1].level >= level && *action > 0) {
        do
            at++;
        while (at + 1 < k->n && k->v[at + 1].level > level);
        --*action;
    }
    return at;
}

static void fail(struct state *s, size_t at, unsigned code)
{
    if (s->now.impression != NEGATIVE) {
        s->now.impression = NEGATIVE;
        s->now.status = (uint8_t)(code == PAM_CODE_IGNORE ? PAM_CODE_PERM_DENIED : code);
        s->decider = (uint16_t)(at + 1);
    }
}

/* Applies one return code; returns the index of the next handler. */
static size_t apply(const struct pam_stack *k, struct state *s, size_t at, unsigned code)
{
    const struct pam_handler *h = &k->v[at];
    int action = h->actions[code];
    s->previous_level = (uint8_t)h->level;
    switch (action) {
    case PAM_ACTION_RESET:
        s->now = s->saved[h->level];
        break;
    case PAM_ACTION_OK:
    case PAM_ACTION_DONE:
        if (s->now.impression == UNDEFINED ||
            (s->now.impression == POSITIVE && s->now.status == PAM_CODE_SUCCESS)) {
            if (s->now.impression == UNDEFINED || code != PAM_CODE_SUCCESS ||
                action == PAM_ACTION_DONE)
                s->decider = (uint16_t)(at + 1);
            s->now = (struct verdict_state){POSITIVE, (uint8_t)code};
        }
        if (s->now.impression == POSITIVE && action == PAM_ACTION_DONE)
            return skip_stack(k, at) + 1;
        break;
    case PAM_ACTION_BAD:
        fail(s, at, code);
        break;
    case PAM_ACTION_DIE:
        fail(s, at, code);
        return skip_stack(k, at) + 1;
    case PAM_ACTION_IGNORE:
        break;
    default:
        at = jump(k, at, &action);
        if (action != 0) { /* a jump beyond the stack cannot succeed */
            s->now = (struct verdict_state){NEGATIVE, PAM_CODE_PERM_DENIED};
            s->decider = (uint16_t)(at + 1);
        }
    }
    return at + 1;
}

static uint32_t answer(const struct pam_call *c, struct pam_run *run)
{
    const struct pam_handler *h = c->handler;
    if (h->kind == PAM_HANDLER_MUST_FAIL)
        return PAM_BIT(PERM_DENIED);
    if (h->presence == PAM_MISSING)
        return PAM_BIT(MODULE_UNKNOWN);
    uint32_t codes = PAM_ANY_CODE;
    if (h->model)
        codes = h->model->answer[c->group] ? h->model->answer[c->group](c, run)
                                           : PAM_BIT(MODULE_UNKNOWN);
    return codes;
}

/* Codes that lead the same way and only differ in the failure they name need one follower. */
static bool stands_for_itself(unsigned code)
{
    return code == PAM_CODE_SUCCESS || code == PAM_CODE_IGNORE ||
           code == PAM_CODE_NEW_AUTHTOK_REQD || code == PAM_CODE_ABORT;
}

static void step(struct evaluation *e, struct pam_call *c, size_t at, struct state s)
{
    const struct pam_handler *h = &e->stack->v[at];
    if (s.previous_level < h->level)
        s.saved[h->level] = s.now;
    if (h->kind == PAM_HANDLER_SUBSTACK) {
        s.previous_level = (uint8_t)h->level;
        reach(e, at + 1, s);
        return;
    }
    c->handler = h;
    uint32_t codes = answer(c, &s.run);
    bool several = (codes & (codes - 1)) != 0;
    struct {
        int action;
        unsigned code;
    } taken[PAM_CODE_COUNT];
    size_t n = 0;
    for (unsigned code = 0; code < PAM_CODE_COUNT; code++) {
        if (!(codes >> code & 1))
            continue;
        struct state next = s;
        bool follow = true;
        for (size_t i = 0; i < n && !stands_for_itself(code); i++)
            if (taken[i].action == h->actions[code] && !stands_for_itself(taken[i].code))
                follow = false;
        if (!follow)
            continue;
        taken[n].action = h->actions[code];
        taken[n++].code = code;
        size_t to = apply(e->stack, &next, at, code);
        if (several) {
            next.doubt = (uint16_t)(at + 1);
            next.inexact = next.inexact || next.now.status == code;
        }
        reach(e, to, next);
    }
}

static void run_pass(struct evaluation *e, struct pam_call *c, const struct states *start)
{
    size_t n = e->stack->n;
    e->before = arena_new_array(e->arena, struct states, n + 1);
    vec_each (s, start) {
        struct state first = {
            .run = s->run, .now = {UNDEFINED, PAM_CODE_PERM_DENIED}, .doubt = s->doubt};
        first.saved[0] = first.now;
        reach(e, 0, first);
    }
    for (size_t at = 0; at < n; at++)
        for (size_t i = 0; i < e->before[at].n; i++)
            step(e, c, at, e->before[at].v[i]);
    vec_each (s, &e->before[n])
        if (s->now.status == PAM_CODE_SUCCESS && s->now.impression != POSITIVE)
            s->now.status = PAM_CODE_PERM_DENIED;
}

/* ---- outcomes ---- */

static void set_place(struct pam_outcome *out, const struct pam_stack *k, unsigned handler)
{
    if (handler == 0 || handler > k->n)
        return;
    out->path = k->v[handler - 1].path;
    out->line = k->v[handler - 1].line;
}

static bool accepts(unsigned code, enum pam_group group)
{
    return code == PAM_CODE_SUCCESS ||
           (group == PAM_GROUP_ACCOUNT && code == PAM_CODE_NEW_AUTHTOK_REQD);
}

static struct text doubt_text(struct arena *a, const struct pam_stack *k, unsigned handler)
{
    if (handler == 0 || handler > k->n)
        return TEXT("too many ways lead through this stack", "该栈的可能路径过多，无法判定");
    const struct pam_handler *h = &k->v[handler - 1];
    if (!h->model)
        return text_make(a, "what %s answers is not known (%s line %u)",
                         "无法判定模块 %s 的返回（%s 第 %u 行）", h->module, h->path, h->line);
    return text_make(a, "what %s answers here depends on what is not known (%s line %u)",
                     "模块 %s 的返回取决于未知条件（%s 第 %u 行）", h->module, h->path, h->line);
}

static void conclude(struct evaluation *e, enum pam_group group, const struct states *ends,
                     struct pam_outcome *out)
{
    unsigned yes = 0, no = 0, doubt = 0, inexact = 0;
    *out = (struct pam_outcome){.sure = ~0u, .code = -1};
    vec_each (s, ends) {
        bool good = accepts(s->now.status, group);
        yes += good;
        no += !good;
        out->sure &= s->run.events;
        out->possible |= s->run.events;
        out->codes |= UINT32_C(1) << s->now.status;
        inexact |= s->inexact;
        if (s->doubt)
            doubt = s->doubt;
        set_place(out, e->stack, s->decider);
    }
    if (yes + no == 0)
        out->sure = 0;
    out->decision = yes && no ? PAM_UNDECIDED : yes ? PAM_ACCEPTED : PAM_REFUSED;
    if (e->overflow)
        out->decision = PAM_UNDECIDED;
    if (!inexact && (out->codes & (out->codes - 1)) == 0 && out->codes)
        out->code = __builtin_ctz(out->codes);
    if (out->decision == PAM_UNDECIDED) {
        set_place(out, e->stack, e->overflow ? 0 : doubt);
        out->why = doubt_text(e->arena, e->stack, e->overflow ? 0 : doubt);
    }
}

static void refused_with(struct pam_outcome *out, int code, const char *path, unsigned line)
{
    *out = (struct pam_outcome){.decision = PAM_REFUSED,
                                .code = code,
                                .codes = UINT32_C(1) << code,
                                .path = path,
                                .line = line};
}

/* chauthtok: both passes; the second only where the first succeeded. */
static void password_passes(struct evaluation *e, struct pam_call *c, struct states *ends)
{
    struct states start = *ends, go_on = {0}, done = {0};
    run_pass(e, c, &start);
    vec_each (s, &e->before[e->stack->n]) {
        if (s->now.status == PAM_CODE_SUCCESS)
            vec_push(e->arena, &go_on, *s);
        else
            vec_push(e->arena, &done, *s);
    }
    if (go_on.n) {
        c->update = true;
        run_pass(e, c, &go_on);
        vec_each (s, &e->before[e->stack->n])
            vec_push(e->arena, &done, *s);
    }
    *ends = done;
}

/* Runs one group from the given starts; *ends becomes the states at its end. */
static void run_group(struct host *h, const struct pam_service *s, enum pam_group group,
                      const struct pam_scenario *in, struct states *ends, struct pam_outcome *ret)
{
    struct pam_call c = {.host = h, .service = s, .group = group, .in = in};
    struct evaluation e = {.arena = h->arena, .stack = &s->stacks[group]};
    if (s->aborted) {
        refused_with(ret, PAM_CODE_ABORT, s->abort_path, s->abort_line);
        return;
    }
    if (e.stack->n == 0) {
        refused_with(ret, PAM_CODE_PERM_DENIED, s->path, 0);
        return;
    }
    if (group == PAM_GROUP_PASSWORD) {
        password_passes(&e, &c, ends);
    } else {
        run_pass(&e, &c, ends);
        *ends = e.before[e.stack->n];
    }
    conclude(&e, group, ends, ret);
}

int pam_evaluate(struct host *h, const struct pam_service *s, enum pam_group group,
                 const struct pam_scenario *in, struct pam_outcome *ret)
{
    struct states ends = {0};
    struct state start = {0};
    if (group == PAM_GROUP_SESSION)
        return -ENOTSUP;
    vec_push(h->arena, &ends, start);
    run_group(h, s, group, in, &ends, ret);
    return 0;
}

static void undecided(struct pam_outcome *ret, struct text why)
{
    *ret = (struct pam_outcome){.decision = PAM_UNDECIDED, .code = -1, .why = why};
}

void pam_login_outcome(struct host *h, const char *service, const struct pam_scenario *in,
                       struct pam_outcome *ret)
{
    const struct pam_service *s;
    struct text why;
    if (pam_service(h, service, &s, &why) < 0) {
        undecided(ret, why);
        return;
    }
    struct states ends = {0}, passed = {0};
    struct state start = {0};
    struct pam_outcome auth, account;
    vec_push(h->arena, &ends, start);
    run_group(h, s, PAM_GROUP_AUTH, in, &ends, &auth);
    if (auth.decision == PAM_REFUSED) {
        *ret = auth;
        return;
    }
    vec_each (e, &ends)
        if (e->now.status == PAM_CODE_SUCCESS) {
            e->run.token = 0; /* pam_authenticate() forgets the password */
            e->doubt = 0;
            vec_push(h->arena, &passed, *e);
        }
    run_group(h, s, PAM_GROUP_ACCOUNT, in, &passed, &account);
    *ret = account;
    if (auth.decision == PAM_UNDECIDED) {
        ret->sure &= auth.sure;
        ret->possible |= auth.possible;
        ret->codes |= auth.codes;
        if (account.decision == PAM_ACCEPTED) {
            ret->decision = PAM_UNDECIDED;
            ret->why = auth.why;
        }
        ret->code = -1;
        if (account.decision != PAM_REFUSED) {
            ret->path = auth.path;
            ret->line = auth.line;
        }
    } else if (account.decision == PAM_ACCEPTED && auth.path) {
        ret->path = auth.path; /* authentication is what lets in */
        ret->line = auth.line;
    }
}
