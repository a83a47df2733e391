/*
 * Putting pam_faillock into the stacks: preauth in front of every password module, authfail behind
 * the last of them, and the account line that clears the count.  On Debian the managed block of
 * common-auth is edited as pam-auth-update would write it from a profile of ours, and its records
 * are kept in step, so that its next run gives the same files; on plain RPM stacks the files are
 * edited; where authselect owns them, the same lines go where its feature with-faillock puts them
 * and authselect is asked to take the feature over.
 */
#include "resource/pam.h"

#include <errno.h>
#include <string.h>

#include "resource/pam_edit.h"

#define PREAUTH "dengbao-faillock-preauth"
#define AUTHFAIL "dengbao-faillock"

struct places {
    size_t first;  /* line index of the first rule that is not pam_env or pam_faildelay */
    size_t last;   /* of the rule in front of pam_deny */
    size_t behind; /* number of auth rules up to and with it */
    bool found, deny;
};

static struct places find_places(const struct pam_document *d)
{
    struct places p = {.first = d->lines.n};
    size_t rules = 0;
    bool unix_seen = false;
    for (size_t i = 0; i < d->lines.n && !p.deny; i++) {
        const struct pam_line *l = &d->lines.v[i];
        if (!pam_edit_is(l, PAM_GROUP_AUTH, NULL))
            continue;
        if (pam_edit_is(l, PAM_GROUP_AUTH, "pam_deny.so") && unix_seen) {
            p.deny = true;
            break;
        }
        bool early = pam_edit_is(l, PAM_GROUP_AUTH, "pam_env.so") ||
                     pam_edit_is(l, PAM_GROUP_AUTH, "pam_faildelay.so");
        if (p.first == d->lines.n && !early)
            p.first = i;
        unix_seen = unix_seen || pam_edit_is(l, PAM_GROUP_AUTH, "pam_unix.so");
        p.last = i;
        p.behind = ++rules;
    }
    p.found = p.deny && p.first < d->lines.n;
    return p;
}

static size_t find_unix(const struct pam_document *d)
{
    size_t i = 0;
    while (i < d->lines.n && !pam_edit_is(&d->lines.v[i], PAM_GROUP_AUTH, "pam_unix.so"))
        i++;
    return i;
}

/* The auth lines of one file. -ENOENT: it has not the form we know. */
static int edit_auth(struct host *h, const char *path, bool debian, bool authselect, bool managed)
{
    struct pam_document *d;
    int r = pam_edit_load(h, path, &d);
    if (r < 0)
        return r;
    struct places p = find_places(d);
    if (!p.found)
        return -ENOENT;
    pam_edit_insert(h->arena, d, p.last + 1,
                    authselect ? "auth        required                                     "
                                 "pam_faillock.so authfail"
                    : debian   ? "auth\t[default=die]\tpam_faillock.so authfail"
                               : "auth        [default=die] pam_faillock.so authfail");
    pam_edit_insert(h->arena, d, p.first,
                    authselect ? "auth        required                                     "
                                 "pam_faillock.so preauth silent"
                    : debian   ? "auth\trequisite\tpam_faillock.so preauth"
                               : "auth        required      pam_faillock.so preauth silent");
    if (managed) /* pam_unix is no longer the first of the block: its profile's other line */
        pam_edit_set_option(h->arena, d, find_unix(d), "try_first_pass", "try_first_pass");
    return pam_edit_store(h, path, d);
}

static int edit_account(struct host *h, const char *path, bool debian)
{
    struct pam_document *d;
    int r = pam_edit_load(h, path, &d);
    if (r < 0)
        return r;
    for (size_t i = 0; i < d->lines.n; i++) {
        if (pam_edit_is(&d->lines.v[i], PAM_GROUP_ACCOUNT, "pam_faillock.so"))
            return 0;
        if (!pam_edit_is(&d->lines.v[i], PAM_GROUP_ACCOUNT, NULL))
            continue;
        pam_insert(h->arena, d, i,
                   debian ? "account\trequired\tpam_faillock.so "
                          : "account     required      pam_faillock.so");
        return pam_edit_store(h, path, d);
    }
    return -ENOENT;
}

/* ---- what pam-auth-update remembers ---- */

/* Adds an entry behind `lines` lines of profiles in /var/lib/pam/<type>. */
static int record(struct host *h, const char *type, size_t lines, const char *entry)
{
    _cleanup_buf_ struct buf out = {0};
    const char *path = arena_printf(h->arena, "/var/lib/pam/%s", type);
    struct str rest, line;
    int r = root_read(h->root, path, &rest);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    size_t seen = 0;
    bool done = lines == 0;
    if (done)
        buf_puts(&out, entry);
    while (str_next_line(&rest, &line)) {
        buf_append(&out, line.p, line.n);
        buf_putc(&out, '\n');
        seen += !str_starts(line, "Module: ");
        if (!done && seen == lines) {
            buf_puts(&out, entry);
            done = true;
        }
    }
    return pam_edit_store_text(h, path, &out, NULL);
}

