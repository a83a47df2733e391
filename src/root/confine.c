#include "root/confine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "root/confine_view.h"

enum { WATCH_MS = 20, SAID_LIMIT = 64 << 10, MAP_LIMIT = 16 << 10 };

/* ---- what is told to the caller ---- */

enum stage {
    STAGE_MOUNTS, /* value: errno, what: at which */
    STAGE_USERS,  /* no user namespace */
    STAGE_START,  /* the program itself */
    STAGE_ENDED,  /* value: wait status */
    STAGE_TOO_MANY,
};

struct news {
    enum stage stage;
    int value;
    char what[32];
};

static void tell(int fd, enum stage stage, int value, const char *what)
{
    struct news n = {.stage = stage, .value = value};
    (void)snprintf(n.what, sizeof n.what, "%s", what ? what : "");
    (void)!write(fd, &n, sizeof n);
}

/* ---- the program ---- */

/* What installing packages needs: owners and modes of files, changing users, chroot. Everything
 * that speaks to the kernel (mounts, network, modules, clock, tracing) goes. They count in the
 * program's own user namespace only. */
static const int kept[] = {CAP_CHOWN,   CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER,
                           CAP_FSETID,  CAP_KILL,         CAP_SETGID,          CAP_SETUID,
                           CAP_SETFCAP, CAP_SYS_CHROOT};

static int drop_rights(void)
{
    uint32_t keep[2] = {0};
    for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
        keep[kept[i] / 32] |= 1u << kept[i] % 32;
    for (int cap = 0; cap < 64; cap++)
        if (!(keep[cap / 32] & 1u << cap % 32) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0 &&
            errno != EINVAL) /* beyond the last one of this kernel */
            return -errno;
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{keep[0], keep[0], 0}, {keep[1], keep[1], 0}};
    if (syscall(SYS_capset, &head, data) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -errno;
    return 0;
}

static void close_others(void)
{
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
    enum { CLOEXEC_ALL = 4 };
    if (syscall(SYS_close_range, 3u, ~0u, CLOEXEC_ALL) < 0) /* before 5.11: all of ours have it */
        return;
}

__attribute__((noreturn)) static void become(const struct confine *c, const char *const argv[],
                                             int asked, int answer, int out, int news)
{
    char byte = 0;
    sigset_t none;
    struct rlimit no_core = {0, 0};
    (void)setsid();
    if (unshare(CLONE_NEWUSER) < 0) {
        tell(news, STAGE_USERS, errno, NULL);
        _exit(127);
    }
    if (write(asked, &byte, 1) != 1 || read(answer, &byte, 1) != 1 || byte != 'y')
        _exit(127); /* the other side has told why */
    int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    for (int i = 1; i < NSIG; i++)
        (void)signal(i, SIG_DFL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)setrlimit(RLIMIT_CORE, &no_core);
    int code = setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0 ? -errno : drop_rights();
    if (code == 0 && (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0))
        code = -errno;
    if (code == 0) {
        close_others();
        (void)execve(argv[0], (char *const *)argv, (char *const *)c->environment);
        code = -errno;
    }
    tell(news, STAGE_START, -code, NULL);
    _exit(127);
}

/* ---- the first process of the namespace, ours: it watches and reaps ---- */

/* The same ids inside as outside, so that owners on the disk are right; rights are another matter.
 */
static int write_map(pid_t pid, const char *name)
{
    char from[40], to[40], map[MAP_LIMIT], text[MAP_LIMIT];
    size_t n = 0;
    (void)snprintf(from, sizeof from, "/proc/self/%s", name);
    (void)snprintf(to, sizeof to, "/proc/%d/%s", pid, name);
    _cleanup_close_ int in = open(from, O_RDONLY | O_CLOEXEC);
    _cleanup_close_ int out = open(to, O_WRONLY | O_CLOEXEC);
    ssize_t got = in < 0 || out < 0 ? -1 : read(in, map, sizeof map - 1);
    if (got < 0)
        return -errno;
    struct str rest = {map, (size_t)got}, line, word[3];
    while (str_next_line(&rest, &line)) {
        for (size_t i = 0; i < 3; i++)
            if (!str_next_word(&line, &word[i]))
                return -EINVAL;
        int put = snprintf(text + n, sizeof text - n, "%.*s %.*s %.*s\n", STR_ARG(word[0]),
                           STR_ARG(word[0]), STR_ARG(word[2]));
        if (put < 0 || (n += (size_t)put) >= sizeof text)
            return -EINVAL;
    }
    return write(out, text, n) != (ssize_t)n ? -errno : 0;
}

