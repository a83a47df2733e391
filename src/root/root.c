/* The handle: opening it, and the questions of root.h in terms of resolve, view and trace. */
#include "root/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"

static struct lookup *lookup_traced(struct root *r, const char *path, bool follow)
{
    struct lookup *l = resolve(r, path, follow);
    trace_lookup(r, path, l);
    return l;
}

/* "/", "//.", "/..": whatever the name, the same directory in the same mount. */
static bool is_running_root(int fd)
{
    struct stat here, top;
    struct statx a, b;
    if (fstat(fd, &here) < 0 || stat("/", &top) < 0 || here.st_dev != top.st_dev ||
        here.st_ino != top.st_ino)
        return false;
    enum { MOUNT_ID = 0x1000 }; /* STATX_MNT_ID, since 5.8: tells a bind mount of / from / */
    if (statx(fd, "", AT_EMPTY_PATH, MOUNT_ID, &a) == 0 && (a.stx_mask & MOUNT_ID) &&
        statx(AT_FDCWD, "/", 0, MOUNT_ID, &b) == 0)
        return a.stx_mnt_id == b.stx_mnt_id;
    return true;
}

static int check_is_system(struct root *r, struct err *e)
{
    const struct found *f = disk_found(r, place_child(r, r->top, "etc", 3));
    if (f->code == -EACCES)
        return err_set(e, -EACCES, "%s: permission denied", "%s：没有权限", r->name);
    if (f->code < 0 || !(S_ISDIR(f->info.mode) || S_ISLNK(f->info.mode)))
        return err_set(e, -EINVAL, "%s is not the root of a system: it has no /etc",
                       "%s 不是系统根目录：其中没有 /etc", r->name);
    return 0;
}

int root_open(struct arena *a, const char *dir, unsigned flags, struct root **ret, struct err *e)
{
    _cleanup_close_ int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        int code = -errno;
        struct text why = errno_text(code);
        if (e) {
            e->message.en = arena_printf(e->arena, "cannot open root %s: %s", dir, why.en);
            e->message.zh = arena_printf(e->arena, "无法打开根目录 %s：%s", dir, why.zh);
        }
        return code;
    }
    struct root *r = arena_make(a, struct root);
    r->arena = a;
    r->name = arena_strdup(a, dir);
    r->live = is_running_root(fd);
    r->use_openat2 = !(flags & ROOT_FORCE_WALKER) && disk_has_openat2(fd);
    r->places = arena_make(a, struct places_table);
    r->stamps = arena_make(a, uint64_t);
    r->top = arena_make(a, struct place);
    *r->top = (struct place){.path = "/", .len = 1, .hash = 0xcbf29ce484222325u};
    r->memos.arena = a;
    r->fd = fd;
    int code = check_is_system(r, e);
    if (code < 0)
        return code;
    (void)TAKE_FD(fd);
    *ret = r;
    return 0;
}

void root_close(struct root *r)
{
    if (!r)
        return;
    if (r->fd >= 0 && !r->base)
        (void)close(r->fd);
    r->fd = -1;
}

bool root_is_live(const struct root *r)
{
    return r->live;
}

const char *root_name(const struct root *r)
{
    return r->name;
}

struct arena *root_arena(const struct root *r)
{
    return r->arena;
}

int root_read(struct root *r, const char *path, struct str *ret)
{
    const struct lookup *l = lookup_traced(r, path, true);
    return l->code < 0 ? l->code : view_read(r, l->at, ret);
}

/* The bytes staged at a place by the view or one below it: 0 or -errno; 1: none, *view is the base.
 */
static int staged_bytes(struct root **view, struct place *at, struct str *ret)
{
    for (; (*view)->base; *view = (*view)->base) {
        const struct staged *s = view_staged(*view, at);
        if (s && s->kind != STAGED_ATTRIBUTES)
            return view_read(*view, at, ret);
    }
    return 1;
}

int root_file_open(struct root *r, const char *path, struct root_file *ret)
{
    const struct lookup *l = lookup_traced(r, path, true);
    struct root_file f = {.fd = -1};
    struct root *view = r;
    if (l->code < 0)
        return l->code;
    int code = staged_bytes(&view, l->at, &f.staged);
    if (code < 0)
        return code;
    f.size = f.staged.n;
    if (code > 0) {
        struct stat st;
        _cleanup_close_ int fd = disk_reopen(view, l->at, 0);
        if (fd < 0)
            return fd;
        if (fstat(fd, &st) < 0)
            return -errno;
        f.size = (uint64_t)st.st_size;
        f.fd = TAKE_FD(fd);
    }
    *ret = f;
    return 0;
}

