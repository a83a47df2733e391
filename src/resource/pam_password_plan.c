/*
 * Putting modules into the password stack, and taking nullok out of the others.  Quality stands in
 * front of history, history in front of pam_unix, which then takes the password they asked for.
 * On Debian the managed block of common-password becomes what pam-auth-update would write from a
 * profile of ours; where authselect owns the files, the lines are those of its own feature.
 */
#include "resource/pam.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "effective/pam_password.h"
#include "resource/pam_edit.h"

#define HISTORY_PROFILE "dengbao-pwhistory"
#define QUALITY_PROFILE "dengbao-pwquality"

static int refuse(struct changes *c, struct text why)
{
    c->why = why;
    return -ENOTSUP;
}

static size_t rule_index(const struct pam_document *d, enum pam_group group, const char *module)
{
    for (size_t i = 0; i < d->lines.n; i++)
        if (pam_edit_is(&d->lines.v[i], group, module))
            return i;
    return d->lines.n;
}

/* Passwords of accounts that are elsewhere are not this module's affair. */
static bool has_directory_service(const struct pam_document *d)
{
    static const char *const modules[] = {"pam_sss.so", "pam_ldap.so", "pam_winbind.so",
                                          "pam_krb5.so"};
    for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++)
        if (rule_index(d, PAM_GROUP_PASSWORD, modules[i]) < d->lines.n)
            return true;
    return false;
}

/* pam_unix asks for the password itself where it stands first in the block. */
static int take_over(struct host *h, struct pam_document *d, bool managed)
{
    size_t at = rule_index(d, PAM_GROUP_PASSWORD, "pam_unix.so");
    const struct pam_line *l = &d->lines.v[at];
    for (size_t i = 3; i < l->tokens.n; i++)
        if (cstr_eq(l->tokens.v[i], "use_authtok"))
            return 0;
    /* The order of Debian's own profile: "obscure use_authtok try_first_pass yescrypt". */
    bool obscure = false;
    for (size_t i = 3; i < l->tokens.n; i++)
        obscure = obscure || cstr_eq(l->tokens.v[i], "obscure");
    const char *name = obscure ? "obscure" : "use_authtok";
    const char *text = obscure ? "obscure use_authtok try_first_pass" : "use_authtok";
    pam_edit_set_option(h->arena, d, at, name, text);
    return managed ? pam_profile_option(h, "password", "pam_unix.so", name, text) : 0;
}

static void insert(struct host *h, struct pam_document *d, size_t at, const char *control,
                   const char *module)
{
    const struct pam_line *like = &d->lines.v[rule_index(d, PAM_GROUP_PASSWORD, "pam_unix.so")];
    pam_edit_insert(h->arena, d, at, pam_edit_like(h->arena, like, "password", control, module));
}

/* ---- history ---- */

static int history_profile(struct host *h, const char *arguments)
{
    const char *profile = arena_printf(
        h->arena,
        "Name: Refuse former passwords\nDefault: yes\nPriority: 512\nPassword-Type: Primary\n"
        "Password:\n\trequisite\t\t\tpam_pwhistory.so%s use_authtok\n"
        "Password-Initial:\n\trequisite\t\t\tpam_pwhistory.so%s\n",
        arguments, arguments);
    int r = pam_profile_write(h, HISTORY_PROFILE, profile);
    return r;
}

/* One file that holds the service's pam_unix line. */
static int add_history(struct host *h, const char *path, int64_t remember, struct changes *ret)
{
    struct arena *a = h->arena;
    struct pam_document *d;
    int r = pam_edit_load(h, path, &d);
    if (r < 0)
        return r;
    size_t at = rule_index(d, PAM_GROUP_PASSWORD, "pam_unix.so");
    if (at == d->lines.n)
        return -ENOENT;
    bool authselect = pam_edit_is_authselect(path), managed = pam_edit_is_managed(h, path);
    bool file = pam_feature(h, PAM_FEATURE_PWHISTORY_CONF) == 1;
    if (authselect && !file)
        return refuse(ret, TEXT("authselect owns this stack and its feature with-pwhistory cannot "
                                "carry the number here: update pam, or make a custom profile",
                                "该 PAM 栈由 authselect 管理，此版本的 with-pwhistory 特性无法设置"
                                "历史口令个数：请升级 pam 或建立自定义 profile"));
    bool first = rule_index(d, PAM_GROUP_PASSWORD, "pam_pwquality.so") > at &&
                 rule_index(d, PAM_GROUP_PASSWORD, "pam_cracklib.so") > at &&
                 rule_index(d, PAM_GROUP_PASSWORD, "pam_passwdqc.so") > at;
    const char *arguments = file ? "" : arena_printf(a, " remember=%" PRId64, remember);
    const char *module =
        arena_printf(a, "pam_pwhistory.so%s%s", arguments, first ? "" : " use_authtok");
    insert(h, d, at, "requisite", module);
    if (has_directory_service(d)) /* in front of it: skips this one line */
        insert(h, d, at, "[default=1 ignore=ignore success=ok]", "pam_localuser.so");
    if (first)
        r = take_over(h, d, managed);
    if (r == 0 && managed) {
        r = history_profile(h, arguments);
        if (r == 0)
            r = pam_profile_record(h, "password", HISTORY_PROFILE,
                                   arena_printf(a, "requisite\t\t\t%s", module), "unix");
    }
    return r < 0 ? r : pam_edit_store(h, path, d);
}

