/*
 * The syntax of audit.rules(7): one auditctl(8) command line per line.  Pure: bytes <-> lines.
 *
 * As auditctl -R reads them: words are separated by single or several blanks only (a tab belongs to
 * the word), "\ " is a blank inside a word, "#" starts a comment only as the first word.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/text.h"
#include "base/vec.h"

enum auditrule_kind {
    AUDITRULE_NONE,    /* blank or comment */
    AUDITRULE_ADD,     /* -a, -A, -w */
    AUDITRULE_DELETE,  /* -d, -W */
    AUDITRULE_CONTROL, /* -D -e -f -b -r -i -c --backlog_wait_time … */
    AUDITRULE_BAD,     /* auditctl refuses it */
};

struct auditrule_field {
    const char *name, *op, *value; /* op: = != > >= < <= & &= */
};

struct auditrule {
    enum auditrule_kind kind;
    const char *list;  /* "exit", "user", "task", "exclude", "filesystem", "io_uring" */
    bool never;        /* action */
    bool prepend;      /* -A */
    const char *watch; /* -w: the path, trailing slash gone */
    const char *perm;  /* -p */
    bool has_syscalls; /* an -S was given */
    struct strings syscalls;
    struct {
        struct auditrule_field *v;
        size_t n, cap;
    } fields;        /* -F without key, in order; -C as name "a", op "=" and value "b" */
    size_t compares; /* how many of them are -C */
    struct strings keys;
    const char *option, *argument; /* CONTROL: "D", "e", "backlog_wait_time"; argument or NULL */
    struct text problem;           /* BAD: why */
    unsigned line;
    struct str raw;
};

struct auditrules {
    struct {
        struct auditrule *v;
        size_t n, cap;
    } lines;
};

void auditrules_parse(struct arena *a, struct str bytes, struct auditrules *ret);
void auditrules_print(const struct auditrules *r, struct buf *out);
