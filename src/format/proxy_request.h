/*
 * The head of a request to an HTTP proxy (RFC 9112, section 3.2): "GET http://HOST[:PORT]/PATH
 * HTTP/1.1" and "CONNECT HOST:PORT HTTP/1.1", with header lines up to an empty one. Strict: what is
 * not written so is refused, because whoever sends it is not trusted.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

enum { PROXY_HEAD_LIMIT = 16 << 10 };

struct proxy_request {
    struct str method;  /* "GET", "HEAD" or "CONNECT" */
    struct str host;    /* letters, digits, "-", "." of a name or IPv4; IPv6 without its brackets */
    unsigned port;      /* 80 if not said */
    struct str path;    /* from "/"; of CONNECT empty */
    struct str headers; /* lines with their ends, without the empty one */
};

/* The length of the head with its empty line; 0: not all there yet. */
size_t proxy_head_length(struct str bytes);
/* `head` as proxy_head_length measured it. 0 or -EINVAL. */
int proxy_request_read(struct str head, struct proxy_request *ret);
/* The same for the server itself, one request a connection: the path alone, Host as it was asked
 * for, "Connection: close", and no header that is meant for proxies or connections. */
void proxy_request_forward(const struct proxy_request *q, struct buf *ret);
