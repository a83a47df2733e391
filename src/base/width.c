#include "base/width.h"

#include "base/cleanup.h"

struct range {
    uint32_t first, last;
};

/* Wide and fullwidth blocks of Unicode 15 EastAsianWidth.txt, neighbours merged. */
static const struct range wide[] = {
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x2329, 0x232a},   {0x23e9, 0x23ec},
    {0x23f0, 0x23f0},   {0x23f3, 0x23f3},   {0x25fd, 0x25fe},   {0x2614, 0x2615},
    {0x2648, 0x2653},   {0x267f, 0x267f},   {0x2693, 0x2693},   {0x26a1, 0x26a1},
    {0x26aa, 0x26ab},   {0x26bd, 0x26be},   {0x26c4, 0x26c5},   {0x26ce, 0x26ce},
    {0x26d4, 0x26d4},   {0x26ea, 0x26ea},   {0x26f2, 0x26f3},   {0x26f5, 0x26f5},
    {0x26fa, 0x26fa},   {0x26fd, 0x26fd},   {0x2705, 0x2705},   {0x270a, 0x270b},
    {0x2728, 0x2728},   {0x274c, 0x274c},   {0x274e, 0x274e},   {0x2753, 0x2755},
    {0x2757, 0x2757},   {0x2795, 0x2797},   {0x27b0, 0x27b0},   {0x27bf, 0x27bf},
    {0x2b1b, 0x2b1c},   {0x2b50, 0x2b50},   {0x2b55, 0x2b55},   {0x2e80, 0x303e},
    {0x3041, 0x33ff},   {0x3400, 0x4dbf},   {0x4e00, 0xa4cf},   {0xa960, 0xa97f},
    {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe10, 0xfe19},   {0xfe30, 0xfe6f},
    {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x16fe0, 0x18aff}, {0x1b000, 0x1b2ff},
    {0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f18e}, {0x1f191, 0x1f19a},
    {0x1f200, 0x1f320}, {0x1f32d, 0x1f335}, {0x1f337, 0x1f37c}, {0x1f37e, 0x1f393},
    {0x1f3a0, 0x1f3ca}, {0x1f3cf, 0x1f3d3}, {0x1f3e0, 0x1f3f0}, {0x1f3f4, 0x1f3f4},
    {0x1f3f8, 0x1f43e}, {0x1f440, 0x1f440}, {0x1f442, 0x1f4fc}, {0x1f4ff, 0x1f53d},
    {0x1f54b, 0x1f54e}, {0x1f550, 0x1f567}, {0x1f57a, 0x1f57a}, {0x1f595, 0x1f596},
    {0x1f5a4, 0x1f5a4}, {0x1f5fb, 0x1f64f}, {0x1f680, 0x1f6c5}, {0x1f6cc, 0x1f6cc},
    {0x1f6d0, 0x1f6d2}, {0x1f6d5, 0x1f6d7}, {0x1f6dc, 0x1f6df}, {0x1f6eb, 0x1f6ec},
    {0x1f6f4, 0x1f6fc}, {0x1f7e0, 0x1f7eb}, {0x1f7f0, 0x1f7f0}, {0x1f90c, 0x1f93a},
    {0x1f93c, 0x1f945}, {0x1f947, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x2fffd},
    {0x30000, 0x3fffd},
};

/* Marks that sit on the character before them (the blocks that names and messages meet). */
static const struct range zero[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd},   {0x0610, 0x061a}, {0x064b, 0x065f},
    {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff},   {0x302a, 0x302d}, {0x3099, 0x309a},
    {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xe0100, 0xe01ef},
};

/* Characters that move, hide or reorder what follows (C1 controls, bidi marks, zero width), and the
 * two that XML 1.0 has no way to write. */
static const struct range unsafe[] = {
    {0x0000, 0x001f}, {0x007f, 0x009f}, {0x00ad, 0x00ad}, {0x061c, 0x061c},
    {0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},
    {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe007f},
};

static bool within(const struct range *table, size_t count, uint32_t code)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (code < table[middle].first)
            high = middle;
        else if (code > table[middle].last)
            low = middle + 1;
        else
            return true;
    }
    return false;
}

bool utf8_is_unsafe(uint32_t code)
{
    return within(unsafe, ARRAY_SIZE(unsafe), code);
}

size_t utf8_decode(struct str s, uint32_t *ret_code)
{
    if (s.n == 0)
        return 0;
    unsigned char first = (unsigned char)s.p[0];
    if (first < 0x80) {
        *ret_code = first;
        return 1;
    }
    size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || s.n < length)
        return 0;
    uint32_t code = first & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (c & 0x3f);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    *ret_code = code;
    return length;
}

bool utf8_valid(struct str s)
{
    uint32_t code;
    while (s.n) {
        size_t n = utf8_decode(s, &code);
        if (!n)
            return false;
        s = str_slice(s, n, s.n);
    }
    return true;
}

unsigned width_of(struct str s)
{
    unsigned columns = 0;
    while (s.n) {
        uint32_t code = 0;
        size_t n = utf8_decode(s, &code);
        if (!n) {
            columns++;
            n = 1;
        } else if (within(wide, ARRAY_SIZE(wide), code)) {
            columns += 2;
        } else if (!within(zero, ARRAY_SIZE(zero), code)) {
            columns++;
        }
        s = str_slice(s, n, s.n);
    }
    return columns;
}

void buf_put_safe(struct buf *b, struct str s)
{
    while (s.n) {
        uint32_t code = 0;
        size_t n = utf8_decode(s, &code);
        if (!n) {
            buf_printf(b, "\\x%02x", (unsigned)(unsigned char)s.p[0]);
            n = 1;
        } else if (code == '\n') {
            buf_puts(b, "\\n");
        } else if (!within(unsafe, ARRAY_SIZE(unsafe), code)) {
            buf_append(b, s.p, n);
        } else if (code < 0x100) {
            buf_printf(b, "\\x%02x", (unsigned)code);
        } else {
            buf_printf(b, "\\u{%04x}", (unsigned)code);
        }
        s = str_slice(s, n, s.n);
    }
}

const char *safe_text(struct arena *a, const char *s)
{
    _cleanup_buf_ struct buf b = {0};
    buf_put_safe(&b, str_of(s));
    return arena_strndup(a, b.data ? b.data : "", b.len);
}

const char *text_cut(struct arena *a, const char *s, size_t most)
{
    static const char dots[] = "…";
    size_t n = most - (sizeof dots - 1);
    if (!s || strlen(s) <= most)
        return s;
    while (n && ((unsigned char)s[n] & 0xc0) == 0x80)
        n--;
    return arena_printf(a, "%.*s%s", (int)n, s, dots);
}

void buf_put_padded(struct buf *b, const char *s, unsigned columns)
{
    unsigned width = width_of(str_of(s));
    buf_puts(b, s);
    if (width < columns)
        buf_fill(b, ' ', columns - width);
}
