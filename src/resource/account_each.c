/* Keys about each account. */
#include "resource/account.h"

#include <errno.h>

static const char passwd[] = "/etc/passwd", shadow[] = "/etc/shadow";

bool account_is_ageing_key(const char *key)
{
    static const char *const keys[] = {
        "max-days",          "min-days",    "warn-days",        "inactive-days",
        "days-until-expiry", "last-change", "password-expired", NULL};
    for (size_t i = 0; keys[i]; i++)
        if (cstr_eq(keys[i], key))
            return true;
    return false;
}

/* crypt(5) of libxcrypt; $sm3$ and $sm3y$ are openEuler's and libxcrypt 4.5's. */
const char *account_hash_scheme(const char *hash)
{
    static const struct {
        const char *prefix, *name;
    } schemes[] = {
        {"$y$", "yescrypt"},
        {"$gy$", "gost-yescrypt"},
        {"$sm3y$", "sm3-yescrypt"},
        {"$sm3$", "sm3"},
        {"$7$", "scrypt"},
        {"$2", "bcrypt"},
        {"$6$", "sha512"},
        {"$5$", "sha256"},
        {"$sha1", "sha1"},
        {"$md5", "sunmd5"},
        {"$1$", "md5"},
        {"$3$", "nt"},
        {"_", "bsdi"},
    };
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (cstr_starts(hash, schemes[i].prefix))
            return schemes[i].name;
    return hash[0] != '$' && strlen(hash) == 13 ? "des" : NULL;
}

static struct text password_state_text(const struct account *u)
{
    switch (account_password(u)) {
    case PASSWORD_LOCKED:
        return TEXT("the account is locked", "账户已锁定");
    case PASSWORD_NONE:
        return TEXT("the account has no password (keys only, or no login)",
                    "账户没有口令（仅密钥登录或不能登录）");
    case PASSWORD_EMPTY:
        return TEXT("the password is empty", "口令为空");
    case PASSWORD_UNKNOWN:
    case PASSWORD_SET:
        break;
    }
    return (struct text){0};
}

/* shadow(5): an empty date of the last change means that ageing is off; a maximum of -1 or none
 * means never. pam_unix before 1.6 took an empty date for a long time ago and asked for a change;
 * what is judged is the weaker of the two. */
static int64_t max_days(const struct account *u)
{
    if (u->last_change == ACCOUNT_UNSET || u->max_days < 0)
        return NUMBER_NEVER;
    return u->max_days;
}

static bool password_expired(const struct account_view *view, const struct account *u)
{
    if (u->last_change == 0) /* must be changed at the next login */
        return true;
    int64_t max = max_days(u);
    return max != NUMBER_NEVER && view->today - u->last_change > max;
}

static bool ageing_value(const struct account_view *view, const char *key, const struct account *u,
                         struct value *ret, struct text *ret_why)
{
    enum password_state state = account_password(u);
    int64_t max = max_days(u);
    if (state != PASSWORD_SET && state != PASSWORD_EMPTY) {
        *ret_why = password_state_text(u);
        return false;
    }
    if (cstr_eq(key, "max-days")) {
        *ret = value_number(max);
        if (u->last_change == ACCOUNT_UNSET && u->max_days >= 0)
            *ret_why = TEXT("no date of the last change: ageing is off",
                            "没有上次修改日期：口令有效期不生效");
    } else if (cstr_eq(key, "min-days")) {
        *ret = value_number(u->min_days < 0 ? 0 : u->min_days);
    } else if (cstr_eq(key, "warn-days")) {
        *ret = value_number(u->warn_days < 0 ? 0 : u->warn_days);
    } else if (cstr_eq(key, "inactive-days")) {
        *ret = value_number(u->inactive_days < 0 ? NUMBER_NEVER : u->inactive_days);
    } else if (cstr_eq(key, "days-until-expiry")) {
        /* From 10000 days on the shadow tools say never (libmisc/isexpired.c, chage -l). */
        int64_t left =
            max == NUMBER_NEVER || max >= 10000 ? NUMBER_NEVER : u->last_change + max - view->today;
        *ret = value_number(u->last_change == 0 ? 0 : left);
    } else if (cstr_eq(key, "last-change")) {
        *ret = u->last_change == ACCOUNT_UNSET ? VALUE_UNSET
                                               : value_number(view->today - u->last_change);
    } else {
        *ret = value_yes_no(password_expired(view, u));
    }
    return true;
}

