/* Trees as sources: a directory, walked in byte order, and a tar archive. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "root/tree.h"

/* ---- a directory ---- */

struct level {
    int fd;
    size_t path_len; /* of walker.path up to here */
    char **names;
    size_t n, next;
};

/* Files with several names, by inode: the first name is the file, the others are links to it. */
struct first_name {
    dev_t dev;
    ino_t ino;
    const char *path;
};

struct walker {
    struct tree_source source; /* first: what callers hold */
    struct arena *arena;
    struct level levels[TREE_DEPTH];
    unsigned depth;
    bool begun;
    dev_t dev;
    struct buf path;
    struct {
        struct first_name *v;
        size_t n, size;
    } linked;
};

static struct walker *walker_of(struct tree_source *s)
{
    return (struct walker *)s;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void level_done(struct level *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->names[i]);
    free(l->names);
    if (l->fd >= 0)
        (void)close(l->fd);
    *l = (struct level){.fd = -1};
}

static int read_names(struct level *l)
{
    int copy = openat(l->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (copy < 0)
        return -errno;
    DIR *dir = fdopendir(copy);
    struct dirent *d;
    size_t cap = 0;
    if (!dir) {
        (void)close(copy);
        return -errno;
    }
    while ((errno = 0, d = readdir(dir))) {
        if (cstr_eq(d->d_name, ".") || cstr_eq(d->d_name, ".."))
            continue;
        if (l->n == cap) {
            cap = cap ? 2 * cap : 16;
            l->names = mem_resize(l->names, cap, sizeof *l->names);
        }
        l->names[l->n++] = mem_strdup(d->d_name);
    }
    int code = -errno;
    (void)closedir(dir);
    if (l->n)
        qsort(l->names, l->n, sizeof *l->names, by_bytes);
    return code;
}

static int enter(struct walker *w, int fd)
{
    struct level *l = &w->levels[w->depth++];
    *l = (struct level){.fd = fd, .path_len = w->path.len};
    return read_names(l);
}

/* The path of the first name of this inode, or NULL after remembering this one. */
static const char *known_link(struct walker *w, const struct stat *st)
{
    if (2 * (w->linked.n + 1) > w->linked.size) {
        size_t size = w->linked.size ? 2 * w->linked.size : 256;
        struct first_name *v = mem_alloc(size * sizeof *v);
        for (size_t i = 0; i < w->linked.size; i++) {
            if (!w->linked.v[i].path)
                continue;
            size_t at = w->linked.v[i].ino % size;
            while (v[at].path)
                at = (at + 1) % size;
            v[at] = w->linked.v[i];
        }
        free(w->linked.v);
        w->linked.v = v;
        w->linked.size = size;
    }
    size_t at = st->st_ino % w->linked.size;
    for (; w->linked.v[at].path; at = (at + 1) % w->linked.size)
        if (w->linked.v[at].ino == st->st_ino && w->linked.v[at].dev == st->st_dev)
            return w->linked.v[at].path;
    w->linked.v[at] =
        (struct first_name){st->st_dev, st->st_ino, arena_strdup(w->arena, w->path.data)};
    w->linked.n++;
    return NULL;
}

/* Through /proc, because links and devices have extended attributes but cannot be opened. */
static int read_xattrs(struct arena *a, const char *file, struct tar_member *m)
{
    ssize_t size = llistxattr(file, NULL, 0);
    if (size <= 0)
        return size < 0 && errno != ENOTSUP ? -errno : 0;
    char *names = arena_alloc(a, (size_t)size + 1);
    size = llistxattr(file, names, (size_t)size);
    if (size < 0)
        return -errno;
    struct strings sorted = {0};
    for (const char *name = names; name < names + size; name += strlen(name) + 1)
        if (!cstr_starts(name, "btrfs.")) /* properties of that file system */
            strings_add(a, &sorted, name);
    strings_sort(&sorted);
    for (size_t i = 0; i < sorted.n; i++) {
        ssize_t n = lgetxattr(file, sorted.v[i], NULL, 0);
        char *value = arena_alloc(a, n > 0 ? (size_t)n : 1);
        if (n > 0)
            n = lgetxattr(file, sorted.v[i], value, (size_t)n);
        if (n < 0 && errno == ENODATA)
            continue;
        if (n < 0)
            return -errno;
        struct tar_xattr x = {sorted.v[i], {value, (size_t)n}};
        vec_push(a, &m->xattrs, x);
    }
    return 0;
}

static const char *read_link(struct arena *a, int fd, const char *name)
{
    char target[PATH_MAX];
    ssize_t n = readlinkat(fd, name, target, sizeof target);
    return n > 0 ? arena_strndup(a, target, (size_t)n) : NULL;
}

static enum tar_type type_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return TAR_DIRECTORY;
    case S_IFLNK:
        return TAR_SYMLINK;
    case S_IFCHR:
        return TAR_CHARACTER;
    case S_IFBLK:
        return TAR_BLOCK_DEVICE;
    case S_IFREG:
        return TAR_FILE;
    default:
        return TAR_FIFO;
    }
}

