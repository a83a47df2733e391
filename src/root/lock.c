#include "root/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "root/handle.h"

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
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? -EAGAIN : -errno;
    return TAKE_FD(fd);
}

void root_unlock(int lock)
{
    if (lock >= 0)
        (void)close(lock);
}
