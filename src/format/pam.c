#include "format/pam.h"

#include <string.h>

#include "base/cleanup.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t';
}

/* The next token as _pam_StrTok() cuts it; `*at` moves behind it. NULL at the end. */
static char *next_token(struct arena *a, const char **at)
{
    const char *p = *at;
    while (*p && is_blank(*p))
        p++;
    if (!*p)
        return NULL;
    char *token;
    if (*p == '[') {
        const char *end = ++p;
        while (*end && *end != ']')
            end += end[0] == '\\' && end[1] == ']' ? 2 : 1;
        token = arena_alloc(a, (size_t)(end - p) + 1);
        for (size_t n = 0; p < end; p++) {
            if (p[0] == '\\' && p[1] == ']')
                p++;
            token[n++] = *p;
        }
    } else {
        const char *start = p;
        while (*p && !is_blank(*p))
            p++;
        token = arena_strndup(a, start, (size_t)(p - start));
    }
    *at = *p ? p + 1 : p;
    return token;
}

static void tokenize(struct arena *a, struct pam_line *l, const char *text, bool with_service)
{
    const char *at = text;
    if (with_service)
        l->service = next_token(a, &at);
    for (char *token; (token = next_token(a, &at));)
        strings_add(a, &l->tokens, token);
}

/* One physical line as fgets() and strlen() see it. */
static struct str visible(struct str line)
{
    int nul = str_index(line, '\0');
    return nul < 0 ? line : str_slice(line, 0, (size_t)nul);
}

static size_t leading_blanks(struct str s)
{
    size_t i = 0;
    while (i < s.n && is_blank(s.p[i]))
        i++;
    return i;
}

/* Adds one physical line to the joined text; true when the line goes on below. */
static bool join(struct buf *text, struct str physical)
{
    size_t start = leading_blanks(physical);
    int hash = str_index(physical, '#');
    if (hash >= 0) { /* whatever stands before a comment ends the line, backslash or not */
        buf_append(text, physical.p, (size_t)hash);
        return false;
    }
    size_t end = physical.n;
    while (end > start && is_blank(physical.p[end - 1]))
        end--;
    if (end > start && physical.p[end - 1] == '\\') {
        buf_append(text, physical.p, end - 1);
        buf_putc(text, ' ');
        return true;
    }
    buf_append(text, physical.p, physical.n);
    return false;
}

static bool has_content(struct str physical)
{
    size_t start = leading_blanks(physical);
    return start < physical.n && physical.p[start] != '#';
}

/* Takes one logical line off `rest`; blank and comment lines inside a continuation belong to it. */
static struct pam_line take_line(struct arena *a, struct str *rest, unsigned *number, bool service)
{
    const char *start = rest->p;
    struct pam_line l = {.kind = PAM_LINE_BLANK, .line = *number};
    struct str physical;
    _cleanup_buf_ struct buf text = {0};
    bool more = false, begun = false;
    while (str_next_line(rest, &physical)) {
        struct str seen = visible(physical);
        unsigned here = (*number)++;
        if (!has_content(seen)) {
            if (begun)
                continue;
            break;
        }
        if (!begun)
            l.line = here;
        begun = true;
        more = join(&text, seen);
        if (!more)
            break;
    }
    l.raw.p = start;
    l.raw.n = rest->p ? (size_t)(rest->p - start) : 0;
    if (begun) {
        l.kind = more ? PAM_LINE_CUT : PAM_LINE_RULE;
        l.length = text.len;
        tokenize(a, &l, text.data ? text.data : "", service);
    }
    return l;
}

struct pam_document *pam_parse(struct arena *a, struct str bytes, bool with_service)
{
    struct pam_document *d = arena_make(a, struct pam_document);
    d->has_service = with_service;
    struct str rest = bytes;
    unsigned number = 1;
    while (rest.n) {
        struct pam_line l = take_line(a, &rest, &number, with_service);
        if (!rest.p || rest.n == 0) { /* the end: str_next_line forgets where it was */
            l.raw.n = (size_t)(bytes.p + bytes.n - l.raw.p);
            rest = (struct str){NULL, 0};
        }
        vec_push(a, &d->lines, l);
    }
    return d;
}

void pam_print(const struct pam_document *d, struct buf *out)
{
    vec_each (l, &d->lines)
        buf_append(out, l->raw.p, l->raw.n);
}

const char *pam_token(const struct pam_line *l, size_t index)
{
    return index < l->tokens.n ? l->tokens.v[index] : NULL;
}

const char *pam_line_type(const struct pam_line *l, bool *ret_silent)
{
    const char *type = pam_token(l, 0);
    bool silent = type && type[0] == '-';
    if (ret_silent)
        *ret_silent = silent;
    return silent ? type + 1 : type;
}

static struct pam_line line_of(struct arena *a, const char *text, unsigned number, bool service)
{
    struct str raw = str_of(arena_printf(a, "%s\n", text));
    struct str rest = raw;
    struct pam_line l = take_line(a, &rest, &number, service);
    l.raw = raw;
    return l;
}

void pam_insert(struct arena *a, struct pam_document *d, size_t at, const char *text)
{
    if (at > d->lines.n)
        at = d->lines.n;
    if (at > 0) { /* a last line without its newline gets one */
        struct str *before = &d->lines.v[at - 1].raw;
        if (before->n && before->p[before->n - 1] != '\n') {
            char *whole = arena_alloc(a, before->n + 1);
            memcpy(whole, before->p, before->n);
            whole[before->n] = '\n';
            *before = (struct str){whole, before->n + 1};
        }
    }
    unsigned number = at < d->lines.n ? d->lines.v[at].line : (unsigned)at + 1;
    struct pam_line l = line_of(a, text, number, d->has_service);
    vec_push(a, &d->lines, l);
    memmove(d->lines.v + at + 1, d->lines.v + at, (d->lines.n - 1 - at) * sizeof l);
    d->lines.v[at] = l;
}

void pam_replace(struct arena *a, struct pam_document *d, size_t at, const char *text)
{
    d->lines.v[at] = line_of(a, text, d->lines.v[at].line, d->has_service);
}

void pam_remove(struct pam_document *d, size_t at)
{
    memmove(d->lines.v + at, d->lines.v + at + 1, (d->lines.n - at - 1) * sizeof d->lines.v[0]);
    d->lines.n--;
}
