/*
 * Making PAM do what a rule wants, each change only where the stack then really behaves so: values
 * go into the file that the module reads, pam_wheel into /etc/pam.d/su before anything that could
 * end the stack; every change is judged again on the staged view, and a stack that we cannot
 * decide, or that would refuse the right password or take a wrong one, is left as it is with the
 * reason.
 */
#include "resource/pam.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "effective/packages.h"
#include "effective/pam_password.h"
#include "effective/pam_su.h"
#include "resource/pam_edit.h"

static int refuse(struct changes *c, struct text why)
{
    c->why = why;
    return -ENOTSUP;
}

/* The value a fact of this want has now; judged on the staged root. */
static bool holds(struct host *h, const struct want *w)
{
    struct facts facts = {.arena = h->arena};
    resource_pam.observe(h, w, &facts);
    if (facts.n == 0)
        return false;
    vec_each (f, &facts) {
        if (f->state == FACT_UNKNOWN ||
            (f->state == FACT_KNOWN && !want_accepts(w, &f->configured)))
            return false;
    }
    return true;
}

static struct value now(struct host *h, const struct want *w)
{
    struct facts facts = {.arena = h->arena};
    resource_pam.observe(h, w, &facts);
    vec_each (f, &facts)
        if (f->state == FACT_KNOWN && !want_accepts(w, &f->configured))
            return f->configured;
    return VALUE_UNSET;
}

/* ---- name = value files ---- */

static bool names(struct str line, const char *name)
{
    line = str_trim(line);
    size_t i = 0;
    while (i < line.n && line.p[i] != '=' && line.p[i] != ' ' && line.p[i] != '\t' &&
           line.p[i] != '#')
        i++;
    return str_is_nocase(str_slice(line, 0, i), name);
}

/* Sets name = value: the last line that names it is replaced, further ones are dropped, else one is
 * added at the end. value NULL: a bare word. */
static int set_value(struct host *h, const char *path, const char *name, const char *value)
{
    _cleanup_buf_ struct buf out = {0};
    struct str bytes = {"", 0}, line;
    const struct attributes attributes = {.set = true, .mode = 0644};
    int r = root_read(h->root, path, &bytes);
    if (r < 0 && r != -ENOENT)
        return r;
    bool fresh = r == -ENOENT;
    struct str rest = bytes;
    while (str_next_line(&rest, &line))
        if (!names(line, name)) {
            buf_append(&out, line.p, line.n);
            buf_putc(&out, '\n');
        }
    if (value)
        buf_printf(&out, "%s = %s\n", name, value);
    else
        buf_printf(&out, "%s\n", name);
    struct str text = {out.data, out.len};
    return stage_write(h->root, path, (struct str){arena_strndup(h->arena, text.p, text.n), text.n},
                       fresh ? &attributes : NULL);
}

/* An option on the module's line wins over the file: it is taken off the line. Where the module
 * reads no file the option is set there; text NULL: taken off. */
static int edit_argument(struct host *h, const struct pam_handler *at, const char *name,
                         const char *text)
{
    struct pam_document *d;
    int r = pam_edit_load(h, at->path, &d);
    if (r < 0)
        return r;
    for (size_t i = 0; i < d->lines.n; i++) {
        if (d->lines.v[i].line != at->line || d->lines.v[i].kind != PAM_LINE_RULE)
            continue;
        if (text)
            pam_edit_set_option(h->arena, d, i, name, text);
        else
            pam_edit_drop_option(h->arena, d, i, name);
    }
    return pam_edit_store(h, at->path, d);
}

struct value_row {
    const char *key, *option, *path, *module;
    bool negative; /* the credit is the number with a minus */
    bool word;     /* a bare word when the want is yes */
};

