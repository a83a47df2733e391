#include "report/json_writer.h"

#include <inttypes.h>

#include "base/str.h"
#include "base/width.h"

static void put_escaped(struct buf *out, struct str s)
{
    while (s.n) {
        uint32_t code = 0;
        size_t n = utf8_decode(s, &code);
        if (!n) {
            buf_printf(out, "\\\\x%02x", (unsigned)(unsigned char)s.p[0]);
            n = 1;
        } else if (code == '"' || code == '\\') {
            buf_putc(out, '\\');
            buf_putc(out, (char)code);
        } else if (code == '\n') {
            buf_puts(out, "\\n");
        } else if (code == '\t') {
            buf_puts(out, "\\t");
        } else if (!utf8_is_unsafe(code)) {
            buf_append(out, s.p, n);
        } else if (code < 0x10000) {
            buf_printf(out, "\\u%04x", (unsigned)code);
        } else {
            unsigned high = 0xd800 + (unsigned)((code - 0x10000) >> 10);
            unsigned low = 0xdc00 + (unsigned)((code - 0x10000) & 0x3ff);
            buf_printf(out, "\\u%04x\\u%04x", high, low);
        }
        s = str_slice(s, n, s.n);
    }
}

static void put_string(struct buf *out, const char *s)
{
    buf_putc(out, '"');
    put_escaped(out, str_of(s));
    buf_putc(out, '"');
}

static void next(struct json *j, const char *key)
{
    if (j->filled)
        buf_putc(j->out, ',');
    if (j->flat && j->filled)
        buf_putc(j->out, ' ');
    if (!j->flat && j->depth) {
        buf_putc(j->out, '\n');
        buf_fill(j->out, ' ', 2 * (size_t)j->depth);
    }
    if (key) {
        put_string(j->out, key);
        buf_puts(j->out, ": ");
    }
    j->filled = true;
}

void json_open(struct json *j, const char *key, char bracket)
{
    next(j, key);
    buf_putc(j->out, bracket);
    if (j->depth < JSON_DEPTH)
        j->closing[j->depth] = bracket == '{' ? '}' : ']';
    j->depth++;
    j->filled = false;
}

void json_open_flat(struct json *j, const char *key, char bracket)
{
    json_open(j, key, bracket);
    j->flat = true;
}

void json_close(struct json *j)
{
    j->depth--;
    if (!j->flat && j->filled) {
        buf_putc(j->out, '\n');
        buf_fill(j->out, ' ', 2 * (size_t)j->depth);
    }
    buf_putc(j->out, j->depth < JSON_DEPTH ? j->closing[j->depth] : ']');
    j->filled = true;
    j->flat = false;
    if (!j->depth)
        buf_putc(j->out, '\n');
}

void json_text(struct json *j, const char *key, const char *s)
{
    next(j, key);
    if (s)
        put_string(j->out, s);
    else
        buf_puts(j->out, "null");
}

void json_number(struct json *j, const char *key, int64_t n)
{
    next(j, key);
    buf_printf(j->out, "%" PRId64, n);
}

void json_bool(struct json *j, const char *key, bool b)
{
    next(j, key);
    buf_puts(j->out, b ? "true" : "false");
}

void json_both(struct json *j, const char *key, struct text t)
{
    bool flat = j->flat;
    json_open_flat(j, key, '{');
    json_text(j, "zh", text_in(t, LANG_ZH));
    json_text(j, "en", text_in(t, LANG_EN));
    json_close(j);
    j->flat = flat;
}
