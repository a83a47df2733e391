#include "root/gate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "format/proxy_request.h"
#include "root/run.h"

enum {
    MOST_AT_ONCE = 16,
    HEAD_MS = 30 * 1000,
    CONNECT_MS = 20 * 1000,
    IDLE_MS = 120 * 1000,
    RESOLVE_MS = 20 * 1000,
    NOBODY = 65534,
};

int gate_allow(struct arena *a, struct gate *g, const char *url)
{
    struct str s = str_of(url), host;
    unsigned port = cstr_starts(url, "https://") ? 443 : 80;
    int64_t number;
    if (!cstr_starts(url, "https://") && !cstr_starts(url, "http://"))
        return -EINVAL;
    s = str_slice(s, port == 443 ? 8 : 7, s.n);
    if (!str_next_field(&s, '/', &host) || !host.n || host.p[0] == '[')
        return -EINVAL;
    int colon = str_index(host, ':');
    if (colon >= 0) {
        struct str digits = str_slice(host, (size_t)colon + 1, host.n);
        if (str_to_int64(digits, 10, &number) < 0 || number < 1 || number > 65535)
            return -EINVAL;
        port = (unsigned)number;
        host = str_slice(host, 0, (size_t)colon);
    }
    struct gate_host h = {str_dup(a, host), port};
    vec_push(a, &g->hosts, h);
    return 0;
}

/* ---- in the worker ---- */

int gate_listen(unsigned *ret_port)
{
    struct ifreq lo = {.ifr_name = "lo"};
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof at;
    _cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &lo) < 0)
        return -errno;
    lo.ifr_flags = (short)(lo.ifr_flags | IFF_UP);
    if (ioctl(fd, SIOCSIFFLAGS, &lo) < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0 ||
        listen(fd, MOST_AT_ONCE) < 0 || getsockname(fd, (struct sockaddr *)&at, &n) < 0)
        return -errno;
    *ret_port = ntohs(at.sin_port);
    return TAKE_FD(fd);
}

union control {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(sizeof(int))];
};

int gate_send(int socket, int listener)
{
    char byte = 0;
    union control control = {0};
    struct iovec io = {&byte, 1};
    struct msghdr m = {
        .msg_iov = &io, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &listener, sizeof listener);
    return sendmsg(socket, &m, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int receive(int socket)
{
    char byte;
    int fd = -1;
    union control control = {0};
    struct iovec io = {&byte, 1};
    struct msghdr m = {
        .msg_iov = &io, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t n;
    do
        n = recvmsg(socket, &m, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
    if (c && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)))
        memcpy(&fd, CMSG_DATA(c), sizeof fd);
    return fd;
}

/* ---- where it may lead ---- */

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    };
    socklen_t n;
};

static int address_of(const char *text, unsigned port, struct address *ret)
{
    struct address r = {0};
    if (inet_pton(AF_INET, text, &r.v4.sin_addr) == 1) {
        r.v4.sin_family = AF_INET;
        r.v4.sin_port = htons((uint16_t)port);
        r.n = sizeof r.v4;
    } else if (inet_pton(AF_INET6, text, &r.v6.sin6_addr) == 1) {
        r.v6.sin6_family = AF_INET6;
        r.v6.sin6_port = htons((uint16_t)port);
        r.n = sizeof r.v6;
    } else {
        return -EINVAL;
    }
    *ret = r;
    return 0;
}

/* IANA's registries of special-purpose addresses: what is not global cannot be a mirror unless it
 * was named. */
