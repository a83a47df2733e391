/* Keys about all accounts at once. */
#include "resource/account.h"

#include <inttypes.h>

struct finding {
    const struct account_view *view;
    struct strings list;
    struct {
        struct where *v;
        size_t n, cap;
    } where;
};

static void found(struct finding *f, const char *name, const char *path, unsigned line)
{
    struct where w = {path, line};
    strings_add(f->view->h->arena, &f->list, name);
    vec_push(f->view->h->arena, &f->where, w);
}

static const char passwd[] = "/etc/passwd", shadow[] = "/etc/shadow", group[] = "/etc/group";

/* One name or number with the line it stands on; equal ones are found by sorting. */
struct entry {
    const char *name;
    int64_t number;
    unsigned line;
};

static int by_number(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return x->line < y->line ? -1 : x->line > y->line;
}

static int by_name(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int c = strcmp(x->name, y->name);
    return c ? c : x->line < y->line ? -1 : x->line > y->line;
}

static void duplicates(struct finding *f, struct entry *v, size_t n, bool numbers, const char *path)
{
    struct arena *a = f->view->h->arena;
    if (n)
        qsort(v, n, sizeof *v, numbers ? by_number : by_name);
    for (size_t i = 0, end; i < n; i = end) {
        struct strings names = {0};
        for (end = i; end < n && (numbers ? v[end].number == v[i].number
                                          : strcmp(v[end].name, v[i].name) == 0);
             end++)
            strings_add(a, &names, v[end].name);
        if (end - i < 2)
            continue;
        const char *text = v[i].name;
        if (numbers)
            text =
                arena_printf(a, "%" PRId64 " (%s)", v[i].number, strings_join(a, &names, " ", 20));
        found(f, text, path, v[i + 1].line);
    }
}

static void user_duplicates(struct finding *f, bool numbers)
{
    const struct accounts *all = f->view->all;
    struct entry *v = arena_new_array(f->view->h->arena, struct entry, all->users.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < all->users.n; i++) {
        const struct account *u = &all->users.v[i];
        v[n++] = (struct entry){u->name, u->uid, u->passwd_line};
    }
    duplicates(f, v, n, numbers, passwd);
}

static void group_duplicates(struct finding *f, bool numbers)
{
    const struct accounts *all = f->view->all;
    struct entry *v = arena_new_array(f->view->h->arena, struct entry, all->groups.n + 1);
    for (size_t i = 0; i < all->groups.n; i++) {
        const struct group *g = &all->groups.v[i];
        v[i] = (struct entry){g->name, g->gid, g->line};
    }
    duplicates(f, v, all->groups.n, numbers, group);
}

static void duplicate_uid(struct finding *f)
{
    user_duplicates(f, true);
}

static void duplicate_name(struct finding *f)
{
    user_duplicates(f, false);
}

static void duplicate_gid(struct finding *f)
{
    group_duplicates(f, true);
}

static void duplicate_group_name(struct finding *f)
{
    group_duplicates(f, false);
}

static void empty_password(struct finding *f)
{
    for (size_t i = 0; i < f->view->all->users.n; i++) {
        const struct account *u = &f->view->all->users.v[i];
        if (account_password(u) != PASSWORD_EMPTY)
            continue;
        bool own = u->passwd_field[0] == '\0';
        found(f, u->name, own ? passwd : shadow, own ? u->passwd_line : u->shadow_line);
    }
}

static void uid_zero(struct finding *f)
{
    for (size_t i = 0; i < f->view->all->users.n; i++) {
        const struct account *u = &f->view->all->users.v[i];
        if (u->uid == 0)
            found(f, u->name, passwd, u->passwd_line);
    }
}

static void no_shadow(struct finding *f)
{
    for (size_t i = 0; i < f->view->all->users.n; i++) {
        const struct account *u = &f->view->all->users.v[i];
        if (!cstr_eq(u->passwd_field, "x"))
            found(f, u->name, passwd, u->passwd_line);
    }
}

