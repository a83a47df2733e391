#include "format/bdb.h"

#include <errno.h>
#include <stdint.h>

#include "base/buf.h"

/* Layout: dbinc/db_page.h of Berkeley DB 5.3 (DBMETA, HMETA33, PAGE, HOFFPAGE). */
enum {
    META_MAGIC = 12,
    META_VERSION = 16,
    META_PAGESIZE = 20,
    META_ENCRYPTION = 24,
    META_TYPE = 25,
    META_FLAGS = 26,
    META_LAST_PAGE = 32,
    META_SIZE = 512,
    META_CHECKSUM = 1, /* DBMETA_CHKSUM */
    HASH_MAGIC = 0x061561,
    PAGE_NUMBER = 8,
    PAGE_NEXT = 16,
    PAGE_ENTRIES = 20,
    PAGE_OFFSET = 22,
    PAGE_TYPE = 25,
    PAGE_HEADER = 26,
    PAGE_HASH_UNSORTED = 2,
    PAGE_OVERFLOW = 7,
    PAGE_HASH_META = 8,
    PAGE_HASH = 13,
    ITEM_KEYDATA = 1,
    ITEM_OFFPAGE = 3,
    OFFPAGE_SIZE = 12,
};

struct bdb {
    struct str file;
    bool big;
    uint32_t page_size, pages;
    size_t budget; /* bytes of values still allowed: a value on shared pages cannot multiply */
};

static uint32_t number32(bool big, const char *p)
{
    const unsigned char *b = (const unsigned char *)p;
    return big ? (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]
               : (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

static uint32_t number16(bool big, const char *p)
{
    const unsigned char *b = (const unsigned char *)p;
    return big ? (uint32_t)b[0] << 8 | b[1] : (uint32_t)b[1] << 8 | b[0];
}

static bool is_big(struct str file)
{
    return number32(true, file.p + META_MAGIC) == HASH_MAGIC;
}

bool bdb_is_hash(struct str file)
{
    return file.n >= META_SIZE &&
           (is_big(file) || number32(false, file.p + META_MAGIC) == HASH_MAGIC);
}

unsigned bdb_number(struct str file, const char *p)
{
    return number32(is_big(file), p);
}

static int open_file(struct str file, struct bdb *ret)
{
    if (!bdb_is_hash(file))
        return -EBADMSG;
    struct bdb d = {.file = file, .big = is_big(file)};
    d.page_size = number32(d.big, file.p + META_PAGESIZE);
    if (d.page_size < 512 || d.page_size > 65536 || d.page_size & (d.page_size - 1) ||
        file.p[META_TYPE] != PAGE_HASH_META)
        return -EBADMSG;
    if (file.p[META_ENCRYPTION] || file.p[META_FLAGS] & META_CHECKSUM)
        return -ENOTSUP;
    /* A file that lost its tail would otherwise be a shorter list of packages. */
    uint32_t last = number32(d.big, file.p + META_LAST_PAGE);
    if (last >= UINT32_MAX / 2 || file.n / d.page_size <= last)
        return -EBADMSG;
    d.pages = last + 1;
    d.budget = file.n;
    *ret = d;
    return 0;
}

static const char *page_at(const struct bdb *d, uint32_t number)
{
    return d->file.p + (size_t)number * d->page_size;
}

/* Item i of a page: from its offset up to the one before it (items grow downwards). */
static int item_at(const struct bdb *d, const char *page, uint32_t i, struct str *ret)
{
    uint32_t at = number16(d->big, page + PAGE_HEADER + i * 2);
    uint32_t end = i ? number16(d->big, page + PAGE_HEADER + (i - 1) * 2) : d->page_size;
    if (at < PAGE_HEADER || at >= end || end > d->page_size)
        return -EBADMSG;
    *ret = (struct str){page + at, end - at};
    return 0;
}

static int overflow_value(struct bdb *d, struct str item, struct buf *b, struct str *ret)
{
    if (item.n < OFFPAGE_SIZE)
        return -EBADMSG;
    uint32_t number = number32(d->big, item.p + 4), total = number32(d->big, item.p + 8);
    buf_clear(b);
    if (total > d->budget)
        return -EBADMSG;
    d->budget -= total;
    while (b->len < total) {
        if (number == 0 || number >= d->pages)
            return -EBADMSG;
        const char *page = page_at(d, number);
        uint32_t bytes = number16(d->big, page + PAGE_OFFSET);
        if (page[PAGE_TYPE] != PAGE_OVERFLOW || bytes == 0 || bytes > d->page_size - PAGE_HEADER ||
            bytes > total - b->len)
            return -EBADMSG;
        buf_append(b, page + PAGE_HEADER, bytes);
        number = number32(d->big, page + PAGE_NEXT);
    }
    *ret = (struct str){b->data, b->len};
    return 0;
}

static int value_of(struct bdb *d, struct str item, struct buf *b, struct str *ret)
{
    if (item.p[0] == ITEM_OFFPAGE)
        return overflow_value(d, item, b, ret);
    if (item.p[0] != ITEM_KEYDATA)
        return -ENOTSUP; /* duplicates: rpm's Packages has none */
    *ret = str_slice(item, 1, item.n);
    return 0;
}

static int read_page(struct bdb *d, const char *page, struct buf *keys, struct buf *values,
                     bdb_each each, void *context)
{
    uint32_t entries = number16(d->big, page + PAGE_ENTRIES);
    if (entries % 2 || entries > (d->page_size - PAGE_HEADER) / 2)
        return -EBADMSG;
    for (uint32_t i = 0; i + 1 < entries; i += 2) {
        struct str key, value;
        int r = item_at(d, page, i, &key);
        if (r == 0)
            r = item_at(d, page, i + 1, &value);
        if (r == 0)
            r = value_of(d, key, keys, &key);
        if (r == 0)
            r = value_of(d, value, values, &value);
        if (r == 0)
            r = each(context, key, value);
        if (r != 0)
            return r;
    }
    return 0;
}

int bdb_read(struct str file, bdb_each each, void *context)
{
    struct bdb d;
    int r = open_file(file, &d);
    _cleanup_buf_ struct buf keys = {0}, values = {0};
    for (uint32_t i = 1; r == 0 && i < d.pages; i++) {
        const char *page = page_at(&d, i);
        if (page[PAGE_TYPE] == PAGE_HASH || page[PAGE_TYPE] == PAGE_HASH_UNSORTED)
            r = read_page(&d, page, &keys, &values, each, context);
    }
    return r;
}
