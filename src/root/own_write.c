#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "root/own.h"

/* "/dev/stdout", "/dev/fd/3": the open file itself. Opening it anew would start at its beginning
 * and overwrite what `>>` should keep. -1: none of these. */
static int named_descriptor(const char *path)
{
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
    int64_t fd;
    if (cstr_eq(path, "/dev/stdout"))
        return STDOUT_FILENO;
    if (cstr_eq(path, "/dev/stderr"))
        return STDERR_FILENO;
    for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
        if (cstr_starts(path, folders[i]) &&
            str_to_int64(str_of(path + strlen(folders[i])), 10, &fd) == 0 && fd >= 0 &&
            fd <= INT_MAX)
            return (int)fd;
    return -1;
}

static int open_folder(const char *path, const char **ret_name)
{
    const char *slash = strrchr(path, '/');
    _cleanup_arena_ struct arena *a = arena_new();
    const char *folder = slash ? arena_strndup(a, path, (size_t)(slash - path) + 1) : ".";
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *ret_name = slash ? slash + 1 : path;
    return fd < 0 ? -errno : fd;
}

/* The rule of fs.protected_symlinks and fs.protected_fifos (proc(5)), whatever this host has set:
 * in a directory like /tmp only what is ours or its owner's may lead us on. */
static bool is_planted(int dirfd, const struct stat *st)
{
    struct stat dir;
    if (fstat(dirfd, &dir) < 0)
        return true;
    bool shared = (dir.st_mode & S_ISVTX) && (dir.st_mode & S_IWOTH);
    return shared && st->st_uid != geteuid() && st->st_uid != dir.st_uid;
}

/* The whole file under another name first, so that a full disk leaves the old one. */
static int replace(int dirfd, const char *name, const struct stat *old, struct str bytes)
{
    char temp[40];
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)snprintf(temp, sizeof temp, ".dengbao-%ld-%lx", (long)getpid(),
                   (unsigned long)now.tv_nsec);
    _cleanup_close_ int fd = openat(
        dirfd, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, old ? 0600 : 0666);
    if (fd < 0)
        return -errno;
    int code = io_write_all(fd, bytes);
    if (code == 0 && old && (old->st_uid != geteuid() || old->st_gid != getegid()) &&
        fchown(fd, old->st_uid, old->st_gid) < 0)
        code = -errno;
    if (code == 0 && old && fchmod(fd, old->st_mode & 0777) < 0)
        code = -errno;
    if (code == 0 && renameat(dirfd, temp, dirfd, name) < 0)
        code = -errno;
    if (code < 0)
        (void)unlinkat(dirfd, temp, 0);
    return code;
}

static int write_into(int dirfd, const char *name, struct str bytes)
{
    _cleanup_close_ int fd =
        openat(dirfd, name, O_WRONLY | O_TRUNC | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? -errno : io_write_all(fd, bytes);
}

static int write_at(const char *path, struct str bytes, bool may_follow)
{
    const char *name;
    struct stat st;
    _cleanup_close_ int dirfd = open_folder(path, &name);
    if (dirfd < 0)
        return dirfd;
    if (!*name)
        return *path ? -EISDIR : -ENOENT;
    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? replace(dirfd, name, NULL, bytes) : -errno;
    if (S_ISDIR(st.st_mode))
        return -EISDIR;
    if (S_ISREG(st.st_mode)) {
        int code = replace(dirfd, name, &st, bytes);
        /* A directory in which nothing new may be made can hold a file that we may write. */
        return code == -EACCES || code == -EPERM ? write_into(dirfd, name, bytes) : code;
    }
    if (is_planted(dirfd, &st))
        return -EACCES;
    if (!S_ISLNK(st.st_mode))
        return write_into(dirfd, name, bytes);
    if (!may_follow)
        return -ELOOP;
    _cleanup_free_ char *target = realpath(path, NULL);
    return target ? write_at(target, bytes, false) : -errno;
}

int own_write(const char *path, struct str bytes)
{
    int fd = named_descriptor(path);
    return fd >= 0 ? io_write_all(fd, bytes) : write_at(path, bytes, true);
}

int own_write_private(const char *path, struct str bytes)
{
    struct stat st;
    mode_t mask = umask(077);
    int code = own_write(path, bytes);
    (void)umask(mask);
    /* One that was there keeps its mode; nobody but its owner reads it from now on. */
    if (code == 0 && lstat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) &&
        fchmodat(AT_FDCWD, path, 0600, 0) < 0)
        code = -errno;
    return code;
}