static int describe(struct walker *w, struct arena *a, int fd, const char *name,
                    const struct stat *st, struct tar_member *m)
{
    *m = (struct tar_member){
        .type = type_of(st->st_mode),
        .path = arena_strndup(a, w->path.data ? w->path.data : "", w->path.len),
        .mode = st->st_mode & 07777,
        .uid = st->st_uid,
        .gid = st->st_gid,
        .mtime = st->st_mtim.tv_sec,
        .mtime_nsec = (uint32_t)st->st_mtim.tv_nsec,
    };
    if (m->type == TAR_CHARACTER || m->type == TAR_BLOCK_DEVICE) {
        m->major = major(st->st_rdev);
        m->minor = minor(st->st_rdev);
    }
    if (m->type != TAR_DIRECTORY && st->st_nlink > 1 && (m->link = known_link(w, st))) {
        m->type = TAR_HARD_LINK;
        return 0;
    }
    if (m->type == TAR_SYMLINK && !(m->link = read_link(a, fd, name)))
        return -EIO;
    return read_xattrs(a, arena_printf(a, "/proc/self/fd/%d/%s", fd, name), m);
}

static int failed(struct walker *w, int code, struct err *e)
{
    struct text why = tree_error(code);
    const char *path = w->path.len ? w->path.data : "";
    if (e)
        e->message = (struct text){arena_printf(e->arena, "cannot read /%s: %s", path, why.en),
                                   arena_printf(e->arena, "无法读取 /%s：%s", path, why.zh)};
    return code;
}

/* Opens what is to be read; refuses what was exchanged between stat and open. */
static int open_member(int dirfd, const char *name, const struct stat *st, int flags)
{
    struct stat opened;
    _cleanup_close_ int fd =
        openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags);
    if (fd < 0 || fstat(fd, &opened) < 0)
        return -errno;
    if (opened.st_ino != st->st_ino || opened.st_dev != st->st_dev)
        return -EBUSY;
    return TAKE_FD(fd);
}

