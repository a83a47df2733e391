/*
 * Modules that look at who, where and when: pam_wheel(8), pam_rootok(8), pam_nologin(8),
 * pam_localuser(8), pam_shells(8), pam_securetty(8), pam_usertype(8), pam_listfile(8).
 * Each follows its source in Linux-PAM 1.5.2.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "effective/pam_module.h"

/* ---- pam_wheel ---- */

/* Who asks: the real uid, or the name of the login session (PAM_RUSER where that is not known).
 * Without use_uid both are the caller of the scenario. */
const char *pam_wheel_group(struct host *h, const struct pam_handler *handler)
{
    const char *group = pam_arg_value(handler, "group=");
    const struct accounts *a = root_accounts(h->root);
    if (group && *group)
        return accounts_find_group(a, group) ? group : NULL;
    if (accounts_find_group(a, "wheel"))
        return "wheel";
    vec_each (g, &a->groups)
        if (g->gid == 0)
            return g->name;
    return NULL;
}

uint32_t pam_answer_wheel(const struct pam_call *c, struct pam_run *run)
{
    const struct pam_handler *h = c->handler;
    const struct pam_scenario *in = c->in;
    bool deny = pam_arg(h, "deny"), trust = pam_arg(h, "trust");
    if (!in->exists)
        return PAM_BIT(USER_UNKNOWN);
    if (pam_arg(h, "root_only") && in->uid != 0)
        return PAM_BIT(IGNORE);
    if (!in->caller)
        return PAM_BIT(SERVICE_ERR);
    run->events |= PAM_EVENT_WHEEL;
    const char *group = pam_wheel_group(c->host, h);
    if (!group)
        return deny ? PAM_BIT(IGNORE) : PAM_BIT(AUTH_ERR);
    if (pam_in_group(&in->caller_groups, group))
        return deny ? PAM_BIT(PERM_DENIED) : trust ? PAM_BIT(SUCCESS) : PAM_BIT(IGNORE);
    if (deny)
        return trust ? PAM_BIT(SUCCESS) : PAM_BIT(IGNORE);
    return PAM_BIT(PERM_DENIED);
}

uint32_t pam_answer_rootok(const struct pam_call *c, struct pam_run *run)
{
    (void)run;
    return c->in->caller_uid == 0 ? PAM_BIT(SUCCESS) : PAM_BIT(AUTH_ERR);
}

/* ---- pam_nologin ---- */

static int nologin_there(const struct pam_call *c)
{
    const char *file = pam_arg_value(c->handler, "file=");
    if (!file && c->in->nologin >= 0)
        return c->in->nologin;
    if (file)
        return root_exists(c->host->root, file);
    return root_exists(c->host->root, "/var/run/nologin") ||
           root_exists(c->host->root, "/run/nologin") || root_exists(c->host->root, "/etc/nologin");
}

uint32_t pam_answer_nologin(const struct pam_call *c, struct pam_run *run)
{
    (void)run;
    uint32_t calm = pam_arg(c->handler, "successok") ? PAM_BIT(SUCCESS) : PAM_BIT(IGNORE);
    if (!nologin_there(c))
        return calm;
    if (!c->in->exists)
        return PAM_BIT(USER_UNKNOWN);
    return c->in->uid ? PAM_BIT(AUTH_ERR) : calm;
}

/* ---- pam_localuser ---- */

uint32_t pam_answer_localuser(const struct pam_call *c, struct pam_run *run)
{
    (void)run;
    const char *file = pam_arg_value(c->handler, "file=");
    struct str bytes, line;
    if (!file)
        return c->in->exists ? PAM_BIT(SUCCESS) : PAM_BIT(PERM_DENIED);
    if (root_read(c->host->root, file, &bytes) < 0)
        return PAM_BIT(SERVICE_ERR);
    while (str_next_line(&bytes, &line)) {
        struct str name;
        if (str_next_field(&line, ':', &name) && line.p && c->in->user && str_is(name, c->in->user))
            return PAM_BIT(SUCCESS);
    }
    return PAM_BIT(PERM_DENIED);
}

/* ---- pam_shells ---- */

