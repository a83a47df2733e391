#include "report/csv_writer.h"

#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/width.h"

void csv_begin(struct csv *c)
{
    buf_puts(c->out, "\xef\xbb\xbf");
}

static bool is_number(struct str s)
{
    int64_t n;
    return str_to_int64(s, 10, &n) == 0 && s.p[0] != '+';
}

/* OWASP, "CSV injection"; the full width forms are folded to ASCII by some spreadsheet programs. */
static bool is_formula(struct str s)
{
    static const char *const signs[] = {"=", "+", "-", "@", "＝", "＋", "－", "＠"};
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\''))
        s = str_slice(s, 1, s.n);
    for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
        if (str_starts(s, signs[i]))
            return !is_number(s);
    return false;
}

void csv_cell(struct csv *c, const char *s)
{
    _cleanup_buf_ struct buf safe = {0};
    if (c->filled)
        buf_putc(c->out, ',');
    c->filled = true;
    if (!s || !*s)
        return;
    buf_put_safe(&safe, str_of(s));
    bool formula = is_formula((struct str){safe.data, safe.len});
    if (!formula && !strpbrk(safe.data, "\",;'")) {
        buf_append(c->out, safe.data, safe.len);
        return;
    }
    buf_puts(c->out, formula ? "\"'" : "\"");
    for (const char *p = safe.data; *p; p++) {
        if (*p == '"')
            buf_putc(c->out, '"');
        buf_putc(c->out, *p);
    }
    buf_putc(c->out, '"');
}

void csv_number(struct csv *c, int64_t n)
{
    buf_printf(c->out, "%s%" PRId64, c->filled ? "," : "", n);
    c->filled = true;
}

void csv_end_row(struct csv *c)
{
    buf_puts(c->out, "\r\n");
    c->filled = false;
}
