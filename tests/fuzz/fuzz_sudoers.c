/* sudoers: any bytes parse, edits are stable, nothing but NOPASSWD: goes away. */
#include <stdint.h>

#include "base/arena.h"
#include "format/sudoers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    struct str bytes = {(const char *)data, size};
    const struct sudoers_syntax versions[] = {sudoers_syntax(1, 8, 23), sudoers_syntax(1, 9, 16)};
    for (size_t i = 0; i < 2; i++) {
        struct buf out = {0}, again = {0};
        const struct sudoers *doc = sudoers_parse(a, bytes, versions[i]);
        sudoers_drop_nopasswd(doc, NULL, 0, &out);
        if (out.len > size || (doc->nopasswd.n == 0 && out.len != size))
            abort();
        doc = sudoers_parse(a, (struct str){out.data, out.len}, versions[i]);
        sudoers_drop_nopasswd(doc, NULL, 0, &again);
        if (!str_eq((struct str){out.data, out.len}, (struct str){again.data, again.len}) &&
            doc->nopasswd.n == 0)
            abort();
        buf_done(&out);
        buf_done(&again);
    }
    arena_free(a);
    return 0;
}
