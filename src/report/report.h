/*
 * Results into bytes. One const struct per format, listed in report/table.h; each sees only the
 * result structure. Nothing here prints: the cli writes the buffer out.
 */
#pragma once

#include "base/buf.h"
#include "model/result.h"

struct record;

struct report_options {
    enum lang lang;
    bool colour;                 /* text on a terminal that wants it */
    unsigned columns;            /* width of the terminal; 0: not a terminal, 100 */
    bool verbose;                /* passing rules too */
    const struct record *record; /* html: its section; NULL: none */
};

struct report {
    const char *name; /* --format NAME */
    struct text summary;
    /* 0 or -errno */
    int (*write)(const struct result *r, const struct report_options *o, struct buf *ret);
};

const struct report *report_find(const char *name); /* NULL: no such format */
const struct report *const *report_all(void);       /* NULL-terminated */
