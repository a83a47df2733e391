/*
 * The write-ahead log beside an sqlite database (sqlite.org/fileformat2.html, section 4): which
 * pages of it count. Only frames up to the last commit whose checksums hold are taken, as sqlite
 * itself does when it recovers.
 */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

struct rpmdb_wal_page {
    uint32_t number; /* from 1 */
    const char *data;
};

struct rpmdb_wal {
    uint32_t page_size;       /* 0: the log holds nothing that counts */
    uint32_t pages;           /* size of the database after the last commit */
    struct rpmdb_wal_page *v; /* sorted by number, one each */
    size_t n;
};

void rpmdb_wal_read(struct arena *a, struct str file, struct rpmdb_wal *ret);
/* The content of a page, or NULL: it stands in the database itself. */
const char *rpmdb_wal_find(const struct rpmdb_wal *w, uint32_t number);
