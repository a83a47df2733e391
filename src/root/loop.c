#include "root/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"

enum { TRIES = 64, LOOP_MAJOR = 7 };

static int configure(int device, int fd, uint64_t offset, uint64_t size)
{
    struct loop_config config = {
        .fd = (unsigned)fd,
        .info = {.lo_offset = offset, .lo_sizelimit = size, .lo_flags = LO_FLAGS_AUTOCLEAR},
    };
    if (ioctl(device, LOOP_CONFIGURE, &config) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOTTY)
        return -errno;
    if (ioctl(device, LOOP_SET_FD, fd) < 0) /* kernels before 5.8 */
        return -errno;
    if (ioctl(device, LOOP_SET_STATUS64, &config.info) == 0)
        return 0;
    int code = -errno;
    (void)ioctl(device, LOOP_CLR_FD, 0);
    return code;
}

int loop_open(struct arena *a, int fd, uint64_t offset, uint64_t size, const char **ret_path)
{
    _cleanup_close_ int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    if (control < 0)
        return -errno;
    for (int i = 0; i < TRIES; i++) {
        int number = ioctl(control, LOOP_CTL_GET_FREE);
        if (number < 0)
            return -errno;
        const char *path = arena_printf(a, "/dev/loop%d", number);
        int device = open(path, O_RDWR | O_CLOEXEC);
        if (device < 0 && errno == ENOENT) { /* no udev here */
            (void)mknod(path, S_IFBLK | 0660, makedev(LOOP_MAJOR, (unsigned)number));
            device = open(path, O_RDWR | O_CLOEXEC);
        }
        if (device < 0)
            return -errno;
        int code = configure(device, fd, offset, size);
        if (code == 0) {
            *ret_path = path;
            return device;
        }
        (void)close(device);
        if (code != -EBUSY) /* somebody else was faster */
            return code;
    }
    return -EBUSY;
}
