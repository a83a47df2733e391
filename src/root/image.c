#include "root/image.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/mem.h"
#include "root/handle.h"

enum { OPEN_FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC };

/* ---- finding the place ---- */

static int open_parent(const struct root *r, const char *path, const char **ret_name)
{
    const char *slash = strrchr(path, '/');
    if (path[0] != '/' || !slash[1])
        return -EINVAL;
    _cleanup_free_ char *parent = mem_strndup(path, slash == path ? 1 : (size_t)(slash - path));
    *ret_name = slash + 1;
    return disk_open(r, parent, O_RDONLY | O_DIRECTORY);
}

static int sync_fd(int fd)
{
    return fsync(fd) < 0 && errno != EINVAL && errno != EROFS ? -errno : 0;
}

/* ---- extended attributes ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct image_xattr *)a)->name, ((const struct image_xattr *)b)->name);
}

static int capture_xattr(struct arena *a, int fd, const char *name, struct image *image)
{
    ssize_t size = fgetxattr(fd, name, NULL, 0);
    if (size < 0)
        return errno == ENODATA ? 0 : -errno;
    char *value = arena_alloc(a, (size_t)size + 1);
    size = fgetxattr(fd, name, value, (size_t)size);
    if (size < 0)
        return -errno;
    struct image_xattr x = {arena_strdup(a, name), {value, (size_t)size}};
    vec_push(a, &image->xattrs, x);
    return 0;
}

static int capture_xattrs(struct arena *a, int fd, struct image *image)
{
    ssize_t size = flistxattr(fd, NULL, 0);
    if (size <= 0)
        return size < 0 && errno != ENOTSUP ? -errno : 0;
    _cleanup_free_ char *names = mem_alloc((size_t)size + 1);
    size = flistxattr(fd, names, (size_t)size);
    if (size < 0)
        return -errno;
    for (const char *name = names; name < names + size; name += strlen(name) + 1) {
        int code = capture_xattr(a, fd, name, image);
        if (code < 0)
            return code;
    }
    if (image->xattrs.n > 1)
        qsort(image->xattrs.v, image->xattrs.n, sizeof *image->xattrs.v, by_name);
    return 0;
}

/* Given by the kernel or a policy daemon to every file; where an image has none it stays. */
static bool is_label(const char *name)
{
    static const char *const names[] = {"security.selinux", "security.SMACK64", "security.ima",
                                        "security.evm"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (cstr_eq(name, names[i]))
            return true;
    return false;
}

static const struct image_xattr *find_xattr(const struct image *image, const char *name)
{
    vec_each (x, &image->xattrs)
        if (cstr_eq(x->name, name))
            return x;
    return NULL;
}

/* Makes the attributes of an open file those of `image`; `is` is what it has. */
static int put_xattrs(int fd, const struct image *image, const struct image *is)
{
    vec_each (x, &is->xattrs)
        if (!is_label(x->name) && !find_xattr(image, x->name) && fremovexattr(fd, x->name) < 0 &&
            errno != ENODATA)
            return -errno;
    vec_each (x, &image->xattrs) {
        const struct image_xattr *had = find_xattr(is, x->name);
        if (had && str_eq(had->value, x->value))
            continue;
        if (fsetxattr(fd, x->name, x->value.p, x->value.n, 0) < 0)
            return -errno;
    }
    return 0;
}

/* ---- capture ---- */

static int read_bytes(struct arena *a, int fd, off_t size, struct str *ret)
{
    if (size > ROOT_FILE_LIMIT)
        return -EFBIG;
    char *bytes = arena_alloc(a, (size_t)size + 1);
    size_t n = 0;
    while (n < (size_t)size) {
        ssize_t got = read(fd, bytes + n, (size_t)size - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        n += (size_t)got;
    }
    *ret = (struct str){bytes, n};
    return 0;
}

static int read_target(struct arena *a, int dir, const char *name, struct image *image)
{
    char target[4096];
    ssize_t n = readlinkat(dir, name, target, sizeof target);
    if (n < 0)
        return -errno;
    image->target = arena_strndup(a, target, (size_t)n);
    return 0;
}

static void take_stat(struct image *image, const struct stat *st)
{
    image->kind = S_ISREG(st->st_mode)   ? IMAGE_FILE
                  : S_ISDIR(st->st_mode) ? IMAGE_DIRECTORY
                  : S_ISLNK(st->st_mode) ? IMAGE_SYMLINK
                                         : IMAGE_OTHER;
    image->mode = st->st_mode & 07777;
    image->uid = st->st_uid;
    image->gid = st->st_gid;
    image->mtime = st->st_mtim;
    image->nlink = st->st_nlink;
}

static int capture_open(struct arena *a, int fd, struct image *image)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return -errno;
    take_stat(image, &st); /* of what was opened */
    int flags = 0;
    if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0)
        image->immutable = flags & (FS_IMMUTABLE_FL | FS_APPEND_FL);
    int code = capture_xattrs(a, fd, image);
    if (code == 0 && image->kind == IMAGE_FILE)
        code = read_bytes(a, fd, st.st_size, &image->bytes);
    return code;
}