static const char *state_word(enum password_state state)
{
    static const char *const words[] = {
        [PASSWORD_UNKNOWN] = NULL, [PASSWORD_EMPTY] = "empty", [PASSWORD_LOCKED] = "locked",
        [PASSWORD_NONE] = "none",  [PASSWORD_SET] = "set",
    };
    return words[state];
}

static bool hash_value(const struct account *u, struct value *ret, struct text *ret_why)
{
    enum password_state state = account_password(u);
    const char *hash = u->hash ? u->hash : "";
    if (state == PASSWORD_LOCKED)
        hash += strspn(hash, "!");
    const char *scheme = state == PASSWORD_SET || (state == PASSWORD_LOCKED && *hash)
                             ? account_hash_scheme(hash)
                             : NULL;
    if (scheme || state == PASSWORD_SET) {
        *ret = value_word(scheme ? scheme : "unknown");
        return true;
    }
    *ret_why = password_state_text(u);
    return false;
}

/* Directories that are nobody's home: a link from a home into one of them hands out a part of the
 * system, and changing its mode would break that part. */
static bool is_system_directory(const char *path)
{
    static const char *const trees[] = {"/bin",  "/boot", "/dev",  "/etc", "/lib", "/lib64",
                                        "/proc", "/run",  "/sbin", "/sys", "/tmp", "/usr"};
    if (cstr_eq(path, "/") || cstr_eq(path, "/home") || cstr_eq(path, "/var") ||
        cstr_eq(path, "/root"))
        return true;
    for (size_t i = 0; i < sizeof trees / sizeof trees[0]; i++) {
        size_t n = strlen(trees[i]);
        if (strncmp(path, trees[i], n) == 0 && (path[n] == '/' || path[n] == '\0'))
            return true;
    }
    return false;
}

int account_home(const struct account_view *view, const struct account *u, const char **ret,
                 struct text *ret_why)
{
    struct file_info info;
    const char *home = u->home;
    if (!account_has_login_shell(u)) {
        *ret_why = TEXT("no login shell", "没有登录 shell");
        return -ENOENT;
    }
    if (home[0] != '/' || home[1] == '\0' || cstr_starts(home, "/var/") ||
        cstr_starts(home, "/dev/")) {
        *ret_why = TEXT("the home is not a directory of this person", "主目录不是个人目录");
        return -ENOENT;
    }
    const char *target = home;
    int r = root_stat(view->h->root, home, &info);
    if (r == 0)
        r = root_resolve(view->h->root, home, &target);
    if (r == -ENOENT || r == -ENOTDIR) {
        *ret_why = TEXT("the home directory does not exist", "主目录不存在");
        return -ENOENT;
    }
    if (r < 0) {
        *ret_why = root_error_text(view->h->root, home, r);
        return r;
    }
    if (!S_ISDIR(info.mode)) {
        *ret_why = TEXT("the home is not a directory", "主目录不是目录");
        return -ENOENT;
    }
    *ret = target;
    if (!cstr_eq(target, home) && is_system_directory(target)) {
        *ret_why =
            text_make(view->h->arena, "the home is a link to %s", "主目录是指向 %s 的链接", target);
        return -EXDEV;
    }
    return 0;
}

