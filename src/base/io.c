#include "base/io.h"

#include <errno.h>
#include <unistd.h>

int io_write_all(int fd, struct str bytes)
{
    while (bytes.n) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        bytes = str_slice(bytes, (size_t)n, bytes.n);
    }
    return 0;
}