/* The kernel's out-of-memory killer takes it before anything of the machine. */
static void offer_to_oom_killer(pid_t pid)
{
    char path[40];
    (void)snprintf(path, sizeof path, "/proc/%d/oom_score_adj", pid);
    _cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0)
        (void)!write(fd, "1000", 4);
}

/* After the last write of ours /proc is read-only: sysctls, sysrq, limits. */
static int map_and_seal(pid_t pid)
{
    int code = write_map(pid, "uid_map");
    if (code == 0)
        code = write_map(pid, "gid_map");
    offer_to_oom_killer(pid);
    if (code == 0 &&
        mount(NULL, "/proc", NULL,
              MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
        code = -errno;
    return code;
}

/* Processes and threads of this namespace; the links of /proc/PID/task are its threads and two. */
static unsigned tasks(DIR *proc)
{
    unsigned n = 0;
    rewinddir(proc);
    for (struct dirent *d; (d = readdir(proc));) {
        struct stat st;
        char path[280];
        if (d->d_name[0] < '0' || d->d_name[0] > '9')
            continue;
        (void)snprintf(path, sizeof path, "%s/task", d->d_name);
        n += fstatat(dirfd(proc), path, &st, 0) == 0 && st.st_nlink > 2 ? (unsigned)st.st_nlink - 2
                                                                        : 1;
    }
    return n;
}

__attribute__((noreturn)) static void watch(const struct confine *c, pid_t program, int news)
{
    DIR *proc = opendir("/proc");
    for (;;) {
        int status;
        pid_t pid;
        while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
            if (pid == program) {
                tell(news, STAGE_ENDED, status, NULL);
                _exit(0); /* the kernel ends everything else of the namespace */
            }
        if (pid < 0 && errno == ECHILD)
            _exit(1);
        if (proc && tasks(proc) > c->most_tasks) {
            tell(news, STAGE_TOO_MANY, 0, NULL);
            _exit(0);
        }
        struct timespec nap = {0, WATCH_MS * 1000000L};
        (void)nanosleep(&nap, NULL);
    }
}

__attribute__((noreturn)) static void first(const struct confine *c, const char *const argv[],
                                            int out, int news)
{
    const char *what = "";
    int asked[2] = {-1, -1}, answer[2] = {-1, -1};
    char byte;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)setpriority(PRIO_PROCESS, 0, -20); /* before whatever forks without end */
    int code = confine_enter(c, &what);
    if (code == 0 && (pipe2(asked, O_CLOEXEC) < 0 || pipe2(answer, O_CLOEXEC) < 0))
        code = -errno;
    pid_t pid = code < 0 ? -1 : fork();
    if (pid == 0) {
        (void)setpriority(PRIO_PROCESS, 0, 10);
        (void)close(asked[0]);
        (void)close(answer[1]);
        become(c, argv, asked[1], answer[0], out, news);
    }
    if (code < 0 || pid < 0) {
        tell(news, STAGE_MOUNTS, code < 0 ? -code : errno, what);
        _exit(1);
    }
    (void)close(out);
    (void)close(asked[1]);
    (void)close(answer[0]);
    if (read(asked[0], &byte, 1) != 1)
        _exit(1);
    code = map_and_seal(pid);
    if (code < 0) {
        tell(news, STAGE_USERS, -code, NULL);
        _exit(1);
    }
    (void)prctl(PR_SET_DUMPABLE, 0); /* not before: the maps would not be ours to write */
    if (write(answer[1], "y", 1) != 1)
        _exit(1);
    watch(c, pid, news);
}

/* ---- the caller ---- */

static int64_t now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Keeps the end of what was said. */
static bool drain(int fd, struct buf *said)
{
    char bytes[16384];
    ssize_t n = read(fd, bytes, sizeof bytes);
    if (n < 0 && errno == EINTR)
        return true;
    if (n <= 0)
        return false;
    buf_append(said, bytes, (size_t)n);
    if (said->len > 2 * SAID_LIMIT) {
        memmove(said->data, said->data + said->len - SAID_LIMIT, SAID_LIMIT);
        said->len = SAID_LIMIT;
    }
    return true;
}

/* Until its end or the end of its time; both pipes close when the namespace is gone. */
static bool listen_until(pid_t pid, int out, int news, unsigned timeout_ms, struct buf *said,
                         struct news *ret)
{
    int64_t deadline = now_ms() + timeout_ms;
    bool timed_out = false, said_all = false, told_all = false;
    struct news n;
    while (!said_all || !told_all) {
        struct pollfd polled[] = {{said_all ? -1 : out, POLLIN, 0},
                                  {told_all ? -1 : news, POLLIN, 0}};
        int64_t left = deadline - now_ms();
        if (left <= 0 && !timed_out) {
            timed_out = true;
            (void)kill(pid, SIGKILL);
        }
        if (poll(polled, 2, timed_out ? -1 : left > INT_MAX ? INT_MAX : (int)left) < 0)
            continue;
        if (polled[0].revents)
            said_all = !drain(out, said);
        if (polled[1].revents) {
            ssize_t got = read(news, &n, sizeof n);
            if (got == (ssize_t)sizeof n && (ret->value < 0 || ret->stage == STAGE_ENDED))
                *ret = n; /* the first one says what went wrong */
            told_all = got <= 0 && !(got < 0 && errno == EINTR);
        }
    }
    return timed_out;
}

static int judge(const struct news *n, bool timed_out, struct confined *ret, struct err *e)
{
    int code = n->value > 0 ? -n->value : -EIO;
    if (timed_out || n->stage == STAGE_TOO_MANY) {
        ret->timed_out = timed_out;
        ret->too_many = !timed_out;
        ret->status = 128 + SIGKILL;
        return 0;
    }
    if (n->value < 0)
        return err_set(e, -EIO, "the program ended without a word", "程序未给出结果即结束");
    switch (n->stage) {
    case STAGE_ENDED:
        ret->status = WIFEXITED(n->value) ? WEXITSTATUS(n->value) : 128 + WTERMSIG(n->value);
        return 0;
    case STAGE_USERS:
        return err_set(e, code,
                       "programs of an image are only run in a user namespace, and this kernel or "
                       "its settings give none: %s",
                       "镜像中的程序只在用户命名空间内运行，而当前内核或其设置不允许：%s",
                       errno_text(code).en);
    case STAGE_START:
        return err_set(e, code, "a program of the image cannot be run: %s",
                       "无法运行镜像中的程序：%s", errno_text(code).en);
    default:
        return err_set(e, code, "programs of the image cannot be confined (%s): %s",
                       "无法隔离镜像中的程序（%s）：%s", n->what, errno_text(code).en);
    }
}

static int make_places(const struct confine *c)
{
    static const char *const names[] = {"dev", "proc"};
    _cleanup_close_ int dir = open(c->work, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return -errno;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (mkdirat(dir, names[i], 0700) < 0 && errno != EEXIST)
            return -errno;
    return 0;
}

int confine_run(struct arena *a, const struct confine *c, const char *const argv[],
                struct confined *ret, struct err *e)
{
    const unsigned long flags =
        CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | (unsigned long)SIGCHLD;
    int out[2] = {-1, -1}, news[2] = {-1, -1}, status, code = make_places(c);
    struct news last = {.stage = STAGE_MOUNTS, .value = -1};
    struct confined result = {0};
    if (code == 0 && pipe2(out, O_CLOEXEC) < 0)
        code = -errno;
    if (code < 0)
        return err_set(e, code, "cannot write %s: %s", "无法写入 %s：%s", c->work,
                       errno_text(code).en);
    if (pipe2(news, O_CLOEXEC) < 0) {
        code = -errno;
        (void)close(out[0]);
        (void)close(out[1]);
        return code;
    }
    pid_t pid = (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, 0);
    if (pid == 0) {
        (void)close(out[0]);
        (void)close(news[0]);
        first(c, argv, out[1], news[1]);
    }
    code = pid < 0 ? -errno : 0;
    (void)close(out[1]);
    (void)close(news[1]);
    _cleanup_buf_ struct buf said = {0};
    if (pid > 0) {
        bool timed_out = listen_until(pid, out[0], news[0], c->timeout_ms, &said, &last);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
        code = judge(&last, timed_out, &result, e);
    } else {
        code = err_set(e, code, "programs of the image cannot be confined: %s",
                       "无法隔离镜像中的程序：%s", errno_text(code).en);
    }
    (void)close(out[0]);
    (void)close(news[0]);
    if (code < 0)
        return code;
    size_t n = said.len < SAID_LIMIT ? said.len : SAID_LIMIT;
    result.said = (struct str){arena_strndup(a, n ? said.data + said.len - n : "", n), n};
    *ret = result;
    return 0;
}
