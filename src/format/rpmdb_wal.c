#include "format/rpmdb_wal.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/vec.h"

enum {
    HEADER = 32,
    FRAME_HEADER = 24,
    MAGIC = 0x377f0682, /* the last bit: checksums over big-endian words */
};

struct sums {
    bool big;
    uint32_t a, b;
};

static uint32_t be32(const char *p)
{
    const unsigned char *b = (const unsigned char *)p;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static uint32_t le32(const char *p)
{
    const unsigned char *b = (const unsigned char *)p;
    return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

/* Sums wrap by design. */
static void add_sums(struct sums *s, const char *p, size_t n)
{
    for (size_t i = 0; i + 8 <= n; i += 8) {
        s->a += (s->big ? be32(p + i) : le32(p + i)) + s->b;
        s->b += (s->big ? be32(p + i + 4) : le32(p + i + 4)) + s->a;
    }
}

static bool read_header(struct str file, uint32_t *ret_page_size, struct sums *ret)
{
    if (file.n < HEADER || (be32(file.p) & ~1u) != MAGIC || be32(file.p + 4) != 3007000)
        return false;
    uint32_t size = be32(file.p + 8);
    *ret = (struct sums){.big = be32(file.p) & 1};
    add_sums(ret, file.p, 24);
    *ret_page_size = size;
    return size >= 512 && size <= 65536 && (size & (size - 1)) == 0 &&
           ret->a == be32(file.p + 24) && ret->b == be32(file.p + 28);
}

static int by_number(const void *a, const void *b)
{
    const struct rpmdb_wal_page *x = a, *y = b;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return x->data < y->data ? -1 : x->data > y->data; /* later frames stand later */
}

static void keep_last(struct rpmdb_wal *w)
{
    size_t kept = 0;
    if (w->n)
        qsort(w->v, w->n, sizeof *w->v, by_number);
    for (size_t i = 0; i < w->n; i++)
        if (i + 1 == w->n || w->v[i + 1].number != w->v[i].number)
            w->v[kept++] = w->v[i];
    w->n = kept;
}

void rpmdb_wal_read(struct arena *a, struct str file, struct rpmdb_wal *ret)
{
    uint32_t page_size;
    struct sums sums;
    VEC(struct rpmdb_wal_page) pages = {0};
    *ret = (struct rpmdb_wal){0};
    if (!read_header(file, &page_size, &sums))
        return;
    size_t committed = 0;
    for (size_t at = HEADER; file.n - at >= FRAME_HEADER + (size_t)page_size;
         at += FRAME_HEADER + (size_t)page_size) {
        const char *frame = file.p + at;
        if (memcmp(frame + 8, file.p + 16, 8) != 0) /* salts of an older log */
            break;
        add_sums(&sums, frame, 8);
        add_sums(&sums, frame + FRAME_HEADER, page_size);
        if (sums.a != be32(frame + 16) || sums.b != be32(frame + 20) || be32(frame) == 0)
            break;
        struct rpmdb_wal_page page = {be32(frame), frame + FRAME_HEADER};
        vec_push(a, &pages, page);
        if (be32(frame + 4) != 0) {
            committed = pages.n;
            ret->pages = be32(frame + 4);
        }
    }
    if (committed == 0)
        return;
    ret->page_size = page_size;
    ret->v = pages.v;
    ret->n = committed;
    keep_last(ret);
}

static int compare_page(const void *key, const void *page)
{
    uint32_t number = *(const uint32_t *)key;
    const struct rpmdb_wal_page *p = page;
    return number < p->number ? -1 : number > p->number;
}

const char *rpmdb_wal_find(const struct rpmdb_wal *w, uint32_t number)
{
    const struct rpmdb_wal_page *p =
        w->n ? bsearch(&number, w->v, w->n, sizeof *w->v, compare_page) : NULL;
    return p ? p->data : NULL;
}
