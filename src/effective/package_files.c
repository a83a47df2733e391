#include "effective/package_files.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "effective/rpmdb.h"

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

static uint64_t hash_more(uint64_t h, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * 1099511628211u;
    return h;
}

static size_t hash_of(struct str directory, struct str base)
{
    return (size_t)hash_more(hash_more(1469598103934665603u, directory), base);
}

static void table_add(struct lookup_table *t, struct str path, size_t index)
{
    size_t i = hash_of(path, STR("")) & (t->size - 1);
    while (t->slots[i].path.p)
        i = (i + 1) & (t->size - 1);
    t->slots[i] = (struct spelling){path, index};
}

/* A package database gives a path in one piece or in two. */
static void table_mark(const struct lookup_table *t, struct str directory, struct str base,
                       bool *owned)
{
    size_t n = directory.n;
    for (size_t i = hash_of(directory, base) & (t->size - 1); t->slots[i].path.p;
         i = (i + 1) & (t->size - 1)) {
        struct str path = t->slots[i].path;
        if (path.n == n + base.n && str_eq(str_slice(path, 0, n), directory) &&
            str_eq(str_slice(path, n, path.n), base))
            owned[t->slots[i].index] = true;
    }
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
        table_mark(t, STR(""), line, owned);
}

/* dpkg-divert(1): three lines each, the path that packages list, the place where the file of all
 * but one of them lies, and that one. */
static void add_diversions(struct host *h, struct lookup_table *t, const struct strings *paths)
{
    struct str bytes, from, to, package;
    size_t left = paths->n; /* the table has room for so many more */
    if (root_read(h->root, "/var/lib/dpkg/diversions", &bytes) < 0)
        return;
    while (left && str_next_line(&bytes, &from) && str_next_line(&bytes, &to) &&
           str_next_line(&bytes, &package))
        for (size_t i = 0; i < paths->n && left; i++)
            if (str_is(to, paths->v[i])) {
                table_add(t, from, i);
                left--;
            }
}

/* Distroless images have no dpkg: status.d/NAME.md5sums, "DIGEST  usr/bin/x". */
static int mark_distroless(struct host *h, const struct lookup_table *t, bool *owned)
{
    struct strings names;
    int r = root_list(h->root, "/var/lib/dpkg/status.d", &names), found = -ENODATA;
    for (size_t i = 0; r == 0 && i < names.n; i++) {
        _cleanup_buf_ struct buf bytes = {0};
        struct str line, digest;
        if (!cstr_ends(names.v[i], ".md5sums"))
            continue;
        r = root_load(h->root, arena_printf(h->arena, "/var/lib/dpkg/status.d/%s", names.v[i]),
                      LIST_LIMIT, &bytes);
        struct str rest = {bytes.data, bytes.len};
        while (r == 0 && str_next_line(&rest, &line))
            if (str_next_word(&line, &digest))
                table_mark(t, STR("/"), str_trim(line), owned);
        found = 0;
    }
    return r == -ENOENT || r == 0 ? found : r;
}

static int mark_dpkg(struct host *h, const struct lookup_table *t, bool *owned)
{
    struct strings names;
    int r = root_list(h->root, "/var/lib/dpkg/info", &names);
    if (r < 0)
        return r == -ENOENT ? mark_distroless(h, t, owned) : r;
    for (size_t i = 0; i < names.n; i++) {
        _cleanup_buf_ struct buf bytes = {0};
        if (!cstr_ends(names.v[i], ".list"))
            continue;
        const char *path = arena_printf(h->arena, "/var/lib/dpkg/info/%s", names.v[i]);
        r = root_load(h->root, path, LIST_LIMIT, &bytes);
        if (r < 0)
            return r;
        mark_lines(t, (struct str){bytes.data, bytes.len}, owned);
    }
    return 0;
}

struct rpm_marking {
    const struct lookup_table *table;
    bool *owned;
};

static void mark_file(void *context, struct str directory, struct str base)
{
    const struct rpm_marking *m = context;
    table_mark(m->table, directory, base, m->owned);
}

static int mark_header(void *context, struct str blob)
{
    return rpmheader_files(blob, mark_file, context);
}

static int mark_rpm(struct host *h, const struct lookup_table *t, bool *owned)
{
    struct rpmdb_place place;
    struct rpm_marking marking = {.table = t};
    const struct packages *packages = host_packages(h);
    int r = packages->error < 0 ? -ENODATA : rpmdb_find(h->root, &place);
    marking.owned = owned;
    return r < 0 ? r : rpmdb_read(h->root, &place, mark_header, &marking);
}

int package_files_owned(struct host *h, const struct strings *paths, bool *ret_owned)
{
    struct lookup_table t = {.size = 64};
    while (t.size < 6 * paths->n)
        t.size *= 2;
    t.slots = mem_alloc(t.size * sizeof *t.slots);
    for (size_t i = 0; i < paths->n; i++)
        add_spellings(h, &t, paths->v[i], i);
    int r = -ENODATA;
    if (h->release->family == FAMILY_DEBIAN) {
        add_diversions(h, &t, paths);
        r = mark_dpkg(h, &t, ret_owned);
    } else if (h->release->family == FAMILY_RPM) {
        r = mark_rpm(h, &t, ret_owned);
    }
    free(t.slots);
    return r;
}
