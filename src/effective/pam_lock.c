/*
 * Modules that count failures: pam_faillock(8) (modules/pam_faillock/pam_faillock.c of 1.5.2; the
 * Red Hat patch of EL7 takes the same arguments) and pam_tally2(8).
 */
#include <errno.h>
#include <string.h>

#include "effective/pam_module.h"

enum { MAX_INTERVAL = 604800 }; /* seven days: larger numbers are refused */

struct reading {
    struct arena *arena;
    struct pam_lock *lock;
    const char *path; /* where the setting stands */
};

/* sscanf("%u") and "%hu": a number at the start, wrapped to its width. */
static bool scan_number(const char *s, uint64_t mask, int64_t *ret)
{
    while (*s == ' ' || (*s >= '\t' && *s <= '\r'))
        s++;
    bool negative = *s == '-';
    if (*s == '-' || *s == '+')
        s++;
    if (*s < '0' || *s > '9')
        return false;
    uint64_t n = 0;
    for (; *s >= '0' && *s <= '9'; s++)
        if (__builtin_mul_overflow(n, UINT64_C(10), &n) ||
            __builtin_add_overflow(n, (uint64_t)(*s - '0'), &n))
            n = UINT64_MAX;
    *ret = (int64_t)((negative ? -n : n) & mask);
    return true;
}

static void set_time(struct pam_setting *to, const char *value, bool never, struct pam_setting at)
{
    if (never && strcmp(value, "never") == 0)
        at.value = 0;
    else if (!scan_number(value, UINT32_MAX, &at.value) || at.value > MAX_INTERVAL)
        return; /* logged, and the old value stays */
    *to = at;
}

/* set_conf_opt() */
static bool set_option(void *context, const char *name, const char *value, unsigned line)
{
    struct reading *r = context;
    struct pam_lock *k = r->lock;
    struct pam_setting at = {0, r->path, line};
    if (strcmp(name, "dir") == 0) {
        if (value[0] == '/')
            k->store = arena_printf(
                r->arena, "faillock:%s",
                cstr_starts(value, "/run/") ? arena_printf(r->arena, "/var%s", value) : value);
    } else if (strcmp(name, "deny") == 0) {
        if (scan_number(value, UINT16_MAX, &at.value))
            k->deny = at;
    } else if (strcmp(name, "fail_interval") == 0) {
        set_time(&k->interval, value, false, at);
    } else if (strcmp(name, "unlock_time") == 0) {
        set_time(&k->unlock, value, true, at);
    } else if (strcmp(name, "root_unlock_time") == 0) {
        set_time(&k->root_unlock, value, true, at);
    } else if (strcmp(name, "admin_group") == 0) {
        k->admin_group = value;
    } else if (strcmp(name, "even_deny_root") == 0) {
        k->root = true;
    } else if (strcmp(name, "local_users_only") == 0) {
        k->local_only = true;
    }
    return true;
}

static void set_argument(struct reading *r, const char *arg, unsigned line)
{
    const char *equals = strchr(arg, '=');
    size_t n = equals ? (size_t)(equals - arg) : strlen(arg);
    set_option(r, arena_strndup(r->arena, arg, n), equals ? equals + 1 : "", line);
}

/* The file: read, ignored by this version, or not known whether. */
static void read_faillock_conf(struct host *h, const struct pam_handler *handler, struct reading *r)
{
    const char *conf = pam_arg_value(handler, "conf="),
               *path = conf ? conf : "/etc/security/faillock.conf";
    int reads = pam_feature(h, PAM_FEATURE_FAILLOCK_CONF);
    if (reads == 0)
        return;
    if (reads < 0) {
        if (root_exists(h->root, path))
            r->lock->unknown =
                text_make(h->arena, "whether this version of PAM reads %s is not known",
                          "无法确定该版本 PAM 是否读取 %s", path);
        return;
    }
    r->path = path;
    int e = pam_conf_read(h, path, true, set_option, r);
    if (e == -ENOENT && !conf)
        return;
    if (e == -EACCES)
        r->lock->unknown = root_error_text(h->root, path, e);
    else if (e < 0 && e != -EISDIR)
        r->lock->code = PAM_CODE_SERVICE_ERR;
}

