/* Parts of a system root that go as a whole. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "root/handle.h"
#include "root/tree.h"

static int open_parent(const struct root *r, const char *path, const char **ret_name)
{
    const char *slash = strrchr(path, '/');
    if (path[0] != '/' || !slash[1])
        return -EINVAL;
    _cleanup_free_ char *parent = mem_strndup(path, slash == path ? 1 : (size_t)(slash - path));
    *ret_name = slash + 1;
    return disk_open(r, parent, O_RDONLY | O_DIRECTORY);
}

int tree_remove_in(struct root *r, const char *path)
{
    const char *name;
    _cleanup_close_ int dir = open_parent(r, path, &name);
    if (dir < 0)
        return dir == -ENOENT ? 0 : dir;
    return tree_remove(dir, name);
}

int tree_empty_in(struct root *r, const char *path)
{
    const char *name;
    struct stat st;
    _cleanup_close_ int dir = open_parent(r, path, &name);
    if (dir < 0)
        return dir;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -ENODEV;
    _cleanup_close_ int fd =
        openat(dir, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    return st.st_size && ftruncate(fd, 0) < 0 ? -errno : 0;
}
