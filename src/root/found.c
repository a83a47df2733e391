/* What the disk holds at a canonical place: each question is asked once per run. */
#include "root/handle.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"

enum { NOT_ASKED = 1, LINK_TEXT_LIMIT = 4096, PROCFS_MAGIC = 0x9fa0 };

static struct file_info info_of(const struct stat *st)
{
    return (struct file_info){st->st_mode, st->st_uid, st->st_gid,   st->st_size,
                              st->st_dev,  st->st_ino, st->st_nlink, st->st_mtim};
}

/* /proc/1/root, /proc/self/fd/3: what looks like a link jumps to an object that no path leads to.
 * The plain links of procfs (self, net, mounts) are not below a process. */
static bool is_magic(int fd, const struct place *p)
{
    struct statfs fs;
    if (fstatfs(fd, &fs) < 0 || fs.f_type != PROCFS_MAGIC)
        return false;
    for (const struct place *at = p->parent; at && at->parent; at = at->parent) {
        const char *name = place_name(at);
        if (name[strspn(name, "0123456789")] == '\0')
            return true;
    }
    return false;
}

static int read_target(struct root *r, int fd, const char **ret)
{
    char text[LINK_TEXT_LIMIT];
    ssize_t n = readlinkat(fd, "", text, sizeof text);
    if (n < 0)
        return -errno;
    *ret = arena_strndup(r->arena, text, (size_t)n);
    return 0;
}

static int look(struct root *r, const struct place *p, struct found *f)
{
    _cleanup_close_ int fd = disk_open(r, p->path, O_PATH | O_NOFOLLOW);
    struct stat st;
    if (fd < 0)
        return fd;
    if (fstat(fd, &st) < 0)
        return -errno;
    f->info = info_of(&st);
    if (!S_ISLNK(st.st_mode))
        return 0;
    f->magic = is_magic(fd, p);
    return read_target(r, fd, &f->target);
}

static struct found *found_of(struct root *r, struct place *p)
{
    if (!p->found) {
        p->found = arena_make(r->arena, struct found);
        *p->found = (struct found){.search = NOT_ASKED, .read = NOT_ASKED, .list = NOT_ASKED};
        p->found->code = look(r, p, p->found);
    }
    return p->found;
}

const struct found *disk_found(struct root *r, struct place *p)
{
    return found_of(r, p);
}

int disk_search(struct root *r, struct place *p)
{
    struct found *f = found_of(r, p);
    if (f->search == NOT_ASKED) {
        const char *inside = arena_printf(r->arena, "%s/.", p->parent ? p->path : "");
        _cleanup_close_ int fd = disk_open(r, inside, O_PATH);
        f->search = fd < 0 ? fd : 0;
    }
    return f->search;
}

/*
 * The type is known before anything is opened, so that no FIFO blocks and no device (a tape, a
 * watchdog) notices; the descriptor must then be the same inode. A file that is replaced by rename
 * in between is looked at again.
 */
int disk_reopen(struct root *r, struct place *p, int flags)
{
    for (int attempt = 0; attempt < 8; attempt++) {
        struct found *f = found_of(r, p);
        if (f->code < 0)
            return f->code;
        if (S_ISDIR(f->info.mode) && !(flags & O_DIRECTORY))
            return -EISDIR;
        if (!S_ISDIR(f->info.mode) && (flags & O_DIRECTORY))
            return -ENOTDIR;
        if (!S_ISREG(f->info.mode) && !S_ISDIR(f->info.mode))
            return -ENODEV;
        _cleanup_close_ int fd =
            disk_open(r, p->path, flags | O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
        struct stat st;
        if (fd >= 0 && fstat(fd, &st) < 0)
            return -errno;
        if (fd >= 0 && st.st_dev == f->info.dev && st.st_ino == f->info.ino)
            return TAKE_FD(fd);
        if (fd < 0 && fd != -ENOENT && fd != -ELOOP && fd != -ENXIO)
            return fd;
        f->code = look(r, p, f);
    }
    return -ESTALE;
}

/* Reads to the end, whatever the size says: files of procfs say 0, of sysfs 4096. */
static int read_all(struct root *r, int fd, off_t size, struct str *ret)
{
    size_t room = size > 0 ? (size_t)size + 1 : 4096, n = 0;
    char *bytes = arena_alloc(r->arena, room);
    for (;;) {
        if (n == room) {
            if (room > ROOT_FILE_LIMIT)
                return -EFBIG;
            size_t more = room * 2 > ROOT_FILE_LIMIT ? ROOT_FILE_LIMIT + 1 : room * 2;
            bytes = arena_grow(r->arena, bytes, n, more);
            room = more;
        }
        ssize_t got = read(fd, bytes + n, room - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        n += (size_t)got;
        if (n > ROOT_FILE_LIMIT)
            return -EFBIG;
        if (got == 0 || (size > 0 && n == (size_t)size))
            break;
    }
    if (n == room)
        bytes = arena_grow(r->arena, bytes, n, n + 1);
    bytes[n] = '\0';
    *ret = (struct str){bytes, n};
    return 0;
}

static int read_file(struct root *r, struct place *p, struct str *ret)
{
    _cleanup_close_ int fd = disk_reopen(r, p, 0);
    struct stat st;
    if (fd < 0)
        return fd;
    if (fstat(fd, &st) < 0)
        return -errno;
    if (st.st_size > ROOT_FILE_LIMIT)
        return -EFBIG;
    return read_all(r, fd, st.st_size, ret);
}

int disk_read(struct root *r, struct place *p, struct str *ret)
{
    struct found *f = found_of(r, p);
    if (f->read == NOT_ASKED)
        f->read = read_file(r, p, &f->bytes);
    if (f->read == 0)
        *ret = f->bytes;
    return f->read;
}

static int list_names(struct root *r, struct place *p, struct strings *names)
{
    int fd = disk_reopen(r, p, O_DIRECTORY);
    if (fd < 0)
        return fd;
    DIR *dir = fdopendir(fd);
    if (!dir) {
        (void)close(fd);
        return -ENOMEM;
    }
    int code = 0;
    for (;;) {
        errno = 0;
        const struct dirent *d = readdir(dir);
        if (!d) {
            code = -errno;
            break;
        }
        if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
            continue;
        if (names->n >= ROOT_LIST_LIMIT) {
            code = -EFBIG;
            break;
        }
        strings_add(r->arena, names, arena_strdup(r->arena, d->d_name));
    }
    (void)closedir(dir);
    strings_sort(names);
    return code;
}

int disk_list(struct root *r, struct place *p, const struct strings **ret)
{
    struct found *f = found_of(r, p);
    if (f->list == NOT_ASKED) {
        struct strings *names = arena_make(r->arena, struct strings);
        f->list = list_names(r, p, names);
        f->names = names;
    }
    if (f->list == 0)
        *ret = f->names;
    return f->list;
}
