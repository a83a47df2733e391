#include "root/helper.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "root/handle.h"
#include "root/own.h"

enum { MOST_REQUEST = 1 << 20, MOST_WORDS = 64 };

struct helper {
    struct arena *arena;
    pid_t pid;
    int fd;
};

struct request {
    enum { RUN, WRITE } what;
    unsigned timeout_ms;
    size_t first, second; /* bytes that follow: argv or the path, each word with its NUL; content */
};

struct reply {
    int code, status;
    bool timed_out;
    size_t out, err; /* bytes that follow */
};

/* Only questions: what may follow them does not make a change of them. */
static bool may_run(const struct strings *argv)
{
    static const struct {
        const char *name, *words[4];
    } questions[] = {
        {"systemctl", {"show", "--no-pager"}},
        {"nft", {"-s", "list", "ruleset"}},
        {"dnf", {"-q", "-C", "updateinfo", "list"}},
        {"yum", {"-q", "-C", "updateinfo", "list"}},
    };
    if (!argv->n || argv->v[0][0] != '/')
        return false;
    const char *name = strrchr(argv->v[0], '/') + 1;
    if (cstr_starts(name, "ip") && cstr_ends(name, "tables-save") + cstr_ends(name, "-save"))
        return argv->n == 1;
    for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
        if (!cstr_eq(name, questions[i].name))
            continue;
        for (size_t k = 0; k < ARRAY_SIZE(questions[i].words) && questions[i].words[k]; k++)
            if (k + 1 >= argv->n || !cstr_eq(argv->v[k + 1], questions[i].words[k]))
                return false;
        return true;
    }
    return false;
}

static int send_all(int fd, const void *bytes, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t sent = send(fd, (const char *)bytes + done, n - done, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return sent < 0 ? -errno : -EPIPE;
        done += (size_t)sent;
    }
    return 0;
}

static int receive_all(int fd, void *bytes, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t got = read(fd, (char *)bytes + done, n - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? -errno : -EPIPE;
        done += (size_t)got;
    }
    return 0;
}

/* ---- the helper ---- */

static void serve_run(struct helper *h, struct root *r, const struct request *q, char *bytes)
{
    struct strings argv = {0};
    struct run_result result = {.status = 0};
    for (size_t at = 0; at < q->first; at += strlen(bytes + at) + 1)
        strings_add(h->arena, &argv, bytes + at);
    struct reply reply = {.code = -EPERM};
    if (argv.n <= MOST_WORDS && may_run(&argv)) {
        strings_add(h->arena, &argv, NULL);
        reply.code = root_run(r, argv.v, q->timeout_ms, &result);
    }
    reply.status = result.status;
    reply.timed_out = result.timed_out;
    reply.out = result.out.n;
    reply.err = result.err.n;
    if (send_all(h->fd, &reply, sizeof reply) == 0 && send_all(h->fd, result.out.p, reply.out) == 0)
        (void)send_all(h->fd, result.err.p, reply.err);
}

static void serve_write(struct helper *h, const struct strings *may, const struct request *q,
                        char *bytes)
{
    struct reply reply = {.code = -EPERM};
    if (strings_find(may, bytes) >= 0)
        reply.code = own_write(bytes, (struct str){bytes + q->first, q->second});
    (void)send_all(h->fd, &reply, sizeof reply);
}

static void serve(struct helper *h, struct root *r, const struct strings *may_write)
{
    struct request q;
    while (receive_all(h->fd, &q, sizeof q) == 0) {
        if (q.first == 0 || q.first > MOST_REQUEST)
            return;
        _cleanup_buf_ struct buf b = {0};
        buf_reserve(&b, q.first + q.second);
        if (receive_all(h->fd, b.data, q.first + q.second) < 0 || b.data[q.first - 1] != '\0')
            return;
        if (q.what == RUN)
            serve_run(h, r, &q, b.data);
        else
            serve_write(h, may_write, &q, b.data);
    }
}

/* ---- the check ---- */

int helper_start(struct root *r, const struct strings *may_write, struct helper **ret)
{
    int ends[2];
    struct helper *h = arena_make(r->arena, struct helper);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return -errno;
    pid_t parent = getpid();
    *h = (struct helper){r->arena, fork(), ends[0]};
    if (h->pid < 0) {
        int code = -errno;
        (void)close(ends[0]);
        (void)close(ends[1]);
        return code;
    }
    if (h->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        h->fd = ends[1];
        (void)close(ends[0]);
        if (getppid() == parent)
            serve(h, r, may_write);
        _exit(0);
    }
    (void)close(ends[1]);
    helper_share(h, r);
    *ret = h;
    return 0;
}

void helper_share(struct helper *h, struct root *r)
{
    if (h && r->live)
        r->helper = h;
}

int helper_run(struct helper *h, struct root *r, const char *const argv[], unsigned timeout_ms,
               struct run_result *ret)
{
    _cleanup_buf_ struct buf words = {0};
    for (size_t i = 0; argv[i]; i++)
        buf_append(&words, argv[i], strlen(argv[i]) + 1);
    struct request q = {RUN, timeout_ms, words.len, 0};
    struct reply reply;
    int code = words.len > MOST_REQUEST ? -E2BIG : send_all(h->fd, &q, sizeof q);
    code = code ? code : send_all(h->fd, words.data, words.len);
    code = code ? code : receive_all(h->fd, &reply, sizeof reply);
    if (code)
        return code;
    char *out = arena_alloc(r->arena, reply.out + 1), *err = arena_alloc(r->arena, reply.err + 1);
    code = receive_all(h->fd, out, reply.out);
    code = code ? code : receive_all(h->fd, err, reply.err);
    if (code == 0 && (reply.code == 0 || reply.code == -ETIMEDOUT))
        *ret =
            (struct run_result){reply.status, reply.timed_out, {out, reply.out}, {err, reply.err}};
    return code ? code : reply.code;
}

int helper_write(struct helper *h, const char *path, struct str bytes)
{
    struct request q = {WRITE, 0, strlen(path) + 1, bytes.n};
    struct reply reply;
    int code = send_all(h->fd, &q, sizeof q);
    code = code ? code : send_all(h->fd, path, q.first);
    code = code ? code : send_all(h->fd, bytes.p, bytes.n);
    code = code ? code : receive_all(h->fd, &reply, sizeof reply);
    return code ? code : reply.code;
}

void helper_stop(struct helper *h)
{
    if (!h)
        return;
    (void)close(h->fd);
    while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
        ;
}
