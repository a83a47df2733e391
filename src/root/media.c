#include "root/media.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "root/media_parts.h"
#include "root/own.h"

struct kind_row {
    const char *name, *endings[3];
};

static const struct kind_row rows[] = {
    [MEDIA_DIRECTORY] = {"dir", {NULL}},
    [MEDIA_TAR] = {"tar", {".tar", NULL}},
    [MEDIA_RAW] = {"raw", {".raw", ".img", NULL}},
    [MEDIA_QCOW2] = {"qcow2", {".qcow2", NULL}},
};

const char *media_kind_name(enum media_kind k)
{
    return rows[k].name;
}

int media_kind_from_name(const char *format, const char *path, enum media_kind *ret)
{
    for (size_t i = 0; format && i < ARRAY_SIZE(rows); i++)
        if (cstr_eq(format, rows[i].name)) {
            *ret = (enum media_kind)i;
            return 0;
        }
    if (format)
        return -EINVAL;
    *ret = MEDIA_DIRECTORY;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        for (const char *const *end = rows[i].endings; *end; end++)
            if (cstr_ends(path, *end))
                *ret = (enum media_kind)i;
    return 0;
}

static int failed(struct err *e, int code, const char *en, const char *zh, const char *path)
{
    struct text why = errno_text(code);
    if (e)
        e->message = (struct text){arena_printf(e->arena, "%s %s: %s", en, path, why.en),
                                   arena_printf(e->arena, "%s %s：%s", zh, path, why.zh)};
    return code;
}

static int open_input(const char *path, struct stat *st, struct err *e)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, st) < 0)
        return failed(e, -errno, "cannot read", "无法读取", path);
    if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode))
        return err_set(e, -EINVAL, "%s is neither a file nor a directory",
                       "%s 既不是文件也不是目录", path);
    return TAKE_FD(fd);
}

int media_kind_of(const char *path, enum media_kind *ret, struct err *e)
{
    struct stat st = {0};
    char head[TAR_BLOCK] = {0};
    _cleanup_close_ int fd = open_input(path, &st, e);
    if (fd < 0)
        return fd;
    if (S_ISDIR(st.st_mode)) {
        *ret = MEDIA_DIRECTORY;
        return 0;
    }
    ssize_t n = pread(fd, head, sizeof head, 0);
    if (n < 0)
        return failed(e, -errno, "cannot read", "无法读取", path);
    if (memcmp(head, "\x1f\x8b", 2) == 0 || memcmp(head, "\x28\xb5\x2f\xfd", 4) == 0 ||
        memcmp(head,
               "\xfd"
               "7zXZ",
               5) == 0 ||
        memcmp(head, "BZh", 3) == 0)
        return err_set(e, -EINVAL, "%s is compressed: unpack it first", "%s 是压缩文件：请先解压",
                       path);
    if (memcmp(head, "QFI\xfb", 4) == 0)
        *ret = MEDIA_QCOW2;
    else if (memcmp(head + 257, "ustar", 5) == 0 || cstr_ends(path, ".tar"))
        *ret = MEDIA_TAR;
    else
        *ret = MEDIA_RAW;
    return 0;
}

void media_stamp_of(const char *path, struct media_stamp *ret)
{
    struct stat st;
    *ret = (struct media_stamp){0};
    if (stat(path, &st) == 0)
        *ret = (struct media_stamp){st.st_dev, st.st_ino, (uint64_t)st.st_size, st.st_ctim.tv_sec,
                                    st.st_ctim.tv_nsec};
}

bool media_exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

const char *media_directory(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *dir = !slash          ? "."
                      : slash == path ? "/"
                                      : arena_strndup(a, path, (size_t)(slash - path));
    _cleanup_free_ char *real = realpath(dir, NULL);
    return real ? arena_strdup(a, real) : NULL;
}

/* ---- opening ---- */

