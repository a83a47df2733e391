#include "format/rpmheader.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"

enum {
    TAG_NAME = 1000,
    TAG_VERSION = 1001,
    TAG_RELEASE = 1002,
    TAG_EPOCH = 1003,
    TAG_INSTALLTIME = 1008,
    TAG_VENDOR = 1011,
    TAG_ARCH = 1022,
    TAG_OLDFILENAMES = 1027,
    TAG_DIRINDEXES = 1116,
    TAG_BASENAMES = 1117,
    TAG_DIRNAMES = 1118,
    TYPE_INT32 = 4,
    TYPE_STRING = 6,
    TYPE_STRING_ARRAY = 8,
    TYPE_I18NSTRING = 9,
    ENTRY = 16,
    MAX_ENTRIES = 0xffff,         /* hdrchkTags() of rpm's header.c */
    MAX_DATA = 256 * 1024 * 1024, /* hdrchkData() */
    MAX_DIRECTORIES = 1 << 20,
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

static int open_header(struct str blob, struct header *ret)
{
    if (blob.n < 8)
        return -EBADMSG;
    uint32_t entries = be32(blob.p), bytes = be32(blob.p + 4);
    if (entries == 0 || entries > MAX_ENTRIES || bytes > MAX_DATA ||
        blob.n - 8 < (size_t)entries * ENTRY + bytes)
        return -EBADMSG;
    *ret = (struct header){.index = {blob.p + 8, (size_t)entries * ENTRY},
                           .data = {blob.p + 8 + (size_t)entries * ENTRY, bytes}};
    return 0;
}

int rpmheader_parse(struct arena *a, struct str blob, struct rpm_package *ret)
{
    struct header h;
    struct rpm_package p = {0};
    int r = open_header(blob, &h);
    for (size_t i = 0; r == 0 && i < h.index.n / ENTRY; i++) {
        struct entry e = entry_at(&h, i);
        r = take(a, &h, &e, &p);
    }
    if (r == 0 && (!p.name || !*p.name || !p.version || !p.release))
        r = -EBADMSG;
    if (r == 0)
        *ret = p;
    return r;
}

/* ---- the list of files ---- */

/* The data of a tag from its offset on; a list of strings ends where its count is reached. */
static int find_entry(const struct header *h, uint32_t tag, uint32_t type, struct entry *ret,
                      struct str *ret_data)
{
    for (size_t i = 0; i < h->index.n / ENTRY; i++) {
        struct entry e = entry_at(h, i);
        if (e.tag != tag)
            continue;
        if (e.type != type || e.offset > h->data.n || e.count > h->data.n)
            return -EBADMSG;
        *ret = e;
        *ret_data = str_slice(h->data, e.offset, h->data.n);
        return 0;
    }
    return -ENOENT;
}

static bool next_string(struct str *rest, struct str *ret)
{
    const char *end = rest->n ? memchr(rest->p, '\0', rest->n) : NULL;
    if (!end)
        return false;
    *ret = (struct str){rest->p, (size_t)(end - rest->p)};
    *rest = str_slice(*rest, ret->n + 1, rest->n);
    return true;
}

static int old_files(const struct header *h, rpmheader_file each, void *context)
{
    struct entry e;
    struct str names, name;
    int r = find_entry(h, TAG_OLDFILENAMES, TYPE_STRING_ARRAY, &e, &names);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    for (uint32_t i = 0; i < e.count; i++) {
        if (!next_string(&names, &name))
            return -EBADMSG;
        each(context, STR(""), name);
    }
    return 0;
}

int rpmheader_files(struct str blob, rpmheader_file each, void *context)
{
    struct header h;
    struct entry base, dir, index;
    struct str bases, dirs, indexes, name;
    int r = open_header(blob, &h);
    if (r == 0)
        r = find_entry(&h, TAG_BASENAMES, TYPE_STRING_ARRAY, &base, &bases);
    if (r == -ENOENT)
        return old_files(&h, each, context);
    if (r < 0 || find_entry(&h, TAG_DIRNAMES, TYPE_STRING_ARRAY, &dir, &dirs) < 0 ||
        find_entry(&h, TAG_DIRINDEXES, TYPE_INT32, &index, &indexes) < 0 ||
        index.count != base.count || indexes.n / 4 < index.count || dir.count > MAX_DIRECTORIES)
        return -EBADMSG;
    struct str *directory = mem_alloc((dir.count + 1) * sizeof *directory);
    for (uint32_t i = 0; i < dir.count && r == 0; i++)
        r = next_string(&dirs, &directory[i]) ? 0 : -EBADMSG;
    for (uint32_t i = 0; i < base.count && r == 0; i++) {
        uint32_t at = be32(indexes.p + 4 * (size_t)i);
        if (at >= dir.count || !next_string(&bases, &name))
            r = -EBADMSG;
        else
            each(context, directory[at], name);
    }
    free(directory);
    return r;
}
