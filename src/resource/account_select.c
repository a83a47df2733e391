/* Which accounts a rule speaks of. */
#include "resource/account.h"

#include <errno.h>

#include "effective/logindefs.h"

/* nsswitch.conf(5): "files" and "compat" are the root's own files; "systemd" makes accounts for
 * units and has no passwords; the rest are directories elsewhere. */
static void other_sources(struct host *h, struct str line, struct strings *ret)
{
    static const char *const local[] = {"files", "compat", "systemd", "altfiles", "db"};
    struct str word;
    while (str_next_word(&line, &word)) {
        bool known = word.p[0] == '[' || word.p[word.n - 1] == ']';
        for (size_t i = 0; i < sizeof local / sizeof local[0]; i++)
            known |= str_is(word, local[i]);
        const char *name = str_dup(h->arena, word);
        if (!known && strings_find(ret, name) < 0)
            strings_add(h->arena, ret, name);
    }
}

static struct text local_only_remark(struct host *h)
{
    struct str bytes, line;
    struct strings others = {0};
    if (root_read(h->root, "/etc/nsswitch.conf", &bytes) < 0)
        return (struct text){0};
    while (str_next_line(&bytes, &line)) {
        int hash = str_index(line, '#');
        line = str_trim(hash >= 0 ? str_slice(line, 0, (size_t)hash) : line);
        int colon = str_index(line, ':');
        if (colon < 0)
            continue;
        struct str name = str_trim(str_slice(line, 0, (size_t)colon));
        if (str_is(name, "passwd") || str_is(name, "shadow"))
            other_sources(h, str_slice(line, (size_t)colon + 1, line.n), &others);
    }
    if (others.n == 0)
        return (struct text){0};
    const char *names = strings_join(h->arena, &others, ", ", 4);
    return text_make(h->arena, "only local accounts were judged; nsswitch.conf also names %s",
                     "仅检查了本地账户；nsswitch.conf 还配置了 %s", names);
}

struct account_view account_view_of(struct host *h)
{
    const struct logindefs *l = host_logindefs(h);
    return (struct account_view){
        .h = h,
        .all = root_accounts(h->root),
        .uid_min = logindefs_number_or(l, "UID_MIN", 1000),
        .uid_max = logindefs_number_or(l, "UID_MAX", 60000),
        .today = (int64_t)h->now / 86400,
        .remark = local_only_remark(h),
    };
}

bool account_unreadable(const struct account_view *view, bool shadow, bool group,
                        struct text *ret_why)
{
    const struct accounts *a = view->all;
    struct root *r = view->h->root;
    if (a->passwd_error < 0)
        *ret_why = root_error_text(r, "/etc/passwd", a->passwd_error);
    else if (shadow && a->shadow_error < 0)
        *ret_why = root_error_text(r, "/etc/shadow", a->shadow_error);
    else if (group && a->group_error < 0)
        *ret_why = root_error_text(r, "/etc/group", a->group_error);
    else
        return false;
    return true;
}

bool account_is_human(const struct account_view *view, const struct account *u)
{
    return u->uid >= view->uid_min && u->uid <= view->uid_max && account_has_login_shell(u);
}

/* The default AuthorizedKeysFile of sshd_config(5); another place is the access floor's matter. */
bool account_has_keys(const struct account_view *view, const struct account *u)
{
    static const char *const names[] = {"authorized_keys", "authorized_keys2"};
    if (!u->home || u->home[0] != '/')
        return false;
    for (size_t i = 0; i < 2; i++) {
        struct str bytes, line;
        const char *path = arena_printf(view->h->arena, "%s/.ssh/%s", u->home, names[i]);
        if (root_read(view->h->root, path, &bytes) < 0)
            continue;
        while (str_next_line(&bytes, &line)) {
            line = str_trim(line);
            if (line.n && line.p[0] != '#')
                return true;
        }
    }
    return false;
}

static bool expired(const struct account_view *view, const struct account *u)
{
    return u->expire_date != ACCOUNT_UNSET && view->today >= u->expire_date;
}

bool account_can_log_in(const struct account_view *view, const struct account *u)
{
    enum password_state state = account_password(u);
    if (!account_has_login_shell(u) || expired(view, u))
        return false;
    return state == PASSWORD_SET || state == PASSWORD_EMPTY || account_has_keys(view, u);
}

static bool named(const char *list, const char *name)
{
    struct str rest = str_of(list), word;
    while (str_next_word(&rest, &word)) {
        struct str field;
        while (str_next_field(&word, ',', &field))
            if (str_is(field, name))
                return true;
    }
    return false;
}

enum selector { BY_NAME, ALL, HUMAN, PASSWORD, SYSTEM, LOGIN };

static enum selector selector_of(const char *word)
{
    static const struct {
        const char *word;
        enum selector selector;
    } words[] = {{"all", ALL},
                 {"human", HUMAN},
                 {"password", PASSWORD},
                 {"system", SYSTEM},
                 {"login", LOGIN}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (cstr_eq(words[i].word, word))
            return words[i].selector;
    return BY_NAME;
}

static bool selected(const struct account_view *view, enum selector s, const char *names,
                     const struct account *u)
{
    switch (s) {
    case ALL:
        return true;
    case HUMAN:
        return account_is_human(view, u);
    case PASSWORD:
        return account_password(u) == PASSWORD_SET || account_password(u) == PASSWORD_EMPTY;
    case SYSTEM:
        return u->uid != 0 && (u->uid < view->uid_min || u->uid > view->uid_max);
    case LOGIN:
        return account_can_log_in(view, u);
    case BY_NAME:
        return named(names, u->name);
    }
    return false;
}

static void absent_names(const struct account_view *view, const char *names, struct strings *ret)
{
    struct str rest = str_of(names), word, field;
    while (str_next_word(&rest, &word))
        while (str_next_field(&word, ',', &field)) {
            const char *name = str_dup(view->h->arena, field);
            if (field.n && !accounts_find(view->all, name))
                strings_add(view->h->arena, ret, name);
        }
}

int account_select(const struct account_view *view, const struct want *w, const char *fallback,
                   struct account_list *ret, struct strings *ret_absent, struct text *ret_why)
{
    const char *select = want_arg(w, "select"), *except = want_arg(w, "except");
    if (!select)
        select = fallback;
    enum selector s = selector_of(select);
    bool shadow = s == PASSWORD || s == LOGIN;
    if (account_unreadable(view, shadow, false, ret_why))
        return view->all->passwd_error < 0 ? view->all->passwd_error : view->all->shadow_error;
    for (size_t i = 0; i < view->all->users.n; i++) {
        const struct account *u = &view->all->users.v[i];
        if (selected(view, s, select, u) && !(except && named(except, u->name)))
            vec_push(view->h->arena, ret, u);
    }
    if (s == BY_NAME)
        absent_names(view, select, ret_absent);
    return 0;
}
