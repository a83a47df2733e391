/* Directories and patterns. */
#include "root/handle.h"

#include <errno.h>

#include "format/glob.h"

static int list_traced(struct root *r, const char *dir, const struct strings **ret)
{
    const struct lookup *l = resolve(r, dir, true);
    trace_lookup(r, dir, l);
    if (l->code < 0)
        return l->code;
    trace_place(r, l->at, TRACE_LISTED);
    return view_list(r, l->at, ret);
}

int root_list(struct root *r, const char *dir, struct strings *ret)
{
    const struct strings *names;
    int code = list_traced(r, dir, &names);
    if (code < 0)
        return code;
    /* A copy of the array, so that a caller who adds to it does not change the next answer. */
    *ret = (struct strings){NULL, names->n, names->n};
    if (names->n)
        ret->v = arena_grow(r->arena, names->v, names->n * sizeof *names->v,
                            names->n * sizeof *names->v);
    return 0;
}

/* All names of `prefixes` that match one component of a pattern. */
static int expand(struct root *r, const struct strings *prefixes, struct str component,
                  struct strings *ret)
{
    for (size_t i = 0; i < prefixes->n; i++) {
        const char *prefix = prefixes->v[i];
        const struct strings *names;
        int code = list_traced(r, *prefix ? prefix : "/", &names);
        if (code == -ENOENT || code == -ENOTDIR || code == -ELOOP)
            continue;
        if (code < 0)
            return code; /* an unreadable directory: the answer would be silently short */
        for (size_t k = 0; k < names->n; k++) {
            if (!glob_matches(component, str_of(names->v[k]), GLOB_LEADING_PERIOD))
                continue;
            if (ret->n >= ROOT_LIST_LIMIT)
                return -EFBIG;
            strings_add(r->arena, ret, arena_printf(r->arena, "%s/%s", prefix, names->v[k]));
        }
    }
    return 0;
}

/* Keeps what exists; with `directories`, what is a directory, and marks it with a slash. */
static void keep_existing(struct root *r, struct strings *paths, bool directories)
{
    size_t n = 0;
    for (size_t i = 0; i < paths->n; i++) {
        struct file_info f;
        const char *path = *paths->v[i] ? paths->v[i] : "/";
        if (directories ? root_stat(r, path, &f) < 0 || !S_ISDIR(f.mode)
                        : root_lstat(r, path, &f) < 0)
            continue;
        paths->v[n++] = directories && path[1] ? arena_printf(r->arena, "%s/", path) : path;
    }
    paths->n = n;
}

int root_glob(struct root *r, const char *pattern, struct strings *ret)
{
    struct strings paths = {0};
    struct str rest = str_of(pattern), component;
    bool literal_last = true;
    strings_add(r->arena, &paths, "");
    while (str_next_field(&rest, '/', &component)) {
        if (component.n == 0)
            continue;
        literal_last = !glob_has_magic(component);
        struct strings next = {0};
        if (literal_last) {
            const char *name = glob_unescape(r->arena, component);
            for (size_t i = 0; i < paths.n; i++)
                strings_add(r->arena, &next, arena_printf(r->arena, "%s/%s", paths.v[i], name));
        } else {
            int code = expand(r, &paths, component, &next);
            if (code < 0)
                return code;
        }
        paths = next;
    }
    bool directories = cstr_ends(pattern, "/");
    if (literal_last || directories)
        keep_existing(r, &paths, directories);
    strings_sort(&paths);
    *ret = paths;
    return 0;
}
