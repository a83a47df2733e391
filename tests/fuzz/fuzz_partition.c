/* No input reads outside its bytes, and every partition lies inside the image. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "format/partition.h"

static int read_bytes(void *context, uint64_t at, void *bytes, size_t n)
{
    const struct str *image = context;
    if (at > image->n || n > image->n - at)
        return -EIO;
    memcpy(bytes, image->p + at, n);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct str image = {(const char *)data, size};
    _cleanup_free_ struct partitions *all = mem_alloc(sizeof *all);
    struct err e = {.arena = a};
    (void)filesystem_of(image);
    if (partition_table(read_bytes, &image, size, all, &e) == 0)
        for (size_t i = 0; i < all->n; i++)
            if (all->v[i].offset > size || all->v[i].size > size - all->v[i].offset)
                abort();
    return 0;
}
