/* Running a tool: nothing of the caller's environment, terminal or descriptors reaches it. */
#include "root/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "root/child.h"
#include "root/handle.h"
#include "root/helper.h"
#include "root/run_view.h"

enum { OUTPUT_LIMIT = 16 << 20, STREAMS = 3 };

struct child {
    pid_t pid;
    int fd[STREAMS]; /* our ends of its standard input, output and error; -1: closed */
    struct buf output[STREAMS];
    struct str input;
};

static void child_done(struct child *c)
{
    for (int i = 0; i < STREAMS; i++) {
        if (c->fd[i] >= 0)
            (void)close(c->fd[i]);
        buf_done(&c->output[i]);
    }
}

/* Can anybody but root change what this path names? */
static bool only_root_changes(struct root *disk, struct place *p)
{
    for (bool program = true; p; p = p->parent, program = false) {
        const struct found *f = disk_found(disk, p);
        mode_t writable = f->info.mode & (f->info.gid == 0 ? S_IWOTH : S_IWGRP | S_IWOTH);
        bool sticky = !program && (f->info.mode & S_ISVTX);
        if (f->code < 0 || f->info.uid != 0 || (writable && !sticky))
            return false;
    }
    return true;
}

int program_find(struct root *r, const char *path, const char **ret)
{
    while (r->base)
        r = r->base;
    if (!r->live)
        return -EOPNOTSUPP;
    if (path[0] != '/')
        return -EINVAL;
    const struct lookup *l = resolve(r, path, true);
    if (l->code < 0)
        return l->code;
    if (!S_ISREG(disk_found(r, l->at)->info.mode))
        return -EACCES;
    if (!only_root_changes(r, l->at))
        return -EPERM;
    for (size_t i = 0; i < l->links.n; i++) /* a link that others own could name something else */
        if (!only_root_changes(r, l->links.v[i]->parent))
            return -EPERM;
    *ret = l->at->path;
    return 0;
}

/* ---- in the child: only calls that are safe after fork(2) in any process ---- */

struct program {
    const char *path;
    const char *const *argv;
    const struct run_view *view; /* NULL: it sees what everybody sees */
    pid_t parent;
    bool outlives; /* goes on when the parent is killed */
};

__attribute__((noreturn)) static void become(const struct program *p, const int ends[STREAMS],
                                             int report)
{
    static const char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
                                              "LANG=C", "DEBIAN_FRONTEND=noninteractive", NULL};
    child_reset_signals();
    /* Nobody is left to wait for it: what recover puts back must not be met by it. A package tool
     * is left to finish, cut off it would leave more to mend. */
    if (!p->outlives) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != p->parent)
            _exit(127);
    }
    (void)setsid(); /* its own process group, and no terminal to ask a password on */
    (void)umask(022);
    int code = p->view ? -run_view_enter(p->view) : 0;
    if (code == 0 && chdir("/") < 0)
        code = errno;
    for (int i = 0; i < STREAMS && code == 0; i++)
        code = dup2(ends[i], i) == i ? 0 : errno;
    if (code == 0) {
        child_close_from(STREAMS);
        (void)execve(p->path, (char *const *)p->argv, (char *const *)environment);
        code = errno;
    }
    (void)!write(report, &code, sizeof code);
    _exit(127);
}

/* ---- in the parent ---- */

/* Descriptors 0 to 2 must not be used for our ends, or dup2 in the child would lose them. */
static int raise_fd(int *fd)
{
    if (*fd >= STREAMS)
        return 0;
    int higher = fcntl(*fd, F_DUPFD_CLOEXEC, STREAMS);
    if (higher < 0)
        return -errno;
    (void)close(*fd);
    *fd = higher;
    return 0;
}

static int make_pipe(int *ours, int *theirs, bool we_read)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    *ours = ends[!we_read];
    *theirs = ends[we_read];
    int code = raise_fd(ours);
    return code < 0 ? code : raise_fd(theirs);
}

static void close_stream(struct child *c, int i)
{
    (void)close(c->fd[i]);
    c->fd[i] = -1;
}

