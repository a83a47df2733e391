/*
 * The header of one installed package, as the rpm database stores it: two big-endian counts, index
 * entries of tag, type, offset and count, then the data (rpm docs/manual/format_header.md).
 */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

struct rpm_package {
    const char *name, *version, *release;
    const char *arch, *vendor; /* NULL: not recorded */
    bool has_epoch;
    uint32_t epoch;
    int64_t installed_at; /* seconds since 1970; 0: not recorded */
};

/* 0, or -EBADMSG: cut off, counts or offsets outside the blob, or no name or version. */
int rpmheader_parse(struct arena *a, struct str blob, struct rpm_package *ret);

/* Called once per file of the package, "/usr/bin/" and "su"; directory empty: base is the path. */
typedef void (*rpmheader_file)(void *context, struct str directory, struct str base);

/* What `rpm -ql` lists: BASENAMES, DIRNAMES and DIRINDEXES, or the one list of rpm 3. 0, or
 * -EBADMSG: cut off, or lists that do not fit each other. */
int rpmheader_files(struct str blob, rpmheader_file each, void *context);
