/* Whatever the bytes, they come back as they were. */
#include <stdint.h>

#include "format/rsyslog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_arena_ struct arena *a = arena_new();
    _cleanup_buf_ struct buf out = {0};
    struct str bytes = {(const char *)data, size};
    struct rsyslog_doc d;
    rsyslog_parse(a, bytes, &d);
    rsyslog_print(&d, &out);
    for (size_t i = 0; i < d.statements.n; i++)
        if (d.statements.v[i].selector)
            (void)rsyslog_selects(d.statements.v[i].selector, "auth", 6);
    if (out.len != size || (size && memcmp(out.data, data, size) != 0))
        abort();
    return 0;
}
