/* No input reads outside its bytes. */
#include <stdint.h>

#include "format/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct strings needed = {0};
    (void)elf_needed_of(a, (struct str){(const char *)data, size}, &needed);
    return 0;
}