uint32_t pam_answer_shells(const struct pam_call *c, struct pam_run *run)
{
    (void)run;
    struct file_info info;
    struct str bytes, line;
    if (!c->in->exists)
        return PAM_BIT(AUTH_ERR);
    const char *shell = c->in->shell && *c->in->shell ? c->in->shell : "/bin/sh";
    if (root_stat(c->host->root, "/etc/shells", &info) < 0 || !S_ISREG(info.mode) ||
        (info.mode & S_IWOTH))
        return PAM_BIT(AUTH_ERR);
    int e = root_read(c->host->root, "/etc/shells", &bytes);
    if (e < 0)
        return e == -EACCES ? PAM_BIT(SUCCESS) | PAM_BIT(AUTH_ERR) : PAM_BIT(SERVICE_ERR);
    while (str_next_line(&bytes, &line))
        if (str_is(line, shell))
            return PAM_BIT(SUCCESS);
    return PAM_BIT(AUTH_ERR);
}

/* ---- pam_securetty ---- */

uint32_t pam_answer_securetty(const struct pam_call *c, struct pam_run *run)
{
    (void)run;
    struct file_info info;
    struct str bytes, line;
    if (c->in->exists && c->in->uid != 0)
        return PAM_BIT(SUCCESS);
    if (!c->in->tty)
        return PAM_BIT(SERVICE_ERR);
    const char *tty = cstr_starts(c->in->tty, "/dev/") ? c->in->tty + 5 : c->in->tty;
    if (root_stat(c->host->root, "/etc/securetty", &info) < 0)
        return PAM_BIT(SUCCESS);
    if (!S_ISREG(info.mode) || (info.mode & S_IWOTH))
        return PAM_BIT(AUTH_ERR);
    if (root_read(c->host->root, "/etc/securetty", &bytes) < 0)
        return PAM_BIT(SERVICE_ERR);
    while (str_next_line(&bytes, &line))
        if (str_is(line, tty))
            return PAM_BIT(SUCCESS); /* also for an unknown name */
    /* The kernel's consoles are let in too; an image does not show which those are. */
    bool console = !pam_arg(c->handler, "noconsole") && !cstr_starts(tty, "pts/");
    uint32_t no = c->in->exists ? PAM_BIT(AUTH_ERR) : PAM_BIT(USER_UNKNOWN);
    return console ? no | PAM_BIT(SUCCESS) : no;
}

/* ---- pam_usertype ---- */

/* A number of /etc/login.defs; the first line with the key counts (pam_modutil_search_key). */
static int64_t login_defs(struct host *h, const char *key, int64_t otherwise)
{
    struct str bytes, line, word;
    int64_t n;
    if (root_read(h->root, "/etc/login.defs", &bytes) < 0)
        return otherwise;
    while (str_next_line(&bytes, &line)) {
        if (!str_next_word(&line, &word) || !str_is_nocase(word, key))
            continue;
        return str_next_word(&line, &word) && str_to_int64(str_trim(word), 10, &n) == 0 && n >= 0 &&
                       n < UINT32_MAX
                   ? n
                   : otherwise;
    }
    return otherwise;
}

uint32_t pam_answer_usertype(const struct pam_call *c, struct pam_run *run)
{
    (void)run;
    int want = -1; /* 1 system, 0 regular; the last one counts */
    vec_each (arg, &c->handler->args) {
        if (strcmp(*arg, "issystem") == 0)
            want = 1;
        if (strcmp(*arg, "isregular") == 0)
            want = 0;
    }
    if (want < 0)
        return PAM_BIT(SERVICE_ERR);
    bool own = pam_arg(c->handler, "use_uid");
    if (!own && !c->in->exists)
        return PAM_BIT(USER_UNKNOWN);
    int64_t uid = own ? c->in->caller_uid : c->in->uid;
    int64_t uid_min = login_defs(c->host, "UID_MIN", 1000);
    int64_t sys_min = login_defs(c->host, "SYS_UID_MIN", 101);
    int64_t sys_max = login_defs(c->host, "SYS_UID_MAX", uid_min - 1);
    bool is_system = uid <= 99 || uid == 65534 || (uid >= sys_min && uid <= sys_max);
    return is_system == (want == 1) ? PAM_BIT(SUCCESS) : PAM_BIT(AUTH_ERR);
}

/* ---- pam_listfile ---- */

struct listfile {
    const char *file, *item, *apply;
    uint32_t onerr;
    int deny;       /* -1: not said */
    uint32_t fixed; /* set: an option was refused */
};

