#include "effective/packages.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "effective/rpmdb.h"
#include "format/dpkg.h"
#include "format/version.h"

static const char status_file[] = "/var/lib/dpkg/status";
static const char status_directory[] = "/var/lib/dpkg/status.d";
static const char updates_directory[] = "/var/lib/dpkg/updates";

enum { STATUS_LIMIT = 256 << 20 };

struct reading {
    struct host *h;
    struct packages *p;
    const char *path;
    size_t stanzas; /* of dpkg that were understood */
    struct {
        struct entry {
            struct package package;
            bool installed;
            size_t order;
        } * v;
        size_t n, cap;
    } entries; /* of dpkg: later ones replace earlier ones */
};

/* ---- rpm ---- */

static int add_header(void *context, struct str blob)
{
    struct reading *r = context;
    struct arena *a = r->h->arena;
    struct rpm_package rpm;
    int error = rpmheader_parse(a, blob, &rpm);
    if (error < 0)
        return error;
    struct package p = {.name = rpm.name,
                        .arch = rpm.arch,
                        .installed_at = rpm.installed_at,
                        .where = {r->path, 0}};
    p.version = rpm.has_epoch
                    ? arena_printf(a, "%" PRIu32 ":%s-%s", rpm.epoch, rpm.version, rpm.release)
                    : arena_printf(a, "%s-%s", rpm.version, rpm.release);
    vec_push(a, &r->p->list, p);
    return 0;
}

static int read_rpm(struct reading *r)
{
    struct rpmdb_place place;
    int error = rpmdb_find(r->h->root, &place);
    if (error < 0) {
        r->path = "/var/lib/rpm";
        return error;
    }
    r->path = place.path;
    error = rpmdb_read(r->h->root, &place, add_header, r);
    return error == 0 && r->p->list.n == 0 ? -ENODATA : error;
}

/* ---- dpkg ---- */

static void add_stanzas(struct reading *r, const char *path, struct str bytes, bool distroless)
{
    struct arena *a = r->h->arena;
    struct dpkg_reader reader = {.rest = bytes};
    struct dpkg_stanza s;
    while (dpkg_next(&reader, &s)) {
        if (!s.package.n)
            continue;
        r->stanzas++;
        struct entry e = {.installed = dpkg_installed(&s) || (distroless && !s.status.p),
                          .order = r->entries.n};
        e.package = (struct package){.name = str_dup(a, s.package),
                                     .version = str_dup(a, s.version.p ? s.version : STR("")),
                                     .arch = s.architecture.p ? str_dup(a, s.architecture) : NULL,
                                     .where = {path, s.line}};
        vec_push(a, &r->entries, e);
    }
}

static int read_one(struct reading *r, const char *path, bool distroless)
{
    _cleanup_buf_ struct buf bytes = {0};
    r->path = path;
    int error = root_load(r->h->root, path, STATUS_LIMIT, &bytes);
    if (error == 0)
        add_stanzas(r, path, (struct str){bytes.data, bytes.len}, distroless);
    return error;
}

/* updates/ holds what a running or interrupted dpkg has not merged yet: files named by numbers
 * (dpkg lib/dpkg/dbmodify.c). */
static bool is_update(const char *name)
{
    return *name && name[strspn(name, "0123456789")] == '\0';
}

static bool is_distroless(const char *name)
{
    return !cstr_ends(name, ".md5sums");
}

static int read_directory(struct reading *r, const char *directory, bool (*wanted)(const char *),
                          bool distroless)
{
    struct strings names = {0};
    r->path = directory;
    int error = root_list(r->h->root, directory, &names);
    for (size_t i = 0; error == 0 && i < names.n; i++)
        if (wanted(names.v[i]))
            error =
                read_one(r, arena_printf(r->h->arena, "%s/%s", directory, names.v[i]), distroless);
    return error;
}

static int compare_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "");
}

