#include "effective/package_files.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"

enum { LIST_LIMIT = 16 << 20 };

/* The spellings under which a package may list one file. */
struct spelling {
    struct str path;
    size_t index;
};

struct lookup_table {
    struct spelling *slots;
    size_t size; /* power of two, at least twice the spellings */
};

static size_t hash_of(struct str s)
{
    uint64_t h = 1469598103934665603u;
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * 1099511628211u;
    return (size_t)h;
}

static void table_add(struct lookup_table *t, struct str path, size_t index)
{
    size_t i = hash_of(path) & (t->size - 1);
    while (t->slots[i].path.p)
        i = (i + 1) & (t->size - 1);
    t->slots[i] = (struct spelling){path, index};
}

static void table_mark(const struct lookup_table *t, struct str path, bool *owned)
{
    for (size_t i = hash_of(path) & (t->size - 1); t->slots[i].path.p; i = (i + 1) & (t->size - 1))
        if (str_eq(t->slots[i].path, path))
            owned[t->slots[i].index] = true;
}

static const char *const merged[] = {"/bin/", "/sbin/", "/lib/", "/lib64/", "/lib32/", "/libx32/"};

/* With /bin -> usr/bin a package built before the merge still lists /bin/su. */
static void add_spellings(struct host *h, struct lookup_table *t, const char *path, size_t index)
{
    table_add(t, str_of(path), index);
    for (size_t i = 0; i < ARRAY_SIZE(merged); i++) {
        const char *usr = arena_printf(h->arena, "/usr%s", merged[i]);
        const char *target;
        char *directory = arena_strndup(h->arena, merged[i], strlen(merged[i]) - 1);
        if (!cstr_starts(path, usr) || root_readlink(h->root, directory, &target) < 0)
            continue;
        table_add(t, str_of(path + strlen("/usr")), index);
    }
}

static void mark_lines(const struct lookup_table *t, struct str bytes, bool *owned)
{
    struct str line;
    while (str_next_line(&bytes, &line))
        table_mark(t, line, owned);
}

static int mark_dpkg(struct host *h, const struct lookup_table *t, bool *owned)
{
    struct strings names;
    int r = root_list(h->root, "/var/lib/dpkg/info", &names);
    if (r < 0)
        return r == -ENOENT ? -ENODATA : r;
    for (size_t i = 0; i < names.n; i++) {
        struct str bytes;
        if (!cstr_ends(names.v[i], ".list"))
            continue;
        const char *path = arena_printf(h->arena, "/var/lib/dpkg/info/%s", names.v[i]);
        r = root_map(h->root, path, LIST_LIMIT, &bytes);
        if (r < 0)
            return r;
        mark_lines(t, bytes, owned);
    }
    return 0;
}

int package_files_owned(struct host *h, const struct strings *paths, bool *ret_owned)
{
    struct lookup_table t = {.size = 64};
    while (t.size < 4 * paths->n)
        t.size *= 2;
    t.slots = mem_alloc(t.size * sizeof *t.slots);
    for (size_t i = 0; i < paths->n; i++)
        add_spellings(h, &t, paths->v[i], i);
    int r = -ENODATA;
    if (h->release->family == FAMILY_DEBIAN)
        r = mark_dpkg(h, &t, ret_owned);
    free(t.slots);
    return r;
}
