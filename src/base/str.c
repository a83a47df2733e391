#include "base/str.h"

#include <errno.h>
#include <string.h>

struct str str_of(const char *s)
{
    return (struct str){s ? s : "", s ? strlen(s) : 0};
}

char *str_dup(struct arena *a, struct str s)
{
    return arena_strndup(a, s.p, s.n);
}

bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_is(struct str s, const char *text)
{
    return str_eq(s, str_of(text));
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool str_is_nocase(struct str s, const char *text)
{
    size_t i = 0;
    for (; i < s.n && text[i]; i++)
        if (lower(s.p[i]) != lower(text[i]))
            return false;
    return i == s.n && !text[i];
}

bool str_starts(struct str s, const char *prefix)
{
    size_t n = strlen(prefix);
    return s.n >= n && (n == 0 || memcmp(s.p, prefix, n) == 0);
}

bool str_ends(struct str s, const char *suffix)
{
    size_t n = strlen(suffix);
    return s.n >= n && (n == 0 || memcmp(s.p + s.n - n, suffix, n) == 0);
}

int str_index(struct str s, char c)
{
    const char *at = s.n ? memchr(s.p, c, s.n) : NULL;
    return at ? (int)(at - s.p) : -1;
}

struct str str_slice(struct str s, size_t from, size_t to)
{
    if (to > s.n)
        to = s.n;
    if (from > to)
        from = to;
    /* An empty slice may have no address, and adding even 0 to that is undefined. */
    return (struct str){from ? s.p + from : s.p, to - from};
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
    while (s.n && is_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool str_next_field(struct str *rest, char separator, struct str *field)
{
    if (!rest->p)
        return false;
    const char *at = rest->n ? memchr(rest->p, separator, rest->n) : NULL;
    if (!at) {
        *field = *rest;
        *rest = (struct str){NULL, 0};
        return true;
    }
    size_t n = (size_t)(at - rest->p);
    *field = (struct str){rest->p, n};
    *rest = (struct str){at + 1, rest->n - n - 1};
    return true;
}

bool str_next_line(struct str *rest, struct str *line)
{
    if (rest->n == 0)
        return false;
    (void)str_next_field(rest, '\n', line);
    return true;
}

bool str_next_word(struct str *rest, struct str *word)
{
    size_t i = 0;
    while (i < rest->n && (rest->p[i] == ' ' || rest->p[i] == '\t'))
        i++;
    size_t start = i;
    while (i < rest->n && rest->p[i] != ' ' && rest->p[i] != '\t')
        i++;
    *word = str_slice(*rest, start, i);
    *rest = str_slice(*rest, i, rest->n);
    return word->n > 0;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

int str_to_int64(struct str s, int base, int64_t *ret)
{
    bool negative = s.n && s.p[0] == '-';
    if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
        s = str_slice(s, 1, s.n);
    if (s.n == 0)
        return -EINVAL;
    int64_t value = 0;
    for (size_t i = 0; i < s.n; i++) {
        int d = digit_of(s.p[i]);
        if (d >= base)
            return -EINVAL;
        if (__builtin_mul_overflow(value, (int64_t)base, &value) ||
            __builtin_sub_overflow(value, (int64_t)d, &value)) /* kept negative: INT64_MIN fits */
            return -ERANGE;
    }
    if (!negative && value == INT64_MIN)
        return -ERANGE;
    *ret = negative ? value : -value;
    return 0;
}

bool cstr_eq(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool cstr_eq_nocase(const char *a, const char *b)
{
    return a && b ? str_is_nocase(str_of(a), b) : a == b;
}

bool cstr_starts(const char *s, const char *prefix)
{
    return s && str_starts(str_of(s), prefix);
}

bool cstr_ends(const char *s, const char *suffix)
{
    return s && str_ends(str_of(s), suffix);
}
