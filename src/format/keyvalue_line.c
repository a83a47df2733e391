#include "format/keyvalue_line.h"

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The part of a line that a C program sees: up to the newline, and no further than a NUL. */
static struct str visible(struct str raw)
{
    if (raw.n && raw.p[raw.n - 1] == '\n')
        raw.n--;
    const char *nul = memchr(raw.p, '\0', raw.n);
    if (nul)
        raw.n = (size_t)(nul - raw.p);
    return raw;
}

static void take(struct keyvalue_line *l, size_t key_at, size_t key_end, size_t value_at,
                 size_t value_end)
{
    l->setting = true;
    l->key = str_slice(l->raw, key_at, key_end);
    l->value_at = value_at;
    l->value_end = value_end;
    l->value = str_slice(l->raw, value_at, value_end);
}

/* def_load(): trailing white space goes, the name ends at a blank, blanks and quotes before the
 * value are skipped, the value ends at a quote; a name alone is no setting. */
static void cut_blank(struct keyvalue_line *l)
{
    struct str s = visible(l->raw);
    while (s.n && is_space(s.p[s.n - 1]))
        s.n--;
    size_t i = 0;
    while (i < s.n && is_blank(s.p[i]))
        i++;
    if (i == s.n || s.p[i] == '#')
        return;
    size_t key_at = i;
    while (i < s.n && !is_blank(s.p[i]))
        i++;
    if (i == s.n)
        return;
    size_t key_end = i;
    while (i < s.n && (is_blank(s.p[i]) || s.p[i] == '"'))
        i++;
    size_t value_at = i;
    while (i < s.n && s.p[i] != '"')
        i++;
    take(l, key_at, key_end, value_at, i);
    l->has_value = true;
}

static void cut_equals(struct keyvalue_line *l)
{
    struct str s = visible(l->raw);
    const char *hash = memchr(s.p, '#', s.n);
    if (hash)
        s.n = (size_t)(hash - s.p);
    while (s.n && is_space(s.p[s.n - 1]))
        s.n--;
    size_t i = 0;
    while (i < s.n && is_space(s.p[i]))
        i++;
    if (i == s.n)
        return;
    size_t key_at = i;
    while (i < s.n && !is_space(s.p[i]) && s.p[i] != '=')
        i++;
    size_t key_end = i;
    bool equals = false;
    while (i < s.n && (is_space(s.p[i]) || (s.p[i] == '=' && !equals))) {
        equals |= s.p[i] == '=';
        i++;
    }
    take(l, key_at, key_end, i, s.n);
    l->has_value = i < s.n;
    l->malformed = key_end == key_at;
}

/* pam_modutil_search_key(): every '=' and blank before the value is skipped, blanks behind it stay.
 */
static void cut_search(struct keyvalue_line *l)
{
    struct str s = visible(l->raw);
    const char *hash = memchr(s.p, '#', s.n);
    if (hash)
        s.n = (size_t)(hash - s.p);
    size_t i = 0;
    while (i < s.n && is_space(s.p[i]))
        i++;
    if (i == s.n)
        return;
    size_t key_at = i;
    while (i < s.n && !is_blank(s.p[i]) && s.p[i] != '=')
        i++;
    size_t key_end = i;
    while (i < s.n && (is_space(s.p[i]) || s.p[i] == '='))
        i++;
    take(l, key_at, key_end, i, s.n);
    l->has_value = i < s.n;
    if (key_end == key_at)
        l->setting = false;
}

static bool next_word(struct str s, size_t *at, size_t *from, size_t *to)
{
    while (*at < s.n && s.p[*at] == ' ')
        ++*at;
    *from = *at;
    while (*at < s.n && s.p[*at] != ' ')
        ++*at;
    *to = *at;
    return *to > *from;
}

/* nv_split(): words between blanks (a tab is part of a word), '=' a word of its own, at most one
 * option behind the value. */