static int visit(struct walker *w, struct level *l, const char *name, struct arena *a,
                 struct tar_member *ret)
{
    struct stat st;
    if (fstatat(l->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    int code = describe(w, a, l->fd, name, &st, ret);
    if (code < 0)
        return code;
    if (S_ISSOCK(st.st_mode)) {
        ret->major = S_IFSOCK; /* a sink that can make one sees it here */
        return 1;
    }
    if (ret->type == TAR_FILE && (uint64_t)st.st_size > TREE_FILE_LIMIT)
        return -EFBIG;
    if (ret->type == TAR_FILE) {
        int fd = open_member(l->fd, name, &st, 0);
        if (fd < 0)
            return fd;
        w->source.body_fd = fd;
        ret->size = (uint64_t)st.st_size;
    }
    if (ret->type != TAR_DIRECTORY || st.st_dev != w->dev)
        return 1;
    if (w->depth == TREE_DEPTH)
        return -ELOOP;
    int fd = open_member(l->fd, name, &st, O_DIRECTORY);
    if (fd < 0)
        return fd;
    code = enter(w, fd);
    return code < 0 ? code : 1;
}

static int walker_top(struct walker *w, struct arena *a, struct tar_member *ret)
{
    struct stat st;
    w->begun = true;
    if (fstat(w->levels[0].fd, &st) < 0)
        return -errno;
    w->dev = st.st_dev;
    int code = describe(w, a, w->levels[0].fd, ".", &st, ret);
    if (code == 0)
        code = read_names(&w->levels[0]);
    return code < 0 ? code : 1;
}

static int walker_next(struct tree_source *s, struct arena *a, struct tar_member *ret,
                       struct err *e)
{
    struct walker *w = walker_of(s);
    int code;
    if (s->body_fd >= 0)
        (void)close(s->body_fd);
    s->body_fd = -1;
    if (!w->begun) {
        code = walker_top(w, a, ret);
        return code < 0 ? failed(w, code, e) : code;
    }
    while (w->depth && w->levels[w->depth - 1].next == w->levels[w->depth - 1].n)
        level_done(&w->levels[--w->depth]);
    if (!w->depth)
        return 0;
    struct level *l = &w->levels[w->depth - 1];
    const char *name = l->names[l->next++];
    w->path.len = l->path_len;
    if (w->path.len)
        buf_putc(&w->path, '/');
    buf_puts(&w->path, name);
    code = visit(w, l, name, a, ret);
    return code < 0 ? failed(w, code, e) : code;
}

static ssize_t walker_body(struct tree_source *s, void *bytes, size_t n)
{
    ssize_t got;
    do
        got = read(s->body_fd, bytes, n);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

static void walker_done(struct tree_source *s)
{
    struct walker *w = walker_of(s);
    if (s->body_fd >= 0)
        (void)close(s->body_fd);
    while (w->depth)
        level_done(&w->levels[--w->depth]);
    buf_done(&w->path);
    free(w->linked.v);
}

void tree_open_directory(struct arena *a, int fd, struct tree_source **ret)
{
    struct walker *w = arena_make(a, struct walker);
    *w = (struct walker){
        .source = {walker_next, walker_body, walker_done, -1}, .arena = a, .depth = 1};
    w->levels[0] = (struct level){.fd = fd};
    *ret = &w->source;
}

/* ---- an archive ---- */

enum { INPUT = 256 << 10 };

struct archive {
    struct tree_source source;
    struct tar_reader reader;
    int fd;
    char *bytes; /* read ahead */
    size_t at, n;
};

static ssize_t archive_pull(void *context, void *bytes, size_t n)
{
    struct archive *t = context;
    size_t done = 0;
    while (done < n) {
        if (t->at == t->n) {
            ssize_t got = read(t->fd, t->bytes, INPUT);
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0)
                return -errno;
            if (got == 0)
                break;
            t->at = 0;
            t->n = (size_t)got;
        }
        size_t part = t->n - t->at < n - done ? t->n - t->at : n - done;
        memcpy((char *)bytes + done, t->bytes + t->at, part);
        t->at += part;
        done += part;
    }
    return (ssize_t)done;
}

static int archive_next(struct tree_source *s, struct arena *a, struct tar_member *ret,
                        struct err *e)
{
    struct archive *t = (struct archive *)s;
    int code = tar_next(&t->reader, a, ret, e);
    return code < 0 && e && !e->message.en ? err_set(e, code, "cannot read the archive: %s",
                                                     "无法读取归档：%s", errno_text(code).en)
                                           : code;
}

static ssize_t archive_body(struct tree_source *s, void *bytes, size_t n)
{
    ssize_t got = tar_body(&((struct archive *)s)->reader, bytes, n);
    return got == -EINVAL ? -ENODATA : got;
}

static void archive_done(struct tree_source *s)
{
    struct archive *t = (struct archive *)s;
    free(t->bytes);
    (void)close(t->fd);
}

void tree_open_tar(struct arena *a, int fd, struct tree_source **ret)
{
    struct archive *t = arena_make(a, struct archive);
    *t = (struct archive){.source = {archive_next, archive_body, archive_done, -1},
                          .fd = fd,
                          .bytes = mem_alloc(INPUT)};
    t->reader = (struct tar_reader){.pull = archive_pull, .context = t, .globals = a};
    *ret = &t->source;
}