static const struct value_row rows[] = {
    {"min-length", "minlen", "/etc/security/pwquality.conf", "pam_pwquality", false, false},
    {"min-class", "minclass", "/etc/security/pwquality.conf", "pam_pwquality", false, false},
    {"required-classes", "minclass", "/etc/security/pwquality.conf", "pam_pwquality", false, false},
    {"digit-required", "dcredit", "/etc/security/pwquality.conf", "pam_pwquality", true, false},
    {"upper-required", "ucredit", "/etc/security/pwquality.conf", "pam_pwquality", true, false},
    {"lower-required", "lcredit", "/etc/security/pwquality.conf", "pam_pwquality", true, false},
    {"other-required", "ocredit", "/etc/security/pwquality.conf", "pam_pwquality", true, false},
    {"different-characters", "difok", "/etc/security/pwquality.conf", "pam_pwquality", false,
     false},
    {"quality-enforced-for-root", "enforce_for_root", "/etc/security/pwquality.conf",
     "pam_pwquality", false, true},
    {"lockout-deny", "deny", "/etc/security/faillock.conf", "pam_faillock", false, false},
    {"lockout-unlock-time", "unlock_time", "/etc/security/faillock.conf", "pam_faillock", false,
     false},
    {"lockout-even-deny-root", "even_deny_root", "/etc/security/faillock.conf", "pam_faillock",
     false, true},
    {"remember", "remember", "/etc/security/pwhistory.conf", "pam_pwhistory", false, false},
    {"remember-enforced-for-root", "enforce_for_root", "/etc/security/pwhistory.conf",
     "pam_pwhistory", false, true},
};

static const struct value_row *row_of(const char *key)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (cstr_eq(rows[i].key, key))
            return &rows[i];
    return NULL;
}

/* Does the module read its file here at all? */
static bool reads_file(struct host *h, const struct value_row *row)
{
    if (cstr_eq(row->module, "pam_faillock"))
        return pam_feature(h, PAM_FEATURE_FAILLOCK_CONF) == 1;
    if (cstr_eq(row->module, "pam_pwhistory"))
        return pam_feature(h, PAM_FEATURE_PWHISTORY_CONF) == 1;
    return !row->word || pam_feature(h, PAM_FEATURE_QUALITY_ROOT) == 1;
}

/* Sets the option on every line of the module in the services of the want; text NULL: takes it
 * off. */
static int edit_everywhere(struct host *h, const struct want *w, const struct value_row *row,
                           const char *text)
{
    struct strings services = {0};
    pam_each_service(h, w, &services);
    vec_each (name, &services) {
        const struct pam_service *s;
        if (pam_service(h, *name, &s, NULL) < 0)
            continue;
        for (int g = 0; g < PAM_GROUP_COUNT; g++)
            for (size_t i = 0; i < s->stacks[g].n; i++) {
                const struct pam_handler *k = &s->stacks[g].v[i];
                bool there = cstr_eq(k->name, row->module) && pam_arg_prefix(k, row->option);
                if (text ? !cstr_eq(k->name, row->module) || g == PAM_GROUP_ACCOUNT : !there)
                    continue;
                if (cstr_starts(k->path, "/etc/authselect/"))
                    return -EPERM;
                int r = edit_argument(h, k, row->option, text);
                if (r < 0)
                    return r;
            }
    }
    return 0;
}

static const char *value_text_of(struct arena *a, const struct value_row *row, int64_t number)
{
    if (row->word)
        return NULL;
    if (number == NUMBER_NEVER)
        return cstr_eq(row->option, "unlock_time") ? "never" : "0";
    return arena_printf(a, "%s%" PRId64, row->negative && number ? "-" : "", number);
}

static int plan_value(struct host *h, const struct want *w, const struct value_row *row,
                      struct changes *ret)
{
    struct arena *a = h->arena;
    struct value current = now(h, w), target = want_target(a, w, &current);
    bool file = reads_file(h, row);
    if (row->word && !cstr_eq_nocase(target.text, "yes"))
        return refuse(ret,
                      TEXT("a stricter setting is never taken back", "不会放宽已有的更严格设置"));
    const char *value = value_text_of(a, row, target.number);
    const char *text = value ? arena_printf(a, "%s=%s", row->option, value) : row->option;
    int r = edit_everywhere(h, w, row, file ? NULL : text);
    if (r == -EPERM)
        return refuse(ret,
                      TEXT("an option on a line that authselect owns decides; change the profile",
                           "authselect 管理的配置行中的选项优先，请修改其 profile"));
    if (r == 0 && file)
        r = set_value(h, row->path, row->option, value);
    if (r < 0)
        return refuse(ret, root_error_text(h->root, row->path, r));
    return 0;
}

/* Before libpwquality 1.3.0 every class earns a credit, which makes passwords shorter than minlen.
 * A credit that is asked for (negative) stays. */
