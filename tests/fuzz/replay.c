/* Runs a fuzz harness over every file of a directory: a corpus is an ordinary test. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(int dir, const char *name)
{
    _cleanup_close_ int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return 0;
    _cleanup_free_ uint8_t *data = mem_alloc((size_t)st.st_size);
    ssize_t n = read(fd, data, (size_t)st.st_size);
    if (n < 0)
        return -errno;
    (void)LLVMFuzzerTestOneInput(data, (size_t)n);
    return 1;
}

int main(int argc, char **argv)
{
    int files = 0;
    for (int i = 1; i < argc; i++) {
        DIR *d = opendir(argv[i]);
        if (!d) {
            (void)fprintf(stderr, "%s: no corpus\n", argv[i]);
            return 1;
        }
        for (struct dirent *e; (e = readdir(d));) {
            int r = replay(dirfd(d), e->d_name);
            if (r < 0) {
                (void)fprintf(stderr, "%s/%s: %s\n", argv[i], e->d_name, strerror(-r));
                return 1;
            }
            files += r;
        }
        (void)closedir(d);
    }
    (void)printf("%d files\n", files);
    return files ? 0 : 1;
}
