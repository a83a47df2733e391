#include "format/iptables.h"

#include <errno.h>

#include "base/buf.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

int iptables_words(struct arena *a, struct str line, struct strings *ret)
{
    _cleanup_buf_ struct buf word = {0};
    struct strings out = {0};
    bool quoted = false, open = false;
    for (size_t i = 0; i < line.n; i++) {
        char c = line.p[i];
        if (quoted && c == '\\' && i + 1 < line.n) {
            buf_putc(&word, line.p[++i]);
        } else if (c == '"') {
            quoted = !quoted;
            open = true;
        } else if (is_blank(c) && !quoted) {
            if (open)
                strings_add(a, &out, arena_strndup(a, word.data ? word.data : "", word.len));
            buf_clear(&word);
            open = false;
        } else {
            buf_putc(&word, c);
            open = true;
        }
    }
    if (quoted)
        return -EINVAL;
    if (open)
        strings_add(a, &out, arena_strndup(a, word.data ? word.data : "", word.len));
    *ret = out;
    return 0;
}
