#include <stdint.h>
#include <stdlib.h>

#include "format/colon.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void is_printed_as(const struct colon *c, struct str bytes)
{
    _cleanup_buf_ struct buf out = {0};
    colon_print(c, &out);
    if (!str_eq((struct str){out.data, out.len}, bytes))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct str bytes = {(const char *)data, size}, got;
    struct colon c;
    colon_parse(a, bytes, &c);
    is_printed_as(&c, bytes);
    for (size_t i = 0; i < c.n && i < 64; i++) { /* setting what is there changes nothing */
        struct str text = c.v[i].text;
        for (size_t k = 0; k < 10 && colon_get(text, k, &got); k++)
            if (!memchr(got.p, '\0', got.n) && colon_set(&c, i, k, got) < 0)
                abort();
    }
    is_printed_as(&c, bytes);
    for (size_t i = 0; i < c.n && i < 64; i++) { /* twice is once, and the others stay */
        size_t k = size % 9;
        if (colon_set(&c, i, k, STR("new")) < 0 || !colon_get(c.v[i].text, k, &got) ||
            !str_is(got, "new"))
            abort();
        const char *once = c.v[i].text.p;
        if (colon_set(&c, i, k, STR("new")) < 0 || c.v[i].text.p != once)
            abort();
        if (colon_set(&c, i, k, STR("a:b")) == 0 || colon_set(&c, i, k, STR("a\nb")) == 0)
            abort();
    }
    if (colon_insert(&c, c.n / 2, STR("a:b")) < 0)
        abort();
    colon_remove(&c, c.n / 2);
    return 0;
}
