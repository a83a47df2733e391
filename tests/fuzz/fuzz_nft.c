/* Tokens of nft input lie in the input, in order, with rising lines; nothing else is promised. */
#include <stdint.h>
#include <stdlib.h>

#include "format/nft.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct nft_tokens tokens = {0};
    unsigned line = 0;
    const char *last = (const char *)data;
    if (nft_scan(a, (struct str){(const char *)data, size}, &tokens, &line) < 0)
        return 0;
    for (size_t i = 0; i + 1 < tokens.n; i++) {
        const struct nft_token *t = &tokens.v[i];
        if (t->text.p < last || t->text.p + t->text.n > (const char *)data + size || t->line < line)
            abort();
        last = t->text.p + t->text.n;
        line = t->line;
    }
    return 0;
}
