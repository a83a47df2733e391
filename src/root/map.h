/*
 * Hash tables of this floor: pointers by pointer, and the table that makes equal path strings one
 * object. Memory belongs to the arena; nothing is removed, a value can be set to NULL.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct map_slot {
    const void *key; /* NULL: free */
    void *value;
};

struct map {
    struct arena *arena;
    struct map_slot *slots;
    size_t used, size; /* size: a power of two, or 0 */
};

void *map_get(const struct map *m, const void *key);
void map_set(struct map *m, const void *key, void *value);