static int make_directory(struct media *m, const char *name)
{
    if (mkdirat(m->work_fd, name, 0700) < 0)
        return -errno;
    int fd = openat(m->work_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static void source_done(struct tree_source **s)
{
    tree_source_done(*s);
}

static void sink_done(struct tree_sink **s)
{
    tree_sink_done(*s);
}

/* Takes over both descriptors. */
static int copy_tree(struct media *m, struct tree_source *from, int to, struct err *e)
{
    struct tree_sink *sink _cleanup_(sink_done) = NULL;
    tree_make_directory(m->arena, to, &m->counts, &sink);
    return tree_copy(from, sink, &m->counts, e);
}

static int open_tree(struct media *m, int fd, enum media_kind kind, struct err *e)
{
    struct tree_source *source _cleanup_(source_done) = NULL;
    if (kind == MEDIA_TAR)
        tree_open_tar(m->arena, fd, &source);
    else
        tree_open_directory(m->arena, fd, &source);
    int to = make_directory(m, "root");
    return to < 0 ? failed(e, to, "cannot write", "无法写入", m->root)
                  : copy_tree(m, source, to, e);
}

static int open_work(struct media *m, const char *from, enum media_kind kind, struct err *e)
{
    struct stat st;
    m->work_fd = open(m->work, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (m->work_fd < 0)
        return failed(e, -errno, "cannot read", "无法读取", m->work);
    _cleanup_close_ int fd = open_input(from, &st, e);
    if (fd < 0)
        return fd;
    if (kind == MEDIA_RAW || kind == MEDIA_QCOW2)
        return media_open_disk(m, from, fd, kind, e);
    return open_tree(m, TAKE_FD(fd), kind, e);
}

int media_open(struct arena *a, const char *from, enum media_kind kind, const char *work,
               struct media **ret, struct err *e)
{
    struct media *m = arena_make(a, struct media);
    *m = (struct media){
        .arena = a, .work = work, .root = arena_printf(a, "%s/root", work), .work_fd = -1};
    int code = open_work(m, from, kind, e);
    if (code < 0)
        media_close(m);
    else
        *ret = m;
    return code;
}

const char *media_root(const struct media *m)
{
    return m->root;
}

const struct tree_counts *media_counts(const struct media *m)
{
    return &m->counts;
}

unsigned media_others(const struct media *m)
{
    return m->others;
}

void media_close(struct media *m)
{
    if (!m)
        return;
    (void)media_finish_disk(m, NULL);
    if (m->work_fd >= 0)
        (void)close(m->work_fd);
    m->work_fd = -1;
}

/* ---- writing ---- */

static int open_root(const struct media *m, struct err *e)
{
    int fd = openat(m->work_fd, "root", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? failed(e, -errno, "cannot read", "无法读取", m->root) : fd;
}

static int write_tar(struct media *m, int64_t epoch, struct err *e)
{
    struct tree_source *source _cleanup_(source_done) = NULL;
    struct tree_sink *sink _cleanup_(sink_done) = NULL;
    int root = open_root(m, e);
    if (root < 0)
        return root;
    tree_open_directory(m->arena, root, &source);
    int fd = openat(m->work_fd, "out", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return failed(e, -errno, "cannot write", "无法写入", m->output);
    tree_make_tar(m->arena, fd, epoch, &m->counts, &sink);
    struct tree_counts written = {0};
    int code = tree_copy(source, sink, &written, e);
    if (code == 0 && fsync(fd) < 0)
        code = failed(e, -errno, "cannot write", "无法写入", m->output);
    return code;
}

static int write_directory(struct media *m, struct err *e)
{
    if (!m->disk) { /* the working copy is what is asked for */
        m->output = m->root;
        return syncfs(m->work_fd) < 0 ? failed(e, -errno, "cannot write", "无法写入", m->root) : 0;
    }
    struct tree_source *source _cleanup_(source_done) = NULL;
    int root = open_root(m, e);
    if (root < 0)
        return root;
    tree_open_directory(m->arena, root, &source);
    int to = make_directory(m, "out");
    if (to < 0)
        return failed(e, to, "cannot write", "无法写入", m->output);
    int code = copy_tree(m, source, to, e);
    return code == 0 && syncfs(m->work_fd) < 0
               ? failed(e, -errno, "cannot write", "无法写入", m->output)
               : code;
}

static int sync_file(const char *path, struct err *e)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 || fsync(fd) < 0 ? failed(e, -errno, "cannot write", "无法写入", path) : 0;
}

static int write_disk(struct media *m, enum media_kind kind, uint64_t size, struct err *e)
{
    const char *raw = m->disk ? m->disk : arena_printf(m->arena, "%s/disk", m->work);
    int code = m->disk ? media_finish_disk(m, e) : media_make_disk(m, raw, size, e);
    if (code == 0 && kind == MEDIA_QCOW2)
        code = media_convert(m, raw, "raw", m->output, "qcow2", e);
    else if (code == 0)
        m->output = raw;
    /* An image holds the hashes of passwords: nobody but the caller reads it, like the others. */
    if (code == 0 && chmod(m->output, 0600) < 0)
        code = failed(e, -errno, "cannot write", "无法写入", m->output);
    return code < 0 ? code : sync_file(m->output, e);
}

int media_write(struct media *m, enum media_kind kind, int64_t epoch, uint64_t size, struct err *e)
{
    m->output = arena_printf(m->arena, "%s/out", m->work);
    switch (kind) {
    case MEDIA_DIRECTORY:
        return write_directory(m, e);
    case MEDIA_TAR:
        return write_tar(m, epoch, e);
    default:
        return write_disk(m, kind, size, e);
    }
}

const char *media_output(const struct media *m)
{
    return m->output;
}

static int move(const char *from, const char *to, struct err *e)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    int code = -errno;
    if (code == -EEXIST)
        return err_set(e, code, "%s is there already", "%s 已存在", to);
    if (code != -EINVAL && code != -ENOSYS)
        return failed(e, code, "cannot write", "无法写入", to);
    /* A file system without the flag: an empty directory could be replaced, nothing else here. */
    struct stat st;
    if (lstat(to, &st) == 0)
        return err_set(e, -EEXIST, "%s is there already", "%s 已存在", to);
    return rename(from, to) < 0 ? failed(e, -errno, "cannot write", "无法写入", to) : 0;
}

static int put_beside(struct media *m, const char *path, struct str bytes, struct err *e)
{
    const char *temporary = arena_printf(m->arena, "%s/beside", m->work);
    int code = own_write(temporary, bytes);
    if (code < 0)
        return failed(e, code, "cannot write", "无法写入", path);
    code = sync_file(temporary, e);
    return code < 0 ? code : move(temporary, path, e);
}

int media_publish(struct media *m, const char *to, const struct media_beside *beside, size_t n,
                  struct err *e)
{
    struct strings done = {0};
    int code = 0;
    for (size_t i = 0; i < n && code == 0; i++) {
        const char *path = arena_printf(m->arena, "%s%s", to, beside[i].suffix);
        code = put_beside(m, path, beside[i].bytes, e);
        if (code == 0)
            strings_add(m->arena, &done, path);
    }
    if (code == 0)
        code = move(m->output, to, e);
    for (size_t i = 0; i < done.n && code < 0; i++)
        (void)unlink(done.v[i]);
    return code;
}
