#include "effective/unit_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

enum { FOLLOW_MAX = 64 };

/* systemd.unit(5), "System Unit Search Path"; both of the last two: /lib is a link where /usr is
 * merged, and a place of its own on older Debian. */
static const struct {
    const char *path;
    unsigned kind;
} search[] = {
    {"/etc/systemd/system.control", 0},
    {"/run/systemd/system.control", UNIT_DIR_RUNTIME},
    {"/run/systemd/transient", UNIT_DIR_RUNTIME | UNIT_DIR_TRANSIENT},
    {"/run/systemd/generator.early", UNIT_DIR_RUNTIME | UNIT_DIR_GENERATOR},
    {"/etc/systemd/system", UNIT_DIR_PERSISTENT},
    {"/etc/systemd/system.attached", 0},
    {"/run/systemd/system", UNIT_DIR_RUNTIME},
    {"/run/systemd/system.attached", UNIT_DIR_RUNTIME},
    {"/run/systemd/generator", UNIT_DIR_RUNTIME | UNIT_DIR_GENERATOR},
    {"/usr/local/lib/systemd/system", 0},
    {"/lib/systemd/system", 0},
    {"/usr/lib/systemd/system", 0},
    {"/run/systemd/generator.late", UNIT_DIR_RUNTIME | UNIT_DIR_GENERATOR},
};