static int write_profiles(struct host *h)
{
    static const struct {
        const char *path, *text;
    } files[] = {
        {"/usr/share/pam-configs/" PREAUTH,
         "Name: Lock accounts after failed logins: check\nDefault: yes\nPriority: 2048\n"
         "Auth-Type: Primary\nAuth:\n\trequisite\tpam_faillock.so preauth\n"
         "Account-Type: Primary\nAccount:\n\trequired\tpam_faillock.so\n"},
        {"/usr/share/pam-configs/" AUTHFAIL,
         "Name: Lock accounts after failed logins: count\nDefault: yes\nPriority: 0\n"
         "Auth-Type: Primary\nAuth:\n\t[default=die]\tpam_faillock.so authfail\n"},
    };
    const struct attributes attributes = {.set = true, .mode = 0644};
    for (size_t i = 0; i < 2; i++) {
        int r = stage_write(h->root, files[i].path, str_of(files[i].text), &attributes);
        if (r < 0)
            return r;
    }
    return 0;
}

/* The profiles this pam-auth-update has seen, one a line. */
static int remember_seen(struct host *h)
{
    _cleanup_buf_ struct buf out = {0};
    struct str bytes;
    int r = root_read(h->root, "/var/lib/pam/seen", &bytes);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    buf_puts(&out, PREAUTH "\n");
    buf_append(&out, bytes.p, bytes.n);
    buf_puts(&out, AUTHFAIL "\n");
    return pam_edit_store_text(h, "/var/lib/pam/seen", &out, NULL);
}

static size_t primary_rules(struct host *h, const char *path)
{
    struct str bytes;
    if (root_read(h->root, path, &bytes) < 0)
        return 0;
    return find_places(pam_parse(h->arena, bytes, false)).behind;
}

static int keep_records(struct host *h, size_t rules)
{
    int r = write_profiles(h);
    if (r == 0)
        r = pam_profile_option(h, "auth", "pam_unix.so", "try_first_pass", "try_first_pass");
    if (r == 0)
        r = record(h, "auth", rules,
                   "Module: " AUTHFAIL "\n[default=die]\tpam_faillock.so authfail\n");
    if (r == 0)
        r = record(h, "auth", 0, "Module: " PREAUTH "\nrequisite\tpam_faillock.so preauth\n");
    if (r == 0)
        r = record(h, "account", 0, "Module: " PREAUTH "\nrequired\tpam_faillock.so\n");
    return r < 0 ? r : remember_seen(h);
}

/* The file in which the service's pam_unix line of that group stands. */
static const char *unix_file(const struct pam_service *s, enum pam_group group)
{
    for (size_t i = 0; i < s->stacks[group].n; i++)
        if (cstr_eq(s->stacks[group].v[i].name, "pam_unix"))
            return s->stacks[group].v[i].path;
    return NULL;
}

static bool has_faillock(const struct pam_service *s)
{
    for (size_t i = 0; i < s->stacks[PAM_GROUP_AUTH].n; i++)
        if (cstr_eq(s->stacks[PAM_GROUP_AUTH].v[i].name, "pam_faillock"))
            return true;
    return false;
}

/* One service; a file that an earlier one shares is edited once. */
static int enable(struct host *h, const struct pam_service *s, struct changes *ret)
{
    const char *auth = unix_file(s, PAM_GROUP_AUTH), *account = unix_file(s, PAM_GROUP_ACCOUNT);
    if (!auth || !account)
        return -ENOENT;
    bool authselect = cstr_starts(auth, "/etc/authselect/");
    bool debian = pam_feature(h, PAM_FEATURE_AT_INCLUDE) == 1;
    size_t rules = primary_rules(h, auth);
    bool managed = debian && pam_edit_is_managed(h, auth);
    int r = edit_auth(h, auth, debian, authselect, managed);
    if (r == 0)
        r = edit_account(h, account, debian);
    if (r == 0 && managed)
        r = keep_records(h, rules);
    if (r == 0 && authselect) {
        bool fresh;
        r = pam_edit_feature(h, "with-faillock", &fresh);
        changes_add(ret, STEP_RUN_TOOL, "authselect-enable-faillock", "run");
    }
    return r;
}

/* Debian and Ubuntu build pam_faillock since pam 1.4.0. */
static bool older_debian(struct host *h)
{
    int order;
    return pam_feature(h, PAM_FEATURE_AT_INCLUDE) == 1 && pam_version_compare(h, "1.4.0", &order) &&
           order < 0;
}

int pam_plan_lock(struct host *h, const struct want *w, struct changes *ret)
{
    struct strings services = {0};
    pam_each_service(h, w, &services);
    vec_each (name, &services) {
        const struct pam_service *s;
        enum pam_presence presence;
        int r = pam_service(h, *name, &s, &ret->why);
        if (r < 0)
            return r;
        if (has_faillock(s))
            continue;
        (void)pam_module_file(h, "pam_faillock.so", &presence);
        if (presence != PAM_PRESENT && older_debian(h))
            presence = PAM_MISSING;
        r = presence == PAM_MISSING ? -ENOENT : enable(h, s, ret);
        if (r < 0) {
            ret->why =
                text_make(h->arena, "the stack of %s has no place for pam_faillock that we know",
                          "在 %s 的 PAM 栈中找不到可安全插入 pam_faillock 的位置", *name);
            return -ENOTSUP;
        }
    }
    return 0;
}
