#include "format/proxy_request.h"

#include <errno.h>

#include "base/cleanup.h"

size_t proxy_head_length(struct str bytes)
{
    for (size_t i = 0; i + 1 < bytes.n; i++) {
        if (bytes.p[i] != '\n')
            continue;
        if (bytes.p[i + 1] == '\n')
            return i + 2;
        if (bytes.p[i + 1] == '\r' && i + 2 < bytes.n && bytes.p[i + 2] == '\n')
            return i + 3;
    }
    return 0;
}

static bool is_host(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
            c != '-' && c != '.')
            return false;
    }
    return s.n > 0 && s.n < 254 && s.p[0] != '-';
}

static bool is_ipv6(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!memchr("0123456789abcdefABCDEF:.", s.p[i], 24))
            return false;
    return s.n >= 2 && s.n < 46;
}

/* "host", "host:8080", "[2001:db8::1]:443" */
static int read_authority(struct str s, unsigned standard, struct proxy_request *q)
{
    int64_t port = standard;
    struct str rest;
    if (s.n && s.p[0] == '[') {
        int end = str_index(s, ']');
        if (end < 0)
            return -EINVAL;
        q->host = str_slice(s, 1, (size_t)end);
        rest = str_slice(s, (size_t)end + 1, s.n);
        if (!is_ipv6(q->host))
            return -EINVAL;
    } else {
        int colon = str_index(s, ':');
        size_t n = colon < 0 ? s.n : (size_t)colon;
        q->host = str_slice(s, 0, n);
        rest = str_slice(s, n, s.n);
        if (!is_host(q->host))
            return -EINVAL;
    }
    if (rest.n && (rest.p[0] != ':' || str_to_int64(str_slice(rest, 1, rest.n), 10, &port) < 0))
        return -EINVAL;
    if (port < 1 || port > 65535)
        return -EINVAL;
    q->port = (unsigned)port;
    return 0;
}

static bool is_visible(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] == 0x7f)
            return false;
    return true;
}

static int read_target(struct str target, struct proxy_request *q)
{
    if (!is_visible(target))
        return -EINVAL;
    if (str_is(q->method, "CONNECT"))
        return read_authority(target, 0, q);
    if (!str_starts(target, "http://"))
        return -EINVAL;
    target = str_slice(target, 7, target.n);
    int slash = str_index(target, '/');
    size_t n = slash < 0 ? target.n : (size_t)slash;
    q->path = slash < 0 ? STR("/") : str_slice(target, n, target.n);
    return read_authority(str_slice(target, 0, n), 80, q);
}

int proxy_request_read(struct str head, struct proxy_request *ret)
{
    static const char *const methods[] = {"GET", "HEAD", "CONNECT"};
    struct proxy_request q = {0};
    struct str line, target;
    if (!head.n || head.n > PROXY_HEAD_LIMIT || memchr(head.p, 0, head.n) ||
        !str_next_line(&head, &line))
        return -EINVAL;
    line = str_trim(line);
    int blank = str_index(line, ' ');
    if (blank < 0)
        return -EINVAL;
    struct str method = str_slice(line, 0, (size_t)blank);
    line = str_slice(line, (size_t)blank + 1, line.n);
    for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
        if (str_is(method, methods[i]))
            q.method = method;
    blank = str_index(line, ' ');
    if (!q.method.n || blank < 0)
        return -EINVAL;
    target = str_slice(line, 0, (size_t)blank);
    line = str_slice(line, (size_t)blank + 1, line.n);
    if (!str_is(line, "HTTP/1.1") && !str_is(line, "HTTP/1.0"))
        return -EINVAL;
    int code = read_target(target, &q);
    if (code < 0)
        return code;
    q.headers = head;
    *ret = q;
    return 0;
}

static bool is_kept(struct str line)
{
    static const char *const names[] = {
        "host",    "connection", "keep-alive",        "proxy-",        "te",
        "trailer", "upgrade",    "transfer-encoding", "content-length"};
    int colon = str_index(line, ':');
    if (colon <= 0)
        return false;
    for (size_t i = 0; i < line.n; i++) /* a bare CR could begin a second header */
        if ((unsigned char)line.p[i] < ' ' && line.p[i] != '\t')
            return false;
    struct str name = str_slice(line, 0, (size_t)colon);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        size_t n = strlen(names[i]);
        bool prefix = names[i][n - 1] == '-';
        if ((prefix ? name.n >= n : name.n == n) && strncasecmp(name.p, names[i], n) == 0)
            return false;
    }
    return true;
}

void proxy_request_forward(const struct proxy_request *q, struct buf *ret)
{
    struct str rest = q->headers, line;
    bool ipv6 = str_index(q->host, ':') >= 0;
    buf_printf(ret, "%.*s %.*s HTTP/1.1\r\nHost: %s%.*s%s", STR_ARG(q->method), STR_ARG(q->path),
               ipv6 ? "[" : "", STR_ARG(q->host), ipv6 ? "]" : "");
    if (q->port != 80)
        buf_printf(ret, ":%u", q->port);
    buf_puts(ret, "\r\nConnection: close\r\n");
    while (str_next_line(&rest, &line)) {
        line = str_trim(line);
        if (is_kept(line))
            buf_printf(ret, "%.*s\r\n", STR_ARG(line));
    }
    buf_puts(ret, "\r\n");
}
