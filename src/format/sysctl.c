#include "format/sysctl.h"

#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct str strip(struct str s)
{
    while (s.n && is_blank(s.p[0]))
        s = str_slice(s, 1, s.n);
    while (s.n && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

/* systemd's read_line() ends a line at newline, carriage return or NUL; a run of different ones of
 * them counts once. */
static size_t line_end(struct str s, size_t *ret_next)
{
    size_t i = 0;
    while (i < s.n && s.p[i] != '\n' && s.p[i] != '\r' && s.p[i] != '\0')
        i++;
    size_t end = i;
    bool seen[3] = {false};
    for (; i < s.n && !seen[2]; i++) {
        int which = s.p[i] == '\n' ? 0 : s.p[i] == '\r' ? 1 : s.p[i] == '\0' ? 2 : 3;
        if (which == 3 || seen[which])
            break;
        seen[which] = true;
    }
    *ret_next = i;
    return end;
}

static void take(struct arena *a, struct str text, struct sysctl_line *line)
{
    text = strip(text);
    if (text.n == 0 || text.p[0] == '#' || text.p[0] == ';')
        return;
    int at = str_index(text, '=');
    bool minus = text.p[0] == '-';
    if (at < 0 && !minus)
        return;
    struct str key = at < 0 ? text : str_slice(text, 0, (size_t)at);
    if (minus)
        key = str_slice(key, 1, key.n);
    line->key = str_dup(a, strip(key));
    line->ignore_failure = minus && at >= 0;
    if (at >= 0)
        line->value = str_dup(a, strip(str_slice(text, (size_t)at + 1, text.n)));
}

void sysctl_doc_parse(struct arena *a, struct str bytes, struct sysctl_doc *ret)
{
    *ret = (struct sysctl_doc){0};
    unsigned number = 0;
    for (struct str rest = bytes; rest.n;) {
        size_t next = 0, end = line_end(rest, &next);
        struct sysctl_line line = {.line = ++number, .raw = str_slice(rest, 0, next)};
        take(a, str_slice(rest, 0, end), &line);
        vec_push(a, &ret->lines, line);
        rest = str_slice(rest, next, rest.n);
    }
}

void sysctl_doc_print(const struct sysctl_doc *d, struct buf *out)
{
    for (size_t i = 0; i < d->lines.n; i++)
        buf_append(out, d->lines.v[i].raw.p, d->lines.v[i].raw.n);
}

const char *sysctl_path(struct arena *a, const char *key)
{
    const char *first = strpbrk(key, "/.");
    bool dots = first && *first == '.';
    char *path = arena_alloc(a, strlen(key) + 1);
    size_t n = 0;
    for (const char *p = key; *p; p++) {
        char c = *p;
        if (dots && (c == '.' || c == '/'))
            c = c == '.' ? '/' : '.';
        if (c == '/' && (n == 0 || path[n - 1] == '/'))
            continue;
        path[n++] = c;
    }
    while (n && path[n - 1] == '/')
        n--;
    path[n] = '\0';
    return path;
}

const char *sysctl_name(struct arena *a, const char *path)
{
    char *name = arena_strdup(a, path);
    for (char *p = name; *p; p++)
        if (*p == '/' || *p == '.')
            *p = *p == '/' ? '.' : '/';
    return name;
}
