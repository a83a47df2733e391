#include <stdint.h>

#include "engine/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct problems problems = {.arena = a};
    struct policy *p = NULL;
    int r =
        policy_load_bytes(a, "fuzz.yaml", (struct str){(const char *)data, size}, &p, &problems);
    if ((r == 0) != (problems.n == 0) || (r == 0) != (p != NULL))
        abort();
    for (size_t i = 0; i < problems.n; i++)
        if (!problems.v[i].message.en || !problems.v[i].message.zh)
            abort();
    return 0;
}
