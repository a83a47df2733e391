/*
 * Typed growable arrays in an arena:  VEC(struct where) w = {0};  vec_push(arena, &w, item);
 * Read w.v[0 .. w.n - 1].  The array may move while it grows; do not keep pointers into it.
 */
#pragma once

#include <stddef.h>

#include "base/arena.h"

#define VEC(type)                                                                                  \
    struct {                                                                                       \
        type *v;                                                                                   \
        size_t n, cap;                                                                             \
    }

#define vec_push(arena, vec, ...)                                                                  \
    do {                                                                                           \
        if ((vec)->n == (vec)->cap) {                                                              \
            size_t cap_ = (vec)->cap ? (vec)->cap * 2 : 4;                                         \
            (vec)->v = arena_grow((arena), (vec)->v, (vec)->n * sizeof *(vec)->v,                  \
                                  cap_ * sizeof *(vec)->v);                                        \
            (vec)->cap = cap_;                                                                     \
        }                                                                                          \
        (vec)->v[(vec)->n++] = (__VA_ARGS__);                                                      \
    } while (0)

#define vec_each(item, vec)                                                                        \
    for (typeof((vec)->v + 0) item = (vec)->v; (vec)->n && item < (vec)->v + (vec)->n; item++)

/* The one list type that crosses floors; all strings live in the arena of the run. */
struct strings {
    const char **v;
    size_t n, cap;
};

void strings_add(struct arena *a, struct strings *list, const char *s);
int strings_find(const struct strings *list, const char *s); /* index, or -1 */
void strings_sort(struct strings *list);                     /* byte order */
/* "a, b, c" for people; at most `most` names, then "… (+N)"; most == 0: all. */
const char *strings_join(struct arena *a, const struct strings *list, const char *between,
                         size_t most);