static int compare_numbers(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static void unknown_primary_group(struct finding *f)
{
    const struct accounts *all = f->view->all;
    int64_t *gids = arena_new_array(f->view->h->arena, int64_t, all->groups.n + 1);
    for (size_t i = 0; i < all->groups.n; i++)
        gids[i] = all->groups.v[i].gid;
    qsort(gids, all->groups.n, sizeof *gids, compare_numbers);
    for (size_t i = 0; i < all->users.n; i++) {
        const struct account *u = &all->users.v[i];
        if (!bsearch(&u->gid, gids, all->groups.n, sizeof *gids, compare_numbers))
            found(f, u->name, passwd, u->passwd_line);
    }
}

static void malformed_lines(struct finding *f)
{
    for (size_t i = 0; i < f->view->all->malformed.n; i++) {
        const struct malformed_line *m = &f->view->all->malformed.v[i];
        found(f, arena_printf(f->view->h->arena, "%s:%u", m->path, m->line), m->path, m->line);
    }
}

/* People who can work here under a name of their own: what 4.1 counts as role accounts. Names are
 * free, so the number of them is what a host can show; who holds which role is in the rule. */
static void role_accounts(struct finding *f)
{
    for (size_t i = 0; i < f->view->all->users.n; i++) {
        const struct account *u = &f->view->all->users.v[i];
        enum password_state state = account_password(u);
        if (u->uid == 0 || !account_is_human(f->view, u) || !account_can_log_in(f->view, u))
            continue;
        if (state == PASSWORD_SET || account_has_keys(f->view, u))
            found(f, u->name, passwd, u->passwd_line);
    }
}

static void expired_unlocked(struct finding *f)
{
    for (size_t i = 0; i < f->view->all->users.n; i++) {
        const struct account *u = &f->view->all->users.v[i];
        int64_t today = (int64_t)f->view->h->now / 86400;
        if (u->expire_date >= 0 && u->expire_date <= today && account_password(u) == PASSWORD_SET)
            found(f, u->name, shadow, u->shadow_line);
    }
}

static const struct set {
    const char *key;
    void (*collect)(struct finding *f);
    bool shadow, group; /* files that must be readable beside passwd */
    const char *path;
} sets[] = {
    {"empty-password", empty_password, true, false, shadow},
    {"duplicate-uid", duplicate_uid, false, false, passwd},
    {"duplicate-gid", duplicate_gid, false, true, group},
    {"duplicate-name", duplicate_name, false, false, passwd},
    {"duplicate-group-name", duplicate_group_name, false, true, group},
    {"uid-zero", uid_zero, false, false, passwd},
    {"no-shadow", no_shadow, false, false, passwd},
    {"unknown-primary-group", unknown_primary_group, false, true, passwd},
    {"malformed-lines", malformed_lines, true, true, passwd},
    {"role-accounts", role_accounts, true, false, passwd},
    {"role-account-count", role_accounts, true, false, passwd},
    {"expired-unlocked", expired_unlocked, true, false, shadow},
};

static const struct set *set_find(const char *key)
{
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
        if (cstr_eq(sets[i].key, key))
            return &sets[i];
    return NULL;
}

bool account_observe_set(const struct account_view *view, const struct want *w, struct facts *ret)
{
    const struct set *set = set_find(w->key_name);
    if (!set)
        return false;
    struct finding f = {.view = view};
    struct text why = {0};
    bool unreadable = account_unreadable(view, set->shadow, set->group, &why);
    if (view->all->passwd_error == 0)
        set->collect(&f);
    struct fact *fact;
    /* What was found is true whatever the file that could not be read holds; what was not found
     * proves nothing then. */
    bool counts = set->collect == role_accounts;
    if (unreadable && (f.list.n == 0 || counts || !set->shadow)) {
        fact = facts_unknown(ret, NULL, why);
    } else {
        fact = facts_configured(ret, NULL,
                                w->key->kind == VALUE_NUMBER ? value_number((int64_t)f.list.n)
                                                             : value_list(f.list));
        fact->reason = view->remark;
    }
    if (f.where.n == 0)
        fact_add_where(ret, fact, set->path, 0);
    for (size_t i = 0; i < f.where.n && i < 50; i++)
        fact_add_where(ret, fact, f.where.v[i].path, f.where.v[i].line);
    return true;
}