static bool is_public(const struct address *a)
{
    static const struct {
        uint32_t net, mask;
    } special[] = {{0x00000000, 0xff000000}, {0x0a000000, 0xff000000}, {0x64400000, 0xffc00000},
                   {0x7f000000, 0xff000000}, {0xa9fe0000, 0xffff0000}, {0xac100000, 0xfff00000},
                   {0xc0000000, 0xffffff00}, {0xc0a80000, 0xffff0000}, {0xc6120000, 0xfffe0000},
                   {0xe0000000, 0xe0000000}};
    if (a->any.sa_family == AF_INET6) {
        const unsigned char *p = a->v6.sin6_addr.s6_addr;
        return (p[0] & 0xe0) == 0x20 && !(p[0] == 0x20 && p[1] == 0x02); /* 6to4 holds an IPv4 */
    }
    uint32_t v4 = ntohl(a->v4.sin_addr.s_addr);
    for (size_t i = 0; i < ARRAY_SIZE(special); i++)
        if ((v4 & special[i].mask) == special[i].net)
            return false;
    return true;
}

static bool is_own(const struct address *a)
{
    struct ifaddrs *all;
    bool own = false;
    if (getifaddrs(&all) < 0)
        return true;
    for (struct ifaddrs *i = all; i && !own; i = i->ifa_next) {
        if (!i->ifa_addr || i->ifa_addr->sa_family != a->any.sa_family)
            continue;
        own = a->any.sa_family == AF_INET
                  ? memcmp(&((struct sockaddr_in *)(void *)i->ifa_addr)->sin_addr, &a->v4.sin_addr,
                           sizeof a->v4.sin_addr) == 0
                  : memcmp(&((struct sockaddr_in6 *)(void *)i->ifa_addr)->sin6_addr,
                           &a->v6.sin6_addr, sizeof a->v6.sin6_addr) == 0;
    }
    freeifaddrs(all);
    return own;
}

static bool is_named(const struct gate *g, const char *host, unsigned port)
{
    vec_each (h, &g->hosts)
        if (h->port == port && strcasecmp(h->name, host) == 0)
            return true;
    return false;
}

/* getent(1), because a static program has no name service of its own. */
static int resolve(struct arena *a, const char *host, struct strings *ret)
{
    struct root *live;
    struct run_result result;
    struct str line, word;
    const char *argv[] = {"/usr/bin/getent", "ahosts", host, NULL};
    int code = root_open(a, "/", 0, &live, NULL);
    if (code < 0)
        return code;
    code = root_run(live, argv, RESOLVE_MS, &result);
    root_close(live);
    if (code < 0)
        return code;
    while (str_next_line(&result.out, &line))
        if (str_next_word(&line, &word) && strings_find(ret, str_dup(a, word)) < 0)
            strings_add(a, ret, str_dup(a, word));
    return ret->n ? 0 : -EHOSTUNREACH;
}

/* ---- one connection ---- */

static bool ready(int fd, short events, int timeout_ms)
{
    struct pollfd p = {fd, events, 0};
    int n;
    do
        n = poll(&p, 1, timeout_ms);
    while (n < 0 && errno == EINTR);
    return n == 1;
}

static int connect_to(const struct address *to)
{
    int error = 0;
    socklen_t n = sizeof error;
    _cleanup_close_ int fd =
        socket(to->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, &to->any, to->n) < 0 && errno != EINPROGRESS)
        return -errno;
    if (!ready(fd, POLLOUT, CONNECT_MS))
        return -ETIMEDOUT;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0 || error)
        return error ? -error : -errno;
    (void)fcntl(fd, F_SETFL, 0);
    return TAKE_FD(fd);
}

/* -EACCES: it may not be reached. */
static int reach(const struct gate *g, const char *host, unsigned port)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct strings addresses = {0};
    bool named = is_named(g, host, port);
    if (!named && (g->hosts.n || (port != 80 && port != 443)))
        return -EACCES;
    int code = resolve(a, host, &addresses);
    for (size_t i = 0; i < addresses.n && code <= 0; i++) {
        struct address to;
        if (address_of(addresses.v[i], port, &to) < 0)
            continue;
        if (!named && (!is_public(&to) || is_own(&to))) {
            code = -EACCES;
            continue;
        }
        int fd = connect_to(&to);
        if (fd >= 0)
            return fd;
        code = fd;
    }
    return code < 0 ? code : -EHOSTUNREACH;
}

