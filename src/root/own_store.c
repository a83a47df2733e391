#include "root/own_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"

enum { BLOCK = 64 << 10 };

static int fail(struct err *e, int code, const char *path, const char *en, const char *zh)
{
    struct text why = errno_text(code);
    if (!e)
        return code;
    e->message = (struct text){arena_printf(e->arena, "%s %s: %s", en, path, why.en),
                               arena_printf(e->arena, "%s %s：%s", zh, path, why.zh)};
    return err_at(e, code, path, 0, 0);
}

static int cannot_write(struct err *e, int code, const char *path)
{
    return fail(e, code, path, "cannot write", "无法写入");
}

static int cannot_read(struct err *e, int code, const char *path)
{
    return fail(e, code, path, "cannot read", "无法读取");
}

/* The directory, made where it is missing. What is checked is what was opened. */
static int open_directory(const char *directory, struct err *e)
{
    _cleanup_arena_ struct arena *a = arena_new();
    const char *slash = strrchr(directory, '/');
    if (slash && slash != directory)
        (void)mkdir(arena_strndup(a, directory, (size_t)(slash - directory)), 0755);
    if (mkdir(directory, 0700) < 0 && errno != EEXIST)
        return cannot_write(e, -errno, directory);
    _cleanup_close_ int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return cannot_write(e, -errno, directory);
    if ((st.st_uid != 0 && st.st_uid != geteuid()) || (st.st_mode & (S_IWGRP | S_IWOTH)))
        return err_set(e, -EPERM,
                       "%s can be written by others and is not trusted; run: chown root %s; "
                       "chmod go-w %s",
                       "%s 可被其他用户写入，不可信；请执行：chown root %s；chmod go-w %s",
                       directory, directory, directory);
    return TAKE_FD(fd);
}

static int write_safely(int fd, struct str bytes)
{
    int r = io_write_all(fd, bytes);
    return r < 0 ? r : fsync(fd) < 0 ? -errno : 0;
}

static int store_at(int dirfd, const char *name, struct str bytes)
{
    char temp[40];
    (void)snprintf(temp, sizeof temp, ".dengbao-%ld", (long)getpid());
    (void)unlinkat(dirfd, temp, 0);
    _cleanup_close_ int fd =
        openat(dirfd, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    int r = write_safely(fd, bytes);
    if (r == 0 && renameat(dirfd, temp, dirfd, name) < 0)
        r = -errno;
    if (r < 0)
        (void)unlinkat(dirfd, temp, 0);
    else if (fsync(dirfd) < 0)
        r = -errno;
    return r;
}

int own_store(const char *directory, const char *name, struct str bytes, struct err *e)
{
    if (strchr(name, '/') || name[0] == '.' || !*name)
        return cannot_write(e, -EINVAL, name);
    _cleanup_close_ int dirfd = open_directory(directory, e);
    if (dirfd < 0)
        return dirfd;
    int r = store_at(dirfd, name, bytes);
    return r < 0 ? cannot_write(e, r, directory) : 0;
}

int own_discard(const char *directory, const char *name, struct err *e)
{
    _cleanup_close_ int dirfd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (strchr(name, '/'))
        return cannot_write(e, -EINVAL, name);
    if (dirfd < 0 || unlinkat(dirfd, name, 0) < 0)
        return cannot_write(e, -errno, directory);
    return fsync(dirfd) < 0 ? cannot_write(e, -errno, directory) : 0;
}

static int open_regular(const char *path, struct stat *ret_st)
{
    /* O_NONBLOCK: opening a FIFO without a writer must not hang. */
    _cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, ret_st) < 0)
        return -errno;
    if (!S_ISREG(ret_st->st_mode))
        return S_ISDIR(ret_st->st_mode) ? -EISDIR : -ENODEV;
    return TAKE_FD(fd);
}

int own_stream(const char *path, void (*block)(void *context, const void *bytes, size_t n),
               void *context, struct err *e)
{
    struct stat st;
    _cleanup_close_ int fd = open_regular(path, &st);
    if (fd < 0)
        return cannot_read(e, fd, path);
    _cleanup_free_ char *bytes = malloc(BLOCK);
    for (;;) {
        ssize_t n = bytes ? read(fd, bytes, BLOCK) : 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return cannot_read(e, -errno, path);
        if (n == 0)
            return bytes ? 0 : cannot_read(e, -ENOMEM, path);
        block(context, bytes, (size_t)n);
    }
}

int own_load(struct arena *a, const char *path, size_t limit, struct str *ret, struct err *e)
{
    struct stat st = {0};
    _cleanup_close_ int fd = open_regular(path, &st);
    if (fd < 0)
        return cannot_read(e, fd, path);
    if ((uintmax_t)st.st_size > limit)
        return cannot_read(e, -EFBIG, path);
    size_t size = (size_t)st.st_size, have = 0;
    char *bytes = arena_alloc(a, size + 1);
    while (have < size) {
        ssize_t n = read(fd, bytes + have, size - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return cannot_read(e, -errno, path);
        if (n == 0)
            break;
        have += (size_t)n;
    }
    *ret = (struct str){bytes, have};
    return 0;
}

int own_absolute(struct arena *a, const char *path, const char **ret, struct err *e)
{
    _cleanup_free_ char *whole = realpath(path, NULL);
    if (!whole)
        return cannot_read(e, -errno, path);
    *ret = arena_strdup(a, whole);
    return 0;
}
