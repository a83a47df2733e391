#include "report/markup.h"

#include "base/str.h"
#include "base/width.h"

static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void markup_text(struct buf *out, const char *s)
{
    struct str rest = str_of(s);
    while (rest.n) {
        size_t n = 0;
        while (n < rest.n && rest.p[n] >= 0x20 && rest.p[n] < 0x7f && !entity(rest.p[n]))
            n++;
        buf_append(out, rest.p, n);
        rest = str_slice(rest, n, rest.n);
        if (!rest.n)
            return;
        const char *name = entity(rest.p[0]);
        uint32_t code = 0;
        n = name ? 1 : utf8_decode(rest, &code);
        n = n ? n : 1;
        if (name)
            buf_puts(out, name);
        else /* \xNN and the like have nothing that would need an entity */
            buf_put_safe(out, str_slice(rest, 0, n));
        rest = str_slice(rest, n, rest.n);
    }
}
