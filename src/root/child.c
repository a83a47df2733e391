#include "root/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

void child_close_from(int first)
{
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
    enum { CLOEXEC_ALL = 4 }; /* CLOSE_RANGE_CLOEXEC, since 5.11 */
    if (syscall(SYS_close_range, (unsigned)first, ~0u, CLOEXEC_ALL) == 0)
        return;
    long limit = sysconf(_SC_OPEN_MAX);
    if (limit < 0 || limit > 65536)
        limit = 65536;
    for (int fd = first; fd < (int)limit; fd++)
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void child_reset_signals(void)
{
    sigset_t none;
    (void)sigemptyset(&none);
    for (int i = 1; i < NSIG; i++)
        (void)signal(i, SIG_DFL); /* what is ignored would stay so across exec */
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}
