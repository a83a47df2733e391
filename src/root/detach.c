#include "root/detach.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "root/child.h"
#include "root/handle.h"

static_assert(sizeof(sigset_t) <= sizeof(struct held_signals), "room for the mask");

/* With one hierarchy (cgroup v2), else systemd's own: logind ends sessions by them. */
static void leave_group(const char *group)
{
    static const char *const hierarchies[] = {"/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified",
                                              "/sys/fs/cgroup"};
    for (size_t i = 0; i < ARRAY_SIZE(hierarchies); i++) {
        _cleanup_close_ int top = open(hierarchies[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (top < 0 || (mkdirat(top, group, 0755) < 0 && errno != EEXIST))
            continue;
        _cleanup_close_ int own = openat(top, group, O_PATH | O_DIRECTORY | O_CLOEXEC);
        _cleanup_close_ int list =
            own < 0 ? -1 : openat(own, "cgroup.procs", O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
        if (list < 0 || write(list, "0", 1) != 1)
            (void)unlinkat(top, group, AT_REMOVEDIR);
    }
}

__attribute__((noreturn)) static void become(const char *path, const char *const argv[],
                                             const char *group, int report)
{
    static const char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
                                              "LANG=C", NULL};
    child_reset_signals();
    (void)signal(SIGHUP, SIG_IGN); /* stays so across exec: no hang-up ends what has to wait */
    (void)umask(022);
    leave_group(group);
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC), code = nothing < 0 ? errno : 0;
    if (code == 0 && chdir("/") < 0)
        code = errno;
    for (int i = 0; i < 3 && code == 0; i++)
        code = dup2(nothing, i) == i ? 0 : errno;
    if (code == 0) {
        child_close_from(3);
        (void)execve(path, (char *const *)argv, (char *const *)environment);
        code = errno;
    }
    (void)!write(report, &code, sizeof code);
    _exit(127);
}

/* The child only makes the grandchild: process 1 is then its parent. */
__attribute__((noreturn)) static void part(const char *path, const char *const argv[],
                                           const char *group, int report)
{
    (void)setsid();
    pid_t pid = fork();
    if (pid == 0)
        become(path, argv, group, report);
    int code = errno;
    if (pid < 0)
        (void)!write(report, &code, sizeof code);
    _exit(0);
}

int root_detach(struct root *r, const char *const argv[], const char *group)
{
    const char *path;
    int ends[2], failure = 0, code = program_find(r, argv[0], &path);
    if (code < 0)
        return code;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    _cleanup_close_ int told = ends[0], report = ends[1];
    if (report < 3) { /* dup2 in the child would lose it */
        int higher = fcntl(report, F_DUPFD_CLOEXEC, 3);
        if (higher < 0)
            return -errno;
        (void)close(report);
        report = higher;
    }
    pid_t pid = fork();
    if (pid == 0)
        part(path, argv, group, report);
    if (pid < 0)
        return -errno;
    (void)close(report);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    ssize_t n;
    do
        n = read(told, &failure, sizeof failure);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof failure ? -failure : 0;
}

int root_own_program(struct root *r, const char **ret)
{
    char name[4096];
    if (!root_is_live(r))
        return -EOPNOTSUPP;
    ssize_t n = readlink("/proc/self/exe", name, sizeof name - 1);
    if (n < 0)
        return -errno;
    name[n] = '\0';
    return program_find(r, name, ret);
}

void signals_hold(struct held_signals *ret)
{
    static const int held[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGPIPE};
    sigset_t set, before;
    (void)sigemptyset(&set);
    for (size_t i = 0; i < ARRAY_SIZE(held); i++)
        (void)sigaddset(&set, held[i]);
    (void)pthread_sigmask(SIG_BLOCK, &set, &before);
    memcpy(ret->before, &before, sizeof before);
}

void signals_release(const struct held_signals *held)
{
    sigset_t before;
    memcpy(&before, held->before, sizeof before);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}
