/*
 * Failures: functions return 0 or -errno; what a person needs to know is collected in a struct err
 * that the caller owns and that may be NULL.  Libraries never print.
 *
 *     struct err e = {.arena = arena};
 *     int r = root_open(arena, dir, 0, &root, &e);
 *     if (r < 0) … text_in(e.message, lang) …
 *
 * A file that people wrote is read to its end and all its problems are collected, then refused.
 */
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"

struct err {
    struct arena *arena;   /* where message lives; set by the owner */
    struct text message;   /* what was found, what was expected, what to do */
    const char *path;      /* NULL: not about a file */
    unsigned line, column; /* from 1; 0: unknown */
};

/* Fills e (if any) and returns `code` (a negative errno), so that `return err_set(…)` reads well.
 */
int err_set(struct err *e, int code, const char *en, const char *zh, ...)
    __attribute__((format(printf, 3, 5), format(printf, 4, 5)));
/* The same, followed by the sentence for the code in the same language. */
int err_errno(struct err *e, int code, const char *en, const char *zh, ...)
    __attribute__((format(printf, 3, 5), format(printf, 4, 5)));
/* Says where; returns code again. */
int err_at(struct err *e, int code, const char *path, unsigned line, unsigned column);

/* All problems of a file, in the order found. */
struct problem {
    const char *path;
    unsigned line, column;
    struct text message;
};

struct problems {
    struct problem *v;
    size_t n, cap;
    struct arena *arena;
};

void problems_add(struct problems *p, const char *path, unsigned line, unsigned column,
                  const char *en, const char *zh, ...)
    __attribute__((format(printf, 5, 7), format(printf, 6, 7)));

void problems_add_text(struct problems *p, const char *path, unsigned line, unsigned column,
                       struct text message);

/* A sentence for an errno: "permission denied" / "没有权限".  Takes positive or negative numbers.
 */
struct text errno_text(int code);
