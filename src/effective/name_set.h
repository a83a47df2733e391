/* A set of strings with a number for each, for lookups that must stay linear. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/vec.h"

struct name_set {
    struct arena *arena;
    struct strings names; /* in the order they were added; the number is the index */
    uint32_t *table;
    size_t size;
};

/* The number of the name; *ret_new (may be NULL) says whether it was added. Keeps the pointer. */
size_t name_set_add(struct name_set *s, const char *name, bool *ret_new);
/* -1: not there. */
int64_t name_set_find(const struct name_set *s, const char *name);
