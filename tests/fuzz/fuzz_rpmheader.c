#include <stdint.h>

#include "format/rpmheader.h"

static void ignore(void *context, struct str directory, struct str base)
{
    size_t *n = context;
    *n += directory.n + base.n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct rpm_package p;
    (void)rpmheader_parse(a, (struct str){(const char *)data, size}, &p);
    size_t n = 0;
    (void)rpmheader_files((struct str){(const char *)data, size}, ignore, &n);
    return 0;
}
