#include "root/workdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "root/tree.h"

enum {
    DIRECTORY = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
    YOUNG = 60,         /* seconds in which a directory that was just made gets its lock */
    NAMES_LIMIT = 4096, /* bytes */
    NAMES = 8,
};

static const char names_file[] = "published";

/* ---- making ---- */

static int write_names(int fd, const char *const *published)
{
    _cleanup_buf_ struct buf b = {0};
    for (; *published; published++)
        buf_printf(&b, "%s\n", *published);
    _cleanup_close_ int file =
        openat(fd, names_file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0)
        return -errno;
    for (size_t done = 0; done < b.len;) {
        ssize_t n = write(file, b.data + done, b.len - done);
        if (n < 0 && errno != EINTR)
            return -errno;
        done += n < 0 ? 0 : (size_t)n;
    }
    return 0;
}

int workdir_make(int dir, const char *name, const char *const *published)
{
    struct stat is, there;
    if (mkdirat(dir, name, 0700) < 0)
        return -errno;
    _cleanup_close_ int fd = openat(dir, name, DIRECTORY);
    if (fd < 0)
        return -errno;
    while (flock(fd, LOCK_EX) < 0) /* one that cleans looks at it for a moment */
        if (errno != EINTR)
            break; /* a file system without: then nobody can take it for a dead one's either */
    if (fstat(fd, &is) < 0 || fstatat(dir, name, &there, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    if (is.st_ino != there.st_ino || is.st_dev != there.st_dev)
        return -ENOENT;
    int code = published ? write_names(fd, published) : 0;
    return code < 0 ? code : TAKE_FD(fd);
}

/* ---- removing ---- */

/* What was put beside an output that never came. */
static void unpublish(int dir, const char *const *names)
{
    struct stat st;
    size_t n = 0;
    while (names[n])
        n++;
    if (n && fstatat(dir, names[n - 1], &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
        for (size_t i = 0; i + 1 < n; i++)
            (void)unlinkat(dir, names[i], 0);
}

int workdir_remove(int dir, const char *name, const char *const *published)
{
    _cleanup_close_ int fd = openat(dir, name, DIRECTORY);
    if (fd >= 0) /* two that clean the same would stumble over each other */
        while (flock(fd, LOCK_EX) < 0 && errno == EINTR)
            ;
    if (published)
        unpublish(dir, published);
    return tree_remove_own(dir, name);
}

/* ---- what dead builds left ---- */

static void read_names(int fd, char *text, const char **ret)
{
    size_t n = 0, len = 0;
    _cleanup_close_ int file = openat(fd, names_file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    while (file >= 0 && len < NAMES_LIMIT - 1) {
        ssize_t got = read(file, text + len, NAMES_LIMIT - 1 - len);
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    text[len] = 0;
    for (char *line = text, *end; n < NAMES - 1 && (end = strchr(line, '\n')); line = end + 1) {
        *end = 0;
        if (*line && !strchr(line, '/'))
            ret[n++] = line;
    }
    ret[n] = NULL;
}

static bool is_empty(int fd)
{
    int copy = openat(fd, ".", DIRECTORY);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    unsigned n = 0;
    if (!dir) {
        if (copy >= 0)
            (void)close(copy);
        return false;
    }
    while (readdir(dir))
        n++;
    (void)closedir(dir);
    return n == 2; /* "." and ".." */
}

static bool is_young(const struct stat *st)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return llabs((long long)now.tv_sec - st->st_ctim.tv_sec) < YOUNG;
}

/* Only a directory of the caller's that nobody else may enter: in a directory for all, such as
 * /tmp, anybody can make one of that name. */
static void clean_one(int dir, const char *name)
{
    struct stat st;
    char text[NAMES_LIMIT];
    const char *published[NAMES];
    _cleanup_close_ int fd = openat(dir, name, DIRECTORY);
    if (fd < 0 || fstat(fd, &st) < 0 || st.st_uid != geteuid() || (st.st_mode & 077))
        return;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        return;
    if (is_empty(fd) && is_young(&st)) /* made just now and not locked yet */
        return;
    read_names(fd, text, published);
    unpublish(dir, published);
    (void)tree_remove_own(dir, name);
}

void workdir_clean(const char *directory)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct strings names = {0};
    _cleanup_arena_ struct arena *a = arena_new();
    if (!dir) {
        if (fd >= 0)
            (void)close(fd);
        return;
    }
    for (struct dirent *d; (d = readdir(dir));)
        if (cstr_starts(d->d_name, WORKDIR_PREFIX))
            strings_add(a, &names, arena_strdup(a, d->d_name));
    for (size_t i = 0; i < names.n; i++)
        clean_one(dirfd(dir), names.v[i]);
    (void)closedir(dir);
}
