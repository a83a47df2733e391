#include "effective/pam_password.h"

#include <stdlib.h>

static const struct pam_quality *quality_of(const struct pam_handler *h)
{
    bool quality =
        h->model && h->settings && h->model->answer[PAM_GROUP_PASSWORD] == pam_answer_quality;
    return quality && h->kind == PAM_HANDLER_MODULE && h->presence != PAM_MISSING ? h->settings
                                                                                  : NULL;
}

static int64_t required(const struct pam_setting *credit)
{
    return credit->value < 0 ? -credit->value : 0;
}

static int64_t bonus(const struct pam_setting *credit)
{
    return credit->value > 0 ? credit->value : 0;
}

/* simple() of libpwquality: positive credits shorten what minlen asks for; a credit of a class is
 * earned by its characters, so n characters earn at most n. */
static int64_t shortest(const struct pam_quality *q)
{
    int64_t must = required(&q->dcredit) + required(&q->ucredit) + required(&q->lcredit) +
                   required(&q->ocredit);
    int64_t earn =
        bonus(&q->dcredit) + bonus(&q->ucredit) + bonus(&q->lcredit) + bonus(&q->ocredit);
    int64_t half = (q->minlen.value - must + 1) / 2; /* every further character may earn one */
    if (half < 0)
        half = 0;
    int64_t length = earn >= half ? must + half : q->minlen.value - earn;
    return length > must ? length : must;
}

static int64_t classes(const struct pam_quality *q)
{
    int64_t n = (q->dcredit.value < 0) + (q->ucredit.value < 0) + (q->lcredit.value < 0) +
                (q->ocredit.value < 0);
    return q->minclass.value > n ? q->minclass.value : n;
}

struct trial {
    struct host *host;
    const struct pam_service *service;
    struct pam_outcome last;
};

/* ACCEPTED: such a new password is refused and not stored. */
static enum pam_decision refuses(struct trial *t, enum pam_new_secret secret, bool by_root)
{
    struct pam_scenario s = pam_scenario_ordinary(t->host);
    struct strings own = {0};
    strings_add(t->host->arena, &own, s.user);
    if (!by_root)
        pam_scenario_caller(&s, s.user, s.uid, &own);
    s.secret = PAM_SECRET_RIGHT;
    s.new_secret = secret;
    (void)pam_evaluate(t->host, t->service, PAM_GROUP_PASSWORD, &s, &t->last);
    if (t->last.decision == PAM_UNDECIDED)
        return PAM_UNDECIDED;
    return t->last.decision == PAM_REFUSED && !(t->last.possible & PAM_EVENT_STORED) ? PAM_ACCEPTED
                                                                                     : PAM_REFUSED;
}

static enum pam_decision with_event(struct trial *t, enum pam_decision d, unsigned event)
{
    return d == PAM_ACCEPTED && !(t->last.sure & event) ? PAM_REFUSED : d;
}

static void find_rules(struct trial *t, struct pam_password *ret)
{
    const struct pam_stack *k = &t->service->stacks[PAM_GROUP_PASSWORD];
    for (size_t i = 0; i < k->n; i++) {
        const struct pam_quality *q = quality_of(&k->v[i]);
        if (!q || !q->enforcing.value)
            continue;
        ret->rules = q;
        ret->min_length = shortest(q);
        ret->required_classes = classes(q);
        ret->length_at = q->minlen;
        if (q->unknown.en) {
            ret->quality = PAM_UNDECIDED;
            ret->why = q->unknown;
        }
        return;
    }
}

static void find_history(struct trial *t, struct pam_password *ret)
{
    const struct pam_stack *k = &t->service->stacks[PAM_GROUP_PASSWORD];
    for (size_t i = 0; i < k->n; i++) {
        const struct pam_handler *h = &k->v[i];
        struct pam_setting at = {0, h->path, h->line};
        struct text unknown = {0};
        if (!h->model || h->kind != PAM_HANDLER_MODULE || h->presence == PAM_MISSING)
            continue;
        if (h->model->prepare == pam_prepare_pwhistory) {
            const struct pam_history *y = h->settings;
            at = y->remember;
            unknown = y->unknown;
        } else if (h->model->answer[PAM_GROUP_PASSWORD] == pam_answer_unix_password) {
            const char *value = pam_arg_value(h, "remember=");
            at.value = value ? strtol(value, NULL, 10) : 0;
        }
        if (unknown.en) {
            ret->history = PAM_UNDECIDED;
            ret->why = unknown;
            ret->history_at = at;
            return;
        }
        if (at.value > ret->remember) {
            ret->remember = at.value;
            ret->history_at = at;
        }
    }
}

void pam_password(struct host *h, const char *service, struct pam_password *ret)
{
    struct trial t = {.host = h};
    *ret = (struct pam_password){.quality = PAM_UNDECIDED,
                                 .for_root = PAM_UNDECIDED,
                                 .history = PAM_UNDECIDED,
                                 .history_for_root = PAM_UNDECIDED};
    if (pam_service(h, service, &t.service, &ret->why) < 0)
        return;
    ret->for_root = with_event(&t, refuses(&t, PAM_NEW_POOR, true), PAM_EVENT_QUALITY);
    ret->history = with_event(&t, refuses(&t, PAM_NEW_USED, false), PAM_EVENT_HISTORY);
    ret->history_for_root = with_event(&t, refuses(&t, PAM_NEW_USED, true), PAM_EVENT_HISTORY);
    ret->good_refused = refuses(&t, PAM_NEW_GOOD, false) == PAM_ACCEPTED;
    enum pam_decision poor = refuses(&t, PAM_NEW_POOR, false);
    ret->quality = with_event(&t, poor, PAM_EVENT_QUALITY);
    ret->path = t.last.path;
    ret->line = t.last.line;
    ret->why = t.last.why;
    if (ret->quality == PAM_ACCEPTED)
        find_rules(&t, ret);
    if (ret->quality == PAM_REFUSED) {
        ret->min_length = pam_feature(h, PAM_FEATURE_UNIX_MINLEN_6) == 1 ? 6 : 0;
        ret->why = TEXT("no module refuses a poor password", "没有模块拒绝弱口令");
    }
    if (ret->history == PAM_ACCEPTED)
        find_history(&t, ret);
}
