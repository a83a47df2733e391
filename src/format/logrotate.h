/*
 * The syntax of logrotate.conf(5).  Pure: bytes <-> lines, each a directive, the opening of a
 * stanza with its paths, its end, or script text.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/vec.h"

enum logrotate_kind {
    LOGROTATE_OTHER,     /* blank, comment, script text */
    LOGROTATE_DIRECTIVE, /* name value */
    LOGROTATE_OPEN,      /* "/path" … { */
    LOGROTATE_CLOSE,
};

struct logrotate_line {
    enum logrotate_kind kind;
    const char *name, *value; /* DIRECTIVE; value "" if there is none */
    struct strings paths;     /* OPEN; also those on the lines before the brace */
    unsigned line;
    struct str raw;
};

struct logrotate_doc {
    struct {
        struct logrotate_line *v;
        size_t n, cap;
    } lines;
};

void logrotate_parse(struct arena *a, struct str bytes, struct logrotate_doc *ret);
void logrotate_print(const struct logrotate_doc *d, struct buf *out);
