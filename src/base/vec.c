#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

void strings_add(struct arena *a, struct strings *list, const char *s)
{
    vec_push(a, list, s);
}

int strings_find(const struct strings *list, const char *s)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->v[i], s) == 0)
            return (int)i;
    return -1;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void strings_sort(struct strings *list)
{
    if (list->n > 1)
        qsort(list->v, list->n, sizeof *list->v, by_bytes);
}

const char *strings_join(struct arena *a, const struct strings *list, const char *between,
                         size_t most)
{
    _cleanup_buf_ struct buf b = {0};
    size_t shown = most && list->n > most ? most : list->n;
    for (size_t i = 0; i < shown; i++) {
        if (i)
            buf_puts(&b, between);
        buf_puts(&b, list->v[i]);
    }
    if (shown < list->n)
        buf_printf(&b, " … (+%zu)", list->n - shown);
    return arena_strndup(a, b.data ? b.data : "", b.len);
}
