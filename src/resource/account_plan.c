/*
 * Changes to accounts: fields of shadow and passwd lines, modes of homes. Never: deleting an
 * account or a home, changing a uid, changing a date of the last password change that is recorded,
 * or a maximum that makes a password expire the moment it is written.
 */
#include "resource/account.h"

#include <errno.h>
#include <inttypes.h>

#include "format/colon.h"

enum shadow_field {
    SHADOW_HASH = 1,
    SHADOW_LAST = 2,
    SHADOW_MIN = 3,
    SHADOW_MAX = 4,
    SHADOW_WARN = 5,
    SHADOW_INACTIVE = 6
};
/* 2020-01-01, in days: a clock before that has not been set. */
enum { CLOCK_IS_SET = 18262 };
enum passwd_field { PASSWD_HASH = 1, PASSWD_SHELL = 6 };

struct edit {
    struct account_view view;
    const struct want *want;
    const char *path; /* the file that is edited; NULL: none */
    struct colon doc;
    bool changed;
    struct strings refused;  /* names */
    struct text why;         /* of the first refusal */
    struct strings expiring; /* "name 2026-11-23": when a password expires that did not before */
    struct strings late;     /* likewise, of those older than the maximum */
};

static int refuse(struct edit *e, const struct account *u, struct text why)
{
    if (e->refused.n == 0)
        e->why = why;
    if (strings_find(&e->refused, u->name) < 0)
        strings_add(e->view.h->arena, &e->refused, u->name);
    return 0;
}

static int set_field(struct edit *e, const struct account *u, unsigned line, size_t field,
                     const char *value)
{
    struct str name;
    if (line == 0 || line > e->doc.n || !colon_get(e->doc.v[line - 1].text, 0, &name) ||
        !str_is(str_trim(name), u->name) || colon_set(&e->doc, line - 1, field, str_of(value)) < 0)
        return refuse(e, u,
                      text_make(e->view.h->arena, "its line in %s cannot be edited",
                                "其在 %s 中的行无法编辑", e->path));
    e->changed = true;
    return 0;
}

/* A day as people write it: 2026-11-23. */
static const char *date_text(struct arena *a, int64_t day)
{
    time_t t = (time_t)(day * 86400);
    struct tm tm;
    char text[16];
    if (!gmtime_r(&t, &tm) || strftime(text, sizeof text, "%Y-%m-%d", &tm) == 0)
        return "?";
    return arena_strdup(a, text);
}

/* Days from today that a password older than its maximum gets; 0: none, a person changes it first.
 */
static int64_t grace_of(const struct want *w)
{
    const char *argument = want_arg(w, "grace");
    int64_t days;
    bool valid = argument && str_to_int64(str_of(argument), 10, &days) == 0;
    return valid && days >= 1 && days <= 3650 ? days : 0;
}

static int set_max(struct edit *e, const struct account *u, int64_t last, int64_t max, bool late)
{
    struct arena *a = e->view.h->arena;
    strings_add(a, late ? &e->late : &e->expiring,
                arena_printf(a, "%s %s", u->name, date_text(a, last + max)));
    return set_field(e, u, u->shadow_line, SHADOW_MAX, arena_printf(a, "%" PRId64, max));
}

/* Ageing counts from a date; where none is recorded (installers leave it empty) it begins today. A
 * password that is older than the maximum is not expired at once: with `grace: DAYS` it gets that
 * many; when it has been changed, the next apply sets the maximum itself. */
static int plan_max(struct edit *e, const struct account *u, int64_t max)
{
    struct arena *a = e->view.h->arena;
    int64_t grace = grace_of(e->want), today = e->view.today, last = u->last_change;
    if (max == NUMBER_NEVER)
        return set_field(e, u, u->shadow_line, SHADOW_MAX, "");
    if (last == ACCOUNT_UNSET && today < CLOCK_IS_SET)
        return refuse(e, u,
                      TEXT("no date of the last change is recorded, and the clock is not set",
                           "没有上次修改日期，且系统时钟未设置"));
    if (last == ACCOUNT_UNSET) {
        int r = set_field(e, u, u->shadow_line, SHADOW_LAST, arena_printf(a, "%" PRId64, today));
        return r < 0 ? r : set_max(e, u, today, max, false);
    }
    if (last == 0) /* it is changed at the next login anyway */
        return set_field(e, u, u->shadow_line, SHADOW_MAX, arena_printf(a, "%" PRId64, max));
    if (last + max > today)
        return set_max(e, u, last, max, false);
    if (!grace) {
        const char *changed = date_text(a, last);
        return refuse(e, u,
                      text_make(a,
                                "the password was last changed on %s: with %" PRId64
                                " days it would have expired already; change it first",
                                "口令上次修改于 %s，按 %" PRId64 " 天计已过期；须先修改口令",
                                changed, max));
    }
    if (u->max_days >= 0 && u->max_days <= today - last + grace)
        return 0; /* so it has a grace, or less */
    return set_max(e, u, last, today - last + grace, true);
}

