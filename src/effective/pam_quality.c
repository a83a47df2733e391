/*
 * Modules that judge a new password: pam_pwquality(8) with pwquality.conf(5), pam_cracklib(8),
 * pam_passwdqc(8), and pam_pwhistory(8) with pwhistory.conf(5).
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "effective/pam_module.h"

struct row {
    const char *name;
    size_t offset;
    bool flag; /* its presence sets it, whatever stands behind it */
    bool late; /* in the file only since libpwquality 1.4.1 */
};

#define AT(field) offsetof(struct pam_quality, field)
static const struct row rows[] = {
    {"minlen", AT(minlen), false, false},
    {"dcredit", AT(dcredit), false, false},
    {"ucredit", AT(ucredit), false, false},
    {"lcredit", AT(lcredit), false, false},
    {"ocredit", AT(ocredit), false, false},
    {"minclass", AT(minclass), false, false},
    {"difok", AT(difok), false, false},
    {"maxrepeat", AT(maxrepeat), false, false},
    {"maxclassrepeat", AT(maxclassrepeat), false, false},
    {"maxsequence", AT(maxsequence), false, false},
    {"gecoscheck", AT(gecoscheck), false, false},
    {"dictcheck", AT(dictcheck), false, false},
    {"usercheck", AT(usercheck), false, false},
    {"usersubstr", AT(usersubstr), false, false},
    {"enforcing", AT(enforcing), false, false},
    {"retry", AT(retry), false, true},
    {"enforce_for_root", AT(enforce_for_root), true, true},
    {"local_users_only", AT(local_users_only), true, true},
};

struct reading {
    struct pam_quality *quality;
    struct arena *arena;
    const char *path;
    bool arguments; /* of the module's line */
    int late;       /* pam_feature(PAM_FEATURE_QUALITY_ROOT) */
    bool stopped;   /* a mistake ends the reading of this and of all further files */
};

static struct pam_setting *setting(struct pam_quality *q, const struct row *row)
{
    return (struct pam_setting *)(void *)((char *)q + row->offset);
}

/* set_name_value(): false is an error, and the file is read no further. */
static bool set_name(void *context, const char *name, const char *value, unsigned line)
{
    struct reading *r = context;
    if (cstr_eq_nocase(name, "badwords"))
        return true;
    if (cstr_eq_nocase(name, "dictpath")) {
        r->quality->dictpath = *value ? value : NULL;
        return true;
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct pam_setting at = {1, r->path, line};
        if (!cstr_eq_nocase(name, row->name))
            continue;
        if (row->late && !r->arguments && r->late != 1) {
            if (r->late < 0)
                r->quality->unknown =
                    text_make(r->arena, "whether this libpwquality takes %s from %s is not known",
                              "无法确定该版本 libpwquality 是否读取 %s（%s）", name, r->path);
            return r->late < 0; /* an unknown setting stops the older library */
        }
        if (!row->flag && (str_to_int64(str_of(value), 10, &at.value) < 0 ||
                           at.value >= INT32_MAX || at.value <= INT32_MIN))
            return false;
        if (row->offset == AT(minlen) && at.value < 6)
            at.value = 6; /* PWQ_BASE_MIN_LENGTH */
        if (row->offset == AT(minclass) && at.value > 4)
            at.value = 4;
        *setting(r->quality, row) = at;
        return true;
    }
    return false;
}

static bool set_option(void *context, const char *name, const char *value, unsigned line)
{
    struct reading *r = context;
    if (!set_name(r, name, value, line))
        r->stopped = true;
    return !r->stopped;
}

static void set_argument(struct reading *r, const char *arg, unsigned line)
{
    const char *equals = strchr(arg, '=');
    size_t n = equals ? (size_t)(equals - arg) : strlen(arg);
    (void)set_name(r, arena_strndup(r->arena, arg, n), equals ? equals + 1 : "", line);
}

