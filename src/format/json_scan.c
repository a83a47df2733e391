#include "format/json_scan.h"

#include <string.h>

#include "base/buf.h"
#include "base/width.h"

#define ONES UINT64_C(0x0101010101010101)

struct json_scan json_scan_of(struct str bytes)
{
    const char *p = bytes.n ? bytes.p : "";
    return (struct json_scan){.p = p, .end = p + bytes.n, .start = p};
}

static bool fail(struct json_scan *s, const char *en, const char *zh)
{
    if (!s->problem.en)
        s->problem = s->p >= s->end ? TEXT("it ends too early", "内容不完整") : TEXT(en, zh);
    return false;
}

/* Most of a result is skipped when a table is made of many: eight bytes at once. */
static uint64_t eight(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* Non-zero where a byte of v is less than n (n up to 128; "Bit Twiddling Hacks", hasless). */
static uint64_t has_less(uint64_t v, uint64_t n)
{
    return (v - ONES * n) & ~v & (ONES * 0x80);
}

static void blanks(struct json_scan *s)
{
    while (s->end - s->p >= 8 && eight(s->p) == ONES * ' ')
        s->p += 8;
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\t' || *s->p == '\r'))
        s->p++;
}

static bool is_digit(const struct json_scan *s)
{
    return s->p < s->end && *s->p >= '0' && *s->p <= '9';
}

static char kind_of(char c)
{
    if (c == '-' || (c >= '0' && c <= '9'))
        return '0';
    return c && strchr("{[\"tfn", c) ? c : 0;
}

char json_scan_peek(struct json_scan *s)
{
    if (s->problem.en)
        return 0;
    blanks(s);
    return s->p < s->end ? kind_of(*s->p) : 0;
}

bool json_scan_enter(struct json_scan *s, char bracket)
{
    if (s->problem.en)
        return false;
    if (json_scan_peek(s) != bracket)
        return (bracket == '{' ? fail(s, "an object is expected", "此处应为对象")
                               : fail(s, "a list is expected", "此处应为列表"));
    if (s->depth == JSON_SCAN_DEPTH)
        return fail(s, "it is nested too deeply", "嵌套过深");
    s->p++;
    s->depth++;
    s->fresh = true;
    return true;
}

/* The comma before a member, or the bracket that ends them. */
static bool next_member(struct json_scan *s, char closing)
{
    if (s->problem.en)
        return false;
    blanks(s);
    if (s->p < s->end && *s->p == closing) {
        s->p++;
        s->depth--;
        s->fresh = false;
        return false;
    }
    if (!s->fresh) {
        if (s->p >= s->end || *s->p != ',')
            return fail(s, "a comma is expected", "此处应为逗号");
        s->p++;
    }
    s->fresh = false;
    return true;
}

static bool hex4(const char *p, const char *end, unsigned *ret)
{
    unsigned code = 0;
    if (end - p < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                                : 16;
        if (digit == 16)
            return false;
        code = code * 16 + digit;
    }
    *ret = code;
    return true;
}

/* Moves over a string; its bytes between the quotes, escapes as they are. */
static bool raw_string(struct json_scan *s, struct str *ret)
{
    unsigned code;
    if (json_scan_peek(s) != '"')
        return fail(s, "a string is expected", "此处应为字符串");
    const char *from = ++s->p;
    for (;; s->p++) {
        while (s->end - s->p >= 8) {
            uint64_t v = eight(s->p);
            if (has_less(v, 0x20) | has_less(v ^ (ONES * '"'), 1) | has_less(v ^ (ONES * '\\'), 1))
                break;
            s->p += 8;
        }
        while (s->p < s->end && *s->p != '"' && *s->p != '\\' && (unsigned char)*s->p >= 0x20)
            s->p++;
        if (s->p >= s->end)
            return fail(s, "", "");
        if (*s->p == '"')
            break;
        if (*s->p != '\\')
            return fail(s, "a control character stands in a string", "字符串中有控制字符");
        s->p++;
        if (s->p >= s->end)
            return fail(s, "", "");
        if (!*s->p || !strchr("\"\\/bfnrtu", *s->p))
            return fail(s, "an escape in a string is not one of JSON", "字符串中有无效的转义");
        if (*s->p != 'u')
            continue;
        if (!hex4(s->p + 1, s->end, &code))
            return fail(s, "an escape in a string is not one of JSON", "字符串中有无效的转义");
        s->p += 4;
    }
    *ret = (struct str){from, (size_t)(s->p - from)};
    s->p++;
    return true;
}

bool json_scan_key(struct json_scan *s, struct str *ret_key)
{
    if (!next_member(s, '}') || !raw_string(s, ret_key))
        return false;
    blanks(s);
    if (s->p >= s->end || *s->p != ':')
        return fail(s, "a colon is expected", "此处应为冒号");
    s->p++;
    return true;
}

bool json_scan_element(struct json_scan *s)
{
    return next_member(s, ']');
}

static bool word(struct json_scan *s, const char *text)
{
    size_t n = strlen(text);
    if ((size_t)(s->end - s->p) < n) {
        s->p = s->end;
        return fail(s, "", "");
    }
    if (memcmp(s->p, text, n) != 0)
        return fail(s, "a value is expected", "此处应为值");
    s->p += n;
    return true;
}

static bool digits(struct json_scan *s)
{
    if (!is_digit(s))
        return fail(s, "a digit is expected", "此处应为数字");
    while (is_digit(s))
        s->p++;
    return true;
}

static bool number(struct json_scan *s)
{
    if (*s->p == '-')
        s->p++;
    if (s->p < s->end && *s->p == '0')
        s->p++;
    else if (!digits(s))
        return false;
    if (s->p < s->end && *s->p == '.') {
        s->p++;
        if (!digits(s))
            return false;
    }
    if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
        s->p++;
        if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
            s->p++;
        return digits(s);
    }
    return true;
}

