/*
 * Opening by a path without links: openat2(2), or the same walked by hand where the kernel (before
 * 5.6) or a container's seccomp filter does not have it.
 */
#include "root/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

/* From linux/openat2.h, which distributions with old headers do not have. The number is the same
 * on every architecture but alpha. */
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
enum { NO_MAGICLINKS = 0x02, NO_SYMLINKS = 0x04, IN_ROOT = 0x10 };

struct how {
    uint64_t flags, mode, resolve;
};

static int openat2_exact(int dirfd, const char *path, int flags)
{
    struct how how = {.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
                      .resolve = IN_ROOT | NO_MAGICLINKS | NO_SYMLINKS};
    for (;;) {
        long fd = syscall(SYS_openat2, dirfd, path, &how, sizeof how);
        if (fd >= 0)
            return (int)fd;
        if (errno != EINTR && errno != EAGAIN) /* EAGAIN: a rename or mount raced */
            return -errno;
    }
}

bool disk_has_openat2(int dirfd)
{
    _cleanup_close_ int fd = openat2_exact(dirfd, ".", O_PATH);
    return fd >= 0; /* ENOSYS, or EPERM from an old seccomp profile */
}

/* After ENOTDIR below `fd`: was it a link that was not followed, or something else? */
static int not_a_directory(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISLNK(st.st_mode) ? -ELOOP : -ENOTDIR;
}

static int walk_exact(int dirfd, const char *path, int flags)
{
    _cleanup_close_ int held = -1;
    int at = dirfd;
    char name[256];
    if (strlen(path) > ROOT_PATH_LIMIT)
        return -ENAMETOOLONG;
    for (;;) {
        path += strspn(path, "/");
        size_t n = strcspn(path, "/");
        bool last = path[n] == '\0';
        if (n >= sizeof name) { /* the kernel asks for the right to search first */
            int fd = openat(at, ".", O_PATH | O_CLOEXEC);
            if (fd < 0)
                return errno == ENOTDIR ? not_a_directory(at) : -errno;
            (void)close(fd);
            return -ENAMETOOLONG;
        }
        memcpy(name, n ? path : ".", n ? n : 1);
        name[n ? n : 1] = '\0';
        int fd = openat(at, name, (last ? flags : O_PATH) | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
            return errno == ENOTDIR && at != dirfd ? not_a_directory(at) : -errno;
        if (held >= 0)
            (void)close(held);
        held = fd;
        at = fd;
        if (last)
            break;
        path += n;
    }
    if ((flags & O_PATH) && !(flags & O_NOFOLLOW)) {
        struct stat st;
        if (fstat(held, &st) < 0)
            return -errno;
        if (S_ISLNK(st.st_mode))
            return -ELOOP;
    }
    return TAKE_FD(held);
}

int disk_open(const struct root *r, const char *path, int flags)
{
    return r->use_openat2 ? openat2_exact(r->fd, path, flags) : walk_exact(r->fd, path, flags);
}
