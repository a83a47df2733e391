/* Drop-ins of a unit: which files, in which order (systemd.unit(5)). */
#include "effective/unit_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct dropin {
    const char *name, *path;
    size_t order; /* of the directory: the first that has a file name wins */
};

struct dropins {
    struct arena *arena;
    struct dropin *v;
    size_t n, cap;
};

static void add_dir(struct host *h, const struct unit_dir *d, const char *name, struct dropins *all)
{
    char sub[UNIT_NAME_LIMIT + 2];
    int n = snprintf(sub, sizeof sub, "%s.d", name);
    if (n < 0 || (size_t)n >= sizeof sub || !unit_dir_has(d, sub))
        return;
    const char *dir = arena_printf(h->arena, "%s/%s", d->path, sub);
    struct strings names = {0};
    if (root_list(h->root, dir, &names) < 0)
        return;
    for (size_t i = 0; i < names.n; i++) {
        if (names.v[i][0] == '.' || !cstr_ends(names.v[i], ".conf"))
            continue;
        struct dropin one = {names.v[i], arena_printf(h->arena, "%s/%s", dir, names.v[i]), all->n};
        vec_push(all->arena, all, one);
    }
}

static int by_name(const void *x, const void *y)
{
    const struct dropin *a = x, *b = y;
    int c = strcmp(a->name, b->name);
    return c ? c : a->order < b->order ? -1 : a->order > b->order;
}

/* foo-bar-baz.service also reads foo-bar-.service.d and foo-.service.d. */
static void add_prefixes(struct host *h, const struct unit_dir *d, const char *name,
                         struct dropins *all)
{
    const char *dot = strrchr(name, '.'), *at = strchr(name, '@');
    size_t n = (size_t)((at && at < dot ? at : dot) - name);
    if (n && name[n - 1] == '-')
        n--;
    while (n-- > 1)
        if (name[n] == '-') {
            char prefix[UNIT_NAME_LIMIT];
            if ((size_t)snprintf(prefix, sizeof prefix, "%.*s-%s", (int)n, name, dot) <
                sizeof prefix)
                add_dir(h, d, prefix, all);
            while (n > 0 && name[n - 1] == '-')
                n--;
        }
}

static void add_name(struct host *h, const struct unit_dir *d, const char *name, bool for_install,
                     struct dropins *all)
{
    add_dir(h, d, name, all);
    if (unit_name_kind(name) == UNIT_NAME_INSTANCE)
        add_dir(h, d, unit_name_template(h->arena, name), all);
    if (!for_install)
        add_prefixes(h, d, name, all);
}

void unit_dropins(struct host *h, const char *name, const struct strings *names, bool for_install,
                  struct strings *ret)
{
    const struct unit_files *u = unit_files(h);
    struct dropins all = {.arena = h->arena};
    for (size_t i = 0; i < names->n; i++)
        for (size_t j = 0; j < u->dirs.n; j++)
            add_name(h, &u->dirs.v[j], names->v[i], for_install, &all);
    for (size_t j = 0; !for_install && j < u->dirs.n; j++)
        add_dir(h, &u->dirs.v[j], unit_suffix(name), &all);
    if (all.n > 1)
        qsort(all.v, all.n, sizeof *all.v, by_name);
    for (size_t i = 0; i < all.n; i++)
        if (i == 0 || strcmp(all.v[i].name, all.v[i - 1].name) != 0)
            strings_add(h->arena, ret, all.v[i].path);
}
