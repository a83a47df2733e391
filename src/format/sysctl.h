/*
 * The syntax of sysctl.d(5) files.  Pure: bytes <-> lines.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/vec.h"

struct sysctl_line {
    const char *key;     /* NULL: blank, comment, or a line that is ignored; as written, no "-" */
    const char *value;   /* NULL with a key: "-key", which takes it out of globs */
    bool ignore_failure; /* "-key = value" */
    unsigned line;
    struct str raw; /* its bytes, newline included */
};

struct sysctl_doc {
    struct {
        struct sysctl_line *v;
        size_t n, cap;
    } lines;
};

void sysctl_doc_parse(struct arena *a, struct str bytes, struct sysctl_doc *ret);
void sysctl_doc_print(const struct sysctl_doc *d, struct buf *out);
/* "net.ipv4.ip_forward", "/net/ipv4/ip_forward", "net/ipv4/conf/eth0.1/x" -> path below /proc/sys.
 * The first separator decides which of the two characters separates (sysctl.d(5)). */
const char *sysctl_path(struct arena *a, const char *key);
/* The same as people write it: "net.ipv4.ip_forward"; a dot inside a component becomes "/". */
const char *sysctl_name(struct arena *a, const char *path);