static int capture_at(struct arena *a, int dir, const char *name, struct image *ret)
{
    struct image image = {0};
    struct stat st;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        if (errno != ENOENT)
            return -errno;
        *ret = image;
        return 0;
    }
    take_stat(&image, &st);
    int code = 0;
    if (image.kind == IMAGE_SYMLINK) {
        code = read_target(a, dir, name, &image);
    } else if (image.kind != IMAGE_OTHER) {
        _cleanup_close_ int fd = openat(dir, name, OPEN_FLAGS);
        code = fd < 0 ? -errno : capture_open(a, fd, &image);
    }
    if (code == 0)
        *ret = image;
    return code;
}

int image_capture(struct root *r, const char *path, struct image *ret)
{
    const char *name = ".";
    _cleanup_close_ int dir = cstr_eq(path, "/") ? disk_open(r, "/", O_RDONLY | O_DIRECTORY)
                                                 : open_parent(r, path, &name);
    if (dir == -ENOENT) {
        *ret = (struct image){.kind = IMAGE_ABSENT};
        return 0;
    }
    return dir < 0 ? dir : capture_at(r->arena, dir, name, ret);
}

/* ---- writing ---- */

static bool has_time(const struct image *image)
{
    return image->mtime.tv_nsec != UTIME_OMIT;
}

/* The new owner must not, even for a moment, have what only the old mode gave (0660 root:root on
 * its way to 0640 root:users). */
static int put_owner(int fd, const struct stat *st, const struct image *image)
{
    mode_t mode = st->st_mode & 07777;
    if (st->st_uid == image->uid && st->st_gid == image->gid)
        return 0;
    if ((mode & ~image->mode) && fchmod(fd, mode & image->mode) < 0)
        return -errno;
    return fchown(fd, image->uid, image->gid) < 0 ? -errno : 0;
}

/* Owner first: it clears setuid and capabilities; the mode last: it keeps an ACL's mask right. */
static int put_metadata(struct arena *a, int fd, const struct image *image)
{
    struct image is = {0};
    struct stat st;
    if (fstat(fd, &st) < 0)
        return -errno;
    int code = put_owner(fd, &st, image);
    if (code < 0)
        return code;
    code = capture_xattrs(a, fd, &is);
    if (code == 0)
        code = put_xattrs(fd, image, &is);
    if (code == 0 && fstat(fd, &st) == 0 && (st.st_mode & 07777) != image->mode &&
        fchmod(fd, image->mode) < 0)
        code = -errno;
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, image->mtime};
    if (code == 0 && has_time(image) && futimens(fd, times) < 0)
        code = -errno;
    return code;
}

