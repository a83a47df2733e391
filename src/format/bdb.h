/*
 * Berkeley DB hash files, read-only: enough for rpm's `Packages` (db 4.8 to 5.3, hash versions 8 to
 * 10, either byte order, values on overflow pages). The file may be hostile.
 */
#pragma once

#include <stdbool.h>

#include "base/str.h"

bool bdb_is_hash(struct str file);
/* Called with each key and value; the slices live until it returns. Anything but 0 stops. */
typedef int (*bdb_each)(void *context, struct str key, struct str value);
/* 0, what `each` returned, -EBADMSG (damaged, cut off), or -ENOTSUP (encrypted, checksummed). */
int bdb_read(struct str file, bdb_each each, void *context);
/* A 4-byte number of the file's byte order at p. */
unsigned bdb_number(struct str file, const char *p);
