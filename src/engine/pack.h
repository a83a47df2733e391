/*
 * The evidence pack: one tar with the result, its reports, the record and the files that the
 * verdicts rest on, without secrets (engine/redact.h), and a manifest with the digests of all.
 * The same input gives the same bytes.  Reading takes only what writing would give again, so that
 * no byte of a pack can change unseen (docs/integrity.md).
 *
 *     struct pack pack = {.when = result->started};
 *     pack_add(a, &pack, "result.json", bytes);
 *     pack_add_evidence(a, &pack, root, result);
 *     pack_write(a, &pack, result, key, &out, &e);
 */
#pragma once

#include "engine/statement.h"
#include "model/result.h"
#include "root/root.h"

#define PACK_TOP "dengbao-evidence/"

enum {
    PACK_FILES = 2000,        /* files of the checked system in a pack */
    PACK_NAMED = 500,         /* files that are named only; the rest is counted */
    PACK_EVIDENCE = 32 << 20, /* bytes of them */
    PACK_LIMIT = 256 << 20,   /* a pack that is read */
};

struct pack_file {
    const char *path; /* below PACK_TOP */
    struct str bytes;
    const char *origin; /* in the checked system; NULL: made by this program */
    size_t removed;     /* places where something secret stood, or might have */
};

struct pack_missing {
    const char *path;
    struct text why;
};

struct pack {
    time_t when; /* the time of all members */
    VEC(struct pack_file) files;
    VEC(struct pack_missing) missing; /* files that verdicts rest on and that are not in the pack */
    size_t unnamed;                   /* more of them */
    bool no_root;                     /* made from a saved result: nothing was collected */
};

void pack_add(struct arena *a, struct pack *p, const char *path, struct str bytes);
void pack_add_evidence(struct arena *a, struct pack *p, struct root *root, const struct result *r);
/* key NULL: the manifest's statement has digests alone. 0 or -errno with e. */
int pack_write(struct arena *a, const struct pack *p, const struct result *r,
               const struct sign_key *key, struct buf *ret, struct err *e);

/* ---- pack_read.c ---- */
bool pack_begins(struct str bytes); /* does a file that begins so mean to be one? */
/* 0: everything is as it was written, the statement is that of the manifest (its signature is not
 * yet checked); -EINVAL: e says what is not. */
int pack_check(struct arena *a, struct str bytes, struct statement *ret, struct err *e);
/* Appends a member as pack_write() does; the reader compares with it. */
void pack_put_header(struct buf *ret, const char *path, size_t size, int64_t when);
