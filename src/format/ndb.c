#include "format/ndb.h"

#include <errno.h>
#include <stdint.h>

enum {
    PAGE = 4096,
    SLOT = 16,
    SLOT_START = 32, /* the file's header takes two slots */
    BLOCK = 16,
    BLOB_HEAD = 16,
    BLOB_TAIL = 12,
    MAGIC = 'R' | 'p' << 8 | 'm' << 16 | 'P' << 24,
    SLOT_MAGIC = 'S' | 'l' << 8 | 'o' << 16 | 't' << 24,
    HEAD_MAGIC = 'B' | 'l' << 8 | 'b' << 16 | 'S' << 24,
    TAIL_MAGIC = 'B' | 'l' << 8 | 'b' << 16 | 'E' << 24,
};

static uint32_t le32(const char *p)
{
    const unsigned char *b = (const unsigned char *)p;
    return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

bool ndb_is_packages(struct str file)
{
    return file.n >= PAGE && le32(file.p) == MAGIC;
}

static int blob_of(struct str file, const char *slot, struct str *ret)
{
    uint32_t index = le32(slot + 4);
    size_t at = (size_t)le32(slot + 8) * BLOCK, size = (size_t)le32(slot + 12) * BLOCK;
    if (at > file.n || size > file.n - at || size < BLOB_HEAD + BLOB_TAIL)
        return -EBADMSG;
    const char *head = file.p + at, *tail = head + size - BLOB_TAIL;
    uint32_t bytes = le32(head + 12);
    if (le32(head) != HEAD_MAGIC || le32(head + 4) != index || le32(tail + 8) != TAIL_MAGIC ||
        le32(tail + 4) != bytes || bytes > size - BLOB_HEAD - BLOB_TAIL)
        return -EBADMSG;
    *ret = (struct str){head + BLOB_HEAD, bytes};
    return 0;
}

int ndb_read(struct str file, ndb_each each, void *context)
{
    if (!ndb_is_packages(file))
        return -EBADMSG;
    if (le32(file.p + 4) != 0)
        return -ENOTSUP;
    size_t pages = le32(file.p + 12), budget = file.n;
    if (pages == 0 || pages > file.n / PAGE)
        return -EBADMSG;
    for (size_t at = SLOT_START; at < pages * PAGE; at += SLOT) {
        const char *slot = file.p + at;
        struct str blob;
        if (le32(slot) != SLOT_MAGIC)
            return -EBADMSG;
        if (le32(slot + 4) == 0)
            continue;
        int r = blob_of(file, slot, &blob);
        if (r == 0 && blob.n > budget) /* blobs that overlap are no database of rpm's */
            r = -EBADMSG;
        if (r == 0)
            r = each(context, blob);
        if (r != 0)
            return r;
        budget -= blob.n;
    }
    return 0;
}