static void cut_words(struct keyvalue_line *l)
{
    struct str s = visible(l->raw);
    size_t at = 0, key_at, key_end, from, to, value_at, value_end;
    if (!next_word(s, &at, &key_at, &key_end) || s.p[key_at] == '#')
        return;
    l->setting = true;
    l->malformed = true;
    l->key = str_slice(l->raw, key_at, key_end);
    l->value_at = l->value_end = key_end;
    if (!next_word(s, &at, &from, &to) || to - from != 1 || s.p[from] != '=')
        return;
    if (!next_word(s, &at, &value_at, &value_end))
        return;
    take(l, key_at, key_end, value_at, value_end);
    l->has_value = true;
    bool option = next_word(s, &at, &from, &to);
    l->malformed = option && next_word(s, &at, &from, &to);
}

/* Unquotes into b; false: a quote is left open. */
static bool unquote(struct str s, struct buf *b)
{
    char quote = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (quote && c == quote) {
            quote = 0;
        } else if (quote == '\'') {
            buf_putc(b, c);
        } else if (c == '\\' && i + 1 < s.n) {
            if (quote == '"' && !strchr("\"\\`$", s.p[i + 1]))
                buf_putc(b, c);
            buf_putc(b, s.p[++i]);
        } else if (!quote && (c == '"' || c == '\'')) {
            quote = c;
        } else {
            buf_putc(b, c);
        }
    }
    return quote == 0;
}

/* os-release(5) and systemd's EnvironmentFile=: '#' and ';' begin a comment only at the start. */
static void cut_shell(struct arena *a, struct keyvalue_line *l)
{
    struct str s = visible(l->raw);
    while (s.n && is_space(s.p[s.n - 1]))
        s.n--;
    size_t i = 0;
    while (i < s.n && is_space(s.p[i]))
        i++;
    if (i == s.n || s.p[i] == '#' || s.p[i] == ';')
        return;
    const char *equals = memchr(s.p + i, '=', s.n - i);
    if (!equals) {
        l->malformed = true;
        return;
    }
    size_t key_at = i, at = (size_t)(equals - s.p), key_end = at;
    while (key_end > key_at && is_space(s.p[key_end - 1]))
        key_end--;
    at++;
    while (at < s.n && is_space(s.p[at]))
        at++;
    take(l, key_at, key_end, at, s.n);
    l->has_value = true;
    l->malformed = key_end == key_at;
    if (!l->value.n ||
        (!memchr(l->value.p, '"', l->value.n) && !memchr(l->value.p, '\'', l->value.n) &&
         !memchr(l->value.p, '\\', l->value.n)))
        return;
    _cleanup_buf_ struct buf b = {0};
    l->malformed |= !unquote(l->value, &b);
    l->value = (struct str){arena_strndup(a, b.data ? b.data : "", b.len), b.len};
}

void keyvalue_cut_line(struct arena *a, const struct keyvalue_dialect *d, struct keyvalue_line *l)
{
    bool newline = l->raw.n && l->raw.p[l->raw.n - 1] == '\n';
    if (!newline && d->needs_newline)
        return;
    if (d->overlong == KEYVALUE_SKIP && l->raw.n > d->line_limit)
        return;
    if (d->overlong == KEYVALUE_REFUSE && l->raw.n > d->line_limit) {
        l->malformed = true;
        return;
    }
    switch (d->split) {
    case KEYVALUE_BLANK:
        cut_blank(l);
        break;
    case KEYVALUE_EQUALS:
        cut_equals(l);
        break;
    case KEYVALUE_SEARCH:
        cut_search(l);
        break;
    case KEYVALUE_WORDS:
        cut_words(l);
        break;
    case KEYVALUE_SHELL:
        cut_shell(a, l);
        break;
    }
}

void keyvalue_put_value(struct buf *b, const struct keyvalue_dialect *d, const char *value)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-+./:,@%";
    if (d->split != KEYVALUE_SHELL || value[strspn(value, plain)] == '\0') {
        buf_puts(b, value);
        return;
    }
    buf_putc(b, '"');
    for (const char *c = value; *c; c++) {
        if (strchr("\"\\`$", *c))
            buf_putc(b, '\\');
        buf_putc(b, *c);
    }
    buf_putc(b, '"');
}