static int by_name_and_order(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int c = strcmp(x->package.name, y->package.name);
    if (c == 0)
        c = compare_text(x->package.arch, y->package.arch);
    return c ? c : x->order < y->order ? -1 : x->order > y->order;
}

static void keep_installed(struct reading *r)
{
    if (r->entries.n)
        qsort(r->entries.v, r->entries.n, sizeof *r->entries.v, by_name_and_order);
    for (size_t i = 0; i < r->entries.n; i++) {
        const struct entry *e = &r->entries.v[i];
        bool last = i + 1 == r->entries.n || strcmp(e->package.name, e[1].package.name) != 0 ||
                    compare_text(e->package.arch, e[1].package.arch) != 0;
        if (last && e->installed)
            vec_push(r->h->arena, &r->p->list, e->package);
    }
}

static int read_dpkg(struct reading *r)
{
    int status = read_one(r, status_file, false);
    if (status < 0 && status != -ENOENT)
        return status;
    int parts = read_directory(r, status_directory, is_distroless, true);
    if (parts < 0 && parts != -ENOENT && parts != -ENOTDIR)
        return parts;
    int updates = read_directory(r, updates_directory, is_update, false);
    if (updates < 0 && updates != -ENOENT && updates != -ENOTDIR)
        return updates;
    r->path = status_file;
    if (status < 0 && parts < 0) {
        r->path = "/var/lib/dpkg";
        return -ENOENT;
    }
    keep_installed(r);
    return r->p->list.n ? 0 : -ENODATA;
}

static int by_name(const void *a, const void *b)
{
    const struct package *x = a, *y = b;
    int c = strcmp(x->name, y->name);
    return c ? c : compare_text(x->arch, y->arch);
}

static struct text failure(const struct reading *r, int error)
{
    struct arena *a = r->h->arena;
    if (error == -ENODATA)
        return text_make(a, "the package database %s holds no installed package",
                         "软件包数据库 %s 中没有已安装的软件包", r->path);
    if (error == -EBADMSG)
        return text_make(a, "the package database %s is damaged", "软件包数据库 %s 已损坏",
                         r->path);
    if (error == -ENOTSUP)
        return text_make(a, "the package database %s has a form that cannot be read",
                         "无法读取软件包数据库 %s 的格式", r->path);
    if (error == -ENOENT)
        return text_make(a, "there is no package database in %s", "%s 中没有软件包数据库", r->path);
    return root_error_text(r->h->root, r->path, error);
}

static void *make(struct root *root, void *context)
{
    (void)root;
    struct host *h = context;
    struct packages *p = arena_make(h->arena, struct packages);
    struct reading r = {.h = h, .p = p};
    switch (h->release->family) {
    case FAMILY_DEBIAN:
        p->error = read_dpkg(&r);
        break;
    case FAMILY_RPM:
        p->error = read_rpm(&r);
        break;
    case FAMILY_UNKNOWN:
        p->error = -ENOENT;
        p->reason = TEXT("there is neither a dpkg nor an rpm database",
                         "既没有 dpkg 数据库，也没有 rpm 数据库");
        return p;
    }
    if (p->error < 0) {
        p->list.n = 0; /* half a list would make the rest look absent */
        p->reason = failure(&r, p->error);
    } else {
        qsort(p->list.v, p->list.n, sizeof *p->list.v, by_name);
    }
    return p;
}

const struct packages *host_packages(struct host *h)
{
    static const char key;
    return root_memo(h->root, &key, make, h);
}

int host_package(struct host *h, const char *name, const struct package **ret)
{
    const struct packages *p = host_packages(h);
    if (p->error < 0)
        return -ENODATA;
    size_t low = 0, high = p->list.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(p->list.v[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == p->list.n || !cstr_eq(p->list.v[low].name, name))
        return -ENOENT;
    *ret = &p->list.v[low];
    return 0;
}

int package_version_compare(enum family family, const char *a, const char *b)
{
    return family == FAMILY_DEBIAN ? version_compare_dpkg(a, b) : version_compare_rpm(a, b);
}
