/* Words written back in quotes are the same words. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "format/iptables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_arena_ struct arena *a = arena_new();
    _cleanup_buf_ struct buf line = {0};
    struct strings words = {0}, again = {0};
    if (memchr(data, '\0', size) ||
        iptables_words(a, (struct str){(const char *)data, size}, &words) < 0)
        return 0;
    for (size_t i = 0; i < words.n; i++) {
        buf_putc(&line, '"');
        for (const char *c = words.v[i]; *c; c++) {
            if (*c == '"' || *c == '\\')
                buf_putc(&line, '\\');
            buf_putc(&line, *c);
        }
        buf_puts(&line, "\" ");
    }
    if (iptables_words(a, (struct str){line.data, line.len}, &again) < 0 || again.n != words.n)
        abort();
    for (size_t i = 0; i < words.n; i++)
        if (strcmp(words.v[i], again.v[i]) != 0)
            abort();
    return 0;
}