static bool skip_plain(struct json_scan *s, char kind)
{
    struct str unused;
    switch (kind) {
    case '"':
        return raw_string(s, &unused);
    case '0':
        return number(s);
    case 't':
        return word(s, "true");
    case 'f':
        return word(s, "false");
    case 'n':
        return word(s, "null");
    default:
        return fail(s, "a value is expected", "此处应为值");
    }
}

bool json_scan_skip(struct json_scan *s)
{
    char open[JSON_SCAN_DEPTH] = {0};
    unsigned base = s->depth;
    struct str key;
    for (;;) {
        char kind = json_scan_peek(s);
        if (kind == '{' || kind == '[') {
            if (!json_scan_enter(s, kind))
                return false;
            open[s->depth - 1] = kind;
        } else if (!skip_plain(s, kind)) {
            return false;
        }
        while (s->depth > base &&
               !(open[s->depth - 1] == '{' ? json_scan_key(s, &key) : json_scan_element(s)))
            if (s->problem.en)
                return false;
        if (s->depth == base)
            return true;
    }
}

/* One escape after its backslash; 0 for what no text may hold. */
static size_t unescape(struct str s, uint32_t *ret)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *at = strchr(from, s.p[0]);
    unsigned high, low;
    if (s.p[0] != 'u') {
        *ret = (unsigned char)to[at - from];
        return 1;
    }
    if (!hex4(s.p + 1, s.p + s.n, &high) || (high & 0xfc00) == 0xdc00 || !high)
        return 0;
    *ret = high;
    if ((high & 0xfc00) != 0xd800)
        return 5;
    if (s.n < 11 || s.p[5] != '\\' || s.p[6] != 'u' || !hex4(s.p + 7, s.p + s.n, &low) ||
        (low & 0xfc00) != 0xdc00)
        return 0;
    *ret = 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff);
    return 11;
}

static void put_utf8(struct buf *b, uint32_t c)
{
    if (c < 0x80) {
        buf_putc(b, (char)c);
    } else if (c < 0x800) {
        buf_putc(b, (char)(0xc0 | c >> 6));
    } else if (c < 0x10000) {
        buf_putc(b, (char)(0xe0 | c >> 12));
        buf_putc(b, (char)(0x80 | (c >> 6 & 0x3f)));
    } else {
        buf_putc(b, (char)(0xf0 | c >> 18));
        buf_putc(b, (char)(0x80 | (c >> 12 & 0x3f)));
        buf_putc(b, (char)(0x80 | (c >> 6 & 0x3f)));
    }
    if (c >= 0x80)
        buf_putc(b, (char)(0x80 | (c & 0x3f)));
}

bool json_scan_text(struct json_scan *s, struct arena *a, const char **ret)
{
    struct str raw;
    _cleanup_buf_ struct buf b = {0};
    if (json_scan_peek(s) == 'n') {
        if (!word(s, "null"))
            return false;
        *ret = NULL;
        return true;
    }
    if (!raw_string(s, &raw))
        return false;
    if (!utf8_valid(raw))
        return fail(s, "a string is not UTF-8", "字符串不是 UTF-8");
    for (int at; (at = str_index(raw, '\\')) >= 0;) {
        uint32_t code;
        buf_append(&b, raw.p, (size_t)at);
        raw = str_slice(raw, (size_t)at + 1, raw.n);
        size_t n = unescape(raw, &code);
        if (!n)
            return fail(s, "a string holds what is no text", "字符串中有非文本内容");
        put_utf8(&b, code);
        raw = str_slice(raw, n, raw.n);
    }
    buf_append(&b, raw.p, raw.n);
    *ret = arena_strndup(a, b.len ? b.data : "", b.len);
    return true;
}

bool json_scan_number(struct json_scan *s, int64_t *ret)
{
    if (json_scan_peek(s) != '0')
        return fail(s, "a number is expected", "此处应为数字");
    const char *from = s->p;
    if (!number(s))
        return false;
    if (str_to_int64((struct str){from, (size_t)(s->p - from)}, 10, ret) < 0)
        return fail(s, "a whole number is expected", "此处应为整数");
    return true;
}

bool json_scan_bool(struct json_scan *s, bool *ret)
{
    char kind = json_scan_peek(s);
    if (kind != 't' && kind != 'f')
        return fail(s, "true or false is expected", "此处应为 true 或 false");
    if (!word(s, kind == 't' ? "true" : "false"))
        return false;
    *ret = kind == 't';
    return true;
}

bool json_scan_end(struct json_scan *s)
{
    if (s->problem.en)
        return false;
    blanks(s);
    return s->p == s->end && !s->depth ? true
                                       : fail(s, "something follows its end", "结尾之后还有内容");
}

unsigned json_scan_line(const struct json_scan *s)
{
    unsigned line = 1;
    for (const char *p = s->start; p < s->p && p < s->end; p++)
        line += *p == '\n';
    return line;
}
