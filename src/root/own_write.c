#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "root/own.h"

static int write_all(int fd, struct str bytes)
{
    while (bytes.n) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        bytes = str_slice(bytes, (size_t)n, bytes.n);
    }
    return 0;
}

static int write_into(const char *path, struct str bytes)
{
    _cleanup_close_ int fd = open(path, O_WRONLY | O_TRUNC | O_CREAT | O_NOCTTY | O_CLOEXEC, 0666);
    return fd < 0 ? -errno : write_all(fd, bytes);
}

/* The whole file under another name first, so that a full disk leaves the old one. */
static int replace(const char *path, struct str bytes, const struct stat *old)
{
    _cleanup_arena_ struct arena *a = arena_new();
    const char *beside = arena_printf(a, "%s.%ld.tmp", path, (long)getpid());
    _cleanup_close_ int fd =
        open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0)
        return -errno;
    int r = write_all(fd, bytes);
    if (r == 0 && old && fchmod(fd, old->st_mode & 07777) < 0)
        r = -errno;
    if (r == 0 && old && (old->st_uid != geteuid() || old->st_gid != getegid()) &&
        fchown(fd, old->st_uid, old->st_gid) < 0)
        r = -errno;
    if (r == 0 && rename(beside, path) < 0)
        r = -errno;
    if (r < 0)
        (void)unlink(beside);
    return r;
}

int own_write(const char *path, struct str bytes)
{
    struct stat st;
    bool there = lstat(path, &st) == 0;
    if (!there && errno != ENOENT)
        return -errno;
    if (there && !S_ISREG(st.st_mode))
        return write_into(path, bytes);
    int r = replace(path, bytes, there ? &st : NULL);
    /* A directory in which nothing new may be made can still hold a file that we may write. */
    return there && (r == -EACCES || r == -EPERM) ? write_into(path, bytes) : r;
}
