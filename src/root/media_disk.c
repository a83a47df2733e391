/* Disk images: what they hold, their root file system mounted, and back into a file. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/width.h"
#include "format/partition.h"
#include "root/loop.h"
#include "root/media_parts.h"
#include "root/run.h"

#define DISK_LIMIT (INT64_C(8) << 40)

enum {
    TOOL_LIMIT_MS = 6 * 3600 * 1000,
    MIB = 1 << 20,
    SPARE = 256, /* MiB of room in a disk image made of a tree */
};

/* ---- tools ---- */

/* The last line a program said is the one that says what went wrong. */
static const char *last_line(struct arena *a, struct str said)
{
    struct str line, last = {"", 0};
    while (str_next_line(&said, &line))
        if (str_trim(line).n)
            last = str_trim(line);
    return safe_text(a, str_dup(a, last));
}

int media_run(struct media *m, const char *const argv[], struct err *e)
{
    struct root *live;
    struct run_result result = {0};
    int code = root_open(m->arena, "/", 0, &live, e);
    if (code < 0)
        return code;
    code = root_run(live, argv, TOOL_LIMIT_MS, &result);
    root_close(live);
    if (code == -ENOENT)
        return err_set(e, code, "the program %s is needed and not installed",
                       "需要程序 %s，但未安装", argv[0]);
    if (code < 0)
        return err_set(e, code, "cannot run %s: %s", "无法运行 %s：%s", argv[0],
                       errno_text(code).en);
    if (result.status)
        return err_set(e, -EIO, "%s failed: %s", "%s 失败：%s", argv[0],
                       last_line(m->arena, result.err));
    return 0;
}

int media_convert(struct media *m, const char *from, const char *from_format, const char *to,
                  const char *to_format, struct err *e)
{
    const char *argv[] = {"/usr/bin/qemu-img", "convert", "-f", from_format, "-O",
                          to_format,           from,      to,   NULL};
    return media_run(m, argv, e);
}

/* ---- qcow2: only images that are whole in themselves ---- */