/* ---- quality ---- */

static int add_quality(struct host *h, const char *path)
{
    struct arena *a = h->arena;
    struct pam_document *d;
    struct file_info info;
    int r = pam_edit_load(h, path, &d);
    if (r < 0)
        return r;
    size_t at = rule_index(d, PAM_GROUP_PASSWORD, "pam_unix.so");
    size_t history = rule_index(d, PAM_GROUP_PASSWORD, "pam_pwhistory.so");
    if (at == d->lines.n)
        return -ENOENT;
    bool debian = pam_feature(h, PAM_FEATURE_AT_INCLUDE) == 1,
         managed = pam_edit_is_managed(h, path);
    const char *module = debian ? "pam_pwquality.so retry=3"
                                : "pam_pwquality.so try_first_pass local_users_only retry=3";
    size_t place = history < at ? history : at;
    const char *line = pam_edit_like(a, &d->lines.v[at], "password", "requisite", module);
    pam_edit_insert(a, d, place, line);
    if (history < at) { /* the one that asks is now the quality module */
        pam_edit_set_option(a, d, history + 1, "use_authtok", "use_authtok");
        if (managed)
            r = pam_profile_option(h, "password", "pam_pwhistory.so", "use_authtok", "use_authtok");
    }
    if (r == 0)
        r = take_over(h, d, managed);
    if (r == 0 && managed) {
        /* The package's own profile, switched off by somebody, is switched on again. */
        bool own = root_stat(h->root, "/usr/share/pam-configs/pwquality", &info) == 0;
        r = pam_profile_record(h, "password", own ? "pwquality" : QUALITY_PROFILE,
                               "requisite\t\t\tpam_pwquality.so retry=3",
                               history < at ? HISTORY_PROFILE : "unix");
        if (r == 0 && !own)
            r = pam_profile_write(h, QUALITY_PROFILE,
                                  "Name: Password strength\nDefault: yes\nPriority: 1024\n"
                                  "Password-Type: Primary\n"
                                  "Password:\n\trequisite\t\t\tpam_pwquality.so retry=3\n"
                                  "Password-Initial:\n\trequisite\t\t\tpam_pwquality.so retry=3\n");
    }
    return r < 0 ? r : pam_edit_store(h, path, d);
}

/* ---- which services need it ---- */

static int authselect_feature(struct host *h, const char *feature, const char *tool,
                              struct changes *ret)
{
    bool fresh;
    if (!pam_edit_feature_exists(h, feature))
        return refuse(ret, text_make(h->arena, "the authselect profile has no feature %s",
                                     "所选 authselect profile 不支持特性 %s", feature));
    int r = pam_edit_feature(h, feature, &fresh);
    if (r == 0)
        changes_add(ret, STEP_RUN_TOOL, tool, "run");
    return r;
}

static int refuse_no_module(struct host *h, bool quality, struct changes *ret)
{
    bool debian = h->release->family == FAMILY_DEBIAN;
    if (!quality)
        return refuse(ret, TEXT("pam_pwhistory.so is not installed", "未安装 pam_pwhistory.so"));
    changes_add(ret, STEP_PACKAGE, debian ? "libpam-pwquality" : "libpwquality", "install");
    changes_add(ret, STEP_PACKAGE, debian ? "cracklib-runtime" : "cracklib-dicts", "install");
    return refuse(ret, debian ? TEXT("install libpam-pwquality first", "请先安装 libpam-pwquality")
                              : TEXT("install libpwquality first", "请先安装 libpwquality"));
}

