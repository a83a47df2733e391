#include "root/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "base/width.h"
#include "root/run.h"
#include "root/workdir.h"

enum {
    SEPARATE = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS,
    MAP_TIMEOUT_MS = 10000,
};

/* Ends of pipes: go tells the worker to begin, ready the caller that the janitor waits; the
 * janitor's read end of life says when the worker has ended. */
struct ends {
    int report[2], go[2], ready[2], life[2], gate[2];
};

static void close_end(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static void ends_done(struct ends *p)
{
    int *all[] = {p->report, p->go, p->ready, p->life, p->gate};
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        close_end(&all[i][0]);
        close_end(&all[i][1]);
    }
}

static int ends_make(struct ends *p)
{
    if (pipe2(p->report, O_CLOEXEC) < 0 || pipe2(p->go, O_CLOEXEC) < 0 ||
        pipe2(p->ready, O_CLOEXEC) < 0 || pipe2(p->life, O_CLOEXEC) < 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p->gate) < 0)
        return -errno;
    return 0;
}

static int wait_for(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return 127;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* ---- the janitor ---- */

/* In the worker's user namespace, if it has one: only there its files can be removed. */
__attribute__((noreturn)) static void sweep(const struct worker_job *job, pid_t worker, int life,
                                            int ready, bool user_namespace)
{
    char path[40], c;
    (void)setsid(); /* what is sent to the caller's group or terminal is not for it */
    (void)signal(SIGHUP, SIG_IGN);
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGINT, SIG_IGN);
    int dir = open(job->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    (void)snprintf(path, sizeof path, "/proc/%d/ns/user", worker);
    int ns = user_namespace ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (ns >= 0)
        (void)setns(ns, CLONE_NEWUSER);
    (void)!write(ready, "", 1);
    (void)close(ready);
    while (read(life, &c, 1) < 0 && errno == EINTR)
        ;
    int code = dir < 0 ? -errno : workdir_remove(dir, job->name, job->published);
    for (int i = 0; code == -EBUSY && i < 50; i++) { /* its mounts are just going away */
        (void)usleep(100000);
        code = workdir_remove(dir, job->name, job->published);
    }
    _exit(code < 0);
}

/* ---- the worker ---- */

__attribute__((noreturn)) static void work(const struct worker_job *job, const struct ends *p,
                                           bool separate)
{
    char c;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    ssize_t n;
    do
        n = read(p->go[0], &c, 1);
    while (n < 0 && errno == EINTR);
    if (n != 1) /* the caller is gone already */
        _exit(125);
    (void)umask(077);
    (void)signal(SIGPIPE, SIG_IGN);
    /* Nothing that is mounted here may reach the machine. */
    if (separate && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        _exit(124);
    workdir_clean(job->directory); /* here, because only here all of its files may be removed */
    int dir = open(job->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int lock = dir < 0 ? -errno : workdir_make(dir, job->name, job->published);
    if (lock < 0) { /* held open until the end of this process */
        worker_say(p->report[1], "error", errno_text(lock));
        _exit(1);
    }
    if (job->gate && separate) { /* in the machine's own network nothing of the image is run */
        _cleanup_close_ int listener = gate_listen(job->gate_port);
        if (listener < 0 || gate_send(p->gate[1], listener) < 0)
            *job->gate_port = 0;
    }
    _exit(job->run(job->context, p->report[1]));
}

/* ---- users ---- */

/* The first range of /etc/subuid or /etc/subgid for this user, by name or number. */
static bool find_range(struct root *r, const char *file, const char *user, const char *uid,
                       const char **ret_first, const char **ret_count)
{
    struct str bytes, line;
    if (root_read(r, file, &bytes) < 0)
        return false;
    while (str_next_line(&bytes, &line)) {
        struct str name, first;
        if (!str_next_field(&line, ':', &name) || !str_next_field(&line, ':', &first))
            continue;
        if ((user && str_is(name, user)) || str_is(name, uid)) {
            *ret_first = str_dup(root_arena(r), first);
            *ret_count = str_dup(root_arena(r), str_trim(line));
            return true;
        }
    }
    return false;
}

static const char *user_name(struct root *r, const char *uid)
{
    struct str bytes, line;
    if (root_read(r, "/etc/passwd", &bytes) < 0)
        return NULL;
    while (str_next_line(&bytes, &line)) {
        struct str name, password, id;
        if (str_next_field(&line, ':', &name) && str_next_field(&line, ':', &password) &&
            str_next_field(&line, ':', &id) && str_is(id, uid))
            return str_dup(root_arena(r), name);
    }
    return NULL;
}

static int map_one(struct root *r, const char *tool, const char *file, pid_t pid, unsigned id,
                   const char *user, const char *uid)
{
    struct arena *a = root_arena(r);
    struct run_result result;
    const char *first, *count;
    if (!find_range(r, file, user, uid, &first, &count))
        return -ENOENT;
    const char *argv[] = {
        tool, arena_printf(a, "%d", pid), "0", arena_printf(a, "%u", id), "1", "1", first, count,
        NULL};
    int code = root_run(r, argv, MAP_TIMEOUT_MS, &result);
    return code < 0 ? code : result.status ? -EPERM : 0;
}

static int write_file(const char *path, const char *text)
{
    _cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
    return fd < 0 || write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

/* Root of the namespace is the caller; others come from the caller's ranges, if there are any. */
static int map_users(struct arena *a, pid_t pid)
{
    struct root *live;
    const char *uid = arena_printf(a, "%u", getuid());
    int code = root_open(a, "/", 0, &live, NULL);
    if (code < 0)
        return code;
    const char *user = user_name(live, uid);
    code = map_one(live, "/usr/bin/newuidmap", "/etc/subuid", pid, getuid(), user, uid);
    if (code == 0)
        code = map_one(live, "/usr/bin/newgidmap", "/etc/subgid", pid, getgid(), user, uid);
    root_close(live);
    if (code == 0)
        return 0;
    (void)write_file(arena_printf(a, "/proc/%d/setgroups", pid), "deny");
    code =
        write_file(arena_printf(a, "/proc/%d/uid_map", pid), arena_printf(a, "0 %u 1\n", getuid()));
    return code < 0 ? code
                    : write_file(arena_printf(a, "/proc/%d/gid_map", pid),
                                 arena_printf(a, "0 %u 1\n", getgid()));
}

/* ---- the caller ---- */

static pid_t separate_process(unsigned long flags)
{
    return (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, 0);
}

static int start_gate(const struct worker_job *job, struct ends *p, struct worker *w)
{
    if (!job->gate)
        return 0;
    w->gate = fork();
    if (w->gate == 0) {
        int socket = TAKE_FD(p->gate[0]);
        ends_done(p);
        gate_serve(socket, job->gate);
    }
    return w->gate < 0 ? -errno : 0;
}

static int start_janitor(const struct worker_job *job, bool user_namespace, struct ends *p,
                         struct worker *w)
{
    w->janitor = fork();
    if (w->janitor == 0) {
        int life = TAKE_FD(p->life[0]), ready = TAKE_FD(p->ready[1]);
        pid_t pid = w->pid;
        ends_done(p);
        sweep(job, pid, life, ready, user_namespace);
    }
    if (w->janitor < 0)
        return -errno;
    /* Only when a signal to the caller's group or session does not reach the janitor any more
     * there is something for it to remove. */
    char c;
    ssize_t n;
    close_end(&p->ready[1]);
    do
        n = read(p->ready[0], &c, 1);
    while (n < 0 && errno == EINTR);
    return n == 1 ? 0 : -ECHILD;
}

static int start(struct arena *a, const struct worker_job *job, struct ends *p, struct worker *w)
{
    bool user_namespace = geteuid() != 0, separate = true;
    w->pid = separate_process(SEPARATE | (user_namespace ? CLONE_NEWUSER : 0));
    if (w->pid < 0 && errno == EPERM && !user_namespace) {
        /* Root in a container: trees and archives need no mounts; disk images will say so. */
        w->pid = fork();
        separate = false;
    }
    if (w->pid < 0)
        return -errno;
    if (w->pid == 0) {
        close_end(&p->go[1]);
        close_end(&p->life[0]);
        close_end(&p->report[0]);
        close_end(&p->ready[0]);
        close_end(&p->ready[1]);
        close_end(&p->gate[0]);
        work(job, p, separate);
    }
    int code = user_namespace ? map_users(a, w->pid) : 0;
    if (code == 0)
        code = start_gate(job, p, w);
    if (code == 0)
        code = start_janitor(job, user_namespace, p, w);
    if (code == 0 && write(p->go[1], "", 1) != 1)
        code = -errno;
    if (code < 0) {
        (void)kill(w->pid, SIGKILL);
        (void)wait_for(w->pid);
    }
    return code;
}

int worker_start(struct arena *a, const struct worker_job *job, struct worker *ret, struct err *e)
{
    struct worker w = {.pid = -1, .janitor = -1, .report = -1};
    _cleanup_(ends_done) struct ends p = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
    int code = ends_make(&p);
    if (code == 0)
        code = start(a, job, &p, &w);
    if (code == -EPERM || code == -EUSERS || code == -ENOSPC)
        return err_set(e, -EPERM, "this user may not make a user namespace here; run as root",
                       "当前用户不能创建用户命名空间；请以 root 运行");
    if (code < 0)
        return err_set(e, code, "cannot start a process: %s", "无法启动进程：%s",
                       errno_text(code).en);
    w.report = TAKE_FD(p.report[0]);
    *ret = w;
    return 0;
}

int worker_finish(struct worker *w)
{
    close_end(&w->report);
    int status = wait_for(w->pid);
    if (w->gate > 0) {
        (void)kill(w->gate, SIGKILL);
        (void)wait_for(w->gate);
    }
    return wait_for(w->janitor) ? (status ? status : 1) : status;
}

bool worker_has_ids(void)
{
    char text[256] = {0};
    _cleanup_close_ int fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (n <= 0)
        return true;
    /* user_namespaces(7): first id inside, first outside, how many; one line a range. */
    struct str rest = {text, (size_t)n}, line = STR(""), word = STR("");
    (void)str_next_line(&rest, &line);
    for (int i = 0; i < 3; i++)
        (void)str_next_word(&line, &word);
    return rest.n > 0 || !str_is(word, "1");
}

void worker_kill(const struct worker *w)
{
    (void)kill(w->pid, SIGKILL);
}

void worker_say(int report, const char *word, struct text t)
{
    _cleanup_buf_ struct buf b = {0};
    buf_puts(&b, word);
    buf_putc(&b, '\t');
    buf_put_safe(&b, str_of(t.en ? t.en : ""));
    buf_putc(&b, '\t');
    buf_put_safe(&b, str_of(t.zh ? t.zh : ""));
    buf_putc(&b, '\n');
    (void)io_write_all(report, (struct str){b.data, b.len});
}
