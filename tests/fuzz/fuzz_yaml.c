#include <stdint.h>

#include "format/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Members lie behind their parents and have keys exactly in maps; every refusal says why. */
static void walk(const struct yaml_value *v, unsigned depth)
{
    if (depth > YAML_DEPTH_LIMIT || !v->line || !v->column ||
        (v->kind == YAML_TEXT) != (v->text != NULL))
        abort();
    for (size_t i = 0; i < v->items.n; i++) {
        const struct yaml_value *member = &v->items.v[i];
        if ((v->kind == YAML_MAP) != (member->key != NULL) || member->line < v->line)
            abort();
        walk(member, depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct problems problems = {.arena = a};
    const struct yaml_value *top = NULL;
    int r = yaml_read(a, "fuzz.yaml", (struct str){(const char *)data, size}, &top, &problems);
    if ((r == 0) != (problems.n == 0) || (r == 0) != (top != NULL))
        abort();
    if (top)
        walk(top, 0);
    return 0;
}
