/*
 * Where overlayfs is not to be had (no module, a stack that is too deep already, a container that
 * may bind but not overlay): a changed file is bound over the real one; a directory in which names
 * come or go is made anew, the names that stay bound into it, and bound over the real one whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>

#include "base/cleanup.h"
#include "root/run_view_private.h"

static bool is_within(const char *path, const char *ancestor)
{
    size_t n = strlen(ancestor);
    return cstr_starts(path, ancestor) && path[n] == '/';
}

static const char *parent_of(struct arena *a, const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    return arena_strndup(a, path, slash ? (size_t)(slash - path) : 0);
}

/* Names come, go or change their type; a bind mount needs a file to lie on. */
static bool changes_names(struct root *base, const struct staged_change *c)
{
    struct file_info info;
    return (c->kind != STAGED_WRITE && c->kind != STAGED_ATTRIBUTES) ||
           root_lstat(base, c->path, &info) < 0 || !S_ISREG(info.mode);
}

static bool is_directory(struct root *r, const char *path)
{
    struct file_info info;
    return root_lstat(r, path, &info) == 0 && S_ISDIR(info.mode);
}

/* The directory that has to be made anew for a change; NULL: none. */
static const char *made_anew(struct root *staged, const struct staged_change *c)
{
    struct root *base = root_staged_base(staged);
    if (c->kind == STAGED_ATTRIBUTES && is_directory(base, c->path))
        return c->path;
    return changes_names(base, c) ? parent_of(staged->arena, c->path) : NULL;
}

static bool has_ancestor(const struct strings *list, const char *path)
{
    for (size_t i = 0; i < list->n; i++)
        if (is_within(path, list->v[i]))
            return true;
    return false;
}

static bool is_upper(const struct run_view *v, const char *path)
{
    vec_each (u, &v->upper)
        if (cstr_eq(u->path + strlen(RUN_VIEW_UPPER), path))
            return true;
    return false;
}

static int bind_names(struct root *base, struct run_view *v, const char *dir)
{
    struct arena *a = base->arena;
    struct strings names;
    int code = root_list(base, dir, &names);
    for (size_t i = 0; code == 0 && i < names.n; i++) {
        struct file_info info;
        const char *path = arena_printf(a, "%s/%s", dir, names.v[i]);
        struct run_view_bind b = {path, arena_printf(a, RUN_VIEW_UPPER "%s", path), false, NULL};
        if (is_upper(v, path) || root_lstat(base, path, &info) < 0)
            continue;
        b.directory = S_ISDIR(info.mode);
        if (S_ISLNK(info.mode))
            code = root_readlink(base, path, &b.target);
        if (code == 0)
            vec_push(a, &v->binds, b);
    }
    return code;
}

int run_view_prepare_binds(struct root *staged, struct run_view *v,
                           const struct staged_change *changes, size_t count)
{
    struct root *base = root_staged_base(staged);
    struct arena *a = staged->arena;
    struct strings anew = {0};
    int code = 0;
    for (size_t i = 0; i < count; i++) {
        const char *dir = made_anew(staged, &changes[i]);
        if (dir && dir[0] && strings_find(&anew, dir) < 0)
            strings_add(a, &anew, dir);
    }
    /* Below one that is made anew nothing of the disk is seen unless it is bound there. */
    for (size_t i = 0; i < count; i++) {
        const char *dir = parent_of(a, changes[i].path);
        if (has_ancestor(&anew, dir) && strings_find(&anew, dir) < 0)
            strings_add(a, &anew, dir);
    }
    for (size_t i = 0; code == 0 && i < anew.n; i++) {
        if (!is_directory(base, anew.v[i]))
            continue; /* new itself */
        code = bind_names(base, v, anew.v[i]);
        struct run_view_bind b = {arena_printf(a, RUN_VIEW_UPPER "%s", anew.v[i]), anew.v[i], true,
                                  NULL};
        if (!has_ancestor(&anew, anew.v[i]))
            vec_push(a, &v->covers, b);
    }
    for (size_t i = 0; code == 0 && i < count; i++) {
        const char *path = changes[i].path;
        struct run_view_bind b = {arena_printf(a, RUN_VIEW_UPPER "%s", path), path, false, NULL};
        if (!changes_names(base, &changes[i]) && !has_ancestor(&anew, path))
            vec_push(a, &v->covers, b);
    }
    return code;
}

/* ---- in the child ---- */

static int put_bind(const struct run_view_bind *b)
{
    if (b->target)
        return symlink(b->target, b->to) < 0 ? -errno : 0;
    if (b->directory) {
        if (mkdir(b->to, 0755) < 0)
            return -errno;
    } else {
        _cleanup_close_ int fd = open(b->to, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
        if (fd < 0)
            return -errno;
    }
    return mount(b->from, b->to, NULL, MS_BIND | (b->directory ? MS_REC : 0), NULL) < 0 ? -errno
                                                                                        : 0;
}

int run_view_enter_binds(const struct run_view *v)
{
    int code = 0;
    /* What is bound is the disk itself, which no tool is to write here. */
    (void)mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL);
    vec_each (u, &v->upper)
        if (u->mode == 0)
            (void)unlink(u->path); /* the whiteout of an overlay */
    for (size_t i = 0; code == 0 && i < v->binds.n; i++)
        code = put_bind(&v->binds.v[i]);
    for (size_t i = 0; code == 0 && i < v->covers.n; i++)
        if (mount(v->covers.v[i].from, v->covers.v[i].to, NULL, MS_BIND | MS_REC, NULL) < 0)
            code = -errno;
    return code;
}
