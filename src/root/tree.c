#include "root/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"
#include "base/mem.h"

enum { CHUNK = 256 << 10 };

int tree_copy(struct tree_source *from, struct tree_sink *to, struct tree_counts *counts,
              struct err *e)
{
    for (;;) {
        _cleanup_arena_ struct arena *a = arena_new(); /* memory does not grow with the tree */
        struct tar_member m;
        int code = from->next(from, a, &m, e);
        if (code == 0)
            return to->finish(to, e);
        if (code > 0)
            code = to->put(to, &m, from, e);
        if (code < 0)
            return code;
        counts->members++;
        counts->bytes += m.size;
    }
}

struct text tree_error(int code)
{
    if (code == -ENODATA)
        return TEXT("the archive ends in the middle of it", "归档在其中间结束");
    return code == -ELOOP ? TEXT("it is more than 256 directories deep", "目录嵌套超过 256 层")
                          : errno_text(code);
}

int tree_copy_path(struct arena *a, const char *path, struct tree_sink *to,
                   struct tree_counts *counts, struct err *e)
{
    struct tree_source *from;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        int code = -errno;
        return err_set(e, code, "cannot read %s: %s", "无法读取 %s：%s", path, errno_text(code).en);
    }
    tree_open_directory(a, fd, &from);
    int code = tree_copy(from, to, counts, e);
    tree_source_done(from);
    return code;
}

void tree_source_done(struct tree_source *s)
{
    if (s)
        s->done(s);
}

void tree_sink_done(struct tree_sink *s)
{
    if (s)
        s->done(s);
}

/* ---- bytes of a file ---- */

static int copy_range(int from, int to, off_t at, off_t end, char *bytes)
{
    while (at < end) {
        size_t most = end - at < CHUNK ? (size_t)(end - at) : CHUNK;
        ssize_t n = pread(from, bytes, most, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO; /* it became shorter meanwhile */
        for (ssize_t done = 0; done < n;) {
            ssize_t put = pwrite(to, bytes + done, (size_t)(n - done), at + done);
            if (put < 0 && errno != EINTR)
                return -errno;
            done += put < 0 ? 0 : put;
        }
        at += n;
    }
    return 0;
}

int tree_copy_file(int from, int to, uint64_t size)
{
    struct stat st;
    off_t end = (off_t)size, at = 0;
    if (size == 0)
        return 0;
    if (fstat(from, &st) < 0)
        return -errno;
    if (size > CHUNK && ioctl(to, FICLONE, from) == 0)
        return ftruncate(to, end) < 0 ? -errno : 0;
    _cleanup_free_ char *bytes = mem_alloc(size < CHUNK ? (size_t)size : CHUNK);
    if ((uint64_t)st.st_blocks * 512 >= size || size < CHUNK)
        return copy_range(from, to, 0, end, bytes);
    while (at < end) {
        off_t data = lseek(from, at, SEEK_DATA);
        if (data < 0 && errno == ENXIO)
            break; /* a hole up to the end */
        if (data < 0)
            return -errno;
        off_t hole = lseek(from, data, SEEK_HOLE);
        if (hole < 0)
            return -errno;
        if (data >= end)
            break;
        int code = copy_range(from, to, data, hole < end ? hole : end, bytes);
        if (code < 0)
            return code;
        at = hole;
    }
    return ftruncate(to, end) < 0 ? -errno : 0;
}

/* ---- removing ---- */

enum { ANY_DEVICE = 0 };

static int remove_below(int dirfd, const char *name, dev_t device, unsigned depth);

static int remove_contents(int fd, dev_t device, unsigned depth)
{
    DIR *dir = fdopendir(fd); /* takes fd over */
    struct dirent *d;
    int code = 0;
    if (!dir) {
        (void)close(fd);
        return -errno;
    }
    while (code == 0 && (errno = 0, d = readdir(dir)))
        if (!cstr_eq(d->d_name, ".") && !cstr_eq(d->d_name, ".."))
            code = remove_below(fd, d->d_name, device, depth + 1);
    if (code == 0 && errno)
        code = -errno;
    (void)closedir(dir);
    return code;
}

static int remove_below(int dirfd, const char *name, dev_t device, unsigned depth)
{
    struct stat st;
    if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return -errno;
    int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : -errno; /* somebody else removes it, too */
    if (depth > 2 * TREE_DEPTH) {            /* one too many for the stack and the descriptors */
        (void)close(fd);
        return -ELOOP;
    }
    if (device != ANY_DEVICE && (fstat(fd, &st) < 0 || st.st_dev != device)) {
        (void)close(fd);
        return -EXDEV;
    }
    int code = remove_contents(fd, device, depth);
    return code == 0 && unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : code;
}

int tree_remove(int dirfd, const char *name)
{
    return remove_below(dirfd, name, ANY_DEVICE, 0);
}

int tree_remove_own(int dirfd, const char *name)
{
    struct stat st;
    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : -errno;
    return remove_below(dirfd, name, st.st_dev, 0);
}