static int drop_credits(struct host *h, const struct want *w)
{
    static const char *const keys[] = {"digit-required", "upper-required", "lower-required",
                                       "other-required"};
    struct strings services = {0};
    pam_each_service(h, w, &services);
    for (size_t i = 0; i < services.n; i++) {
        struct pam_password p;
        pam_password(h, services.v[i], &p);
        if (p.quality != PAM_ACCEPTED || !p.rules)
            continue;
        const struct pam_setting *credits[] = {&p.rules->dcredit, &p.rules->ucredit,
                                               &p.rules->lcredit, &p.rules->ocredit};
        for (size_t k = 0; k < 4; k++) {
            const struct value_row *row = row_of(keys[k]);
            if (credits[k]->value <= 0)
                continue;
            int r = edit_everywhere(h, w, row, NULL);
            if (r == 0)
                r = set_value(h, row->path, row->option, "0");
            if (r < 0)
                return r;
        }
    }
    return 0;
}

/* ---- su ---- */

static const char *wanted_group(struct host *h, const struct want *w)
{
    const struct accounts *all = root_accounts(h->root);
    if (cstr_eq(w->key_name, "su-group")) {
        struct value current = VALUE_UNSET;
        return want_target(h->arena, w, &current).text;
    }
    return accounts_find_group(all, "wheel")  ? "wheel"
           : accounts_find_group(all, "sudo") ? "sudo"
                                              : NULL;
}

/* Behind pam_rootok, which lets root itself through, and before everything else. */
static size_t wheel_place(const struct pam_document *d)
{
    size_t first = d->lines.n;
    for (size_t i = 0; i < d->lines.n; i++) {
        const struct pam_line *l = &d->lines.v[i];
        const char *type = l->kind == PAM_LINE_RULE ? pam_line_type(l, NULL) : NULL;
        if (!type || (!cstr_eq_nocase(type, "auth") && !cstr_eq_nocase(type, "@include")))
            continue;
        if (cstr_eq(pam_token(l, 2), "pam_rootok.so") &&
            cstr_eq_nocase(pam_token(l, 1), "sufficient"))
            return i + 1;
        if (first == d->lines.n)
            first = i;
    }
    return first;
}

static int plan_su_service(struct host *h, const char *service, const char *group)
{
    _cleanup_buf_ struct buf out = {0};
    struct str bytes = {0};
    const char *path = arena_printf(h->arena, "/etc/pam.d/%s", service);
    int r = root_resolve(h->root, path, &path);
    if (r == 0)
        r = root_read(h->root, path, &bytes);
    if (r < 0)
        return r;
    struct pam_document *d = pam_parse(h->arena, bytes, false);
    pam_insert(
        h->arena, d, wheel_place(d),
        arena_printf(h->arena, "auth       required   pam_wheel.so use_uid group=%s", group));
    pam_print(d, &out);
    return stage_write(h->root, path,
                       (struct str){arena_strndup(h->arena, out.data, out.len), out.len}, NULL);
}

static int plan_su(struct host *h, const struct want *w, struct changes *ret)
{
    struct strings services = {0};
    const char *group = wanted_group(h, w);
    if (!group || !accounts_find_group(root_accounts(h->root), group))
        return refuse(ret, TEXT("there is no group for the users of su (wheel or sudo)",
                                "系统中没有可用于限制 su 的组（wheel 或 sudo）"));
    pam_each_service(h, w, &services);
    vec_each (s, &services) {
        struct pam_su before;
        pam_su(h, *s, &before);
        if (before.restricted == PAM_ACCEPTED && cstr_eq(before.group, group))
            continue;
        int r = plan_su_service(h, *s, group);
        if (r < 0)
            return refuse(ret, root_error_text(h->root, *s, r));
    }
    return 0;
}

/* The right password still opens and a wrong one does not, for every service that there is. */
static bool still_safe(struct host *h, struct text *why)
{
    static const char *const names[] = {"right-password", "wrong-password"};
    for (size_t i = 0; i < 2; i++) {
        struct facts facts = {.arena = h->arena};
        struct want w = {.resource = "pam", .key_name = names[i]};
        resource_pam.observe(h, &w, &facts);
        vec_each (f, &facts) {
            if (f->state != FACT_KNOWN ||
                cstr_eq(f->configured.text, i == 0 ? "accepted" : "refused"))
                continue;
            *why = text_make(h->arena, "after the change %s of %s would be %s",
                             "修改后 %s（%s）将变为 %s", names[i], f->subject, f->configured.text);
            return false;
        }
    }
    return true;
}

/* Without cracklib's dictionary libpwquality refuses every password it enforces. */
static bool good_refused(struct host *h, const struct want *w)
{
    struct strings services = {0};
    pam_each_service(h, w, &services);
    vec_each (name, &services) {
        struct pam_password p;
        pam_password(h, *name, &p);
        if (p.good_refused)
            return true;
    }
    return false;
}

