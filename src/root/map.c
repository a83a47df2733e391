#include "root/map.h"

static size_t hash_pointer(const void *p)
{
    uint64_t h = (uint64_t)(uintptr_t)p;
    h = (h ^ (h >> 31)) * 0x9e3779b97f4a7c15u;
    return (size_t)(h ^ (h >> 29));
}

static struct map_slot *slot_of(const struct map *m, const void *key)
{
    size_t i = hash_pointer(key) & (m->size - 1);
    while (m->slots[i].key && m->slots[i].key != key)
        i = (i + 1) & (m->size - 1);
    return &m->slots[i];
}

void *map_get(const struct map *m, const void *key)
{
    return m->size ? slot_of(m, key)->value : NULL;
}

static void grow(struct map *m)
{
    struct map old = *m;
    m->size = old.size ? old.size * 2 : 32;
    m->slots = arena_new_array(m->arena, struct map_slot, m->size);
    for (size_t i = 0; i < old.size; i++)
        if (old.slots[i].key)
            *slot_of(m, old.slots[i].key) = old.slots[i];
}

void map_set(struct map *m, const void *key, void *value)
{
    if ((m->used + 1) * 4 > m->size * 3)
        grow(m);
    struct map_slot *slot = slot_of(m, key);
    if (!slot->key)
        m->used++;
    *slot = (struct map_slot){key, value};
}
