#include "format/glob.h"

#include <string.h>

#include "base/cleanup.h"

/* The C locale's classes: isalpha(3) and its kin would follow the caller's locale. */
static bool in_class(struct str class, unsigned char c)
{
    bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z', digit = c >= '0' && c <= '9';
    bool graph = c > ' ' && c < 0x7f;
    bool alnum = upper || lower || digit;
    const struct {
        const char *name;
        bool holds;
    } rows[] = {
        {"alnum", alnum},
        {"alpha", upper || lower},
        {"blank", c == ' ' || c == '\t'},
        {"cntrl", c < ' ' || c == 0x7f},
        {"digit", digit},
        {"graph", graph},
        {"lower", lower},
        {"print", graph || c == ' '},
        {"punct", graph && !alnum},
        {"space", c == ' ' || (c >= '\t' && c <= '\r')},
        {"upper", upper},
        {"xdigit", digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (str_is(class, rows[i].name))
            return rows[i].holds;
    return false;
}

/* "[:alpha:]" at p[at]: sets class and returns the index after it; 0: not a class. */
static size_t read_class(struct str p, size_t at, struct str *class)
{
    if (at + 1 >= p.n || p.p[at] != '[' || p.p[at + 1] != ':')
        return 0;
    for (size_t i = at + 2; i + 1 < p.n; i++)
        if (p.p[i] == ':' && p.p[i + 1] == ']') {
            *class = str_slice(p, at + 2, i);
            return i + 2;
        }
    return 0;
}

/*
 * A bracket expression that starts at p[at] == '['. Returns the index after it and whether c is in
 * it; 0 when it is not closed, which makes "[" an ordinary byte.
 */
static size_t read_bracket(struct str p, size_t at, unsigned char c, bool escape, bool *ret_in)
{
    size_t i = at + 1;
    bool negate = i < p.n && (p.p[i] == '!' || p.p[i] == '^');
    if (negate)
        i++;
    bool in = false;
    for (size_t first = i; i < p.n && (p.p[i] != ']' || i == first);) {
        struct str class;
        size_t after = read_class(p, i, &class);
        if (after) {
            in = in || in_class(class, c);
            i = after;
            continue;
        }
        if (escape && p.p[i] == '\\' && i + 1 < p.n)
            i++;
        unsigned char low = (unsigned char)p.p[i++], high = low;
        if (i + 1 < p.n && p.p[i] == '-' && p.p[i + 1] != ']') {
            i++;
            if (escape && p.p[i] == '\\' && i + 1 < p.n)
                i++;
            high = (unsigned char)p.p[i++];
        }
        in = in || (c >= low && c <= high);
    }
    if (i >= p.n)
        return 0;
    *ret_in = in != negate;
    return i + 1;
}

/* One element of the pattern that is not "*" against one byte; the index after it, 0: no match. */
static size_t match_one(struct str p, size_t at, struct str name, size_t i, unsigned flags)
{
    char c = name.p[i];
    bool slash = c == '/' && (flags & GLOB_SLASH);
    bool period = c == '.' && (flags & GLOB_LEADING_PERIOD) &&
                  (i == 0 || ((flags & GLOB_SLASH) && name.p[i - 1] == '/'));
    bool escape = !(flags & GLOB_NO_ESCAPE), in = false;
    if (p.p[at] == '?')
        return slash || period ? 0 : at + 1;
    if (p.p[at] == '[') {
        size_t after = read_bracket(p, at, (unsigned char)c, escape, &in);
        if (after)
            return in && !slash && !period ? after : 0;
    }
    if (p.p[at] == '\\' && escape) {
        if (at + 1 >= p.n)
            return 0;
        at++;
    }
    return p.p[at] == c ? at + 1 : 0;
}

bool glob_matches(struct str pattern, struct str name, unsigned flags)
{
    size_t at = 0, i = 0, star = SIZE_MAX, star_i = 0;
    while (i < name.n) {
        size_t after = 0;
        if (at < pattern.n && pattern.p[at] == '*') {
            bool period = name.p[i] == '.' && (flags & GLOB_LEADING_PERIOD) &&
                          (i == 0 || ((flags & GLOB_SLASH) && name.p[i - 1] == '/'));
            if (period)
                return false;
            star = ++at;
            star_i = i;
            continue;
        }
        if (at < pattern.n)
            after = match_one(pattern, at, name, i, flags);
        if (after) {
            at = after;
            i++;
            continue;
        }
        /* The last star takes one byte more; an earlier one need never be tried again. */
        if (star == SIZE_MAX || (name.p[star_i] == '/' && (flags & GLOB_SLASH)))
            return false;
        at = star;
        i = ++star_i;
    }
    while (at < pattern.n && pattern.p[at] == '*')
        at++;
    return at == pattern.n;
}

bool glob_has_magic(struct str pattern)
{
    for (size_t i = 0; i < pattern.n; i++) {
        if (pattern.p[i] == '\\')
            i++;
        else if (pattern.p[i] == '*' || pattern.p[i] == '?' || pattern.p[i] == '[')
            return true;
    }
    return false;
}

const char *glob_unescape(struct arena *a, struct str pattern)
{
    char *out = arena_alloc(a, pattern.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < pattern.n; i++) {
        if (pattern.p[i] == '\\' && i + 1 < pattern.n)
            i++;
        out[n++] = pattern.p[i];
    }
    out[n] = '\0';
    return out;
}
