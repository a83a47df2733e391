#include "effective/name_set.h"

#include <string.h>

static size_t hash_of(const char *s)
{
    uint64_t h = 1469598103934665603u;
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 1099511628211u;
    return (size_t)(h ^ h >> 32);
}

static uint32_t *slot(const struct name_set *s, const char *name)
{
    size_t i = hash_of(name) & (s->size - 1);
    while (s->table[i] && strcmp(s->names.v[s->table[i] - 1], name) != 0)
        i = (i + 1) & (s->size - 1);
    return &s->table[i];
}

int64_t name_set_find(const struct name_set *s, const char *name)
{
    return s->size ? (int64_t)*slot(s, name) - 1 : -1;
}

size_t name_set_add(struct name_set *s, const char *name, bool *ret_new)
{
    if (s->size <= s->names.n * 2 + 2) {
        s->size = s->size ? s->size * 2 : 64;
        s->table = arena_new_array(s->arena, uint32_t, s->size);
        for (size_t i = 0; i < s->names.n; i++)
            *slot(s, s->names.v[i]) = (uint32_t)i + 1;
    }
    uint32_t *at = slot(s, name);
    if (ret_new)
        *ret_new = *at == 0;
    if (*at == 0) {
        strings_add(s->arena, &s->names, name);
        *at = (uint32_t)s->names.n;
    }
    return *at - 1;
}
