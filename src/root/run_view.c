/* Everything is mounted in memory and goes with the process; nothing on the disk is touched. */
#include "root/run_view_private.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/io.h"

static const char *upper_path(struct arena *a, const char *path)
{
    return arena_printf(a, RUN_VIEW_SCRATCH "/u%s", path);
}

static void add(struct root *r, struct run_view *v, const char *path, const struct file_info *info,
                struct str bytes, const char *target)
{
    struct upper u = {.path = upper_path(r->arena, path), .bytes = bytes, .target = target};
    if (info) {
        u.mode = info->mode;
        u.uid = info->uid;
        u.gid = info->gid;
    }
    vec_push(r->arena, &v->upper, u);
}

/* The directories on the way, with the attributes that the staged view gives them. */
static int add_parents(struct root *r, struct run_view *v, const char *path)
{
    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        const char *dir = arena_strndup(r->arena, path, (size_t)(slash - path));
        struct file_info info;
        if (strings_find(&v->made, dir) >= 0)
            continue;
        int code = root_lstat(r, dir, &info);
        if (code < 0)
            return code;
        strings_add(r->arena, &v->made, dir);
        add(r, v, dir, &info, (struct str){0}, NULL);
        if (strchr(dir + 1, '/'))
            continue;
        struct layer layer = {dir, arena_printf(r->arena,
                                                "lowerdir=%s,upperdir=" RUN_VIEW_SCRATCH
                                                "/u%s,workdir=" RUN_VIEW_SCRATCH "/w%s",
                                                dir, dir, dir)};
        vec_push(r->arena, &v->layers, layer);
    }
    return 0;
}

static int add_change(struct root *r, struct run_view *v, const struct staged_change *c)
{
    struct file_info info;
    struct str bytes = {0};
    int code = add_parents(r, v, c->path);
    if (code < 0)
        return code;
    if (c->kind == STAGED_REMOVE) {
        add(r, v, c->path, NULL, bytes, NULL);
        return 0;
    }
    code = root_lstat(r, c->path, &info);
    if (code == 0 && S_ISREG(info.mode))
        code = root_read(r, c->path, &bytes);
    if (code < 0)
        return code;
    if (S_ISDIR(info.mode)) {
        if (strings_find(&v->made, c->path) >= 0)
            return 0;
        strings_add(r->arena, &v->made, c->path);
    }
    add(r, v, c->path, &info, bytes, c->target);
    return 0;
}

int run_view_prepare(struct root *staged, struct run_view **ret)
{
    struct run_view *v = arena_make(staged->arena, struct run_view);
    const struct staged_change *changes;
    size_t count;
    int code = 0;
    root_staged_changes(staged, &changes, &count);
    for (size_t i = 0; code == 0 && i < count; i++) {
        if (strpbrk(changes[i].path, ",:\\")) /* cannot be said in the options of an overlay */
            continue;
        if (strchr(changes[i].path + 1, '/'))
            code = add_change(staged, v, &changes[i]);
    }
    if (code == 0)
        code = run_view_prepare_binds(staged, v, changes, count);
    if (code == 0)
        *ret = v;
    return code;
}

/* ---- in the child ---- */

static int put_file(const struct upper *u)
{
    _cleanup_close_ int fd = open(u->path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    return fd < 0 ? -errno : io_write_all(fd, u->bytes);
}

static int put(const struct upper *u)
{
    int code = 0;
    if (u->mode == 0)
        return mknod(u->path, S_IFCHR, makedev(0, 0)) < 0 ? -errno : 0;
    if (S_ISDIR(u->mode))
        code = mkdir(u->path, 0700) < 0 ? -errno : 0;
    else if (S_ISLNK(u->mode))
        code = symlink(u->target ? u->target : "", u->path) < 0 ? -errno : 0;
    else if (S_ISREG(u->mode))
        code = put_file(u);
    else
        return 0;
    if (code == 0 && lchown(u->path, u->uid, u->gid) < 0)
        code = -errno;
    if (code == 0 && !S_ISLNK(u->mode) && chmod(u->path, u->mode & 07777) < 0)
        code = -errno;
    return code;
}

static int make_work(const char *at)
{
    char path[64] = RUN_VIEW_SCRATCH "/w";
    size_t n = strlen(at);
    if (n + sizeof RUN_VIEW_SCRATCH "/w" > sizeof path)
        return -ENAMETOOLONG;
    memcpy(path + strlen(RUN_VIEW_SCRATCH "/w"), at, n + 1);
    return mkdir(path, 0700) < 0 ? -errno : 0;
}

/* All of them or none. */
static int enter_overlays(const struct run_view *v)
{
    for (size_t i = 0; i < v->layers.n; i++) {
        const char *at = v->layers.v[i].at;
        int code = make_work(at);
        if (code == 0 &&
            mount("dengbao", at, "overlay", MS_NOSUID | MS_NODEV, v->layers.v[i].options) < 0)
            code = -errno;
        while (code < 0 && i > 0)
            (void)umount2(v->layers.v[--i].at, MNT_DETACH);
        if (code < 0)
            return code;
    }
    return 0;
}

int run_view_enter(const struct run_view *v)
{
    if (unshare(CLONE_NEWNS) < 0)
        return -errno;
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("dengbao", RUN_VIEW_SCRATCH, "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777,size=64m") <
            0 ||
        mkdir(RUN_VIEW_SCRATCH "/u", 0700) < 0 || mkdir(RUN_VIEW_SCRATCH "/w", 0700) < 0)
        return -errno;
    bool whiteouts = true; /* a container may not be allowed to make device nodes */
    for (size_t i = 0; i < v->upper.n; i++) {
        int code = put(&v->upper.v[i]);
        if (code < 0 && v->upper.v[i].mode)
            return code;
        whiteouts &= code == 0;
    }
    return whiteouts && enter_overlays(v) == 0 ? 0 : run_view_enter_binds(v);
}
