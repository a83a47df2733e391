#include "format/version.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char peek(struct str s)
{
    return s.n ? s.p[0] : '\0';
}

static struct str drop(struct str s, size_t n)
{
    return (struct str){s.p + n, s.n - n};
}

static struct str take_while(struct str *s, bool (*test)(char))
{
    struct str part = {s->p, 0};
    while (part.n < s->n && test(s->p[part.n]))
        part.n++;
    *s = drop(*s, part.n);
    return part;
}

static int compare_bytes(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    return c ? (c < 0 ? -1 : 1) : a.n < b.n ? -1 : a.n > b.n;
}

static int compare_digits(struct str a, struct str b)
{
    while (peek(a) == '0')
        a = drop(a, 1);
    while (peek(b) == '0')
        b = drop(b, 1);
    return a.n != b.n ? (a.n < b.n ? -1 : 1) : compare_bytes(a, b);
}

/* ---- rpm ---- */

static bool is_separator(char c)
{
    return !is_digit(c) && !is_alpha(c) && c != '~' && c != '^';
}

/* '~' sorts before everything, even the end; '^' after the end and before everything else.
 * Returns true when it decided or consumed one. */
static bool rpm_mark(struct str *a, struct str *b, int *ret)
{
    char x = peek(*a), y = peek(*b);
    *ret = 0;
    if (x == '~' || y == '~') {
        *ret = x != '~' ? 1 : y != '~' ? -1 : 0;
    } else if (x == '^' || y == '^') {
        *ret = !a->n ? -1 : !b->n ? 1 : x != '^' ? 1 : y != '^' ? -1 : 0;
    } else {
        return false;
    }
    if (*ret == 0) {
        *a = drop(*a, 1);
        *b = drop(*b, 1);
    }
    return true;
}

static int rpm_part(struct str a, struct str b)
{
    if (str_eq(a, b))
        return 0;
    while (a.n || b.n) {
        int c;
        (void)take_while(&a, is_separator);
        (void)take_while(&b, is_separator);
        if (rpm_mark(&a, &b, &c)) {
            if (c)
                return c;
            continue;
        }
        if (!a.n || !b.n)
            break;
        bool number = is_digit(peek(a));
        struct str x = take_while(&a, number ? is_digit : is_alpha);
        struct str y = take_while(&b, number ? is_digit : is_alpha);
        if (!y.n)
            return number ? 1 : -1; /* numbers are newer than letters */
        c = number ? compare_digits(x, y) : compare_bytes(x, y);
        if (c)
            return c;
    }
    return a.n ? 1 : b.n ? -1 : 0;
}

struct evr {
    struct str epoch, version, release;
    bool has_release;
};

static struct evr rpm_split(const char *text)
{
    struct str s = str_of(text), rest = s;
    struct str digits = take_while(&rest, is_digit);
    struct evr e = {.version = s};
    if (peek(rest) == ':') {
        e.epoch = digits;
        e.version = rest = drop(rest, 1);
    }
    /* The last dash after the digits at the start, as parseEVR() looks for it. */
    for (size_t i = rest.n; i-- > 0;) {
        if (rest.p[i] != '-')
            continue;
        e.has_release = true;
        e.release = drop(rest, i + 1);
        e.version.n = (size_t)(rest.p + i - e.version.p);
        break;
    }
    return e;
}

int version_compare_rpm(const char *a, const char *b)
{
    struct evr x = rpm_split(a), y = rpm_split(b);
    int c = compare_digits(x.epoch, y.epoch);
    if (c == 0)
        c = rpm_part(x.version, y.version);
    if (c == 0 && x.has_release && y.has_release)
        c = rpm_part(x.release, y.release);
    else if (c == 0)
        c = (int)x.has_release - (int)y.has_release;
    return c;
}

/* ---- dpkg ---- */

/* '~' before the end, the end before letters, letters before everything else. */
static int dpkg_order(struct str s)
{
    char c = peek(s);
    if (!s.n || is_digit(c))
        return 0;
    if (is_alpha(c))
        return c;
    return c == '~' ? -1 : (unsigned char)c + 256;
}

static int dpkg_part(struct str a, struct str b)
{
    while (a.n || b.n) {
        while ((a.n && !is_digit(peek(a))) || (b.n && !is_digit(peek(b)))) {
            int x = dpkg_order(a), y = dpkg_order(b);
            if (x != y)
                return x < y ? -1 : 1;
            a = a.n ? drop(a, 1) : a;
            b = b.n ? drop(b, 1) : b;
        }
        int c = compare_digits(take_while(&a, is_digit), take_while(&b, is_digit));
        if (c)
            return c;
    }
    return 0;
}

static struct evr dpkg_split(const char *text)
{
    struct str s = str_of(text), rest = s;
    struct str digits = take_while(&rest, is_digit);
    struct evr e = {.version = s};
    if (peek(rest) == ':') {
        e.epoch = digits;
        e.version = drop(rest, 1);
    }
    for (size_t i = e.version.n; i-- > 0;) {
        if (e.version.p[i] != '-')
            continue;
        e.release = drop(e.version, i + 1);
        e.version.n = i;
        break;
    }
    return e;
}

int version_compare_dpkg(const char *a, const char *b)
{
    struct evr x = dpkg_split(a), y = dpkg_split(b);
    int c = compare_digits(x.epoch, y.epoch);
    if (c == 0)
        c = dpkg_part(x.version, y.version);
    return c ? c : dpkg_part(x.release, y.release);
}