/* When it will be felt. */
static void note_dates(const struct edit *e, struct changes *ret)
{
    struct arena *a = e->view.h->arena;
    if (e->expiring.n)
        changes_note(ret, text_make(a, "passwords will expire: %s", "口令将到期：%s",
                                    strings_join(a, &e->expiring, ", ", 8)));
    if (e->late.n)
        changes_note(
            ret, text_make(a,
                           "older than the maximum already, so they get until then to be "
                           "changed, and want another apply after it: %s",
                           "口令已超过最长使用期限，须在以下日期前修改，改后请再次执行 apply：%s",
                           strings_join(a, &e->late, ", ", 8)));
}

static int plan_ageing(struct edit *e, const struct account *u, const struct value *target)
{
    const char *key = e->want->key_name;
    struct arena *a = e->view.h->arena;
    if (target->kind != VALUE_NUMBER)
        return refuse(e, u, TEXT("the rule gives no number", "规则没有给出数字"));
    if (cstr_eq(key, "max-days"))
        return plan_max(e, u, target->number);
    size_t field = cstr_eq(key, "min-days")    ? SHADOW_MIN
                   : cstr_eq(key, "warn-days") ? SHADOW_WARN
                                               : SHADOW_INACTIVE;
    const char *text =
        target->number == NUMBER_NEVER ? "" : arena_printf(a, "%" PRId64, target->number);
    /* With a longest age below the shortest the user could never change the password (shadow(5)).
     */
    if (field == SHADOW_MIN && u->max_days >= 0 && target->number > u->max_days)
        return refuse(e, u,
                      TEXT("longer than the maximum age: it could never be changed",
                           "大于最长使用天数：口令将无法修改"));
    return set_field(e, u, u->shadow_line, field, text);
}

static int plan_lock(struct edit *e, const struct account *u)
{
    const char *hash = u->hash ? u->hash : "";
    if (!u->in_shadow)
        return refuse(e, u, TEXT("it has no line in /etc/shadow", "在 /etc/shadow 中没有对应的行"));
    if (hash[0] == '!' && !cstr_eq(hash, "!!"))
        return 0;
    return set_field(e, u, u->shadow_line, SHADOW_HASH,
                     arena_printf(e->view.h->arena, "!%s", hash));
}