static void listfile_option(struct listfile *l, const char *arg)
{
    if (strcmp(arg, "quiet") == 0 || !strchr(arg, '='))
        return;
    const char *value = strchr(arg, '=') + 1;
    if (cstr_starts(arg, "onerr=")) {
        if (strcmp(value, "succeed") == 0)
            l->onerr = PAM_BIT(SUCCESS);
        else if (strcmp(value, "fail") == 0)
            l->onerr = PAM_BIT(SERVICE_ERR);
        else
            l->fixed = PAM_BIT(SERVICE_ERR);
    } else if (cstr_starts(arg, "sense=")) {
        if (strcmp(value, "allow") == 0 || strcmp(value, "deny") == 0)
            l->deny = value[0] == 'd';
        else
            l->fixed = l->onerr;
    } else if (cstr_starts(arg, "file=")) {
        l->file = value;
    } else if (cstr_starts(arg, "item=")) {
        l->item = value;
    } else if (cstr_starts(arg, "apply=")) {
        l->apply = value;
    } else {
        l->fixed = l->onerr;
    }
}

/* What the list is searched for; *ret_known false: not one of the items. */
static const char *listfile_subject(const struct pam_scenario *in, const char *item,
                                    bool *ret_known)
{
    *ret_known = true;
    if (strcmp(item, "user") == 0 || strcmp(item, "group") == 0)
        return in->user;
    if (strcmp(item, "shell") == 0)
        return in->exists ? in->shell : NULL;
    if (strcmp(item, "rhost") == 0)
        return in->rhost;
    if (strcmp(item, "ruser") == 0)
        return in->ruser;
    if (strcmp(item, "tty") == 0)
        return in->tty && cstr_starts(in->tty, "/dev/") ? in->tty + 5 : in->tty;
    *ret_known = false;
    return NULL;
}

static bool listed(const struct pam_call *c, const struct listfile *l, const char *subject,
                   struct str bytes)
{
    struct str line;
    while (str_next_line(&bytes, &line)) {
        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        if (line.n == 0)
            continue;
        if (strcmp(l->item, "tty") == 0 && str_starts(line, "/dev/"))
            line = str_slice(line, 5, line.n);
        if (strcmp(l->item, "group") == 0) {
            if (pam_in_group(&c->in->groups, str_dup(c->host->arena, line)))
                return true;
        } else if (str_is(line, subject)) {
            return true;
        }
    }
    return false;
}

/* apply=user or apply=@group: the check is for these only; it counts for terminals and hosts. */
static bool listfile_applies(const struct pam_call *c, const struct listfile *l)
{
    if (!l->apply || (strcmp(l->item, "tty") != 0 && strcmp(l->item, "rhost") != 0))
        return true;
    if (l->apply[0] == '@')
        return pam_in_group(&c->in->groups, l->apply + 1);
    return cstr_eq(l->apply, c->in->user);
}

uint32_t pam_answer_listfile(const struct pam_call *c, struct pam_run *run)
{
    (void)run;
    struct listfile l = {.onerr = PAM_BIT(SERVICE_ERR), .deny = -1};
    struct file_info info;
    struct str bytes;
    bool known = false;
    vec_each (arg, &c->handler->args) {
        listfile_option(&l, *arg);
        if (l.fixed)
            return l.fixed;
    }
    const char *subject = l.item ? listfile_subject(c->in, l.item, &known) : NULL;
    if (!known || !l.file || l.deny < 0 || (l.apply && (!*l.apply || !strcmp(l.apply, "@"))))
        return l.onerr;
    if (!listfile_applies(c, &l))
        return PAM_BIT(IGNORE);
    if (strcmp(l.item, "shell") == 0 && !c->in->exists)
        return l.onerr;
    if (!subject || !*subject)
        return l.deny ? PAM_BIT(SUCCESS) : PAM_BIT(AUTH_ERR);
    if (root_lstat(c->host->root, l.file, &info) < 0)
        return l.onerr;
    if (!S_ISREG(info.mode) || (info.mode & S_IWOTH))
        return PAM_BIT(AUTH_ERR);
    int e = root_read(c->host->root, l.file, &bytes);
    if (e < 0)
        return e == -EACCES ? PAM_BIT(SUCCESS) | PAM_BIT(AUTH_ERR) : l.onerr;
    return listed(c, &l, subject, bytes) != (l.deny == 1) ? PAM_BIT(SUCCESS) : PAM_BIT(AUTH_ERR);
}
