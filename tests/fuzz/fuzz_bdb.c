#include <stdint.h>
#include <stdlib.h>

#include "format/bdb.h"
#include "format/rpmheader.h"

struct seen {
    struct arena *arena;
    size_t bytes;
};

static int each(void *context, struct str key, struct str value)
{
    struct seen *s = context;
    struct rpm_package p;
    s->bytes += key.n + value.n;
    (void)rpmheader_parse(s->arena, value, &p);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct seen seen = {.arena = a};
    (void)bdb_read((struct str){(const char *)data, size}, each, &seen);
    return 0;
}
