/*
 * The last line of a result or report: SHA-256 and SM3 of all bytes before it, so that a file that
 * was changed or cut tells so by itself.  In JSON it is the last member, elsewhere a comment.  It
 * shows accidents; against intent there are signatures (engine/statement.h).
 */
#pragma once

#include "base/buf.h"
#include "engine/statement.h"

enum trailer_kind {
    TRAILER_NONE,
    TRAILER_JSON,   /*   "integrity": {"sha256": "…", "sm3": "…"} */
    TRAILER_MARKUP, /* <!-- dengbao sha256:… sm3:… --> */
    TRAILER_HASH,   /* # dengbao sha256:… sm3:… */
};

/* What `--format NAME` ends with. */
enum trailer_kind trailer_of_format(const char *name);
/* Adds it. JSON must be an object that ends in "\n}\n", as json_writer writes it. */
void trailer_add(struct arena *a, enum trailer_kind kind, struct buf *b);

enum trailer_state {
    TRAILER_ABSENT, /* the file does not end in one */
    TRAILER_FITS,
    TRAILER_DIFFERS, /* the file was changed */
};
enum trailer_state trailer_check(struct arena *a, struct str bytes);
/* By SHA-256 alone, where ten thousand files are read: SM3 costs ten times as much. */
enum trailer_state trailer_check_sha256(struct arena *a, struct str bytes);
/* A file of any size, in one reading; *ret_sums are those of the whole file. 0 or -errno with e. */
int trailer_check_file(struct arena *a, const char *path, enum trailer_state *ret,
                       struct sums *ret_sums, struct err *e);
