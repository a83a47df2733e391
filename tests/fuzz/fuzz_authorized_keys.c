/* authorized_keys: any bytes parse; every slice lies in the input; a line reads the same alone. */
#include <stdint.h>

#include "base/arena.h"
#include "format/authorized_keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct str all, struct str s)
{
    if (s.n && (s.p < all.p || s.p + s.n > all.p + all.n))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    struct str bytes = {(const char *)data, size}, rest = bytes, line;
    struct authorized_keys keys = {0};
    authorized_keys_parse(a, bytes, &keys);
    size_t next = 0;
    for (unsigned number = 1; str_next_line(&rest, &line); number++) {
        struct authorized_keys one = {0};
        authorized_keys_parse(a, line, &one);
        bool here = next < keys.n && keys.v[next].line == number;
        if (one.n != here)
            abort();
        if (!here)
            continue;
        const struct authorized_key *k = &keys.v[next++];
        if (!k->bad.en != !one.v[0].bad.en || !str_eq(k->blob, one.v[0].blob) ||
            k->expires != one.v[0].expires)
            abort();
        inside(bytes, k->options);
        inside(bytes, k->type);
        inside(bytes, k->blob);
        inside(bytes, k->comment);
    }
    if (next != keys.n)
        abort();
    arena_free(a);
    return 0;
}
