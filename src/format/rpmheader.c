#include "format/rpmheader.h"

#include <errno.h>
#include <stdbool.h>

enum {
    TAG_NAME = 1000,
    TAG_VERSION = 1001,
    TAG_RELEASE = 1002,
    TAG_EPOCH = 1003,
    TAG_INSTALLTIME = 1008,
    TAG_VENDOR = 1011,
    TAG_ARCH = 1022,
    TYPE_INT32 = 4,
    TYPE_STRING = 6,
    TYPE_STRING_ARRAY = 8,
    TYPE_I18NSTRING = 9,
    ENTRY = 16,
    MAX_ENTRIES = 0xffff,         /* hdrchkTags() of rpm's header.c */
    MAX_DATA = 256 * 1024 * 1024, /* hdrchkData() */
};

struct header {
    struct str index, data;
};

static uint32_t be32(const char *p)
{
    const unsigned char *b = (const unsigned char *)p;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

struct entry {
    uint32_t tag, type, offset, count;
};

static struct entry entry_at(const struct header *h, size_t i)
{
    const char *p = h->index.p + i * ENTRY;
    return (struct entry){be32(p), be32(p + 4), be32(p + 8), be32(p + 12)};
}

static int string_value(struct arena *a, const struct header *h, const struct entry *e,
                        const char **ret)
{
    if (e->type != TYPE_STRING && e->type != TYPE_I18NSTRING && e->type != TYPE_STRING_ARRAY)
        return -EBADMSG;
    if (e->count == 0 || e->offset >= h->data.n)
        return -EBADMSG;
    const char *from = h->data.p + e->offset;
    const char *end = memchr(from, '\0', h->data.n - e->offset);
    if (!end)
        return -EBADMSG;
    if (!*ret) /* the first one counts */
        *ret = arena_strndup(a, from, (size_t)(end - from));
    return 0;
}

static int number_value(const struct header *h, const struct entry *e, uint32_t *ret)
{
    if (e->type != TYPE_INT32 || e->count == 0 || e->offset > h->data.n ||
        h->data.n - e->offset < 4)
        return -EBADMSG;
    *ret = be32(h->data.p + e->offset);
    return 0;
}

static int take(struct arena *a, const struct header *h, const struct entry *e,
                struct rpm_package *p)
{
    uint32_t number = 0;
    int r = 0;
    switch (e->tag) {
    case TAG_NAME:
        return string_value(a, h, e, &p->name);
    case TAG_VERSION:
        return string_value(a, h, e, &p->version);
    case TAG_RELEASE:
        return string_value(a, h, e, &p->release);
    case TAG_ARCH:
        return string_value(a, h, e, &p->arch);
    case TAG_VENDOR:
        return string_value(a, h, e, &p->vendor);
    case TAG_EPOCH:
        r = number_value(h, e, &p->epoch);
        p->has_epoch = r == 0;
        return r;
    case TAG_INSTALLTIME:
        r = number_value(h, e, &number);
        p->installed_at = number;
        return r;
    default:
        return 0;
    }
}

int rpmheader_parse(struct arena *a, struct str blob, struct rpm_package *ret)
{
    if (blob.n < 8)
        return -EBADMSG;
    uint32_t entries = be32(blob.p), bytes = be32(blob.p + 4);
    if (entries == 0 || entries > MAX_ENTRIES || bytes > MAX_DATA ||
        blob.n - 8 < (size_t)entries * ENTRY + bytes)
        return -EBADMSG;
    struct header h = {.index = {blob.p + 8, (size_t)entries * ENTRY},
                       .data = {blob.p + 8 + (size_t)entries * ENTRY, bytes}};
    struct rpm_package p = {0};
    for (size_t i = 0; i < entries; i++) {
        struct entry e = entry_at(&h, i);
        int r = take(a, &h, &e, &p);
        if (r < 0)
            return r;
    }
    if (!p.name || !*p.name || !p.version || !p.release)
        return -EBADMSG;
    *ret = p;
    return 0;
}
