#include "root/accounts_index.h"

#include <string.h>

struct entry {
    const char *name;
    int64_t id;
    size_t at; /* in users or groups */
};

struct entries {
    struct entry *v;
    size_t n, cap;
};

struct accounts_index {
    struct entries users, uids, groups, gids, members;
    size_t *next_same; /* the next user of that name */
};

static int by_name(const void *x, const void *y)
{
    const struct entry *a = x, *b = y;
    int c = strcmp(a->name, b->name);
    return c ? c : (a->at > b->at) - (a->at < b->at);
}

static int by_id(const void *x, const void *y)
{
    const struct entry *a = x, *b = y;
    return a->id != b->id ? (a->id > b->id) - (a->id < b->id) : (a->at > b->at) - (a->at < b->at);
}

static void sort(struct entries *e, int (*order)(const void *, const void *))
{
    if (e->n > 1)
        qsort(e->v, e->n, sizeof *e->v, order);
}

/* The first entry that is not below the name. */
static size_t lower_name(const struct entries *e, struct str name)
{
    size_t low = 0, high = e->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        struct str s = str_of(e->v[mid].name);
        size_t n = s.n < name.n ? s.n : name.n;
        int c = n ? memcmp(s.p, name.p, n) : 0;
        if (c < 0 || (c == 0 && s.n < name.n))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static size_t first_id(const struct entries *e, int64_t id)
{
    size_t low = 0, high = e->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (e->v[mid].id < id)
            low = mid + 1;
        else
            high = mid;
    }
    return low < e->n && e->v[low].id == id ? e->v[low].at : SIZE_MAX;
}

static size_t first_name(const struct entries *e, struct str name)
{
    size_t i = lower_name(e, name);
    return i < e->n && str_is(name, e->v[i].name) ? e->v[i].at : SIZE_MAX;
}

const struct accounts_index *accounts_index_make(struct arena *arena, const struct accounts *a)
{
    struct accounts_index *x = arena_make(arena, struct accounts_index);
    for (size_t i = 0; i < a->users.n; i++) {
        struct entry e = {a->users.v[i].name, a->users.v[i].uid, i};
        vec_push(arena, &x->users, e);
        vec_push(arena, &x->uids, e);
    }
    for (size_t i = 0; i < a->groups.n; i++) {
        const struct group *g = &a->groups.v[i];
        struct entry e = {g->name, g->gid, i};
        vec_push(arena, &x->groups, e);
        vec_push(arena, &x->gids, e);
        for (size_t k = 0; k < g->members.n; k++) {
            struct entry m = {g->members.v[k], g->gid, i};
            vec_push(arena, &x->members, m);
        }
    }
    sort(&x->users, by_name);
    sort(&x->uids, by_id);
    sort(&x->groups, by_name);
    sort(&x->gids, by_id);
    sort(&x->members, by_name);
    x->next_same = arena_new_array(arena, size_t, a->users.n);
    for (size_t i = 0; i < x->users.n; i++) {
        bool same = i + 1 < x->users.n && strcmp(x->users.v[i].name, x->users.v[i + 1].name) == 0;
        x->next_same[x->users.v[i].at] = same ? x->users.v[i + 1].at : SIZE_MAX;
    }
    return x;
}

size_t accounts_first_user(const struct accounts *a, struct str name)
{
    return first_name(&a->index->users, name);
}

size_t accounts_next_user(const struct accounts *a, size_t index)
{
    return a->index->next_same[index];
}

const struct account *accounts_find(const struct accounts *a, const char *name)
{
    if (a->index) {
        size_t i = first_name(&a->index->users, str_of(name));
        return i == SIZE_MAX ? NULL : &a->users.v[i];
    }
    for (size_t i = 0; i < a->users.n; i++)
        if (strcmp(a->users.v[i].name, name) == 0)
            return &a->users.v[i];
    return NULL;
}

const struct account *accounts_find_uid(const struct accounts *a, int64_t uid)
{
    if (a->index) {
        size_t i = first_id(&a->index->uids, uid);
        return i == SIZE_MAX ? NULL : &a->users.v[i];
    }
    for (size_t i = 0; i < a->users.n; i++)
        if (a->users.v[i].uid == uid)
            return &a->users.v[i];
    return NULL;
}

const struct group *accounts_find_group(const struct accounts *a, const char *name)
{
    if (a->index) {
        size_t i = first_name(&a->index->groups, str_of(name));
        return i == SIZE_MAX ? NULL : &a->groups.v[i];
    }
    for (size_t i = 0; i < a->groups.n; i++)
        if (strcmp(a->groups.v[i].name, name) == 0)
            return &a->groups.v[i];
    return NULL;
}

const struct group *accounts_find_gid(const struct accounts *a, int64_t gid)
{
    if (a->index) {
        size_t i = first_id(&a->index->gids, gid);
        return i == SIZE_MAX ? NULL : &a->groups.v[i];
    }
    for (size_t i = 0; i < a->groups.n; i++)
        if (a->groups.v[i].gid == gid)
            return &a->groups.v[i];
    return NULL;
}

struct strings account_groups(struct arena *arena, const struct accounts *a,
                              const struct account *user)
{
    struct strings names = {0};
    const struct group *primary = accounts_find_gid(a, user->gid);
    strings_add(arena, &names,
                primary ? primary->name : arena_printf(arena, "%lld", (long long)user->gid));
    if (a->index) {
        const struct entries *m = &a->index->members;
        size_t last = SIZE_MAX;
        for (size_t i = lower_name(m, str_of(user->name));
             i < m->n && strcmp(m->v[i].name, user->name) == 0; i++) {
            if (m->v[i].at != last && &a->groups.v[m->v[i].at] != primary)
                /* The index names groups that there are. */
                // NOLINTNEXTLINE(clang-analyzer-core.NullDereference)
                strings_add(arena, &names, a->groups.v[m->v[i].at].name);
            last = m->v[i].at;
        }
        return names;
    }
    for (size_t i = 0; i < a->groups.n; i++)
        if (&a->groups.v[i] != primary && strings_find(&a->groups.v[i].members, user->name) >= 0)
            strings_add(arena, &names, a->groups.v[i].name);
    return names;
}