const char *path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool path_within(const char *path, const char *dir)
{
    size_t n = strlen(dir);
    return strncmp(path, dir, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* ---- names ---- */

const char *unit_suffix(const char *name)
{
    static const char *const types[] = {"service", "socket", "target", "device",    "mount", "swap",
                                        "timer",   "path",   "slice",  "automount", "scope"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < ARRAY_SIZE(types); i++)
        if (strcmp(dot + 1, types[i]) == 0)
            return types[i];
    return NULL;
}

enum unit_name_kind unit_name_kind(const char *name)
{
    static const char valid[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                ":-_.\\@";
    const char *dot = strrchr(name, '.'), *at = strchr(name, '@');
    if (!unit_suffix(name) || dot == name || at == name || strlen(name) >= UNIT_NAME_LIMIT ||
        name[strspn(name, valid)])
        return UNIT_NAME_BAD;
    if (!at)
        return UNIT_NAME_PLAIN;
    return at + 1 == dot ? UNIT_NAME_TEMPLATE : UNIT_NAME_INSTANCE;
}

const char *unit_name_template(struct arena *a, const char *name)
{
    const char *at = strchr(name, '@'), *dot = strrchr(name, '.');
    return at && dot ? arena_printf(a, "%.*s%s", (int)(at + 1 - name), name, dot) : name;
}

const char *unit_name_instance(struct arena *a, const char *name)
{
    const char *at = strchr(name, '@'), *dot = strrchr(name, '.');
    return at && dot && dot > at ? arena_strndup(a, at + 1, (size_t)(dot - at - 1)) : "";
}

const char *unit_name_with_instance(struct arena *a, const char *name, const char *instance)
{
    const char *at = strchr(name, '@'), *dot = strrchr(name, '.');
    return at && dot ? arena_printf(a, "%.*s%s%s", (int)(at + 1 - name), name, instance, dot)
                     : name;
}

const char *unit_full_name(struct arena *a, const char *name)
{
    return unit_suffix(name) ? name : arena_printf(a, "%s.service", name);
}

/* ---- the index ---- */

static void read_links(struct root *r, const char *dir, const struct strings *names,
                       struct unit_links *ret)
{
    struct arena *a = root_arena(r);
    for (size_t i = 0; i < names->n; i++) {
        struct unit_link link = {.name = names->v[i]};
        if (root_readlink(r, arena_printf(a, "%s/%s", dir, link.name), &link.target) == 0)
            vec_push(a, &ret->links, link);
    }
}

static void read_wants(struct root *r, struct unit_dir *d, const char *name)
{
    struct arena *a = root_arena(r);
    const char *path = arena_printf(a, "%s/%s", d->path, name);
    struct file_info info;
    struct strings names = {0};
    if (root_lstat(r, path, &info) < 0 || !S_ISDIR(info.mode) || root_list(r, path, &names) < 0)
        return;
    struct unit_links w = {.dir = name};
    read_links(r, path, &names, &w);
    vec_push(a, &d->wants, w);
}

static int read_dir(struct root *r, struct unit_dir *d)
{
    int e = root_list(r, d->path, &d->names);
    d->listed = e == 0 || e == -ENOENT || e == -ENOTDIR;
    if (d->listed && e < 0)
        return 0;
    if (e < 0)
        return e;
    d->own.dir = "";
    read_links(r, d->path, &d->names, &d->own);
    for (size_t i = 0; i < d->names.n; i++)
        if (cstr_ends(d->names.v[i], ".wants") || cstr_ends(d->names.v[i], ".requires"))
            read_wants(r, d, d->names.v[i]);
    return 0;
}

static void *make_index(struct root *r, void *context)
{
    (void)context;
    struct arena *a = root_arena(r);
    struct unit_files *u = arena_make(a, struct unit_files);
    for (size_t i = 0; i < ARRAY_SIZE(search); i++) {
        struct unit_dir d = {.path = search[i].path, .kind = search[i].kind};
        if (root_resolve(r, d.path, &d.resolved) < 0)
            d.resolved = d.path;
        bool again = false;
        for (size_t j = 0; j < u->dirs.n; j++)
            again = again || cstr_eq(u->dirs.v[j].resolved, d.resolved);
        d.listed = again; /* nothing there that was not found before */
        int e = again ? 0 : read_dir(r, &d);
        if (e < 0 && !u->error) {
            u->error = e;
            u->error_path = d.path;
        }
        vec_push(a, &u->dirs, d);
    }
    return u;
}

const struct unit_files *unit_files(struct host *h)
{
    static const char memo_key;
    return root_memo(h->root, &memo_key, make_index, NULL);
}

bool unit_dir_has(const struct unit_dir *d, const char *name)
{
    size_t low = 0, high = d->names.n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int c = strcmp(d->names.v[middle], name);
        if (c == 0)
            return true;
        if (c < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* ---- finding a unit ---- */

enum mode { MODE_UNSEEN, MODE_REGULAR, MODE_MASKED, MODE_ALIAS, MODE_LINKED };

struct search_state {
    const char *name, *path, *target;
    enum mode mode;
};

/* A directory without links and dots; what does not exist is taken as written. */
static const char *clean_dir(struct root *r, const char *path)
{
    struct arena *a = root_arena(r);
    const char *at = "/";
    struct str rest = str_of(path), part;
    if (root_resolve(r, path, &at) == 0)
        return at;
    at = "";
    while (str_next_field(&rest, '/', &part)) {
        const char *slash = strrchr(at, '/'), *resolved = NULL;
        if (part.n == 0 || str_is(part, "."))
            continue;
        if (str_is(part, ".."))
            at = slash ? arena_strndup(a, at, (size_t)(slash - at)) : "";
        else
            at = arena_printf(a, "%s/%.*s", at, STR_ARG(part));
        if (*at && root_resolve(r, at, &resolved) == 0)
            at = strcmp(resolved, "/") == 0 ? "" : resolved;
    }
    return *at ? at : "/";
}

/* Where a link leads, its last component not followed; directories that are missing stay. */
static const char *link_target(struct root *r, const char *path, const char *target)
{
    struct arena *a = root_arena(r);
    const char *full = target;
    if (target[0] != '/')
        full = arena_printf(a, "%.*s/%s", (int)(strrchr(path, '/') - path), path, target);
    const char *base = strrchr(full, '/');
    if (!base[1] || strcmp(base, "/..") == 0 || strcmp(base, "/.") == 0)
        return clean_dir(r, full);
    const char *dir = clean_dir(r, arena_strndup(a, full, (size_t)(base - full)));
    return arena_printf(a, "%s%s", strcmp(dir, "/") == 0 ? "" : dir, base);
}

static bool in_search_path(const struct unit_files *u, const char *path)
{
    for (size_t i = 0; i < u->dirs.n; i++)
        if (path_within(path, u->dirs.v[i].path) || path_within(path, u->dirs.v[i].resolved))
            return true;
    return false;
}

bool unit_alias_fits(struct arena *a, const char *link, const char *target)
{
    enum unit_name_kind from = unit_name_kind(link), to = unit_name_kind(target);
    if (from == UNIT_NAME_BAD || to == UNIT_NAME_BAD ||
        !cstr_eq(unit_suffix(link), unit_suffix(target)))
        return false;
    const char *type = unit_suffix(link);
    static const char *const fixed[] = {"slice", "mount", "automount", "swap", "scope"};
    for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
        if (strcmp(type, fixed[i]) == 0)
            return false;
    if (strcmp(link, target) == 0 || (from == to && from != UNIT_NAME_INSTANCE))
        return true;
    if (from == UNIT_NAME_INSTANCE && to == UNIT_NAME_INSTANCE)
        return strcmp(unit_name_instance(a, link), unit_name_instance(a, target)) == 0;
    return from == UNIT_NAME_INSTANCE && to == UNIT_NAME_TEMPLATE;
}

/* Does a link to this mask the unit? With --root systemctl sees only /dev/null at this point (it
 * looks for the target below the root twice) and finds an empty file one step later, which makes a
 * difference between "masked" and "masked-runtime". */
static bool target_masks(struct root *r, const char *path)
{
    struct file_info info;
    if (strcmp(path, "/dev/null") == 0)
        return true;
    if (!root_is_live(r) || root_stat(r, path, &info) < 0)
        return false;
    return (S_ISREG(info.mode) && info.size == 0) || S_ISCHR(info.mode) || S_ISBLK(info.mode);
}

static int load(struct host *h, struct search_state *s, const char *path)
{
    struct root *r = h->root;
    struct file_info info;
    const char *target = NULL;
    int e = root_lstat(r, path, &info);
    if (e < 0)
        return e;
    if (S_ISLNK(info.mode)) {
        e = root_readlink(r, path, &target);
        if (e < 0)
            return e;
        s->target = link_target(r, path, target);
        bool inside = in_search_path(unit_files(h), s->target);
        if (inside && !unit_alias_fits(h->arena, path_base(path), path_base(s->target)))
            return -EINVAL;
        if (inside && strcmp(path_base(path), path_base(s->target)) == 0)
            return -ELOOP; /* a link of its own name inside the search path: systemd refuses it */
        s->mode = target_masks(r, s->target) ? MODE_MASKED : inside ? MODE_ALIAS : MODE_LINKED;
        return 0;
    }
    if (S_ISDIR(info.mode))
        return -EISDIR;
    if ((S_ISREG(info.mode) && info.size == 0) || S_ISCHR(info.mode) || S_ISBLK(info.mode)) {
        s->mode = MODE_MASKED;
        return 0;
    }
    if (!S_ISREG(info.mode))
        return -EBADFD; /* stat_verify_regular */
    s->mode = MODE_REGULAR;
    return 0;
}

static int search_name(struct host *h, struct search_state *s, const char *name)
{
    const struct unit_files *u = unit_files(h);
    for (size_t i = 0; i < u->dirs.n; i++) {
        if (u->dirs.v[i].listed && !unit_dir_has(&u->dirs.v[i], name))
            continue;
        const char *path = arena_printf(h->arena, "%s/%s", u->dirs.v[i].path, name);
        int e = load(h, s, path);
        if (e == 0) {
            s->path = path;
            return 0;
        }
        if (e != -ENOENT && e != -ENOTDIR && e != -EACCES)
            return e;
    }
    return u->error ? u->error : -ENOENT;
}

static int search_unit(struct host *h, struct search_state *s)
{
    int e = search_name(h, s, s->name);
    if (e == -ENOENT && unit_name_kind(s->name) == UNIT_NAME_INSTANCE)
        e = search_name(h, s, unit_name_template(h->arena, s->name));
    return e;
}

/* One step along a link: the same name continues with that file, another name starts anew. */
static int follow(struct host *h, struct search_state *s)
{
    const char *base = path_base(s->target);
    if (s->mode == MODE_ALIAS && strcmp(base, s->name) != 0) {
        if (unit_name_kind(s->name) == UNIT_NAME_INSTANCE &&
            unit_name_kind(base) == UNIT_NAME_TEMPLATE)
            base = unit_name_with_instance(h->arena, base, unit_name_instance(h->arena, s->name));
        if (strcmp(base, s->name) != 0) {
            *s = (struct search_state){.name = base};
            int e = search_unit(h, s);
            return e == -ENOENT ? -ENOLINK : e;
        }
    }
    s->path = s->target;
    return load(h, s, s->path);
}

int unit_find(struct host *h, const char *name, struct unit_found *ret)
{
    struct search_state s = {.name = name};
    if (unit_name_kind(name) == UNIT_NAME_BAD)
        return -EINVAL;
    int e = search_unit(h, &s);
    struct strings through = {0};
    for (unsigned k = 0; e == 0 && (s.mode == MODE_ALIAS || s.mode == MODE_LINKED); k++) {
        if (through.n == 0 || through.v[through.n - 1] != s.name)
            strings_add(h->arena, &through, s.name);
        e = k < FOLLOW_MAX ? follow(h, &s) : -ELOOP;
    }
    if (e < 0)
        return e;
    *ret = (struct unit_found){
        .name = s.name, .path = s.path, .masked = s.mode == MODE_MASKED, .through = through};
    return 0;
}

void unit_names(struct host *h, const char *id, struct strings *ret)
{
    const struct unit_files *u = unit_files(h);
    strings_add(h->arena, ret, id);
    for (size_t i = 0; i < u->dirs.n; i++) {
        const struct unit_links *own = &u->dirs.v[i].own;
        for (size_t j = 0; j < own->links.n; j++) {
            const struct unit_link *l = &own->links.v[j];
            if (strcmp(path_base(l->target), id) == 0 && strings_find(ret, l->name) < 0 &&
                unit_name_kind(l->name) != UNIT_NAME_BAD)
                strings_add(h->arena, ret, l->name);
        }
    }
}