const void *pam_prepare_faillock(struct host *h, const struct pam_handler *handler)
{
    struct pam_lock *k = arena_make(h->arena, struct pam_lock);
    struct pam_setting builtin = {0, handler->path, handler->line};
    struct reading r = {h->arena, k, NULL};
    const bool takes_conf = pam_feature(h, PAM_FEATURE_FAILLOCK_CONF) != 0;
    *k = (struct pam_lock){.action = PAM_LOCK_PREAUTH,
                           .deny = builtin,
                           .unlock = builtin,
                           .root_unlock = builtin,
                           .interval = builtin,
                           .store = "faillock:/var/run/faillock",
                           .code = -1};
    k->deny.value = 3;
    k->unlock.value = 600;
    k->interval.value = 900;
    k->root_unlock.value = -1; /* follows unlock_time */
    read_faillock_conf(h, handler, &r);
    r.path = handler->path;
    vec_each (arg, &handler->args) {
        if (strcmp(*arg, "preauth") == 0)
            k->action = PAM_LOCK_PREAUTH;
        else if (strcmp(*arg, "authfail") == 0)
            k->action = PAM_LOCK_AUTHFAIL;
        else if (strcmp(*arg, "authsucc") == 0)
            k->action = PAM_LOCK_AUTHSUCC;
        else if (!takes_conf || !cstr_starts(*arg, "conf="))
            set_argument(&r, *arg, handler->line);
    }
    if (k->root_unlock.value < 0)
        k->root_unlock = k->unlock;
    return k;
}

/* Index of the store among those of the service. */
static int store_of(const struct pam_call *c, const char *store)
{
    struct strings stores = {0};
    pam_stores(c->host, c->service, &stores);
    int i = strings_find(&stores, store);
    return i < PAM_STORES_MAX ? i : -1;
}

static void count(const struct pam_call *c, struct pam_run *run, const char *store)
{
    int i = store_of(c, store);
    if (i < 0)
        return;
    run->events |= (unsigned)PAM_EVENT_COUNTED << i;
    if (run->counted[i] < UINT8_MAX)
        run->counted[i]++;
}

/* check_tally(): may the user go on? */
static bool tally_allows(const struct pam_call *c, const struct pam_lock *k, struct pam_run *run)
{
    const struct pam_scenario *in = c->in;
    bool admin = in->uid == 0 ||
                 (k->admin_group && *k->admin_group && pam_in_group(&in->groups, k->admin_group));
    int i = store_of(c, k->store);
    int64_t added = i >= 0 ? run->counted[i] : 0; /* by an earlier line of this attempt */
    int64_t failures = i >= 0 ? in->failures[i] + added : 0;
    int64_t expiry = admin ? k->root_unlock.value : k->unlock.value;
    if (added && ((expiry && in->since_failure > expiry) || in->since_failure >= k->interval.value))
        failures = added; /* the old records ended with the new one */
    if (admin && !k->root)
        return true;
    run->events |= k->deny.value ? PAM_EVENT_LOCK_CHECKED : 0;
    if (k->deny.value == 0 || failures < k->deny.value)
        return true;
    if (expiry && !added && in->since_failure > expiry)
        return true;
    run->events |= PAM_EVENT_LOCK_REFUSED;
    return false;
}

uint32_t pam_answer_faillock_auth(const struct pam_call *c, struct pam_run *run)
{
    const struct pam_lock *k = c->handler->settings;
    if (k->code >= 0)
        return UINT32_C(1) << k->code;
    if (!c->in->exists)
        return PAM_BIT(IGNORE);
    bool allowed = tally_allows(c, k, run);
    uint32_t codes = allowed ? PAM_BIT(SUCCESS) : PAM_BIT(AUTH_ERR);
    if (k->action == PAM_LOCK_AUTHFAIL && allowed) {
        count(c, run, k->store);
        codes = PAM_BIT(IGNORE);
    }
    if (k->action == PAM_LOCK_AUTHSUCC && allowed)
        run->events |= PAM_EVENT_LOCK_RESET;
    /* Settings we could not tell: with failures on record both answers are possible. */
    if (k->unknown.en && c->in->failures[0] > 0)
        codes |= PAM_BIT(AUTH_ERR) |
                 (k->action == PAM_LOCK_AUTHFAIL ? PAM_BIT(IGNORE) : PAM_BIT(SUCCESS));
    return codes;
}

