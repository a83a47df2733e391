/*
 * The table Packages of an sqlite database that is in memory: a read-only file system of one file
 * for sqlite, so that nothing is copied, locked or written and a log beside it is honoured.
 */
#pragma once

#include "effective/rpmdb.h"

/* `log` is the -wal file, empty when there is none. Errors as rpmdb_read(). */
int rpmdb_sqlite_read(struct arena *a, struct str file, struct str log, rpmdb_each each,
                      void *context);
