#include "root/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "root/handle.h"

enum { STEP_MS = 20, WRITER_WAIT_MS = 15000 };

static int wait_for(int fd, int kind, unsigned wait_ms)
{
    for (unsigned waited = 0;; waited += STEP_MS) {
        if (flock(fd, kind | LOCK_NB) == 0)
            return 0;
        if (errno != EWOULDBLOCK || waited >= wait_ms)
            return errno == EWOULDBLOCK ? -EAGAIN : -errno;
        (void)usleep(STEP_MS * 1000);
    }
}

int root_lock(struct root *r, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return -EINVAL;
    _cleanup_free_ char *parent = mem_strndup(path, (size_t)(slash - path));
    _cleanup_close_ int dir = disk_open(r, parent, O_RDONLY | O_DIRECTORY);
    if (dir < 0)
        return dir;
    _cleanup_close_ int fd =
        openat(dir, slash + 1, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    int code = wait_for(fd, LOCK_EX, WRITER_WAIT_MS);
    return code < 0 ? code : TAKE_FD(fd);
}

int root_lock_read(struct root *r, const char *path, unsigned wait_ms)
{
    _cleanup_close_ int fd = disk_open(r, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return fd;
    int code = wait_for(fd, LOCK_SH, wait_ms);
    return code < 0 ? code : TAKE_FD(fd);
}

void root_unlock(int lock)
{
    if (lock >= 0)
        (void)close(lock);
}
