/* One object per normalised path text, so that caches and traces compare pointers. */
#include "root/handle.h"

#include <string.h>

static uint64_t hash_text(uint64_t h, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)s[i]) * 0x100000001b3u; /* FNV-1a */
    return h;
}

static size_t bucket_of(const struct places_table *t, uint64_t hash)
{
    return (size_t)(hash ^ (hash >> 32)) & (t->size - 1);
}

static void grow(struct root *r, struct places_table *t)
{
    size_t size = t->size ? t->size * 2 : 512;
    struct places_table bigger = {arena_new_array(r->arena, struct place *, size), t->used, size};
    for (size_t i = 0; i < t->size; i++)
        for (struct place *p = t->buckets[i], *next; p; p = next) {
            next = p->next;
            size_t b = bucket_of(&bigger, p->hash);
            p->next = bigger.buckets[b];
            bigger.buckets[b] = p;
        }
    *t = bigger;
}

struct place *place_child(struct root *r, struct place *parent, const char *name, size_t n)
{
    struct places_table *t = r->places;
    size_t prefix = parent->parent ? parent->len : 0; /* "/" adds nothing to "/name" */
    uint64_t hash = hash_text(hash_text(parent->hash, "/", 1), name, n);
    if (t->used >= t->size)
        grow(r, t);
    size_t b = bucket_of(t, hash);
    for (struct place *p = t->buckets[b]; p; p = p->next)
        if (p->hash == hash && p->parent == parent && p->len == prefix + 1 + n &&
            memcmp(p->path + prefix + 1, name, n) == 0)
            return p;
    struct place *p = arena_make(r->arena, struct place);
    char *path = arena_alloc(r->arena, prefix + n + 2);
    memcpy(path, parent->path, prefix);
    path[prefix] = '/';
    memcpy(path + prefix + 1, name, n);
    *p = (struct place){path, prefix + 1 + n, parent, hash, t->buckets[b]};
    t->buckets[b] = p;
    t->used++;
    return p;
}

struct place *place_of(struct root *r, const char *path)
{
    struct place *p = r->top;
    while (*path) {
        size_t n = strcspn(path, "/");
        if (n && !(n == 1 && path[0] == '.'))
            p = place_child(r, p, path, n);
        path += n + (path[n] == '/');
    }
    return p;
}

bool place_is_within(const struct place *p, const struct place *ancestor)
{
    while (p && p->len >= ancestor->len) {
        if (p == ancestor)
            return true;
        p = p->parent;
    }
    return false;
}

const char *place_name(const struct place *p)
{
    return p->parent ? strrchr(p->path, '/') + 1 : "";
}
