/*
 * The rpm database of a root, whatever its format: Berkeley DB hash, sqlite or ndb. Read-only, with
 * our own readers; no rpm library, no child process.
 */
#pragma once

#include "format/rpmheader.h"
#include "root/root.h"

enum rpmdb_format { RPMDB_BDB, RPMDB_SQLITE, RPMDB_NDB };

struct rpmdb_place {
    enum rpmdb_format format;
    const char *path; /* the database file inside the root */
};

enum { RPMDB_LIMIT = 1 << 30 };

/* Where it is, by content: 0, -ENOENT there is none, -ENODATA only empty files, or the error of
 * looking. */
int rpmdb_find(struct root *r, struct rpmdb_place *ret);

/* Called once per header blob; anything but 0 stops the reading and is returned. */
typedef int (*rpmdb_each)(void *context, struct str blob);

/* 0, -EBADMSG (not a database of that format, or cut off), -ENOTSUP, or -errno of reading. */
int rpmdb_read(struct root *r, const struct rpmdb_place *place, rpmdb_each each, void *context);