static bool send_all(int fd, const char *bytes, size_t n)
{
    while (n) {
        if (!ready(fd, POLLOUT, IDLE_MS))
            return false;
        ssize_t put = send(fd, bytes, n, MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        bytes += put;
        n -= (size_t)put;
    }
    return true;
}

static void relay(int client, int server, bool both)
{
    char bytes[32 << 10];
    for (;;) {
        struct pollfd p[] = {{server, POLLIN, 0}, {both ? client : -1, POLLIN, 0}};
        int n = poll(p, 2, IDLE_MS);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        for (int i = 0; i < 2; i++) {
            if (!p[i].revents)
                continue;
            ssize_t got = recv(p[i].fd, bytes, sizeof bytes, 0);
            if (got < 0 && errno == EINTR)
                continue;
            if (got <= 0 || !send_all(i == 0 ? client : server, bytes, (size_t)got))
                return;
        }
    }
}

static int read_head(int client, struct buf *head, size_t *ret)
{
    char bytes[4096];
    while (!(*ret = proxy_head_length((struct str){head->data, head->len}))) {
        if (head->len > PROXY_HEAD_LIMIT || !ready(client, POLLIN, HEAD_MS))
            return -EINVAL;
        ssize_t n = recv(client, bytes, sizeof bytes, 0);
        if (n <= 0)
            return -EINVAL;
        buf_append(head, bytes, (size_t)n);
    }
    return 0;
}

static void refuse(int client, const char *why)
{
    _cleanup_buf_ struct buf b = {0};
    buf_printf(&b, "HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", why);
    (void)send_all(client, b.data, b.len);
}

static void serve(int client, const struct gate *g)
{
    struct proxy_request q;
    _cleanup_buf_ struct buf head = {0}, request = {0};
    size_t n;
    if (read_head(client, &head, &n) < 0)
        return;
    if (proxy_request_read((struct str){head.data, n}, &q) < 0) {
        refuse(client, "400 Bad Request");
        return;
    }
    char host[256];
    (void)snprintf(host, sizeof host, "%.*s", STR_ARG(q.host));
    _cleanup_close_ int server = reach(g, host, q.port);
    if (server < 0) {
        refuse(client, server == -EACCES ? "403 Not a mirror" : "502 Bad Gateway");
        return;
    }
    bool tunnel = str_is(q.method, "CONNECT");
    if (tunnel) {
        static const char ok[] = "HTTP/1.1 200 OK\r\n\r\n";
        if (!send_all(client, ok, sizeof ok - 1))
            return;
        buf_append(&request, head.data + n, head.len - n);
    } else {
        proxy_request_forward(&q, &request);
    }
    if (!request.len || send_all(server, request.data, request.len))
        relay(client, server, tunnel);
}

/* ---- the process ---- */

static void give_up_root(void)
{
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (geteuid() != 0)
        return;
    if (syscall(SYS_setgroups, 0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
        setresuid(NOBODY, NOBODY, NOBODY) < 0)
        _exit(1);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* the change of user has cleared it */
}

void gate_serve(int socket, const struct gate *g)
{
    unsigned active = 0;
    (void)setsid();
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    int listener = receive(socket);
    if (listener < 0)
        _exit(0);
    give_up_root();
    for (;;) {
        struct pollfd p[] = {{socket, POLLIN, 0},
                             {active < MOST_AT_ONCE ? listener : -1, POLLIN, 0}};
        int n = poll(p, 2, active ? 100 : -1);
        while (active && waitpid(-1, NULL, WNOHANG) > 0)
            active--;
        if (n > 0 && p[0].revents) /* the worker has ended */
            _exit(0);
        if (n <= 0 || !p[1].revents)
            continue;
        int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (client < 0)
            continue;
        pid_t pid = fork();
        if (pid == 0) {
            (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
            serve(client, g);
            _exit(0);
        }
        active += pid > 0;
        (void)close(client);
    }
}
