/* Nobody is locked out by a plan, and nobody let in: the opposite errors of a PAM edit. */
#include "base/cleanup.h"
#include "effective/pam.h"
#include "engine/prove.h"

struct attempt {
    const char *service;
    enum pam_secret secret;
    bool root; /* whose password is asked for: root's, else an ordinary account's */
};

/* sshd as root with the right password is not here: keeping root out is what some rules are for. */
static const struct attempt attempts[] = {
    {"sshd", PAM_SECRET_RIGHT, false},  {"sshd", PAM_SECRET_WRONG, false},
    {"sshd", PAM_SECRET_WRONG, true},   {"login", PAM_SECRET_RIGHT, false},
    {"login", PAM_SECRET_WRONG, false}, {"login", PAM_SECRET_WRONG, true},
    {"su", PAM_SECRET_RIGHT, true},     {"su", PAM_SECRET_WRONG, true},
    {"sudo", PAM_SECRET_RIGHT, false},  {"sudo", PAM_SECRET_WRONG, false},
};

static struct pam_outcome try(struct host *h, const struct attempt *attempt)
{
    struct pam_scenario in = attempt->root ? pam_scenario_root(h) : pam_scenario_ordinary(h);
    struct pam_outcome out = {0};
    in.secret = attempt->secret;
    pam_scenario_service(&in, attempt->service);
    if (cstr_eq(attempt->service, "su") || cstr_eq(attempt->service, "sudo")) {
        struct strings groups = {0}; /* those that su is usually kept to */
        strings_add(h->arena, &groups, "wheel");
        strings_add(h->arena, &groups, "sudo");
        strings_add(h->arena, &groups, "root");
        pam_scenario_caller(&in, "operator", 1000, &groups);
    }
    pam_login_outcome(h, attempt->service, &in, &out);
    return out;
}

static struct text secret_text(enum pam_secret secret)
{
    return secret == PAM_SECRET_RIGHT ? TEXT("the right password", "正确口令")
                                      : TEXT("a wrong password", "错误口令");
}

static struct text decision_text(enum pam_decision decision)
{
    switch (decision) {
    case PAM_ACCEPTED:
        return TEXT("would be accepted", "将被接受");
    case PAM_REFUSED:
        return TEXT("would be refused", "将被拒绝");
    case PAM_UNDECIDED:
        break;
    }
    return TEXT("could no longer be judged", "将无法判断");
}

/* su that is kept to a group is what a rule asked for; who still becomes root is proved apart. */
static bool is_meant(const struct attempt *attempt, const struct pam_outcome *after)
{
    if (attempt->secret == PAM_SECRET_WRONG)
        return after->decision == PAM_REFUSED;
    return after->decision == PAM_ACCEPTED || (after->possible & PAM_EVENT_WHEEL);
}

struct question {
    const struct attempt *attempt;
    enum pam_decision before;
};

static bool answers_well(struct host *staged, void *context)
{
    const struct question *q = context;
    struct pam_outcome after = try(staged, q->attempt);
    return after.decision == q->before || is_meant(q->attempt, &after);
}

static void refuse(struct plan *plan, const struct attempt *attempt, enum pam_decision before,
                   const struct pam_outcome *now)
{
    struct arena *a = plan->host->arena;
    struct text secret = secret_text(attempt->secret), decision = decision_text(now->decision);
    const char *path = now->path ? now->path : "/etc/pam.d";
    struct text why = {arena_printf(a, "%s: %s %s (%s:%u)", attempt->service, secret.en,
                                    decision.en, path, now->line),
                       arena_printf(a, "%s：%s%s（%s:%u）", attempt->service, secret.zh,
                                    decision.zh, path, now->line)};
    struct question q = {attempt, before};
    struct refusal refusal = {why, prove_blame(plan, answers_well, &q)};
    vec_push(a, &plan->refusals, refusal);
}

/* A service whose files the plan does not touch answers as before: it is not asked. */
static bool touches_pam(const struct plan *plan)
{
    static const char *const prefixes[] = {"/etc/pam",       "/etc/authselect/", "/etc/security/",
                                           "/usr/share/pam", "/etc/login.defs",  "/etc/shadow",
                                           "/etc/passwd",    "/etc/group",       "/usr/lib/pam.d/"};
    vec_each (s, &plan->steps)
        for (size_t i = 0; s->change && i < ARRAY_SIZE(prefixes); i++)
            if (cstr_starts(s->target, prefixes[i]))
                return true;
    return false;
}

static struct pam_outcome new_password(struct host *h)
{
    const struct pam_service *s;
    struct text why;
    struct pam_outcome out = {.decision = PAM_UNDECIDED};
    struct pam_scenario in = pam_scenario_ordinary(h);
    in.new_secret = PAM_NEW_GOOD;
    if (pam_service(h, "passwd", &s, &why) < 0 ||
        pam_evaluate(h, s, PAM_GROUP_PASSWORD, &in, &out) < 0)
        out.decision = PAM_UNDECIDED;
    return out;
}

static bool takes_new_password(struct host *staged, void *context)
{
    (void)context;
    return new_password(staged).decision != PAM_REFUSED;
}

/* pam_pwquality without its dictionary refuses every new password of an ordinary account. */
static void prove_new_password(struct plan *plan)
{
    struct pam_outcome before = new_password(plan->host), after = new_password(plan->staged);
    if (before.decision != PAM_ACCEPTED || after.decision != PAM_REFUSED)
        return;
    struct arena *a = plan->host->arena;
    struct refusal refusal = {text_make(a, "passwd: a good new password would be refused (%s:%u)",
                                        "passwd：合格的新口令将被拒绝（%s:%u）",
                                        after.path ? after.path : "/etc/pam.d/passwd", after.line),
                              prove_blame(plan, takes_new_password, NULL)};
    vec_push(a, &plan->refusals, refusal);
}

void prove_login(struct plan *plan)
{
    if (!touches_pam(plan))
        return;
    for (size_t i = 0; i < ARRAY_SIZE(attempts); i++) {
        struct pam_outcome before = try(plan->host, &attempts[i]);
        struct pam_outcome after = try(plan->staged, &attempts[i]);
        if (before.decision != after.decision && !is_meant(&attempts[i], &after))
            refuse(plan, &attempts[i], before.decision, &after);
    }
    prove_new_password(plan);
}
