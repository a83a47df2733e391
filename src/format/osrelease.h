/*
 * os-release(5): the identity of a system, quotes and escapes resolved.
 */
#pragma once

#include "base/arena.h"
#include "base/str.h"

struct osrelease {
    const char *id;         /* lower case; "linux" when the file does not say (os-release(5)) */
    const char *version_id; /* NULL: not given */
    const char *version, *name, *pretty_name, *platform_id, *variant_id, *version_codename;
    unsigned id_line, version_line;
};

void osrelease_parse(struct arena *a, struct str bytes, struct osrelease *ret);