static void defaults(struct pam_quality *q, const struct pam_handler *handler, bool old)
{
    *q = (struct pam_quality){0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        *setting(q, &rows[i]) = (struct pam_setting){0, handler->path, handler->line};
    q->minlen.value = old ? 9 : 8;
    q->difok.value = old ? 5 : 1;
    q->dcredit.value = q->ucredit.value = q->lcredit.value = q->ocredit.value = old;
    q->dictcheck.value = q->usercheck.value = q->enforcing.value = q->retry.value = 1;
}

static void read_file(struct host *h, struct reading *r, const char *path)
{
    r->path = path;
    if (r->stopped)
        return;
    int e = pam_conf_read(h, path, true, set_option, r);
    if (e == -EACCES)
        r->quality->unknown = root_error_text(h->root, path, e);
    if (e == -E2BIG)
        r->stopped = true;
}

/* First pwquality.conf.d in byte order (hidden files too), then pwquality.conf, which has the last
 * word; measured with libpwquality 1.4.5. */
static void read_files(struct host *h, struct reading *r, int directory)
{
    static const char dir[] = "/etc/security/pwquality.conf.d";
    struct strings names = {0};
    if (directory != 0)
        (void)root_list(h->root, dir, &names);
    vec_each (name, &names) {
        if (!cstr_ends(*name, ".conf"))
            continue;
        const char *path = arena_printf(h->arena, "%s/%s", dir, *name);
        if (directory < 0)
            r->quality->unknown =
                text_make(h->arena, "whether this libpwquality reads %s is not known",
                          "无法确定该版本 libpwquality 是否读取 %s", path);
        else
            read_file(h, r, path);
    }
    read_file(h, r, "/etc/security/pwquality.conf");
}

const void *pam_prepare_pwquality(struct host *h, const struct pam_handler *handler)
{
    struct pam_quality *q = arena_make(h->arena, struct pam_quality);
    int directory = pam_feature(h, PAM_FEATURE_QUALITY_DIRECTORY);
    struct reading r = {
        .quality = q, .arena = h->arena, .late = pam_feature(h, PAM_FEATURE_QUALITY_ROOT)};
    bool old = directory == 0 ||
               (directory < 0 && h->release->lineage == LINEAGE_EL && h->release->major == 7);
    defaults(q, handler, old);
    if (old)
        directory = 0;
    read_files(h, &r, directory);
    r.arguments = true;
    r.path = handler->path;
    vec_each (arg, &handler->args)
        set_argument(&r, *arg, handler->line);
    if (directory < 0 && !q->unknown.en && q->minlen.path == handler->path &&
        !pam_arg_prefix(handler, "minlen="))
        q->unknown = TEXT("the defaults of this libpwquality are not known",
                          "无法确定该版本 libpwquality 的默认值");
    return q;
}

const void *pam_prepare_cracklib(struct host *h, const struct pam_handler *handler)
{
    struct pam_quality *q = arena_make(h->arena, struct pam_quality);
    struct reading r = {.quality = q, .arena = h->arena, .path = handler->path, .arguments = true};
    defaults(q, handler, true);
    vec_each (arg, &handler->args)
        set_argument(&r, *arg, handler->line);
    return q;
}

/* min=disabled,24,11,8,7: the smallest length with three classes stands in the last two fields. */
const void *pam_prepare_passwdqc(struct host *h, const struct pam_handler *handler)
{
    struct pam_quality *q = arena_make(h->arena, struct pam_quality);
    defaults(q, handler, false);
    q->enforce_for_root.value = !pam_arg(handler, "enforce=users");
    if (pam_arg(handler, "enforce=none"))
        q->enforcing.value = 0;
    q->dictcheck.value = 0;
    q->unknown = TEXT("pam_passwdqc measures passwords in its own way",
                      "pam_passwdqc 使用自身的强度度量方式");
    return q;
}

/* cracklib's dictionary: without it libpwquality refuses every password it enforces. */
static bool dictionary_missing(const struct pam_call *c, const struct pam_quality *q)
{
    static const char *const paths[] = {"/var/cache/cracklib/cracklib_dict",
                                        "/usr/share/cracklib/pw_dict", "/usr/lib/cracklib_dict"};
    static const char *const libraries[] = {
        "/usr/lib64/libcrack.so*", "/usr/lib/*-linux-gnu*/libcrack.so*", "/lib*/libcrack.so*"};
    struct strings library = {0};
    if (!q->dictcheck.value || c->handler->presence != PAM_PRESENT)
        return false;
    for (size_t i = 0; i < 3 && library.n == 0; i++) /* a tree without cracklib shows nothing */
        (void)root_glob(c->host->root, libraries[i], &library);
    if (library.n == 0)
        return false;
    if (q->dictpath)
        return !root_exists(c->host->root, arena_printf(c->host->arena, "%s.pwd", q->dictpath)) &&
               !root_exists(c->host->root, arena_printf(c->host->arena, "%s.pwd.gz", q->dictpath));
    for (size_t i = 0; i < 3; i++)
        for (int packed = 0; packed < 2; packed++)
            if (root_exists(c->host->root, arena_printf(c->host->arena, "%s.pwd%s", paths[i],
                                                        packed ? ".gz" : "")))
                return false;
    return true;
}

uint32_t pam_answer_quality(const struct pam_call *c, struct pam_run *run)
{
    const struct pam_quality *q = c->handler->settings;
    const struct pam_scenario *in = c->in;
    if (!c->update)
        return PAM_BIT(SUCCESS);
    bool use_authtok =
        pam_arg_prefix(c->handler, "use_authtok") || pam_arg_prefix(c->handler, "use_first_pass");
    if (use_authtok && !run->token)
        return PAM_BIT(AUTHTOK_ERR);
    run->token = 1;
    if (q->local_users_only.value && !in->exists)
        return PAM_BIT(SUCCESS);
    bool poor = in->new_secret == PAM_NEW_POOR || dictionary_missing(c, q);
    bool enforced =
        q->enforcing.value && (!in->by_root || q->enforce_for_root.value || in->expired_change);
    if (enforced)
        run->events |= PAM_EVENT_QUALITY;
    if (!poor || !enforced)
        return PAM_BIT(SUCCESS);
    run->token = 0;
    return q->retry.value > 1 && !use_authtok ? PAM_BIT(MAXTRIES) : PAM_BIT(AUTHTOK_ERR);
}

/* ---- history ---- */

struct history_reading {
    struct pam_history *history;
    const char *path;
};

static bool set_history(void *context, const char *name, const char *value, unsigned line)
{
    struct history_reading *r = context;
    struct pam_setting at = {strtol(value, NULL, 10), r->path, line};
    if (cstr_eq_nocase(name, "remember")) {
        at.value = at.value < 0 ? 0 : at.value > 400 ? 400 : at.value;
        r->history->remember = at;
    } else if (cstr_eq_nocase(name, "retry")) {
        at.value = at.value < 0 ? 1 : at.value;
        r->history->retry = at;
    } else if (cstr_eq_nocase(name, "enforce_for_root")) {
        at.value = 1;
        r->history->enforce_for_root = at;
    }
    return true;
}

static void read_history_conf(struct host *h, const struct pam_handler *handler,
                              struct history_reading *r)
{
    const char *conf = pam_arg_value(handler, "conf=");
    int reads = pam_feature(h, PAM_FEATURE_PWHISTORY_CONF);
    r->path = conf ? conf : "/etc/security/pwhistory.conf";
    if (reads == 0)
        return;
    if (reads < 0) {
        if (root_exists(h->root, r->path))
            r->history->unknown =
                text_make(h->arena, "whether this version of PAM reads %s is not known",
                          "无法确定该版本 PAM 是否读取 %s", r->path);
        return;
    }
    int e = pam_conf_read(h, r->path, true, set_history, r);
    if (e == -EACCES)
        r->history->unknown = root_error_text(h->root, r->path, e);
}

const void *pam_prepare_pwhistory(struct host *h, const struct pam_handler *handler)
{
    struct pam_history *y = arena_make(h->arena, struct pam_history);
    struct history_reading r = {y, NULL};
    struct pam_setting at = {10, handler->path, handler->line};
    *y = (struct pam_history){.remember = at, .enforce_for_root = at, .retry = at};
    y->enforce_for_root.value = 0;
    y->retry.value = 1;
    read_history_conf(h, handler, &r);
    r.path = handler->path;
    vec_each (arg, &handler->args) {
        const char *equals = strchr(*arg, '=');
        size_t n = equals ? (size_t)(equals - *arg) : strlen(*arg);
        (void)set_history(&r, arena_strndup(h->arena, *arg, n), equals ? equals + 1 : "",
                          handler->line);
    }
    return y;
}

uint32_t pam_answer_pwhistory(const struct pam_call *c, struct pam_run *run)
{
    const struct pam_history *y = c->handler->settings;
    const struct pam_scenario *in = c->in;
    if (y->remember.value == 0)
        return PAM_BIT(IGNORE);
    if (!c->update)
        return PAM_BIT(SUCCESS);
    if (!in->exists || in->no_shadow)
        return PAM_BIT(USER_UNKNOWN);
    if (y->retry.value == 0)
        return PAM_BIT(MAXTRIES); /* not one attempt */
    if (!run->token && pam_arg_prefix(c->handler, "use_authtok"))
        return PAM_BIT(AUTHTOK_ERR);
    run->token = 1;
    bool enforced = !in->by_root || y->enforce_for_root.value || in->expired_change;
    if (enforced)
        run->events |= PAM_EVENT_HISTORY;
    /* The current password is a former one: also the new one, if a line above has stored it. */
    bool used = in->new_secret == PAM_NEW_USED || (run->events & PAM_EVENT_STORED);
    if (!used || !enforced)
        return PAM_BIT(SUCCESS);
    run->token = 0;
    return pam_arg_prefix(c->handler, "use_authtok") && y->retry.value > 1 ? PAM_BIT(AUTHTOK_ERR)
                                                                           : PAM_BIT(MAXTRIES);
}
