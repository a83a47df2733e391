#include <stdint.h>

#include "format/rpmheader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct rpm_package p;
    (void)rpmheader_parse(a, (struct str){(const char *)data, size}, &p);
    return 0;
}
