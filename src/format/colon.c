#include "format/colon.h"

#include <errno.h>
#include <string.h>

#include "base/vec.h"

void colon_parse(struct arena *a, struct str bytes, struct colon *ret)
{
    *ret = (struct colon){.arena = a};
    while (bytes.n) {
        const char *end = memchr(bytes.p, '\n', bytes.n);
        size_t n = end ? (size_t)(end - bytes.p) : bytes.n;
        struct colon_line line = {{bytes.p, n}, end != NULL};
        vec_push(a, ret, line);
        bytes = str_slice(bytes, n + (end != NULL), bytes.n);
    }
}

void colon_print(const struct colon *c, struct buf *out)
{
    for (size_t i = 0; i < c->n; i++) {
        buf_append(out, c->v[i].text.p, c->v[i].text.n);
        if (c->v[i].newline)
            buf_putc(out, '\n');
    }
}

size_t colon_count(struct str line)
{
    size_t n = 1;
    for (size_t i = 0; i < line.n; i++)
        n += line.p[i] == ':';
    return n;
}

bool colon_get(struct str line, size_t index, struct str *ret)
{
    struct str rest = {line.n ? line.p : "", line.n}, field;
    for (size_t i = 0; str_next_field(&rest, ':', &field); i++)
        if (i == index) {
            *ret = field;
            return true;
        }
    return false;
}

size_t colon_find(const struct colon *c, struct str name, size_t from)
{
    struct str first;
    for (size_t i = from; i < c->n; i++)
        if (colon_get(c->v[i].text, 0, &first) && str_eq(first, name))
            return i;
    return SIZE_MAX;
}

static bool is_clean(struct str s, const char *without)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\0' || strchr(without, s.p[i]))
            return false;
    return true;
}

int colon_set(struct colon *c, size_t line, size_t index, struct str value)
{
    if (line >= c->n || !is_clean(value, ":\n"))
        return -EINVAL;
    struct str *text = &c->v[line].text, old;
    struct buf b = {0};
    if (colon_get(*text, index, &old)) {
        if (str_eq(old, value))
            return 0;
        size_t at = text->n ? (size_t)(old.p - text->p) : 0; /* an empty line borrows no bytes */
        buf_append(&b, text->p, at);
        buf_append(&b, value.p, value.n);
        buf_append(&b, old.p + old.n, text->n - at - old.n);
    } else {
        buf_append(&b, text->p, text->n);
        buf_fill(&b, ':', index + 1 - colon_count(*text));
        buf_append(&b, value.p, value.n);
    }
    *text = (struct str){arena_strndup(c->arena, b.data ? b.data : "", b.len), b.len};
    buf_done(&b);
    return 0;
}

int colon_insert(struct colon *c, size_t at, struct str line)
{
    if (at > c->n || !is_clean(line, "\n"))
        return -EINVAL;
    struct colon_line new = {{str_dup(c->arena, line), line.n}, true};
    vec_push(c->arena, c, new);
    memmove(c->v + at + 1, c->v + at, (c->n - 1 - at) * sizeof *c->v);
    c->v[at] = new;
    if (at > 0)
        c->v[at - 1].newline = true; /* a last line without a newline is not the last any more */
    return 0;
}

void colon_remove(struct colon *c, size_t line)
{
    if (line >= c->n)
        return;
    memmove(c->v + line, c->v + line + 1, (c->n - line - 1) * sizeof *c->v);
    c->n--;
}