static bool home_value(const struct account_view *view, const char *key, const struct account *u,
                       struct value *ret, struct text *ret_why)
{
    const char *home = NULL;
    struct file_info info = {0};
    int r = account_home(view, u, &home, ret_why);
    if (r == -ENOENT)
        return false;
    if (r == -EXDEV) {
        *ret = VALUE_UNSET; /* no mode or owner makes this right */
        return true;
    }
    if (r == 0)
        r = root_stat(view->h->root, home, &info);
    if (r < 0)
        return false;
    const struct account *owner = accounts_find_uid(view->all, info.uid);
    if (cstr_eq(key, "home-mode"))
        *ret = value_mode(info.mode & 07777);
    else if (cstr_eq(key, "home-owned"))
        *ret = value_yes_no((int64_t)info.uid == u->uid);
    else
        *ret = value_text(owner ? owner->name
                                : arena_printf(view->h->arena, "%u", (unsigned)info.uid));
    return true;
}

bool account_value(const struct account_view *view, const char *key, const struct account *u,
                   struct value *ret, struct text *ret_why)
{
    if (account_is_ageing_key(key))
        return ageing_value(view, key, u, ret, ret_why);
    if (account_is_person_key(key)) {
        account_person_value(view, key, u, ret);
        return true;
    }
    if (cstr_eq(key, "hash-scheme"))
        return hash_value(u, ret, ret_why);
    if (cstr_starts(key, "home-"))
        return home_value(view, key, u, ret, ret_why);
    if (cstr_eq(key, "account-expired"))
        *ret = value_yes_no(u->expire_date != ACCOUNT_UNSET && view->today >= u->expire_date);
    else if (cstr_eq(key, "shell"))
        *ret = value_text(*u->shell ? u->shell : "/bin/sh");
    else if (cstr_eq(key, "login-shell"))
        *ret = value_yes_no(account_has_login_shell(u));
    else if (cstr_eq(key, "can-log-in"))
        *ret = value_yes_no(account_can_log_in(view, u));
    else
        *ret = value_word(state_word(account_password(u)));
    return true;
}

static bool reads_shadow(const char *key)
{
    return account_is_ageing_key(key) || cstr_eq(key, "hash-scheme") ||
           cstr_eq(key, "password-state") || cstr_eq(key, "account-expired") ||
           cstr_eq(key, "can-log-in") || cstr_eq(key, "usable-password");
}

static void observe_account(const struct account_view *view, const struct want *w,
                            const struct account *u, struct facts *ret)
{
    struct value v = VALUE_UNSET;
    struct text why = {0};
    const char *key = w->key_name, *home = NULL;
    struct fact *f;
    if (account_value(view, key, u, &v, &why)) {
        f = facts_configured(ret, u->name, v);
        f->reason = why.en ? why : view->remark;
    } else if (cstr_starts(key, "home-") && account_home(view, u, &home, &why) != -ENOENT) {
        f = facts_unknown(ret, u->name, why);
    } else {
        f = facts_not_applicable(ret, u->name, why);
    }
    if (cstr_starts(key, "home-"))
        fact_add_where(ret, f, u->home, 0);
    else if (reads_shadow(key) && u->in_shadow)
        fact_add_where(ret, f, shadow, u->shadow_line);
    else
        fact_add_where(ret, f, passwd, u->passwd_line);
}

void account_observe_each(const struct account_view *view, const struct want *w, struct facts *ret)
{
    struct account_list list = {0};
    struct strings absent = {0};
    struct text why = {0};
    bool needs_shadow = reads_shadow(w->key_name);
    if (account_select(view, w, account_is_ageing_key(w->key_name) ? "password" : "all", &list,
                       &absent, &why) < 0 ||
        account_unreadable(view, needs_shadow, false, &why)) {
        struct fact *f = facts_unknown(ret, NULL, why);
        fact_add_where(ret, f, view->all->passwd_error < 0 ? passwd : shadow, 0);
        return;
    }
    for (size_t i = 0; i < list.n; i++)
        observe_account(view, w, list.v[i], ret);
    for (size_t i = 0; i < absent.n; i++) {
        if (cstr_eq(w->key_name, "exists"))
            (void)facts_configured(ret, absent.v[i], value_yes_no(false));
        else
            (void)facts_not_applicable(ret, absent.v[i], TEXT("no such account", "没有此账户"));
    }
    if (list.n == 0 && absent.n == 0)
        (void)facts_not_applicable(ret, NULL, TEXT("no account is concerned", "没有涉及的账户"));
}
