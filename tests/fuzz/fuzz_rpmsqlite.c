/* A database and the log beside it: the first four bytes say where one ends. */
#include <stdint.h>
#include <stdlib.h>

#include "effective/rpmdb_sqlite.h"

static int each(void *context, struct str blob)
{
    *(size_t *)context += blob.n;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_arena_ struct arena *a = arena_new();
    size_t bytes = 0;
    if (size < 4)
        return 0;
    size_t n = (size_t)data[0] << 24 | (size_t)data[1] << 16 | (size_t)data[2] << 8 | data[3];
    struct str all = {(const char *)data + 4, size - 4};
    (void)rpmdb_sqlite_read(a, str_slice(all, 0, n), str_slice(all, n < all.n ? n : all.n, all.n),
                            each, &bytes);
    return 0;
}