static int add_module(struct host *h, const struct pam_service *s, bool quality, int64_t remember,
                      struct changes *ret)
{
    const struct pam_handler *keeper = pam_edit_find(s, PAM_GROUP_PASSWORD, "pam_unix");
    if (!keeper)
        return refuse(ret, text_make(h->arena, "the password stack of %s has no pam_unix",
                                     "%s 的 password 栈中没有 pam_unix", s->name));
    bool authselect = pam_edit_is_authselect(keeper->path);
    if (quality && authselect)
        return refuse(
            ret, TEXT("authselect owns this stack and its profile has no quality module; "
                      "select another profile",
                      "该 PAM 栈由 authselect 管理而 profile 中没有口令强度模块，请改选 profile"));
    int r = quality ? add_quality(h, keeper->path) : add_history(h, keeper->path, remember, ret);
    if (r == 0 && authselect)
        r = authselect_feature(h, "with-pwhistory", "authselect-enable-pwhistory", ret);
    if (r < 0 && !ret->why.en)
        ret->why = root_error_text(h->root, keeper->path, r);
    return r;
}

int pam_plan_password(struct host *h, const struct want *w, int64_t remember, struct changes *ret)
{
    bool quality = !cstr_starts(w->key_name, "remember");
    struct strings services = {0};
    enum pam_presence presence;
    pam_each_service(h, w, &services);
    vec_each (name, &services) {
        const struct pam_service *s;
        struct pam_password now;
        int r = pam_service(h, *name, &s, &ret->why);
        if (r < 0)
            return r;
        pam_password(h, *name, &now);
        enum pam_decision acts = quality ? now.quality : now.history;
        if (acts == PAM_ACCEPTED)
            continue;
        if (acts == PAM_UNDECIDED)
            return refuse(ret, now.why);
        if (pam_edit_find(s, PAM_GROUP_PASSWORD, quality ? "pam_pwquality" : "pam_pwhistory"))
            continue; /* it is there and somebody made it harmless: judged by the caller */
        if (quality && (pam_edit_find(s, PAM_GROUP_PASSWORD, "pam_cracklib") ||
                        pam_edit_find(s, PAM_GROUP_PASSWORD, "pam_passwdqc")))
            continue;
        (void)pam_module_file(h, quality ? "pam_pwquality.so" : "pam_pwhistory.so", &presence);
        if (presence != PAM_PRESENT)
            return refuse_no_module(h, quality, ret);
        r = add_module(h, s, quality, remember, ret);
        if (r < 0)
            return r;
    }
    return 0;
}

/* ---- passwords that are empty ---- */

static int drop_nullok(struct host *h, const struct pam_handler *k)
{
    struct pam_document *d;
    int r = pam_edit_load(h, k->path, &d);
    if (r < 0)
        return r;
    for (size_t i = 0; i < d->lines.n; i++) {
        bool other = pam_edit_is_authselect(k->path) &&
                     pam_edit_is(&d->lines.v[i], PAM_GROUP_PASSWORD, "pam_unix.so");
        if (!other && !pam_edit_is(&d->lines.v[i], PAM_GROUP_AUTH, "pam_unix.so"))
            continue;
        pam_edit_drop_option(h->arena, d, i, "nullok");
        pam_edit_drop_option(h->arena, d, i, "nullok_secure");
    }
    return pam_edit_store(h, k->path, d);
}

int pam_plan_nullok(struct host *h, const struct want *w, struct changes *ret)
{
    struct strings services = {0};
    pam_each_service(h, w, &services);
    vec_each (name, &services) {
        const struct pam_service *s;
        int r = pam_service(h, *name, &s, &ret->why);
        if (r < 0)
            return r;
        for (size_t i = 0; i < s->stacks[PAM_GROUP_AUTH].n; i++) {
            const struct pam_handler *k = &s->stacks[PAM_GROUP_AUTH].v[i];
            if (!cstr_eq(k->name, "pam_unix") || !pam_arg_prefix(k, "nullok"))
                continue;
            r = drop_nullok(h, k);
            if (r == 0 && pam_edit_is_authselect(k->path))
                r = authselect_feature(h, "without-nullok", "authselect-without-nullok", ret);
            if (r < 0) {
                if (!ret->why.en)
                    ret->why = root_error_text(h->root, k->path, r);
                return r;
            }
        }
    }
    return 0;
}