uint32_t pam_answer_faillock_account(const struct pam_call *c, struct pam_run *run)
{
    const struct pam_lock *k = c->handler->settings;
    if (k->code >= 0)
        return UINT32_C(1) << k->code;
    if (!c->in->exists)
        return PAM_BIT(IGNORE);
    run->events |= PAM_EVENT_LOCK_RESET;
    return PAM_BIT(SUCCESS);
}

/* ---- pam_tally2 ---- */

const void *pam_prepare_tally2(struct host *h, const struct pam_handler *handler)
{
    struct pam_lock *k = arena_make(h->arena, struct pam_lock);
    struct pam_setting at = {0, handler->path, handler->line};
    *k = (struct pam_lock){.action = PAM_LOCK_TALLY2,
                           .deny = at,
                           .unlock = at,
                           .root_unlock = at,
                           .interval = at,
                           .store = "tally2:/var/log/tallylog",
                           .code = -1};
    vec_each (arg, &handler->args) {
        const char *equals = strchr(*arg, '='), *value = equals ? equals + 1 : "";
        if (cstr_starts(*arg, "deny="))
            (void)scan_number(value, UINT16_MAX, &k->deny.value);
        else if (cstr_starts(*arg, "unlock_time="))
            (void)scan_number(value, UINT32_MAX, &k->unlock.value);
        else if (cstr_starts(*arg, "root_unlock_time=")) {
            (void)scan_number(value, UINT32_MAX, &k->root_unlock.value);
            k->root = true; /* implied, pam_tally2(8) */
        } else if (strcmp(*arg, "even_deny_root") == 0)
            k->root = true;
        else if (cstr_starts(*arg, "file=") && value[0] == '/')
            k->store = arena_printf(h->arena, "tally2:%s", value);
    }
    return k;
}

uint32_t pam_answer_tally2_auth(const struct pam_call *c, struct pam_run *run)
{
    const struct pam_lock *k = c->handler->settings;
    if (!c->in->exists)
        return pam_arg(c->handler, "onerr=succeed") ? PAM_BIT(SUCCESS) : PAM_BIT(USER_UNKNOWN);
    if (pam_arg(c->handler, "magic_root") && c->in->by_root)
        return PAM_BIT(SUCCESS);
    bool allowed = tally_allows(c, k, run); /* the attempt itself counts: f + 1 > deny */
    count(c, run, k->store);
    return allowed ? PAM_BIT(SUCCESS) : PAM_BIT(AUTH_ERR);
}

uint32_t pam_answer_tally2_account(const struct pam_call *c, struct pam_run *run)
{
    if (!c->in->exists)
        return pam_arg(c->handler, "onerr=succeed") ? PAM_BIT(SUCCESS) : PAM_BIT(USER_UNKNOWN);
    run->events |= PAM_EVENT_LOCK_RESET;
    return PAM_BIT(SUCCESS);
}

void pam_stores(struct host *h, const struct pam_service *s, struct strings *ret)
{
    const struct pam_stack *auth = &s->stacks[PAM_GROUP_AUTH];
    for (size_t i = 0; i < auth->n; i++) {
        const struct pam_handler *handler = &auth->v[i];
        if (!handler->model || !handler->settings ||
            (handler->model->prepare != pam_prepare_faillock &&
             handler->model->prepare != pam_prepare_tally2))
            continue;
        const struct pam_lock *k = handler->settings;
        if (strings_find(ret, k->store) < 0)
            strings_add(h->arena, ret, k->store);
    }
}
