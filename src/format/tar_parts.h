/* The header block of ustar (POSIX.1-1988, pax(1)), shared by reader and writer. */
#pragma once

#include "format/tar.h"

struct tar_block {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100];
    char magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], rest[12];
};
_Static_assert(sizeof(struct tar_block) == TAR_BLOCK, "a header is one block");

static inline uint64_t tar_sum(const struct tar_block *b)
{
    uint64_t sum = 8 * ' ';
    const unsigned char *bytes = (const unsigned char *)b;
    for (size_t i = 0; i < sizeof *b; i++)
        if (i < offsetof(struct tar_block, checksum) || i >= offsetof(struct tar_block, type))
            sum += bytes[i];
    return sum;
}

/* What a pax header says of the member after it. Returns the fields set (enum below), or -EINVAL.
 */
enum {
    PAX_PATH = 1,
    PAX_LINK = 2,
    PAX_SIZE = 4,
    PAX_UID = 8,
    PAX_GID = 16,
    PAX_MTIME = 32,
};
int tar_read_pax(struct arena *a, struct str records, struct tar_member *m, unsigned *fields,
                 struct err *e);
