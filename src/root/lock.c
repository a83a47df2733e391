#include "root/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "root/handle.h"
#include "root/live.h"

enum { STEP_MS = 20, WRITER_WAIT_MS = 15000, MOST_TRIES = 8 };

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

/* A lock on a file that was removed or replaced while we waited keeps nobody off. */
static bool is_still_there(int dir, const char *name, int fd)
{
    struct stat locked, there;
    return fstat(fd, &locked) == 0 && fstatat(dir, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
           locked.st_dev == there.st_dev && locked.st_ino == there.st_ino;
}

/* 0, -EAGAIN, -ESTALE: once more. */
static int try_lock(int dir, const char *name, int *ret)
{
    _cleanup_close_ int fd =
        openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    int code = wait_for(fd, LOCK_EX, WRITER_WAIT_MS);
    if (code == 0 && !is_still_there(dir, name, fd))
        code = -ESTALE;
    if (code < 0)
        return code;
    /* For root_lock_seen(): the time with all digits, not the kernel's of the last tick. */
    struct timespec now[2];
    (void)clock_gettime(CLOCK_REALTIME, &now[0]);
    now[1] = now[0];
    (void)futimens(fd, now);
    *ret = TAKE_FD(fd);
    return 0;
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
    int fd = -1, code = -ESTALE;
    for (int i = 0; code == -ESTALE && i < MOST_TRIES; i++)
        code = try_lock(dir, slash + 1, &fd);
    return code < 0 ? code : fd;
}

int root_lock_accounts(struct root *r, unsigned wait_ms)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int create = root_is_live(r) ? O_CREAT : 0;
    struct stat st;
    _cleanup_close_ int dir = disk_open(r, "/etc", O_RDONLY | O_DIRECTORY);
    if (dir < 0)
        return dir;
    _cleanup_close_ int fd =
        openat(dir, ".pwd.lock", O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | create, 0600);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return -ENOENT;
    /* Of the open file, not of the process: another descriptor that is closed does not end it. */
    for (unsigned waited = 0; fcntl(fd, F_OFD_SETLK, &whole) < 0; waited += STEP_MS) {
        if ((errno != EAGAIN && errno != EACCES) || waited >= wait_ms)
            return errno == EACCES ? -EAGAIN : -errno;
        (void)usleep(STEP_MS * 1000);
    }
    return TAKE_FD(fd);
}

/* What an image has in the place of the file is not opened to find out: a device may act. */
static int open_to_read(struct root *r, const char *path)
{
    struct stat st;
    _cleanup_close_ int there = disk_open(r, path, O_PATH | O_NOFOLLOW);
    if (there < 0)
        return there;
    if (fstat(there, &st) < 0 || !S_ISREG(st.st_mode))
        return -ENOENT;
    return disk_open(r, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
}

int root_lock_read(struct root *r, const char *path, unsigned wait_ms)
{
    _cleanup_close_ int fd = open_to_read(r, path);
    if (fd < 0)
        return fd;
    int code = wait_for(fd, LOCK_SH, wait_ms);
    return code < 0 ? code : TAKE_FD(fd);
}

int root_lock_seen(struct root *r, const char *path, unsigned wait_ms, struct timespec *ret)
{
    struct stat st;
    _cleanup_close_ int fd = root_lock_read(r, path, wait_ms);
    *ret = (struct timespec){0};
    if (fd < 0)
        return fd == -ENOENT ? 0 : fd;
    if (fstat(fd, &st) < 0)
        return -errno;
    *ret = st.st_mtim;
    return 0;
}

void root_unlock(int lock)
{
    if (lock >= 0)
        (void)close(lock);
}
