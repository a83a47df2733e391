/* Whatever the bytes, they come back as they were. */
#include <stdint.h>

#include "format/logrotate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_arena_ struct arena *a = arena_new();
    _cleanup_buf_ struct buf out = {0};
    struct str bytes = {(const char *)data, size};
    struct logrotate_doc d;
    logrotate_parse(a, bytes, &d);
    logrotate_print(&d, &out);
    if (out.len != size || (size && memcmp(out.data, data, size) != 0))
        abort();
    return 0;
}
