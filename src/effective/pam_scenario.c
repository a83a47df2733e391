#include <errno.h>
#include <string.h>

#include "effective/pam.h"
#include "effective/password_hash.h"

static const struct account *find(struct host *h, const char *user)
{
    return user ? accounts_find(root_accounts(h->root), user) : NULL;
}

/* check_shadow_expiry() of pam_unix; days since 1970. */
static enum pam_aging aging_of(const struct account *a, bool readable, int64_t today)
{
    if (!a->in_shadow)
        return readable ? PAM_AGING_FINE : PAM_AGING_UNKNOWN;
    if (a->expire_date != ACCOUNT_UNSET && today >= a->expire_date)
        return PAM_AGING_ACCOUNT_EXPIRED;
    if (a->last_change == 0)
        return PAM_AGING_CHANGE_NOW;
    if (a->max_days == ACCOUNT_UNSET || a->last_change == ACCOUNT_UNSET || today < a->last_change)
        return PAM_AGING_FINE;
    int64_t age = today - a->last_change;
    if (age <= a->max_days)
        return PAM_AGING_FINE;
    if (a->inactive_days != ACCOUNT_UNSET && age > a->inactive_days &&
        age > a->max_days + a->inactive_days)
        return PAM_AGING_PASSWORD_EXPIRED;
    return PAM_AGING_CHANGE_NOW;
}

/* What crypt(3) gives for any password is longer than a hash that was cut off. */
static enum password_state password_of(const struct account *a)
{
    enum password_state state = account_password(a);
    return state == PASSWORD_SET && !password_hash_is_whole(a->hash) ? PASSWORD_NONE : state;
}

struct pam_scenario pam_scenario_user(struct host *h, const char *user)
{
    const struct account *a = find(h, user);
    struct pam_scenario s = {.user = user,
                             .uid = -1,
                             .gid = -1,
                             .by_root = true,
                             .tty = "tty1",
                             .caller = "root",
                             .nologin = -1};
    if (!a)
        return s;
    s.exists = true;
    s.uid = a->uid;
    s.gid = a->gid;
    s.shell = a->shell;
    s.home = a->home;
    s.groups = account_groups(h->arena, root_accounts(h->root), a);
    s.password = password_of(a);
    int error = root_accounts(h->root)->shadow_error;
    bool readable = error == 0 || error == -ENOENT;
    s.no_shadow = cstr_eq(a->passwd_field, "x") && !a->in_shadow && readable;
    s.aging = aging_of(a, readable, (int64_t)h->now / 86400);
    return s;
}

struct pam_scenario pam_scenario_ordinary(struct host *h)
{
    struct pam_scenario s = {.user = "dengbao-ordinary",
                             .exists = true,
                             .uid = 54321,
                             .gid = 54321,
                             .shell = "/bin/bash",
                             .home = "/home/dengbao-ordinary",
                             .password = PASSWORD_SET,
                             .by_root = true,
                             .tty = "tty1",
                             .caller = "root",
                             .nologin = 0};
    strings_add(h->arena, &s.groups, "dengbao-ordinary");
    return s;
}

struct pam_scenario pam_scenario_root(struct host *h)
{
    struct pam_scenario s = pam_scenario_ordinary(h);
    s.user = "root";
    s.uid = s.gid = 0;
    s.home = "/root";
    s.groups = (struct strings){0};
    strings_add(h->arena, &s.groups, "root");
    return s;
}

void pam_scenario_service(struct pam_scenario *s, const char *service)
{
    if (strcmp(service, "sshd") == 0) {
        s->tty = "ssh";
        s->rhost = "192.0.2.10";
        s->refuse_null = true; /* PermitEmptyPasswords no */
    }
}

void pam_scenario_caller(struct pam_scenario *s, const char *caller, int64_t uid,
                         const struct strings *groups)
{
    s->caller = caller;
    s->caller_uid = uid;
    s->caller_groups = groups ? *groups : (struct strings){0};
    s->ruser = caller;
    s->by_root = uid == 0;
    s->tty = "pts/0";
}
