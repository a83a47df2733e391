#include <stdint.h>
#include <stdlib.h>

#include "format/osrelease.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct osrelease os;
    osrelease_parse(a, (struct str){(const char *)data, size}, &os);
    if (!os.id || !*os.id)
        abort();
    return 0;
}