static bool has_dictionary(struct host *h)
{
    struct strings found = {0};
    static const char *const patterns[] = {"/var/cache/cracklib/cracklib_dict.pwd*",
                                           "/usr/share/cracklib/*.pwd*",
                                           "/usr/lib/cracklib_dict.pwd*"};
    for (size_t i = 0; i < ARRAY_SIZE(patterns) && !found.n; i++)
        (void)root_glob(h->root, patterns[i], &found);
    return found.n > 0;
}

/* A rule that needs the dictionary is planned again once the package is there. */
static int refuse_new(struct host *h, bool quality, struct changes *ret)
{
    bool debian = h->release->family == FAMILY_DEBIAN;
    if (!quality || has_dictionary(h))
        return refuse(ret, TEXT("after the change every new password would be refused",
                                "修改后所有新口令都会被拒绝"));
    const char *package = debian ? "cracklib-runtime" : "cracklib-dicts";
    const struct package *there;
    if (host_package(h, package, &there) == -ENOENT) /* else it is there and its dictionary gone */
        changes_add(ret, STEP_PACKAGE, package, "install");
    return refuse(ret,
                  text_make(h->arena, "install %s first: without it every new password is refused",
                            "请先安装 %s：缺少字典时所有新口令都会被拒绝", package));
}

/* The modules first, then their values, each only as far as it is still needed. */
static int plan_module_value(struct host *h, const struct want *w, const struct value_row *row,
                             struct changes *ret)
{
    struct value unset = VALUE_UNSET;
    bool lock = cstr_eq(row->module, "pam_faillock");
    int64_t remember =
        cstr_eq(w->key_name, "remember") ? want_target(h->arena, w, &unset).number : 5;
    int r = lock ? pam_plan_lock(h, w, ret) : pam_plan_password(h, w, remember, ret);
    if (r < 0 || holds(h, w))
        return r;
    r = plan_value(h, w, row, ret);
    if (r == 0 && !holds(h, w) && cstr_eq(w->key_name, "min-length") && drop_credits(h, w) < 0)
        r = -ENOTSUP;
    return r;
}

static int plan_key(struct host *h, const struct want *w, struct changes *ret)
{
    const struct value_row *row = row_of(w->key_name);
    bool password =
        (row && !cstr_eq(row->module, "pam_faillock")) || cstr_eq(w->key_name, "quality-enforced");
    int r = -ENOTSUP;
    if (holds(h, w))
        return 0;
    bool quality = password && !cstr_starts(w->key_name, "remember");
    bool refused = password && good_refused(h, w);
    if (refused && quality && !has_dictionary(h))
        return refuse_new(h, quality, ret);
    if (row)
        r = plan_module_value(h, w, row, ret);
    else if (cstr_starts(w->key_name, "su-"))
        r = plan_su(h, w, ret);
    else if (cstr_eq(w->key_name, "quality-enforced"))
        r = pam_plan_password(h, w, 0, ret);
    else if (cstr_eq(w->key_name, "empty-password"))
        r = pam_plan_nullok(h, w, ret);
    else
        return refuse(ret, TEXT("which line of the stack is wrong is a person's decision",
                                "应修改该栈的哪一行须由人工决定"));
    if (r < 0)
        return r;
    if (password && !refused && good_refused(h, w))
        return refuse_new(h, quality, ret);
    if (refused && !holds(h, w))
        return refuse_new(h, quality, ret);
    if (!holds(h, w))
        return refuse(ret,
                      TEXT("the stack itself has to be changed first: no module there does this",
                           "须先修改 PAM 栈：其中没有模块实现该要求"));
    return still_safe(h, &ret->why) ? 0 : -ENOTSUP;
}

/* Without the dictionary it is tried on a view of its own first: what a package has to come before
 * must leave nothing behind. */
int pam_plan(struct host *h, const struct want *w, struct changes *ret)
{
    struct changes trial = {.arena = ret->arena};
    struct root *attempt = NULL;
    struct host on = *h;
    if (has_dictionary(h))
        return plan_key(h, w, ret);
    int r = root_stage(h->root, &attempt);
    if (r < 0)
        return r;
    on.root = attempt;
    r = plan_key(&on, w, &trial);
    root_close(attempt);
    if (r == 0)
        return plan_key(h, w, ret);
    vec_each (action, &trial.actions)
        if (action->kind == STEP_PACKAGE)
            changes_add(ret, action->kind, action->target, action->verb);
    ret->why = trial.why;
    return r;
}
