/*
 * rpm's own "ndb" format, `Packages.db`: a table of slots, each naming a run of 16-byte blocks that
 * holds one header (lib/backend/ndb/rpmpkg.c). Read-only; the file may be hostile.
 */
#pragma once

#include <stdbool.h>

#include "base/str.h"

bool ndb_is_packages(struct str file);
/* Called with each header blob; anything but 0 stops. */
typedef int (*ndb_each)(void *context, struct str blob);
/* 0, what `each` returned, -EBADMSG (damaged, cut off) or -ENOTSUP (another version). */
int ndb_read(struct str file, ndb_each each, void *context);