static int make_streams(struct child *c, int theirs[STREAMS], bool with_input)
{
    int code = 0;
    if (with_input)
        code = make_pipe(&c->fd[0], &theirs[0], false);
    else {
        theirs[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
        code = theirs[0] < 0 ? -errno : raise_fd(&theirs[0]);
    }
    if (code == -ENOENT) { /* a root that is being made has no /dev yet */
        code = make_pipe(&c->fd[0], &theirs[0], false);
        if (code == 0)
            close_stream(c, 0);
    }
    for (int i = 1; i < STREAMS && code == 0; i++)
        code = make_pipe(&c->fd[i], &theirs[i], true);
    for (int i = 0; i < STREAMS && code == 0; i++)
        if (c->fd[i] >= 0 && fcntl(c->fd[i], F_SETFL, O_NONBLOCK) < 0)
            code = -errno;
    return code;
}

static int start(struct child *c, const struct program *program, bool with_input)
{
    int theirs[STREAMS] = {-1, -1, -1}, failure = 0;
    _cleanup_close_ int told = -1, report = -1;
    int code = make_streams(c, theirs, with_input);
    if (code == 0)
        code = make_pipe(&told, &report, true);
    if (code == 0) {
        c->pid = fork();
        if (c->pid == 0)
            become(program, theirs, report);
        if (c->pid < 0)
            code = -errno;
    }
    for (int i = 0; i < STREAMS; i++)
        if (theirs[i] >= 0)
            (void)close(theirs[i]);
    if (code < 0)
        return code;
    (void)close(report);
    report = -1;
    ssize_t n;
    do
        n = read(told, &failure, sizeof failure);
    while (n < 0 && errno == EINTR);
    if (n != (ssize_t)sizeof failure)
        return 0; /* closed by exec */
    while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return -failure;
}

static int64_t now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A program that does not read all of its input is no reason to die of SIGPIPE. */
static void feed(struct child *c)
{
    sigset_t pipe_signal, before;
    struct timespec at_once = {0};
    (void)sigemptyset(&pipe_signal);
    (void)sigaddset(&pipe_signal, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    ssize_t n = write(c->fd[0], c->input.p, c->input.n);
    int code = errno;
    if (n < 0 && code == EPIPE && !sigismember(&before, SIGPIPE))
        (void)sigtimedwait(&pipe_signal, NULL, &at_once);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (n >= 0)
        c->input = str_slice(c->input, (size_t)n, c->input.n);
    else if (code != EAGAIN && code != EINTR)
        c->input.n = 0;
    if (c->input.n == 0)
        close_stream(c, 0);
}

static int drain(struct child *c, int i)
{
    char chunk[16384];
    for (;;) {
        ssize_t n = read(c->fd[i], chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return 0;
        if (n <= 0) {
            close_stream(c, i);
            return 0;
        }
        if (c->output[i].len + (size_t)n > OUTPUT_LIMIT)
            return -EFBIG;
        buf_append(&c->output[i], chunk, (size_t)n);
    }
}

/* Waits at most that long for the streams. */
static int serve(struct child *c, int wait_ms)
{
    struct pollfd polled[STREAMS];
    for (int i = 0; i < STREAMS; i++)
        polled[i] = (struct pollfd){c->fd[i], i == 0 ? POLLOUT : POLLIN, 0};
    if (poll(polled, STREAMS, wait_ms) < 0)
        return errno == EINTR ? 0 : -errno;
    int code = 0;
    if (polled[0].fd >= 0 && polled[0].revents)
        feed(c);
    for (int i = 1; i < STREAMS && code == 0; i++)
        if (polled[i].fd >= 0 && polled[i].revents)
            code = drain(c, i);
    return code;
}

/* Until the program has ended, whatever processes it left behind with our pipes open. */
static int wait_for(struct child *c, unsigned timeout_ms, int *ret_status)
{
    int64_t deadline = now_ms() + timeout_ms;
    int nap = 1, code = 0;
    for (;;) {
        pid_t ended = waitpid(c->pid, ret_status, WNOHANG);
        if (ended == c->pid) {
            for (int i = 1; i < STREAMS && code == 0; i++)
                if (c->fd[i] >= 0)
                    code = drain(c, i);
            return code;
        }
        if (ended < 0 && errno != EINTR)
            return -errno;
        int64_t left = deadline - now_ms();
        if (left <= 0)
            code = -ETIMEDOUT;
        else if (code == 0) {
            bool streams = c->fd[1] >= 0 || c->fd[2] >= 0;
            int most = streams ? 20 : nap; /* the end of the program itself wakes nobody */
            code = serve(c, left < most ? (int)left : most);
            nap = nap < 20 ? nap * 2 : 20;
        }
        if (code < 0) {
            (void)kill(-c->pid, SIGKILL);
            while (waitpid(c->pid, ret_status, 0) < 0 && errno == EINTR)
                ;
            return code;
        }
    }
}

static struct str keep(struct arena *a, const struct buf *b)
{
    return (struct str){arena_strndup(a, b->data ? b->data : "", b->len), b->len};
}

static int run(struct root *r, struct program program, const struct str *input, unsigned timeout_ms,
               struct run_result *ret)
{
    program.parent = getpid();
    int code = program_find(r, program.argv[0], &program.path), status = 0;
    if (code < 0)
        return code;
    _cleanup_(child_done) struct child c = {.pid = -1, .fd = {-1, -1, -1}};
    if (input)
        c.input = *input;
    code = start(&c, &program, input != NULL);
    if (code < 0)
        return code;
    if (input && input->n == 0)
        close_stream(&c, 0);
    code = wait_for(&c, timeout_ms, &status);
    if (code == 0 || code == -ETIMEDOUT)
        *ret = (struct run_result){.status = WIFEXITED(status) ? WEXITSTATUS(status)
                                                               : 128 + WTERMSIG(status),
                                   .timed_out = code == -ETIMEDOUT,
                                   .out = keep(r->arena, &c.output[1]),
                                   .err = keep(r->arena, &c.output[2])};
    return code;
}

int root_run(struct root *r, const char *const argv[], unsigned timeout_ms, struct run_result *ret)
{
    struct root *disk = r;
    while (disk->base)
        disk = disk->base;
    if (disk->helper)
        return helper_run(disk->helper, r, argv, timeout_ms, ret);
    return run(r, (struct program){.argv = argv}, NULL, timeout_ms, ret);
}

int root_run_to_end(struct root *r, const char *const argv[], unsigned timeout_ms,
                    struct run_result *ret)
{
    return run(r, (struct program){.argv = argv, .outlives = true}, NULL, timeout_ms, ret);
}

int root_run_input(struct root *r, const char *const argv[], struct str input, unsigned timeout_ms,
                   struct run_result *ret)
{
    return run(r, (struct program){.argv = argv}, &input, timeout_ms, ret);
}

int root_run_staged(struct root *staged, const char *const argv[], unsigned timeout_ms,
                    struct run_result *ret)
{
    struct run_view *view;
    if (!staged->live)
        return -EOPNOTSUPP;
    int code = run_view_prepare(staged, &view);
    if (code < 0)
        return code;
    return run(staged, (struct program){.argv = argv, .view = view}, NULL, timeout_ms, ret);
}
