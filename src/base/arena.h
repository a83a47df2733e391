/*
 * One arena for everything that lives as long as the run: allocate, never free one by one.
 * Memory is zeroed and aligned for any type.  Not for unbounded streams (see buf.h).
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a); /* takes NULL */
static inline void arena_freep(struct arena **a)
{
    arena_free(*a);
}
#define _cleanup_arena_ __attribute__((cleanup(arena_freep)))

void *arena_alloc(struct arena *a, size_t size) __attribute__((returns_nonnull));
/* Grows an array that came from this arena (or NULL): in place where it was allocated last,
 * otherwise the old copy stays behind. */
void *arena_grow(struct arena *a, void *old, size_t old_size, size_t new_size)
    __attribute__((returns_nonnull));
char *arena_strdup(struct arena *a, const char *s) __attribute__((returns_nonnull));
char *arena_strndup(struct arena *a, const char *s, size_t n) __attribute__((returns_nonnull));
char *arena_printf(struct arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3), returns_nonnull));
char *arena_vprintf(struct arena *a, const char *format, va_list args)
    __attribute__((format(printf, 2, 0), returns_nonnull));
size_t arena_used(const struct arena *a); /* bytes handed out so far */

#define arena_new_array(a, type, count) ((type *)arena_alloc((a), sizeof(type) * (count)))
#define arena_make(a, type) ((type *)arena_alloc((a), sizeof(type)))