static const char *nologin_path(struct root *r)
{
    static const char *const paths[] = {"/usr/sbin/nologin", "/sbin/nologin", "/usr/bin/false",
                                        "/bin/false"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (root_exists(r, paths[i]))
            return paths[i];
    return NULL;
}

static int plan_shell(struct edit *e, const struct account *u, const struct value *target)
{
    const char *shell = nologin_path(e->view.h->root);
    if (u->uid == 0)
        return refuse(e, u, TEXT("the shell of uid 0 is not changed", "不更改 UID 0 的 shell"));
    if (cstr_eq(e->want->key_name, "shell"))
        shell = target->text && root_exists(e->view.h->root, target->text) ? target->text : NULL;
    else if (!target->text || !cstr_eq_nocase(target->text, "no"))
        return refuse(
            e, u,
            TEXT("which shell it should have is for a person to say", "应使用的 shell 须由人决定"));
    if (!shell)
        return refuse(e, u, TEXT("there is no such shell in this system", "系统中没有此 shell"));
    return set_field(e, u, u->passwd_line, PASSWD_SHELL, shell);
}

static int plan_home(struct edit *e, const struct account *u, const struct value *now,
                     const struct value *target)
{
    const char *home = NULL;
    struct text why = {0};
    struct file_info info;
    int r = account_home(&e->view, u, &home, &why);
    if (r < 0)
        return refuse(e, u, why);
    if (target->kind != VALUE_MODE || target->number & ~now->number)
        return refuse(e, u,
                      TEXT("the wanted mode would grant more than there is now",
                           "目标权限会比现有权限更宽松"));
    r = root_stat(e->view.h->root, home, &info);
    if (r < 0)
        return r;
    struct attributes to = {
        .set = true, .mode = (mode_t)target->number, .uid = info.uid, .gid = info.gid};
    return stage_attributes(e->view.h->root, home, &to);
}

static int plan_account(struct edit *e, const struct account *u)
{
    const struct want *w = e->want;
    struct value now = VALUE_UNSET;
    struct text why = {0};
    if (!account_value(&e->view, w->key_name, u, &now, &why) || want_accepts(w, &now))
        return 0;
    struct value target = want_target(e->view.h->arena, w, &now);
    if (cstr_eq(w->key_name, "home-mode"))
        return plan_home(e, u, &now, &target);
    if (cstr_eq(w->key_name, "login-shell") || cstr_eq(w->key_name, "shell"))
        return plan_shell(e, u, &target);
    if (!cstr_eq(w->key_name, "password-state"))
        return plan_ageing(e, u, &target);
    struct value locked = value_word("locked");
    if (!want_accepts(w, &locked))
        return refuse(e, u, TEXT("a password is set by its owner", "口令须由本人设置"));
    return plan_lock(e, u);
}

/* An empty password: the account is locked, its owner gets a new password from an administrator. */
static int plan_empty_passwords(struct edit *e, bool in_passwd)
{
    int r = 0;
    for (size_t i = 0; i < e->view.all->users.n && r == 0; i++) {
        const struct account *u = &e->view.all->users.v[i];
        if (account_password(u) != PASSWORD_EMPTY || (u->passwd_field[0] == '\0') != in_passwd)
            continue;
        r = in_passwd ? set_field(e, u, u->passwd_line, PASSWD_HASH, "!") : plan_lock(e, u);
    }
    return r;
}

static const char *edited_file(const char *key)
{
    if (cstr_eq(key, "login-shell") || cstr_eq(key, "shell"))
        return "/etc/passwd";
    return cstr_eq(key, "home-mode") ? NULL : "/etc/shadow";
}

static bool can_plan(const char *key)
{
    static const char *const keys[] = {"max-days",      "min-days",       "warn-days",
                                       "inactive-days", "login-shell",    "shell",
                                       "home-mode",     "password-state", "empty-password"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (cstr_eq(keys[i], key))
            return true;
    return false;
}

static int open_edit(struct edit *e, const char *path, struct changes *ret)
{
    struct str bytes;
    e->path = path;
    e->changed = false;
    if (!path)
        return 0;
    int r = root_read(e->view.h->root, path, &bytes);
    if (r < 0) {
        ret->why = root_error_text(e->view.h->root, path, r);
        return r;
    }
    colon_parse(e->view.h->arena, bytes, &e->doc);
    return 0;
}

static int close_edit(struct edit *e)
{
    _cleanup_buf_ struct buf out = {0};
    if (!e->changed)
        return 0;
    colon_print(&e->doc, &out);
    struct str bytes = {arena_strndup(e->view.h->arena, out.data, out.len), out.len};
    return stage_write(e->view.h->root, e->path, bytes, NULL);
}

static int edit_selected(struct edit *e, struct changes *ret)
{
    struct account_list list = {0};
    struct strings absent = {0};
    int r = open_edit(e, edited_file(e->want->key_name), ret);
    if (r == 0)
        r = account_select(&e->view, e->want,
                           account_is_ageing_key(e->want->key_name) ? "password" : "all", &list,
                           &absent, &ret->why);
    for (size_t i = 0; i < list.n && r == 0; i++)
        r = plan_account(e, list.v[i]);
    return r < 0 ? r : close_edit(e);
}

static int edit_empty(struct edit *e, struct changes *ret)
{
    static const char *const files[] = {"/etc/shadow", "/etc/passwd"};
    for (size_t i = 0; i < 2; i++) {
        int r = open_edit(e, files[i], ret);
        if (r == 0)
            r = plan_empty_passwords(e, i == 1);
        if (r == 0)
            r = close_edit(e);
        if (r < 0)
            return r;
    }
    return 0;
}

int account_plan(struct host *h, const struct want *w, struct changes *ret)
{
    struct edit e = {.view = account_view_of(h), .want = w};
    if (account_is_person_key(w->key_name))
        return account_plan_person(h, w, ret);
    if (!can_plan(w->key_name)) {
        ret->why = TEXT("which account has to change, and how, is for a person to decide",
                        "应更改哪个账户、如何更改，须由人决定");
        return -EOPNOTSUPP;
    }
    bool shadow = cstr_eq(edited_file(w->key_name), "/etc/shadow");
    if (account_unreadable(&e.view, shadow, false, &ret->why))
        return -EACCES;
    int r = cstr_eq(w->key_name, "empty-password") ? edit_empty(&e, ret) : edit_selected(&e, ret);
    if (r == 0)
        note_dates(&e, ret);
    if (r < 0 || e.refused.n == 0)
        return r;
    const char *names = strings_join(h->arena, &e.refused, ", ", 5);
    ret->why.en = arena_printf(h->arena, "%s: %s", names, e.why.en);
    ret->why.zh = arena_printf(h->arena, "%s：%s", names, e.why.zh);
    return -EPERM;
}
