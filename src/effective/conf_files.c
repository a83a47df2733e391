#include "effective/conf_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct candidate {
    const char *name, *path;
    size_t order;
};

static int by_name(const void *x, const void *y)
{
    const struct candidate *a = x, *b = y;
    int c = strcmp(a->name, b->name);
    return c ? c : a->order < b->order ? -1 : a->order > b->order;
}

bool links_to_null(struct root *r, const char *path)
{
    const char *resolved = NULL;
    if (root_resolve(r, path, &resolved) == 0)
        return cstr_eq(resolved, "/dev/null");
    return root_readlink(r, path, &resolved) == 0 && cstr_ends(resolved, "/dev/null");
}

static bool is_masked(struct root *r, const char *path)
{
    struct file_info info;
    if (links_to_null(r, path))
        return true;
    return root_stat(r, path, &info) == 0 && !S_ISREG(info.mode);
}

int conf_files(struct root *r, const char *const *dirs, const char *suffix, struct strings *ret)
{
    struct arena *a = root_arena(r);
    VEC(struct candidate) all = {0};
    struct strings seen = {0};
    int error = 0;
    for (size_t i = 0; dirs[i]; i++) {
        struct strings names = {0};
        const char *resolved = dirs[i];
        if (root_resolve(r, dirs[i], &resolved) == 0 && strings_find(&seen, resolved) >= 0)
            continue;
        strings_add(a, &seen, resolved);
        int e = root_list(r, dirs[i], &names);
        if (e < 0 && e != -ENOENT && e != -ENOTDIR && !error)
            error = e;
        for (size_t k = 0; e == 0 && k < names.n; k++) {
            if (names.v[k][0] == '.' || !cstr_ends(names.v[k], suffix))
                continue;
            struct candidate c = {names.v[k], arena_printf(a, "%s/%s", dirs[i], names.v[k]), i};
            vec_push(a, &all, c);
        }
    }
    if (all.n > 1)
        qsort(all.v, all.n, sizeof *all.v, by_name);
    for (size_t i = 0; i < all.n; i++)
        if ((i == 0 || strcmp(all.v[i].name, all.v[i - 1].name) != 0) &&
            !is_masked(r, all.v[i].path))
            strings_add(a, ret, all.v[i].path);
    return error;
}

int file_failed(struct root *r, struct err *e, const char *path, int code)
{
    if (e)
        e->message = root_error_text(r, path, code);
    return err_at(e, code, path, 0, 0);
}
