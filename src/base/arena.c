#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { BLOCK_SIZE = 64 * 1024, ALIGNMENT = 16 };

struct block {
    struct block *next;
    size_t used, size;
    _Alignas(ALIGNMENT) char bytes[];
};

struct arena {
    struct block *head; /* the block that is being filled */
    size_t used;
};

struct arena *arena_new(void)
{
    return mem_alloc(sizeof(struct arena));
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    for (struct block *b = a->head; b;) {
        struct block *next = b->next;
        free(b);
        b = next;
    }
    free(a);
}

static size_t rounded(size_t size)
{
    size_t need = (size + (ALIGNMENT - 1)) & ~(size_t)(ALIGNMENT - 1);
    return need < size ? SIZE_MAX / 2 : need; /* mem_alloc refuses it */
}

void *arena_alloc(struct arena *a, size_t size)
{
    size_t need = rounded(size);
    struct block *b = a->head;
    if (!b || b->size - b->used < need) {
        size_t capacity = need > BLOCK_SIZE / 4 ? need : BLOCK_SIZE;
        b = mem_alloc(sizeof(struct block) + capacity);
        b->size = capacity;
        if (a->head && capacity == need) { /* a large object must not waste the current block */
            b->next = a->head->next;
            a->head->next = b;
        } else {
            b->next = a->head;
            a->head = b;
        }
    }
    void *p = b->bytes + b->used;
    b->used += need;
    a->used += need;
    return p;
}

void *arena_grow(struct arena *a, void *old, size_t old_size, size_t new_size)
{
    /* What was allocated last grows where it is. */
    struct block *b = a->head;
    size_t had = rounded(old_size);
    if (old && had && b && had <= b->used && (char *)old == b->bytes + (b->used - had)) {
        size_t more = rounded(new_size) - had;
        if (new_size >= old_size && more <= b->size - b->used) {
            b->used += more;
            a->used += more;
            return old;
        }
    }
    void *p = arena_alloc(a, new_size);
    if (old && old_size)
        memcpy(p, old, old_size);
    return p;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
    char *copy = arena_alloc(a, n + 1);
    if (n)
        memcpy(copy, s, n);
    return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return arena_strndup(a, s, strlen(s));
}

char *arena_vprintf(struct arena *a, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    char *text = arena_alloc(a, n < 0 ? 1 : (size_t)n + 1);
    if (n > 0)
        (void)vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    return text;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = arena_vprintf(a, format, args);
    va_end(args);
    return text;
}

size_t arena_used(const struct arena *a)
{
    return a->used;
}