int root_file_read(const struct root_file *f, uint64_t at, void *bytes, size_t n)
{
    if (at >= f->size || n > INT_MAX)
        return at >= f->size ? 0 : -EINVAL;
    if (n > f->size - at)
        n = (size_t)(f->size - at);
    if (f->fd < 0) {
        memcpy(bytes, f->staged.p + at, n);
        return (int)n;
    }
    size_t done = 0;
    while (done < n) {
        ssize_t got = pread(f->fd, (char *)bytes + done, n - done, (off_t)(at + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (int)done;
}

void root_file_close(struct root_file *f)
{
    if (f->fd >= 0)
        (void)close(f->fd);
    f->fd = -1;
}

int root_load(struct root *r, const char *path, size_t limit, struct buf *ret)
{
    _cleanup_root_file_ struct root_file f = {.fd = -1};
    int code = root_file_open(r, path, &f);
    if (code < 0)
        return code;
    if (f.size > limit)
        return -EFBIG;
    _cleanup_buf_ struct buf bytes = {0};
    buf_reserve(&bytes, (size_t)f.size);
    while (bytes.len < f.size) {
        size_t n = (size_t)f.size - bytes.len;
        code = root_file_read(&f, bytes.len, bytes.data + bytes.len, n < INT_MAX ? n : INT_MAX);
        if (code < 0)
            return code;
        if (code == 0)
            break;
        bytes.len += (size_t)code;
    }
    *ret = bytes;
    bytes = (struct buf){0};
    return 0;
}

static int info(struct root *r, const char *path, bool follow, struct file_info *ret)
{
    const struct lookup *l = lookup_traced(r, path, follow);
    if (l->code < 0)
        return l->code;
    struct node n = view_node(r, l->at);
    if (n.code == 0)
        *ret = n.info;
    return n.code;
}

int root_stat(struct root *r, const char *path, struct file_info *ret)
{
    return info(r, path, true, ret);
}

int root_lstat(struct root *r, const char *path, struct file_info *ret)
{
    return info(r, path, false, ret);
}

int root_readlink(struct root *r, const char *path, const char **ret)
{
    const struct lookup *l = lookup_traced(r, path, false);
    if (l->code < 0)
        return l->code;
    struct node n = view_node(r, l->at);
    if (n.code < 0 || !S_ISLNK(n.info.mode))
        return n.code < 0 ? n.code : -EINVAL;
    *ret = n.target;
    return 0;
}

int root_resolve(struct root *r, const char *path, const char **ret)
{
    const struct lookup *l = lookup_traced(r, path, true);
    if (l->code == 0)
        *ret = l->at->path;
    return l->code;
}

bool root_exists(struct root *r, const char *path)
{
    return lookup_traced(r, path, true)->code == 0;
}

int root_getxattr(struct root *r, const char *path, const char *name, struct str *ret)
{
    const struct lookup *l = lookup_traced(r, path, true);
    if (l->code < 0)
        return l->code;
    struct root *disk = r;
    for (; disk->base; disk = disk->base) {
        const struct staged *s = view_staged(disk, l->at);
        if (s && s->kind != STAGED_ATTRIBUTES && view_node(disk->base, l->at).code < 0)
            return -ENODATA; /* a planned file has none yet */
    }
    const struct found *f = disk_found(disk, l->at);
    if (f->code < 0)
        return f->code;
    _cleanup_close_ int fd = disk_reopen(disk, l->at, S_ISDIR(f->info.mode) ? O_DIRECTORY : 0);
    if (fd < 0)
        return fd;
    char value[65536]; /* XATTR_SIZE_MAX */
    ssize_t n = fgetxattr(fd, name, value, sizeof value);
    if (n < 0)
        return errno == EOPNOTSUPP ? -ENODATA : -errno;
    *ret = (struct str){arena_strndup(r->arena, value, (size_t)n), (size_t)n};
    return 0;
}

int root_find(struct root *r, const char *const *dirs, const char *name, const char **ret)
{
    for (; *dirs; dirs++) {
        const char *path = arena_printf(r->arena, "%s/%s", *dirs, name);
        const struct lookup *l = lookup_traced(r, path, false);
        if (l->code == 0) { /* a dangling link decides as well: it masks */
            *ret = place_of(r, path)->path;
            return 0;
        }
        if (l->code != -ENOENT && l->code != -ENOTDIR)
            return l->code;
    }
    return -ENOENT;
}

struct text root_error_text(struct root *r, const char *path, int code)
{
    struct text why = errno_text(code);
    if (code == -EFBIG || code == EFBIG)
        why = TEXT("larger than 16 MiB", "超过 16 MiB");
    return (struct text){arena_printf(r->arena, "cannot read %s: %s", path, why.en),
                         arena_printf(r->arena, "无法读取 %s：%s", path, why.zh)};
}
