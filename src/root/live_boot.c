#include "root/live_boot.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>

#include "base/cleanup.h"
#include "root/live_proc.h"

int boot_identity(struct arena *a, struct boot_identity *ret)
{
    _cleanup_buf_ struct buf b = {0};
    struct process_stat first;
    _cleanup_close_ int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (proc < 0)
        return -errno;
    int code = proc_read(proc, "sys/kernel/random/boot_id", 64, &b);
    if (code == 0)
        code = b.len < 36 ? -ENODATA : 0;
    if (code < 0)
        return code;
    const char *kernel = str_dup(a, str_trim((struct str){b.data, b.len}));
    _cleanup_close_ int one = openat(proc, "1", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (one < 0)
        return -errno;
    code = proc_stat(one, &first);
    if (code == 0)
        *ret = (struct boot_identity){kernel, first.start};
    return code;
}

bool boot_identity_equal(const struct boot_identity *a, const struct boot_identity *b)
{
    return cstr_eq(a->kernel, b->kernel) && a->first_start == b->first_start;
}

int64_t boot_time_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_BOOTTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void boot_time_wait(int64_t until_ms)
{
    struct timespec until = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};
    int code;
    do
        code = clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &until, NULL);
    while (code == EINTR);
}
