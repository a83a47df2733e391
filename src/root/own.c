#include "root/own.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

static int fail(struct err *e, int code, const char *path)
{
    struct text why = errno_text(code);
    if (!e)
        return code;
    e->message.en = arena_printf(e->arena, "cannot read %s: %s", path, why.en);
    e->message.zh = arena_printf(e->arena, "无法读取 %s：%s", path, why.zh);
    return err_at(e, code, path, 0, 0);
}

static int check_trust(const struct stat *st, const char *path, struct err *e)
{
    if (st->st_uid != 0 && st->st_uid != geteuid()) {
        (void)err_at(e, -EPERM, path, 0, 0);
        return err_set(e, -EPERM,
                       "%s belongs to user %u and is not trusted: it must belong to root or to the "
                       "user running this; run: chown root %s",
                       "%s 属于用户 %u，不可信：应属于 root 或当前用户；请执行：chown root %s",
                       path, (unsigned)st->st_uid, path);
    }
    if (st->st_mode & (S_IWGRP | S_IWOTH)) {
        (void)err_at(e, -EPERM, path, 0, 0);
        return err_set(e, -EPERM,
                       "%s can be written by others (mode %04o) and is not trusted; "
                       "run: chmod go-w %s",
                       "%s 可被其他用户写入（权限 %04o），不可信；请执行：chmod go-w %s", path,
                       (unsigned)st->st_mode & 07777, path);
    }
    return 0;
}

bool own_is_exposed(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & (S_IRGRP | S_IROTH));
}

bool own_is_directory(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void closedirp(DIR **d)
{
    if (*d)
        (void)closedir(*d);
}

int own_list(struct arena *a, const char *directory, const char *suffix, struct strings *ret,
             struct err *e)
{
    struct strings names = {0};
    struct stat st;
    _cleanup_close_ int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fail(e, -errno, directory);
    if (fstat(fd, &st) < 0)
        return fail(e, -errno, directory);
    int r = check_trust(&st, directory, e);
    if (r < 0)
        return r;
    _cleanup_(closedirp) DIR *d = fdopendir(fd);
    if (!d)
        return fail(e, -errno, directory);
    (void)TAKE_FD(fd); /* now d's */
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(d);
        if (!entry && errno)
            return fail(e, -errno, directory);
        if (!entry)
            break;
        if (entry->d_name[0] != '.' && cstr_ends(entry->d_name, suffix))
            strings_add(a, &names, arena_strdup(a, entry->d_name));
    }
    strings_sort(&names);
    *ret = names;
    return 0;
}

/* Whole, even if the file is shorter than fstat said or the read is interrupted. */
static int read_all(int fd, char *bytes, size_t size, size_t *ret)
{
    size_t have = 0;
    while (have < size) {
        ssize_t n = read(fd, bytes + have, size - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        have += (size_t)n;
    }
    *ret = have;
    return 0;
}

int own_read(struct arena *a, const char *path, struct str *ret, struct err *e)
{
    return own_read_up_to(a, path, OWN_FILE_LIMIT, ret, e);
}

int own_read_up_to(struct arena *a, const char *path, size_t limit, struct str *ret, struct err *e)
{
    struct stat st;
    size_t have = 0;
    /* O_NONBLOCK: opening a FIFO without a writer must not hang. */
    _cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return fail(e, -errno, path);
    if (fstat(fd, &st) < 0)
        return fail(e, -errno, path);
    if (!S_ISREG(st.st_mode))
        return fail(e, S_ISDIR(st.st_mode) ? -EISDIR : -ENODEV, path);
    int r = check_trust(&st, path, e);
    if (r < 0)
        return r;
    if ((uint64_t)st.st_size > limit)
        return fail(e, -EFBIG, path);
    char *bytes = arena_alloc(a, (size_t)st.st_size + 1);
    r = read_all(fd, bytes, (size_t)st.st_size, &have);
    if (r < 0)
        return fail(e, r, path);
    *ret = (struct str){bytes, have};
    return 0;
}

int own_read_input(const char *path, size_t limit, struct buf *ret, struct err *e)
{
    enum { STEP = 1 << 16 };
    struct stat st;
    size_t from = ret->len;
    _cleanup_close_ int fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return fail(e, -errno, path);
    if (fstat(fd, &st) < 0)
        return fail(e, -errno, path);
    if (S_ISDIR(st.st_mode))
        return fail(e, -EISDIR, path);
    if (S_ISREG(st.st_mode) && (uintmax_t)st.st_size > limit)
        return fail(e, -EFBIG, path);
    if (S_ISREG(st.st_mode))
        buf_reserve(ret, (size_t)st.st_size + STEP + 1);
    for (;;) {
        size_t have = 0;
        buf_reserve(ret, STEP + 1);
        int r = read_all(fd, ret->data + ret->len, ret->cap - ret->len - 1, &have);
        if (r < 0)
            return fail(e, r, path);
        ret->len += have;
        ret->data[ret->len] = 0;
        if (ret->len - from > limit)
            return fail(e, -EFBIG, path);
        if (!have)
            return 0;
    }
}

int own_read_secret(const char *path, size_t limit, struct buf *ret, struct err *e)
{
    struct stat st;
    size_t have = 0;
    _cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0)
        return fail(e, -errno, path);
    if (!S_ISREG(st.st_mode))
        return fail(e, S_ISDIR(st.st_mode) ? -EISDIR : -ENODEV, path);
    int r = check_trust(&st, path, e);
    if (r == 0 && (st.st_mode & (S_IRWXG | S_IRWXO))) {
        (void)err_set(e, -EPERM,
                      "%s is open to others (mode %04o); a private key is for its owner alone: "
                      "chmod 0600 %s",
                      "%s 对其他用户开放（权限 %04o）；私钥只能由属主访问：chmod 0600 %s", path,
                      (unsigned)st.st_mode & 07777, path);
        return err_at(e, -EPERM, path, 0, 0);
    }
    if (r < 0)
        return r;
    if ((uintmax_t)st.st_size > limit)
        return fail(e, -EFBIG, path);
    buf_reserve(ret, (size_t)st.st_size + 1);
    r = read_all(fd, ret->data + ret->len, (size_t)st.st_size, &have);
    if (r < 0)
        return fail(e, r, path);
    ret->len += have;
    ret->data[ret->len] = 0;
    return 0;
}
