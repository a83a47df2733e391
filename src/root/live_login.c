#include "root/live_session.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "root/handle.h"
#include "root/live_proc.h"

enum { PARENTS_MAX = 64, AUDIT_UNSET = 0xffffffff };

/* What is asked of one process. */
struct seen {
    int64_t pid, parent, started_ms, uid, audit;
    char comm[20];
    bool titled; /* by sshd for a connection: "sshd: alice [priv]", not the listener */
};

static int64_t number_in(int dirfd, const char *name)
{
    _cleanup_buf_ struct buf b = {0};
    int64_t n;
    if (proc_read(dirfd, name, 32, &b) < 0 || !b.len ||
        str_to_int64(str_trim((struct str){b.data, b.len}), 10, &n) < 0)
        return -1;
    return n;
}

static int64_t real_uid(int dirfd)
{
    _cleanup_buf_ struct buf b = {0};
    struct str rest, line, word;
    int64_t uid = -1;
    if (proc_read(dirfd, "status", 8192, &b) < 0 || !b.len)
        return -1;
    rest = (struct str){b.data, b.len};
    while (str_next_line(&rest, &line)) {
        if (!str_starts(line, "Uid:"))
            continue;
        line = str_slice(line, strlen("Uid:"), line.n);
        return str_next_word(&line, &word) && str_to_int64(word, 10, &uid) == 0 ? uid : -1;
    }
    return -1;
}

/* The daemon that listens calls itself "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups",
 * an older one has its command line. */
static bool serves_a_connection(int dirfd)
{
    _cleanup_buf_ struct buf b = {0};
    if (proc_read(dirfd, "cmdline", 4096, &b) < 0 || !b.len)
        return false;
    struct str title = {b.data, b.len};
    return (str_starts(title, "sshd: ") || str_starts(title, "sshd-session: ")) &&
           !memmem(title.p, title.n, "[listener]", strlen("[listener]"));
}

static int see(int dirfd, int64_t pid, struct seen *ret)
{
    _cleanup_buf_ struct buf b = {0};
    struct process_stat stat;
    int code = proc_stat(dirfd, &stat);
    if (code == 0)
        code = proc_read(dirfd, "comm", sizeof ret->comm - 1, &b);
    if (code < 0)
        return code;
    long ticks = sysconf(_SC_CLK_TCK);
    *ret = (struct seen){.pid = pid,
                         .parent = stat.parent,
                         .started_ms = stat.start * 1000 / (ticks > 0 ? ticks : 100),
                         .uid = real_uid(dirfd),
                         .audit = number_in(dirfd, "sessionid"),
                         .titled = serves_a_connection(dirfd)};
    struct str comm = str_trim((struct str){b.data ? b.data : "", b.len});
    memcpy(ret->comm, comm.p, comm.n);
    return 0;
}

static int see_pid(const struct root *r, int64_t pid, struct seen *ret)
{
    char name[40];
    (void)snprintf(name, sizeof name, "/proc/%lld", (long long)pid);
    _cleanup_close_ int fd = disk_open(r, name, O_PATH | O_DIRECTORY);
    return fd < 0 ? fd : see(fd, pid, ret);
}

/* Programs that ask for a password and then start what the person works with: their own process may
 * have waited for somebody since the boot (agetty becomes login), so the child counts. */
static bool waits_for_people(const struct seen *s)
{
    static const char *const names[] = {"login",   "sulogin",     "gdm-session-wor",
                                        "lightdm", "sddm-helper", "cockpit-session"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (cstr_eq(s->comm, names[i]))
            return true;
    return false;
}

static void take(struct arena *a, struct login *ret, const struct seen *s, const char *service,
                 int64_t uid)
{
    ret->pid = s->pid;
    ret->started_ms = s->started_ms;
    ret->uid = uid;
    ret->service = arena_strdup(a, service);
}

/* The farthest process of a login service on the way to process 1. */
static void by_parents(const struct root *r, struct login *ret)
{
    struct seen s, child = {0};
    int64_t pid = getpid();
    for (int i = 0; pid > 1 && i < PARENTS_MAX && see_pid(r, pid, &s) == 0; i++) {
        if (s.titled)
            take(r->arena, ret, &s, "sshd", child.titled ? ret->uid : child.uid);
        else if (waits_for_people(&s) && child.pid)
            take(r->arena, ret, &child, s.comm, child.uid);
        child = s;
        pid = s.parent;
    }
}

struct oldest {
    struct arena *arena;
    struct login *login;
    int64_t audit;
};

static void look_at(void *context, int64_t pid, int dirfd)
{
    struct oldest *o = context;
    struct seen s;
    if (number_in(dirfd, "sessionid") != o->audit || see(dirfd, pid, &s) < 0 ||
        waits_for_people(&s) || (o->login->pid && s.started_ms >= o->login->started_ms))
        return;
    take(o->arena, o->login, &s, s.comm, number_in(dirfd, "loginuid"));
}

/* Of a session whose processes have process 1 as parent by now (tmux): what began it. */
static void by_audit_session(struct root *r, struct login *ret)
{
    struct oldest o = {r->arena, ret, ret->audit_session};
    (void)proc_walk(r, look_at, &o);
}

/* Inside a container started from a login, everything inherits that login's audit session. */
static int64_t own_audit_session(const struct root *r)
{
    struct seen self, first;
    if (see_pid(r, getpid(), &self) < 0 || self.audit < 0 || self.audit == AUDIT_UNSET)
        return -1;
    return see_pid(r, 1, &first) == 0 && first.audit == self.audit ? -1 : self.audit;
}

static bool is_loopback(const char *address)
{
    return cstr_starts(address, "127.") || cstr_eq(address, "::1");
}

int live_login(struct root *r, struct login *ret)
{
    struct ssh_connection c;
    if (!root_is_live(r))
        return -EOPNOTSUPP;
    while (r->base)
        r = r->base;
    struct login login = {.started_ms = -1, .uid = -1, .audit_session = own_audit_session(r)};
    by_parents(r, &login);
    if (!login.pid && login.audit_session >= 0)
        by_audit_session(r, &login);
    if (live_ssh_connection(r, &c) == 0) {
        login.client = c.client;
        login.local = is_loopback(c.client) || cstr_eq(c.client, c.server);
    }
    *ret = login;
    return 0;
}