static uint64_t be(const unsigned char *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

static int too_large(const char *path, struct err *e)
{
    return err_set(e, -EFBIG, "%s is larger than an image of a system can be (8 TiB)",
                   "%s 超过系统镜像的大小上限（8 TiB）", path);
}

/* A header can name another file of this machine as its contents (backing file, external data
 * file); converted, that file would be inside the image. docs/interop/qcow2.txt of qemu. */
static int check_qcow2(int fd, const char *path, struct err *e)
{
    unsigned char header[104] = {0};
    if (pread(fd, header, sizeof header, 0) < 72)
        return err_set(e, -EINVAL, "%s is damaged: no whole qcow2 header",
                       "%s 已损坏：qcow2 头不完整", path);
    uint64_t version = be(header + 4, 4), features = version >= 3 ? be(header + 72, 8) : 0;
    if (version < 2 || version > 3)
        return err_set(e, -EINVAL, "%s has a qcow2 version that is not known",
                       "%s 的 qcow2 版本未知", path);
    if (be(header + 24, 8) > DISK_LIMIT)
        return too_large(path, e);
    if (be(header + 8, 8) || (features & 4))
        return err_set(e, -EINVAL,
                       "%s takes its contents from another file; make it whole first: "
                       "qemu-img convert -O qcow2",
                       "%s 的内容取自另一个文件；请先用 qemu-img convert -O qcow2 合并", path);
    if (be(header + 32, 4))
        return err_set(e, -EINVAL, "%s is encrypted; its contents cannot be changed",
                       "%s 已加密，无法更改其内容", path);
    return 0;
}

/* ---- mounting ---- */

static const char *mount_type(enum filesystem f)
{
    switch (f) {
    case FILESYSTEM_EXT4:
        return "ext4";
    case FILESYSTEM_XFS:
        return "xfs";
    case FILESYSTEM_BTRFS:
        return "btrfs";
    default:
        return NULL;
    }
}

static const char *mount_options(enum filesystem f)
{
    switch (f) {
    case FILESYSTEM_EXT4: /* the superblock may say errors=panic */
        return "errors=remount-ro";
    case FILESYSTEM_XFS: /* two images of one origin have one uuid */
        return "nouuid";
    default:
        return "";
    }
}

/* A system root, as far as one look can say. */
static bool looks_like_root(const struct media *m)
{
    struct stat st;
    _cleanup_close_ int fd = open(m->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 && fstatat(fd, "etc", &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode) &&
           fstatat(fd, "usr", &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* Only to see what it is: nothing is written, not even by a journal. */
static const char *look_options(enum filesystem f)
{
    switch (f) {
    case FILESYSTEM_EXT4:
        return "noload";
    case FILESYSTEM_XFS:
        return "norecovery,nouuid";
    default:
        return "";
    }
}

static int try_mount(struct media *m, const char *device, enum filesystem f, bool look,
                     const char *options)
{
    const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC | (look ? MS_RDONLY : 0);
    if (mount(device, m->root, mount_type(f), flags, options) < 0)
        return -errno;
    m->mounted = true;
    bool root = looks_like_root(m);
    if (root && !look)
        return 0;
    m->mounted = false;
    return umount2(m->root, 0) < 0 ? -errno : root ? 0 : -ENOENT;
}

/* 0: it is a root, and mounted unless it was only to be looked at; -ENOENT: it is none. */
static int mount_part(struct media *m, int disk, struct partition p, enum filesystem f, bool look)
{
    /* openSUSE, Fedora and Ubuntu have the root of a btrfs in a volume of its own. */
    static const char *const volumes[] = {"subvol=root", "subvol=@"};
    const char *device;
    _cleanup_close_ int loop = loop_open(m->arena, disk, p.offset, p.size, &device);
    if (loop < 0)
        return loop;
    int code = try_mount(m, device, f, look, look ? look_options(f) : mount_options(f));
    for (size_t i = 0; i < ARRAY_SIZE(volumes) && f == FILESYSTEM_BTRFS && code == -ENOENT; i++) {
        code = try_mount(m, device, f, look, volumes[i]);
        if (code == -EINVAL) /* there is no such volume */
            code = -ENOENT;
    }
    return code;
}

/* ---- finding the root ---- */

static int read_disk(void *context, uint64_t at, void *bytes, size_t n)
{
    ssize_t got = at > INT64_MAX ? 0 : pread(*(int *)context, bytes, n, (off_t)at);
    return got < 0 ? -errno : (size_t)got < n ? -EIO : 0;
}

static enum filesystem probe(int disk, struct partition p)
{
    char *head = mem_alloc(FILESYSTEM_PROBE);
    size_t n = p.size < FILESYSTEM_PROBE ? (size_t)p.size : FILESYSTEM_PROBE;
    ssize_t got = pread(disk, head, n, (off_t)p.offset);
    enum filesystem f = filesystem_of((struct str){head, got > 0 ? (size_t)got : 0});
    free(head);
    return f;
}

static int no_root(unsigned seen, int mount_error, struct err *e)
{
    if (seen & 1u << FILESYSTEM_LUKS)
        return err_set(e, -EINVAL, "the image is encrypted (LUKS); give an unencrypted one",
                       "镜像已加密（LUKS）；请提供未加密的镜像");
    if (seen & 1u << FILESYSTEM_LVM)
        return err_set(e, -EINVAL,
                       "the image has its system in LVM, which is not read; give a tar of its root",
                       "镜像的系统位于 LVM 中，不支持读取；请提供其根目录的 tar");
    if (seen & 1u << FILESYSTEM_RAID)
        return err_set(e, -EINVAL, "the image is a part of a RAID, which is not read",
                       "镜像是 RAID 的成员，不支持读取");
    if (mount_error == -EPERM || mount_error == -EACCES)
        return err_set(e, mount_error, "disk images need root rights to be mounted",
                       "挂载磁盘镜像需要 root 权限");
    if (mount_error)
        return err_set(e, mount_error, "the root file system of the image cannot be mounted: %s",
                       "无法挂载镜像的根文件系统：%s", errno_text(mount_error).en);
    return err_set(e, -EINVAL,
                   "the image holds no system on ext4, xfs or btrfs (no file system with /etc "
                   "and /usr)",
                   "镜像中没有 ext4、xfs 或 btrfs 上的系统（没有含 /etc 和 /usr 的文件系统）");
}

/* The partitions that may be the root; where some say by their type that they are, only those. */
static void candidates(int disk, const struct partitions *all, bool said, unsigned *seen,
                       struct partitions *ret)
{
    *ret = (struct partitions){.n = 0};
    for (size_t i = 0; i < all->n; i++) {
        struct partition p = all->v[i];
        if (p.swap_or_boot || p.root != said)
            continue;
        enum filesystem f = probe(disk, p);
        *seen |= 1u << f;
        if (mount_type(f))
            ret->v[ret->n++] = p;
    }
}

static void choose(struct media *m, int disk, const struct partitions *from, unsigned *ret_roots,
                   struct partition *ret, int *failure)
{
    *ret_roots = 0;
    for (size_t i = 0; i < from->n; i++) {
        int code = mount_part(m, disk, from->v[i], probe(disk, from->v[i]), true);
        if (code == 0 && !(*ret_roots)++)
            *ret = from->v[i];
        if (code < 0 && code != -ENOENT)
            *failure = code;
    }
}

/* s_state of the superblock at 1024: EXT2_ERROR_FS, set by the kernel and by e2fsck. */
static int ext_errors(int disk, uint64_t superblock, struct err *e)
{
    unsigned char state[2] = {0};
    if (superblock && pread(disk, state, 2, (off_t)superblock + 0x3a) == 2 && (state[0] & 2))
        return err_set(e, -EUCLEAN,
                       "the file system of the image has errors: repair it first (e2fsck)",
                       "镜像的文件系统有错误：请先修复（e2fsck）");
    return 0;
}

static int mount_root(struct media *m, int disk, uint64_t size, struct err *e)
{
    _cleanup_free_ struct partitions *all = mem_alloc(sizeof *all), *some = mem_alloc(sizeof *some);
    struct partition p;
    unsigned seen = 0, roots = 0, others = 0;
    int failure = 0;
    int code = partition_table(read_disk, &disk, size, all, e);
    if (code == -ENOENT) /* a bare file system */
        all->v[all->n++] = (struct partition){0, size, false, false};
    else if (code < 0)
        return code;
    for (int round = 0; round < 2; round++) { /* what says that it is the root comes first */
        candidates(disk, all, round == 0, &seen, some);
        others += (unsigned)some->n;
        if (!roots)
            choose(m, disk, some, &roots, &p, &failure);
    }
    if (!roots)
        return no_root(seen, failure, e);
    if (roots > 1)
        return err_set(e, -EINVAL,
                       "the image holds more than one system; give the one that is meant as an "
                       "image of its own, or as a tar",
                       "镜像中有多个系统；请将所需系统单独制成镜像或 tar");
    m->others = others - 1;
    enum filesystem f = probe(disk, p);
    m->superblock = f == FILESYSTEM_EXT4 ? p.offset + 1024 : 0;
    code = ext_errors(disk, m->superblock, e);
    if (code == 0) {
        code = mount_part(m, disk, p, f, false);
        code = code < 0 ? no_root(0, code, e) : 0;
    }
    return code;
}

/* ---- opening and finishing ---- */

static int copy_disk(int from, const char *to, uint64_t size)
{
    _cleanup_close_ int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return fd < 0 ? -errno : tree_copy_file(from, fd, size);
}

static int make_copy(struct media *m, const char *from, int fd, enum media_kind kind, struct err *e)
{
    struct stat st;
    if (kind == MEDIA_QCOW2) {
        _cleanup_free_ char *whole = realpath(from, NULL); /* never "nbd:…" */
        int code = check_qcow2(fd, from, e);
        if (code < 0)
            return code;
        return whole ? media_convert(m, whole, "qcow2", m->disk, "raw", e)
                     : err_set(e, -errno, "cannot read %s", "无法读取 %s", from);
    }
    int code = fstat(fd, &st) < 0 ? -errno : copy_disk(fd, m->disk, (uint64_t)st.st_size);
    return code < 0 ? err_set(e, code, "cannot copy %s: %s", "无法复制 %s：%s", from,
                              errno_text(code).en)
                    : 0;
}

int media_open_disk(struct media *m, const char *from, int fd, enum media_kind kind, struct err *e)
{
    struct stat st;
    if (fstat(fd, &st) == 0 && st.st_size > DISK_LIMIT)
        return too_large(from, e);
    m->disk = arena_printf(m->arena, "%s/disk", m->work);
    int code = make_copy(m, from, fd, kind, e);
    if (code < 0)
        return code;
    _cleanup_close_ int disk = open(m->disk, O_RDWR | O_CLOEXEC);
    if (disk < 0 || fstat(disk, &st) < 0 || mkdir(m->root, 0700) < 0)
        return err_set(e, -errno, "cannot write %s", "无法写入 %s", m->work);
    return mount_root(m, disk, (uint64_t)st.st_size, e);
}

int media_finish_disk(struct media *m, struct err *e)
{
    if (!m->mounted)
        return 0;
    int fd = open(m->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int code = fd < 0 || syncfs(fd) < 0 ? -errno : 0; /* a full or broken file system says so */
    if (fd >= 0)
        (void)close(fd);
    /* Handles on directories may still be open. Read-only, the file system is finished all the
     * same, and detached it goes away with the last of them. */
    if (umount2(m->root, 0) < 0 &&
        (mount(NULL, m->root, NULL, MS_REMOUNT | MS_RDONLY, NULL) < 0 ||
         umount2(m->root, MNT_DETACH) < 0) &&
        code == 0)
        code = -errno;
    m->mounted = false;
    if (code < 0)
        return err_set(e, code, "cannot finish the file system of the image: %s",
                       "无法完成镜像文件系统的写入：%s", errno_text(code).en);
    _cleanup_close_ int disk =
        open(m->disk, O_RDONLY | O_CLOEXEC); /* what the kernel met meanwhile */
    return disk < 0 ? 0 : ext_errors(disk, m->superblock, e);
}

/* ---- making ---- */

int media_make_disk(struct media *m, const char *to, uint64_t size, struct err *e)
{
    /* Each name takes an inode and on average half a block beside its bytes. */
    uint64_t need = m->counts.bytes + m->counts.members * 4096;
    uint64_t mib = size ? size / MIB : (need + need / 4) / MIB + SPARE;
    int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int code = fd < 0 || ftruncate(fd, (off_t)(mib * MIB)) < 0 ? -errno : 0;
    if (fd >= 0)
        (void)close(fd);
    if (code < 0)
        return err_set(e, code, "cannot write %s: %s", "无法写入 %s：%s", to, errno_text(code).en);
    const char *argv[] = {
        "/usr/sbin/mke2fs", "-q", "-F", "-t", "ext4", "-L", "root", "-d", m->root, to, NULL};
    return media_run(m, argv, e);
}
