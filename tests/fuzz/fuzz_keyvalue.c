#include <stdint.h>
#include <stdlib.h>

#include "format/keyvalue.h"
#include "format/osrelease.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = {(const char *)data, size};
    for (size_t i = 0; keyvalue_dialects[i]; i++) {
        _cleanup_arena_ struct arena *a = arena_new();
        const struct keyvalue_dialect *d = keyvalue_dialects[i];
        struct keyvalue *kv = keyvalue_parse(a, d, bytes);
        if (!str_eq(keyvalue_print(a, kv), bytes))
            abort();
        if (keyvalue_set(kv, "minlen", "12") < 0)
            continue;
        struct str once = keyvalue_print(a, kv);
        struct keyvalue *again = keyvalue_parse(a, d, once);
        const struct keyvalue_line *l = keyvalue_get(again, "minlen");
        if (!l || !str_is(l->value, "12") || keyvalue_set(again, "minlen", "12") < 0 ||
            !str_eq(keyvalue_print(a, again), once))
            abort();
        (void)keyvalue_unset(again, "minlen");
        if (!keyvalue_parse(a, d, keyvalue_print(a, again)))
            abort();
    }
    return 0;
}