static int put_file(struct arena *a, int dir, const char *name, const struct image *image,
                    const char *temporary)
{
    _cleanup_close_ int fd =
        openat(dir, temporary, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    int code = io_write_all(fd, image->bytes);
    if (code == 0)
        code = put_metadata(a, fd, image);
    if (code == 0)
        code = sync_fd(fd);
    if (code == 0 && renameat(dir, temporary, dir, name) < 0)
        code = -errno;
    return code;
}

static int put_symlink(int dir, const char *name, const struct image *image, const char *temporary)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, image->mtime};
    if (symlinkat(image->target, dir, temporary) < 0)
        return -errno;
    if (fchownat(dir, temporary, image->uid, image->gid, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    if (has_time(image) && utimensat(dir, temporary, times, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    return renameat(dir, temporary, dir, name) < 0 ? -errno : 0;
}

static int put_directory(struct arena *a, int dir, const char *name, const struct image *image)
{
    bool made = mkdirat(dir, name, 0700) == 0;
    if (!made && errno != EEXIST)
        return -errno;
    _cleanup_close_ int fd = openat(dir, name, OPEN_FLAGS | O_DIRECTORY);
    int code = fd < 0 ? -errno : put_metadata(a, fd, image);
    if (code == 0)
        code = sync_fd(fd);
    if (code < 0 && made)
        (void)unlinkat(dir, name, AT_REMOVEDIR);
    return code;
}

static int put_absent(int dir, const char *name)
{
    if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return -errno;
    int code = -errno;
    if (unlinkat(dir, name, AT_REMOVEDIR) == 0)
        return 0;
    return errno == ENOTDIR ? code : -errno;
}

static int remove_temporary(int dir, const char *temporary)
{
    return unlinkat(dir, temporary, 0) < 0 && errno != ENOENT ? -errno : 0;
}

int image_put_unsynced(struct root *r, const char *path, const struct image *image,
                       const char *temporary)
{
    const char *name;
    _cleanup_close_ int dir = open_parent(r, path, &name);
    if (dir == -ENOENT && image->kind == IMAGE_ABSENT)
        return 0;
    if (dir < 0)
        return dir;
    int code = remove_temporary(dir, temporary);
    if (code < 0)
        return code;
    switch (image->kind) {
    case IMAGE_ABSENT:
        code = put_absent(dir, name);
        break;
    case IMAGE_FILE:
        code = put_file(r->arena, dir, name, image, temporary);
        break;
    case IMAGE_SYMLINK:
        code = put_symlink(dir, name, image, temporary);
        break;
    case IMAGE_DIRECTORY:
        code = put_directory(r->arena, dir, name, image);
        break;
    case IMAGE_OTHER:
        code = -EOPNOTSUPP;
        break;
    }
    if (code < 0)
        (void)remove_temporary(dir, temporary);
    return code;
}

int image_sync_directory(struct root *r, const char *path)
{
    _cleanup_close_ int dir = disk_open(r, path, O_RDONLY | O_DIRECTORY);
    if (dir < 0)
        return dir == -ENOENT ? 0 : dir;
    return sync_fd(dir);
}

int image_put(struct root *r, const char *path, const struct image *image, const char *temporary)
{
    int code = image_put_unsynced(r, path, image, temporary);
    const char *slash = strrchr(path, '/');
    if (code < 0 || !slash)
        return code;
    _cleanup_free_ char *parent = mem_strndup(path, slash == path ? 1 : (size_t)(slash - path));
    return image_sync_directory(r, parent);
}

int image_create(struct root *r, const char *path, struct str bytes)
{
    const char *name;
    _cleanup_close_ int dir = open_parent(r, path, &name);
    if (dir < 0)
        return dir;
    _cleanup_close_ int fd =
        openat(dir, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    int code = io_write_all(fd, bytes);
    return code == 0 ? sync_fd(fd) : code;
}

int image_put_attributes(struct root *r, const char *path, const struct image *image)
{
    const char *name = ".";
    struct stat st;
    _cleanup_close_ int dir = cstr_eq(path, "/") ? disk_open(r, "/", O_RDONLY | O_DIRECTORY)
                                                 : open_parent(r, path, &name);
    if (dir < 0)
        return dir;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return -EOPNOTSUPP;
    _cleanup_close_ int fd = openat(dir, name, OPEN_FLAGS);
    if (fd < 0)
        return -errno;
    int code = put_metadata(r->arena, fd, image);
    return code == 0 ? sync_fd(fd) : code;
}

int image_clean(struct root *r, const char *path, const char *temporary)
{
    const char *name;
    _cleanup_close_ int dir = open_parent(r, path, &name);
    if (dir < 0)
        return dir == -ENOENT ? 0 : dir;
    return remove_temporary(dir, temporary);
}

/* ---- comparing ---- */

static bool xattrs_equal(const struct image *expected, const struct image *is)
{
    vec_each (x, &expected->xattrs) {
        const struct image_xattr *other = find_xattr(is, x->name);
        if (!other || !str_eq(other->value, x->value))
            return false;
    }
    vec_each (x, &is->xattrs)
        if (!is_label(x->name) && !find_xattr(expected, x->name))
            return false;
    return true;
}

bool image_equal(const struct image *expected, const struct image *is, bool times)
{
    if (expected->kind != is->kind)
        return false;
    if (is->kind == IMAGE_ABSENT)
        return true;
    if (expected->uid != is->uid || expected->gid != is->gid)
        return false;
    if (times && has_time(expected) &&
        (expected->mtime.tv_sec != is->mtime.tv_sec ||
         expected->mtime.tv_nsec != is->mtime.tv_nsec))
        return false;
    if (is->kind == IMAGE_SYMLINK)
        return cstr_eq(expected->target, is->target);
    if (expected->mode != is->mode || !xattrs_equal(expected, is))
        return false;
    return is->kind != IMAGE_FILE || str_eq(expected->bytes, is->bytes);
}

int root_list_now(struct root *r, const char *dir, struct strings *ret)
{
    int fd = disk_open(r, dir, O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return fd;
    DIR *d = fdopendir(fd);
    if (!d) {
        (void)close(fd);
        return -errno;
    }
    struct strings names = {0};
    for (struct dirent *e; (e = readdir(d));)
        if (!cstr_eq(e->d_name, ".") && !cstr_eq(e->d_name, ".."))
            strings_add(r->arena, &names, arena_strdup(r->arena, e->d_name));
    (void)closedir(d);
    strings_sort(&names);
    *ret = names;
    return 0;
}
