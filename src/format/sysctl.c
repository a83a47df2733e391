#include "format/sysctl.h"

#include <string.h>

#include "format/systemd_line.h"

static void take(struct arena *a, struct str text, struct sysctl_line *line)
{
    text = systemd_strip(text);
    if (text.n == 0 || text.p[0] == '#' || text.p[0] == ';')
        return;
    int at = str_index(text, '=');
    bool minus = text.p[0] == '-';
    if (at < 0 && !minus)
        return;
    struct str key = at < 0 ? text : str_slice(text, 0, (size_t)at);
    if (minus)
        key = str_slice(key, 1, key.n);
    line->key = str_dup(a, systemd_strip(key));
    line->ignore_failure = minus && at >= 0;
    if (at >= 0)
        line->value = str_dup(a, systemd_strip(str_slice(text, (size_t)at + 1, text.n)));
}

void sysctl_doc_parse(struct arena *a, struct str bytes, struct sysctl_doc *ret)
{
    *ret = (struct sysctl_doc){0};
    unsigned number = 0;
    for (struct str rest = bytes, text, raw; systemd_next_line(&rest, &text, &raw);) {
        struct sysctl_line line = {.line = ++number, .raw = raw};
        take(a, text, &line);
        vec_push(a, &ret->lines, line);
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
