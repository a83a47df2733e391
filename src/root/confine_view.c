#include "root/confine_view.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

/* All of this runs between clone and exec: no allocation, only what is safe there. */

struct place_name {
    char v[PATH_MAX];
};

static const char *at(struct place_name *p, const char *dir, const char *name)
{
    int n = snprintf(p->v, sizeof p->v, "%s/%s", dir, name);
    return n < 0 || (size_t)n >= sizeof p->v ? "" : p->v;
}

/* The machine's own harmless devices: a node made here would not open on a nodev file system. */
static int fill_dev(const char *dev)
{
    static const char *const devices[] = {"null", "zero", "full", "random", "urandom", "tty"};
    static const char *const links[][2] = {{"/proc/self/fd", "fd"},
                                           {"/proc/self/fd/0", "stdin"},
                                           {"/proc/self/fd/1", "stdout"},
                                           {"/proc/self/fd/2", "stderr"},
                                           {"pts/ptmx", "ptmx"}};
    struct place_name from, to;
    for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
        int fd = open(at(&to, dev, devices[i]), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0)
            return -errno;
        (void)close(fd);
        if (mount(at(&from, "/dev", devices[i]), to.v, NULL, MS_BIND, NULL) < 0)
            return -errno;
    }
    for (size_t i = 0; i < ARRAY_SIZE(links); i++)
        if (symlink(links[i][0], at(&to, dev, links[i][1])) < 0)
            return -errno;
    if (mkdir(at(&to, dev, "shm"), 01777) < 0 || mkdir(at(&to, dev, "pts"), 0755) < 0)
        return -errno;
    /* Package managers say a word about its absence and go on. */
    (void)mount("devpts", to.v, "devpts", MS_NOSUID | MS_NOEXEC,
                "newinstance,ptmxmode=0666,mode=0620");
    return 0;
}

/* A directory of the image as a mount point. One component and no link: it cannot lead elsewhere.
 */
static int open_directory(int root, const char *name, mode_t mode)
{
    int fd = openat(root, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && mkdirat(root, name, mode) == 0)
        fd = openat(root, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int mount_at(int root, const char *name, const char *from, const char *type,
                    unsigned long flags, const char *options)
{
    struct place_name target;
    _cleanup_close_ int fd = open_directory(root, name, 0755);
    if (fd < 0)
        return fd;
    (void)snprintf(target.v, sizeof target.v, "/proc/self/fd/%d", fd);
    return mount(from, target.v, type, flags, options) < 0 ? -errno : 0;
}

/* Programs may run; what a caller without rights cannot take from a mount stays on it. */
static int bind_root(const char *root)
{
    struct statvfs v;
    unsigned long flags = MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV;
    if (mount(root, root, NULL, MS_BIND, NULL) < 0)
        return -errno;
    if (mount(NULL, root, NULL, flags, NULL) == 0)
        return 0;
    if (errno != EPERM || statvfs(root, &v) < 0)
        return -errno;
    flags |= v.f_flag & (MS_NOATIME | MS_NODIRATIME | MS_RELATIME);
    return mount(NULL, root, NULL, flags, NULL) < 0 ? -errno : 0;
}

static int make_view(const struct confine *c, const char **ret_what)
{
    struct place_name dev, proc;
    *ret_what = "mounts";
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return -errno;
    *ret_what = "/dev";
    if (mount("tmpfs", at(&dev, c->work, "dev"), "tmpfs", MS_NOSUID | MS_NOEXEC,
              "mode=755,size=1m,nr_inodes=64") < 0)
        return -errno;
    int code = fill_dev(dev.v);
    if (code < 0)
        return code;
    *ret_what = "/proc";
    if (mount("proc", at(&proc, c->work, "proc"), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) <
        0)
        return -errno;
    *ret_what = c->root;
    code = bind_root(c->root);
    _cleanup_close_ int root = open(c->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (code == 0 && root < 0)
        code = -errno;
    if (code == 0)
        code = mount_at(root, "run", "tmpfs", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=64m");
    if (code == 0)
        code = mount_at(root, "tmp", "tmpfs", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777,size=512m");
    if (code == 0)
        code = mount_at(root, "dev", dev.v, NULL, MS_MOVE, NULL);
    if (code == 0) /* last: the others go by its names */
        code = mount_at(root, "proc", proc.v, NULL, MS_MOVE, NULL);
    if (code < 0)
        return code;
    if (fchdir(root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 ||
        chdir("/") < 0)
        return -errno;
    return 0;
}

int confine_enter(const struct confine *c, const char **ret_what)
{
    (void)umask(0);
    int code = make_view(c, ret_what);
    (void)umask(022);
    if (code < 0)
        return code;
    int named = sethostname("image", 5); /* for messages only: all works without */
    (void)named;
    return 0;
}
