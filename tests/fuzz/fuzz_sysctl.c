/* Whatever the bytes, they come back as they were. */
#include <stdint.h>

#include "format/sysctl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_arena_ struct arena *a = arena_new();
    _cleanup_buf_ struct buf out = {0};
    struct str bytes = {(const char *)data, size};
    struct sysctl_doc d;
    sysctl_doc_parse(a, bytes, &d);
    sysctl_doc_print(&d, &out);
    for (size_t i = 0; i < d.lines.n; i++)
        if (d.lines.v[i].key)
            (void)sysctl_name(a, sysctl_path(a, d.lines.v[i].key));
    if (out.len != size || (size && memcmp(out.data, data, size) != 0))
        abort();
    return 0;
}
