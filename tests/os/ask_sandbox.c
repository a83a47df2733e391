/*
 * ask_sandbox ROOT DIR: enters the sandbox of a check over ROOT as code of an attacker would find
 * it, tries what it must not be able to do (in DIR, which the caller owns) and what it must, and
 * prints "NAME refused|done|ERRNO" for each; for test-sandbox.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "root/helper.h"
#include "root/sandbox.h"

static void say(const char *name, long r)
{
    if (r >= 0)
        (void)printf("%s done\n", name);
    else if (errno == EPERM || errno == EACCES || errno == ENOSYS)
        (void)printf("%s refused\n", name);
    else
        (void)printf("%s errno %d\n", name, errno);
}

static void *nothing(void *p)
{
    return p;
}

static void try_files(const char *dir)
{
    struct {
        uint64_t flags, mode, resolve;
    } how = {O_WRONLY | O_CREAT, 0600, 0};
    char old[4096], new[4096];
    (void)snprintf(old, sizeof old, "%s/there", dir);
    (void)snprintf(new, sizeof new, "%s/new", dir);
    say("open-write", open(old, O_WRONLY | O_CLOEXEC));
    say("open-read-write", open(old, O_RDWR | O_CLOEXEC));
    say("open-truncate", open(old, O_RDONLY | O_TRUNC | O_CLOEXEC));
    say("open-create", open(new, O_CREAT | O_RDONLY | O_CLOEXEC, 0600));
    say("open-tmpfile", open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
    say("openat2-create", syscall(437, AT_FDCWD, new, &how, sizeof how));
    say("rename", rename(old, new));
    say("unlink", unlink(old));
    say("link", link(old, new));
    say("symlink", symlink("x", new));
    say("mkdir", mkdir(new, 0700));
    say("mknod", mknod(new, S_IFIFO | 0600, 0));
    say("chmod", chmod(old, 0777));
    say("chown", chown(old, 1, 1));
    say("truncate", truncate(old, 0));
    say("utimens", utimensat(AT_FDCWD, old, NULL, 0));
    say("setxattr", setxattr(old, "user.x", "y", 1, 0));
    say("mount", mount("none", dir, "tmpfs", 0, NULL));
    say("chroot", chroot(dir));
}

static void try_programs(void)
{
    static char *const argv[] = {(char *)"/bin/true", NULL};
#ifndef __SANITIZE_ADDRESS__ /* the sanitizer needs them itself, see sandbox_filter.c */
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    say("fork", pid);
    say("ptrace", ptrace(PTRACE_TRACEME, 0, NULL, NULL));
    say("kill", kill(getpid(), 0));
#endif
    say("unshare", unshare(0x10000000)); /* CLONE_NEWUSER */
    say("setuid", setuid(0));
    say("tiocsti", ioctl(STDIN_FILENO, TIOCSTI, "x"));
    say("exec", execv(argv[0], argv));
}

static void try_network(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
    say("socket-inet", socket(AF_INET, SOCK_STREAM, 0));
    say("socket-inet6", socket(AF_INET6, SOCK_DGRAM, 0));
    say("socket-unix", socket(AF_UNIX, SOCK_STREAM, 0));
    say("socket-packet", socket(AF_PACKET, SOCK_RAW, 0));
    say("connect", connect(STDIN_FILENO, (struct sockaddr *)&to, sizeof to));
}

int main(int argc, char **argv)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct err e = {.arena = a};
    struct root *r;
    struct sandbox_limits limits;
    struct strings may_write = {0};
    struct helper *helper;
    struct run_result result;
    pthread_t thread;
    struct str bytes;
    if (argc != 3 || root_open(a, argv[1], 0, &r, &e) < 0)
        return 64;
    const char *file = arena_printf(a, "%s/out", argv[2]);
    strings_add(a, &may_write, file);
    if (helper_start(r, &may_write, &helper) < 0)
        return 1;
    sandbox_enter(r, &limits);
    (void)printf("limits: %s\n", sandbox_text(a, r, &limits).en);
    try_files(argv[2]);
    try_network();
    try_programs();
    /* what a check needs */
    errno = -root_read(r, "/etc/passwd", &bytes);
    say("read", errno ? -1 : 0);
    errno = pthread_create(&thread, NULL, nothing, NULL);
    say("thread", errno ? -1 : pthread_join(thread, NULL));
    say("netlink", socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 9));
    /* what the helper does, and what it does not */
    errno = -helper_write(helper, file, (struct str){"result\n", 7});
    say("helper-writes-the-result", errno ? -1 : 0);
    errno = -helper_write(helper, arena_printf(a, "%s/new", argv[2]), (struct str){"x", 1});
    say("helper-writes-another-file", errno ? -1 : 0);
    static const char *const wanted[] = {"/bin/sh", "-c", "true", NULL};
    static const char *const stop[] = {"/usr/bin/systemctl", "stop", "sshd", NULL};
    static const char *const flush[] = {"/usr/sbin/nft", "flush", "ruleset", NULL};
    errno = -helper_run(helper, r, wanted, 1000, &result);
    say("helper-runs-a-shell", errno ? -1 : 0);
    errno = -helper_run(helper, r, stop, 1000, &result);
    say("helper-stops-a-unit", errno ? -1 : 0);
    errno = -helper_run(helper, r, flush, 1000, &result);
    say("helper-flushes-rules", errno ? -1 : 0);
    helper_stop(helper);
    root_close(r);
    return 0;
}
