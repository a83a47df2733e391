/* Shell files: any bytes parse in both dialects, within bounds. */
#include <stdint.h>

#include "base/arena.h"
#include "format/shell.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    struct str bytes = {(const char *)data, size};
    const enum shell_dialect dialects[] = {DIALECT_BASH, DIALECT_POSIX};
    for (size_t i = 0; i < 2; i++) {
        const struct shell_script *s = shell_parse(a, bytes, dialects[i]);
        unsigned lines = 1;
        for (size_t k = 0; k < size; k++)
            lines += data[k] == '\n';
        if (s->error_line > lines)
            abort();
    }
    arena_free(a);
    return 0;
}
