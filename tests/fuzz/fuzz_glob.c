/* Pattern, newline, name: no pattern may take long, and a literal one matches only itself. */
#include <stdint.h>
#include <stdlib.h>

#include "format/glob.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct str name = {(const char *)data, size}, pattern = {"", 0};
    if (size > 4096 || !str_next_field(&name, '\n', &pattern))
        return 0;
    for (unsigned flags = 0; flags < 8; flags++)
        (void)glob_matches(pattern, name, flags);
    if (!glob_has_magic(pattern) && (pattern.n == 0 || pattern.p[pattern.n - 1] != '\\')) {
        struct str literal = str_of(glob_unescape(a, pattern));
        if (!memchr(data, '\0', size) && !glob_matches(pattern, literal, 0))
            abort();
    }
    if (!glob_matches(STR("*"), name, 0))
        abort();
    return 0;
}
