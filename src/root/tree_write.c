/* Trees as sinks: a directory, and a tar archive. */
#include <errno.h>
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/mem.h"
#include "root/tree.h"

enum { CHUNK = 256 << 10, HOLE = 4096 };

static int failed(struct err *e, int code, const char *path)
{
    struct text why = tree_error(code);
    if (e)
        e->message = (struct text){arena_printf(e->arena, "cannot write /%s: %s", path, why.en),
                                   arena_printf(e->arena, "无法写入 /%s：%s", path, why.zh)};
    return code;
}

/* ---- a directory ---- */

/* Set when everything is in it: making files changes its time, and its mode may forbid them. */
struct later {
    const char *path;
    unsigned mode;
    struct timespec mtime;
};

struct builder {
    struct tree_sink sink;
    struct arena *arena;
    int top;
    int parent; /* of the last member; -1: none */
    struct buf parent_path;
    struct tree_counts *counts;
    struct {
        struct later *v;
        size_t n, cap;
    } directories;
    char *bytes;
};

static int step_into(int fd, const char *name)
{
    int next = openat(fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (next >= 0 || errno != ENOENT)
        return next < 0 ? -errno : next;
    if (mkdirat(fd, name, 0755) < 0)
        return -errno;
    next = openat(fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return next < 0 ? -errno : next;
}

/* The directory of that path, component by component: no link is followed, what is missing is
 * made. -ENOTDIR or -ELOOP where something else is in the way. */
static int open_directory(const struct builder *b, const char *path, size_t n)
{
    _cleanup_close_ int fd = openat(b->top, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    struct str rest = {path, n}, part;
    unsigned depth = 0;
    while (n && str_next_field(&rest, '/', &part)) {
        _cleanup_free_ char *name = mem_strndup(part.p, part.n);
        int next = step_into(fd, name);
        if (next < 0)
            return next;
        (void)close(fd);
        fd = next;
        if (++depth > TREE_DEPTH)
            return -ELOOP;
    }
    return TAKE_FD(fd);
}

/* The directory that holds `path`, kept open for the next member. */
static int open_parent(struct builder *b, const char *path, const char **ret_name)
{
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 0;
    *ret_name = slash ? slash + 1 : path;
    if (b->parent >= 0 && b->parent_path.len == n &&
        (n == 0 || memcmp(b->parent_path.data, path, n) == 0))
        return b->parent;
    int fd = open_directory(b, path, n);
    if (fd < 0)
        return fd;
    if (b->parent >= 0)
        (void)close(b->parent);
    b->parent = fd;
    buf_clear(&b->parent_path);
    buf_append(&b->parent_path, path, n);
    return fd;
}

static bool all_zero(const char *bytes, size_t n)
{
    return n && bytes[0] == 0 && memcmp(bytes, bytes + 1, n - 1) == 0;
}

static int write_at(int fd, const char *bytes, size_t n, uint64_t at)
{
    while (n) {
        ssize_t put = pwrite(fd, bytes, n, (off_t)at);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -errno;
        bytes += put;
        n -= (size_t)put;
        at += (uint64_t)put;
    }
    return 0;
}

static size_t block(size_t left)
{
    return left < HOLE ? left : HOLE;
}

/* Blocks of zeros become holes. */
static int write_body(struct builder *b, int fd, uint64_t size, struct tree_source *from)
{
    uint64_t at = 0;
    while (at < size) {
        size_t want = size - at < CHUNK ? (size_t)(size - at) : CHUNK, have = 0;
        while (have < want) {
            ssize_t n = from->body(from, b->bytes + have, want - have);
            if (n <= 0)
                return n < 0 ? (int)n : -EIO;
            have += (size_t)n;
        }
        for (size_t i = 0, end; i < have; i = end) {
            end = i + block(have - i);
            if (all_zero(b->bytes + i, end - i))
                continue;
            while (end < have && !all_zero(b->bytes + end, block(have - end)))
                end += block(have - end);
            int code = write_at(fd, b->bytes + i, end - i, at + i);
            if (code < 0)
                return code;
        }
        at += have;
    }
    return ftruncate(fd, (off_t)size) < 0 ? -errno : 0;
}

static int make_file(struct builder *b, int dir, const char *name, const struct tar_member *m,
                     struct tree_source *from)
{
    _cleanup_close_ int fd =
        openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    return from->body_fd >= 0 ? tree_copy_file(from->body_fd, fd, m->size)
                              : write_body(b, fd, m->size, from);
}

static int make_link(const struct builder *b, int dir, const char *name, const char *target)
{
    const char *slash = strrchr(target, '/');
    _cleanup_close_ int fd = open_directory(b, target, slash ? (size_t)(slash - target) : 0);
    if (fd < 0)
        return fd;
    return linkat(fd, slash ? slash + 1 : target, dir, name, 0) < 0 ? -errno : 0;
}

static int make_node(struct builder *b, int dir, const char *name, const struct tar_member *m,
                     bool *ret_made)
{
    mode_t type = m->type == TAR_CHARACTER      ? S_IFCHR
                  : m->type == TAR_BLOCK_DEVICE ? S_IFBLK
                  : m->major == S_IFSOCK        ? S_IFSOCK
                                                : S_IFIFO;
    dev_t device = m->type == TAR_FIFO ? 0 : makedev(m->major, m->minor);
    if (mknodat(dir, name, type | 0600, device) == 0)
        return 0;
    /* Without the right to make devices (a user namespace): /dev is filled at boot anyway. */
    if (errno != EPERM || m->type == TAR_FIFO)
        return -errno;
    b->counts->devices++;
    *ret_made = false;
    return 0;
}

static bool is_label(const char *name)
{
    return cstr_eq(name, "security.selinux") || cstr_starts(name, "trusted.") ||
           cstr_eq(name, "security.ima") || cstr_eq(name, "security.evm");
}

static int put_xattrs(const struct builder *b, const char *file, const struct tar_member *m)
{
    vec_each (x, &m->xattrs) {
        if (lsetxattr(file, x->name, x->value.p, x->value.n, 0) == 0)
            continue;
        if (!is_label(x->name) || (errno != ENOTSUP && errno != EPERM))
            return -errno;
        b->counts->labels++;
    }
    return 0;
}

/* Owner first: a change of owner clears setuid bits and capabilities. */
static int put_attributes(struct builder *b, int dir, const char *name, const struct tar_member *m)
{
    _cleanup_free_ char *file = mem_alloc(64 + strlen(name));
    (void)snprintf(file, 64 + strlen(name), "/proc/self/fd/%d/%s", dir, name);
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {m->mtime, (long)m->mtime_nsec}};
    if (fchownat(dir, name, m->uid, m->gid, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    int code = put_xattrs(b, file, m);
    if (code < 0)
        return code;
    if (m->type == TAR_DIRECTORY) {
        struct later d = {arena_strdup(b->arena, m->path), m->mode, times[1]};
        vec_push(b->arena, &b->directories, d);
        return 0;
    }
    if (m->type != TAR_SYMLINK && fchmodat(dir, name, m->mode & 07777, 0) < 0)
        return -errno;
    return utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

/* A later member of the same name replaces an earlier one, but no directory is removed. */
static int make_room(int dir, const char *name, const struct tar_member *m, bool *ret_there)
{
    struct stat st;
    *ret_there = false;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (S_ISDIR(st.st_mode)) {
        *ret_there = true;
        return m->type == TAR_DIRECTORY ? 0 : -EISDIR;
    }
    return unlinkat(dir, name, 0) < 0 ? -errno : 0;
}

static int make_member(struct builder *b, int dir, const char *name, const struct tar_member *m,
                       struct tree_source *from)
{
    bool there, made = true;
    int code = make_room(dir, name, m, &there);
    if (code < 0)
        return code;
    switch (m->type) {
    case TAR_DIRECTORY:
        code = there || mkdirat(dir, name, 0700) == 0 ? 0 : -errno;
        break;
    case TAR_FILE:
        code = make_file(b, dir, name, m, from);
        break;
    case TAR_HARD_LINK:
        return make_link(b, dir, name, m->link);
    case TAR_SYMLINK:
        code = symlinkat(m->link, dir, name) < 0 ? -errno : 0;
        break;
    default:
        code = make_node(b, dir, name, m, &made);
    }
    return code < 0 || !made ? code : put_attributes(b, dir, name, m);
}

static bool has_access_list(const struct tar_member *m)
{
    vec_each (x, &m->xattrs)
        if (cstr_starts(x->name, "system.posix_acl_"))
            return true;
    return false;
}

static int builder_put(struct tree_sink *s, const struct tar_member *m, struct tree_source *from,
                       struct err *e)
{
    struct builder *b = (struct builder *)s;
    const char *name = ".";
    if (!*m->path && m->type != TAR_DIRECTORY)
        return failed(e, -EINVAL, m->path);
    int dir = *m->path ? open_parent(b, m->path, &name) : b->top, code = dir;
    if (dir >= 0)
        code = *m->path ? make_member(b, dir, name, m, from) : put_attributes(b, dir, name, m);
    if (code == -EINVAL && (m->uid || m->gid) && geteuid() == 0) /* a user namespace */
        return err_set(e, code,
                       "/%s belongs to user %u and group %u, which are not mapped here: run as "
                       "root, or give this user a range in /etc/subuid and /etc/subgid",
                       "/%s 属于用户 %u、组 %u，此处未映射：请以 root 运行，"
                       "或在 /etc/subuid 与 /etc/subgid 中为当前用户分配范围",
                       m->path, m->uid, m->gid);
    if (code == -EINVAL && has_access_list(m)) /* acl(5): its ids must be mapped, too */
        return err_set(e, code,
                       "/%s has an access list (ACL) for users or groups that are not mapped here: "
                       "run as root, or give this user a range in /etc/subuid and /etc/subgid",
                       "/%s 的访问控制列表（ACL）中有此处未映射的用户或组：请以 root 运行，"
                       "或在 /etc/subuid 与 /etc/subgid 中为当前用户分配范围",
                       m->path);
    return code < 0 ? failed(e, code, m->path) : 0;
}

static int builder_finish(struct tree_sink *s, struct err *e)
{
    struct builder *b = (struct builder *)s;
    vec_each (d, &b->directories) { /* of two members of one name the later one counts */
        struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, d->mtime};
        _cleanup_close_ int fd = open_directory(b, d->path, strlen(d->path));
        if (fd < 0)
            return failed(e, fd, d->path);
        /* The handle is O_PATH: by its name in /proc. */
        char file[40];
        (void)snprintf(file, sizeof file, "/proc/self/fd/%d/.", fd);
        if (chmod(file, d->mode & 07777) < 0 || utimensat(AT_FDCWD, file, times, 0) < 0)
            return failed(e, -errno, d->path);
    }
    return 0;
}

static void builder_done(struct tree_sink *s)
{
    struct builder *b = (struct builder *)s;
    if (b->parent >= 0)
        (void)close(b->parent);
    (void)close(b->top);
    buf_done(&b->parent_path);
    free(b->bytes);
}

void tree_make_directory(struct arena *a, int fd, struct tree_counts *counts,
                         struct tree_sink **ret)
{
    struct builder *b = arena_make(a, struct builder);
    *b = (struct builder){.sink = {builder_put, builder_finish, builder_done},
                          .arena = a,
                          .top = fd,
                          .parent = -1,
                          .counts = counts,
                          .bytes = mem_alloc(CHUNK)};
    *ret = &b->sink;
}

/* ---- an archive ---- */

struct packer {
    struct tree_sink sink;
    int fd;
    int64_t epoch;
    struct tree_counts *counts;
    struct buf out;
};

static int flush(struct packer *p)
{
    int r = io_write_all(p->fd, (struct str){p->out.data, p->out.len});
    buf_clear(&p->out);
    return r;
}

static int pack_body(struct packer *p, const struct tar_member *m, struct tree_source *from)
{
    uint64_t left = m->size;
    while (left) {
        size_t most = left < CHUNK ? (size_t)left : CHUNK;
        buf_reserve(&p->out, most);
        ssize_t n = from->body(from, p->out.data + p->out.len, most);
        if (n <= 0)
            return n < 0 ? (int)n : -EIO; /* the file became shorter meanwhile */
        p->out.len += (size_t)n;
        left -= (uint64_t)n;
        int code = p->out.len >= CHUNK ? flush(p) : 0;
        if (code < 0)
            return code;
    }
    buf_fill(&p->out, 0, tar_padding(m->size));
    return 0;
}

static int packer_put(struct tree_sink *s, const struct tar_member *given, struct tree_source *from,
                      struct err *e)
{
    struct packer *p = (struct packer *)s;
    struct tar_member m = *given;
    if (m.type == TAR_FIFO && m.major == S_IFSOCK) { /* archives have no sockets */
        p->counts->sockets++;
        return 0;
    }
    if (p->epoch != TREE_NO_EPOCH && m.mtime >= p->epoch) {
        m.mtime = p->epoch;
        m.mtime_nsec = 0;
    }
    tar_put_header(&p->out, &m);
    int code = m.type == TAR_FILE ? pack_body(p, &m, from) : 0;
    if (code == 0 && p->out.len >= CHUNK)
        code = flush(p);
    return code < 0 ? failed(e, code, m.path) : 0;
}

static int packer_finish(struct tree_sink *s, struct err *e)
{
    struct packer *p = (struct packer *)s;
    buf_fill(&p->out, 0, TAR_END);
    int code = flush(p);
    return code < 0 ? failed(e, code, "") : 0;
}

static void packer_done(struct tree_sink *s)
{
    struct packer *p = (struct packer *)s;
    buf_done(&p->out);
    (void)close(p->fd);
}

void tree_make_tar(struct arena *a, int fd, int64_t epoch, struct tree_counts *counts,
                   struct tree_sink **ret)
{
    struct packer *p = arena_make(a, struct packer);
    *p = (struct packer){.sink = {packer_put, packer_finish, packer_done},
                         .fd = fd,
                         .epoch = epoch,
                         .counts = counts};
    *ret = &p->sink;
}
