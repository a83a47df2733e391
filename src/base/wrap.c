#include "base/wrap.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "base/width.h"

enum { CJK_FIRST = 0x2e80 };

/* What must not begin a line. */
static bool is_closing(uint32_t code)
{
    static const uint32_t closing[] = {0x3001, 0x3002, 0x300b, 0x300d, 0x300f, 0x3011, 0xff01,
                                       0xff09, 0xff0c, 0xff1a, 0xff1b, 0xff1f, 0x201d, 0x2019,
                                       ')',    ',',    '.',    ';',    ':'};
    for (size_t i = 0; i < ARRAY_SIZE(closing); i++)
        if (closing[i] == code)
            return true;
    return false;
}

static size_t step(struct str s, uint32_t *ret_code)
{
    *ret_code = 0;
    size_t n = utf8_decode(s, ret_code);
    return n ? n : 1;
}

/* The length of what may not be broken, blanks before it included. */
static size_t unit_length(struct str s)
{
    uint32_t code = 0, next = 0;
    size_t n = 0;
    while (n < s.n && s.p[n] == ' ')
        n++;
    while (n < s.n) {
        n += step(str_slice(s, n, s.n), &code);
        if (n == s.n || s.p[n] == ' ')
            break;
        (void)step(str_slice(s, n, s.n), &next);
        if ((code >= CJK_FIRST || next >= CJK_FIRST) && !is_closing(next) && code != 0xff08 &&
            code != 0x201c)
            break;
    }
    return n;
}

void buf_put_wrapped(struct buf *b, const char *text, unsigned indent, unsigned columns)
{
    unsigned used = indent;
    struct str rest = str_of(text);
    while (rest.n) {
        struct str unit = str_slice(rest, 0, unit_length(rest));
        rest = str_slice(rest, unit.n, rest.n);
        if (used > indent && used + width_of(unit) > columns) {
            buf_putc(b, '\n');
            buf_fill(b, ' ', indent);
            used = indent;
            while (unit.n && unit.p[0] == ' ')
                unit = str_slice(unit, 1, unit.n);
        }
        buf_append(b, unit.p, unit.n);
        used += width_of(unit);
    }
}

void buf_put_cut(struct buf *b, const char *text, unsigned columns)
{
    struct str s = str_of(text);
    if (width_of(s) <= columns) {
        buf_append(b, s.p, s.n);
        return;
    }
    size_t n = 0;
    unsigned used = 0;
    while (n < s.n) {
        uint32_t code;
        size_t length = step(str_slice(s, n, s.n), &code);
        unsigned width = width_of(str_slice(s, n, n + length));
        if (used + width + 1 > columns)
            break;
        used += width;
        n += length;
    }
    buf_append(b, s.p, n);
    buf_puts(b, "…");
}
