/* Whatever the bytes, they come back as they were. */
#include <stdint.h>

#include "format/unit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_arena_ struct arena *a = arena_new();
    _cleanup_buf_ struct buf out = {0};
    struct str bytes = {(const char *)data, size};
    struct unit_doc d;
    unit_doc_parse(a, bytes, &d);
    unit_doc_print(&d, &out);
    for (size_t i = 0; i < d.entries.n; i++) {
        struct strings words = {0};
        if (d.entries.v[i].value)
            unit_words(a, d.entries.v[i].value, &words);
    }
    if (out.len != size || (size && memcmp(out.data, data, size) != 0))
        abort();
    return 0;
}
