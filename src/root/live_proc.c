#include "root/live_proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "root/handle.h"

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static struct root *disk_of(struct root *r)
{
    while (r->base)
        r = r->base;
    return r;
}

int proc_walk(struct root *r, proc_each each, void *context)
{
    _cleanup_close_ int proc = disk_open(disk_of(r), "/proc", O_RDONLY | O_DIRECTORY);
    if (proc < 0)
        return proc;
    int again = fcntl(proc, F_DUPFD_CLOEXEC, 3);
    DIR *dir = again < 0 ? NULL : fdopendir(again);
    if (!dir)
        return -errno;
    VEC(int64_t) pids = {0};
    for (const struct dirent *d; (d = readdir(dir));) {
        int64_t pid;
        if (d->d_name[0] >= '1' && d->d_name[0] <= '9' &&
            str_to_int64(str_of(d->d_name), 10, &pid) == 0)
            vec_push(r->arena, &pids, pid);
    }
    (void)closedir(dir);
    if (pids.n > 1)
        qsort(pids.v, pids.n, sizeof *pids.v, by_number);
    for (size_t i = 0; i < pids.n; i++) {
        char name[24];
        (void)snprintf(name, sizeof name, "%lld", (long long)pids.v[i]);
        _cleanup_close_ int fd = openat(proc, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0) /* else it has ended meanwhile */
            each(context, pids.v[i], fd);
    }
    return 0;
}

int proc_read(int dirfd, const char *name, size_t limit, struct buf *ret)
{
    _cleanup_close_ int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return -errno;
    buf_clear(ret);
    while (ret->len < limit) {
        char chunk[4096];
        size_t room = limit - ret->len;
        ssize_t n = read(fd, chunk, room < sizeof chunk ? room : sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : 0;
        buf_append(ret, chunk, (size_t)n);
    }
    return 0;
}

/* "PID (name) S PPID …", the start as field 22; the name may hold blanks and parentheses. */
int proc_stat(int dirfd, struct process_stat *ret)
{
    enum { STAT_LIMIT = 2048, PARENT = 4, START = 22 };
    _cleanup_buf_ struct buf b = {0};
    int code = proc_read(dirfd, "stat", STAT_LIMIT, &b);
    if (code < 0)
        return code;
    const char *end = b.len ? memrchr(b.data, ')', b.len) : NULL;
    if (!end)
        return -EINVAL;
    struct str rest = str_slice((struct str){b.data, b.len}, (size_t)(end - b.data) + 1, b.len);
    struct process_stat is = {-1, -1};
    struct str word;
    for (int field = 3; field <= START && str_next_word(&rest, &word); field++)
        if ((field == PARENT && str_to_int64(word, 10, &is.parent) < 0) ||
            (field == START && str_to_int64(word, 10, &is.start) < 0))
            return -EINVAL;
    if (is.start < 0)
        return -EINVAL;
    *ret = is;
    return 0;
}

int proc_lines(struct root *r, const char *path, proc_line each, void *context)
{
    const struct lookup *l = resolve(disk_of(r), path, true);
    if (l->code < 0)
        return l->code;
    _cleanup_close_ int fd = disk_reopen(disk_of(r), l->at, 0);
    if (fd < 0)
        return fd;
    char chunk[32768];
    size_t held = 0;
    for (;;) {
        ssize_t n = read(fd, chunk + held, sizeof chunk - held);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        struct str rest = {chunk, held + (size_t)n}, line;
        while (rest.n && (n == 0 || memchr(rest.p, '\n', rest.n))) {
            (void)str_next_line(&rest, &line);
            if (!each(context, line))
                return 0;
        }
        if (n == 0)
            return 0;
        if (rest.n == sizeof chunk)
            return -EFBIG; /* no line of these files is that long */
        if (rest.n)
            memmove(chunk, rest.p, rest.n);
        held = rest.n;
    }
}
