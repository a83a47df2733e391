#include "format/sshd.h"

#include <errno.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static const char *skip_blanks(const char *s)
{
    while (*s && is_blank(*s))
        s++;
    return s;
}

/* An opening quote may stand inside the word: `a"b c"` is one token `ab c`. */
static const char *quoted_token(struct arena *a, const char *start, const char *quote,
                                const char **rest)
{
    const char *end = strchr(quote + 1, '"');
    if (!end) {
        *rest = NULL;
        return NULL;
    }
    char *token = arena_alloc(a, (size_t)(end - start));
    size_t before = (size_t)(quote - start);
    if (before)
        memcpy(token, start, before);
    memcpy(token + before, quote + 1, (size_t)(end - quote) - 1);
    *rest = skip_blanks(end + 1);
    return token;
}

const char *sshd_delim(struct arena *a, const char **rest)
{
    const char *start = *rest;
    if (!start)
        return NULL;
    const char *stop = start + strcspn(start, " \t\r\n\"=");
    if (!*stop) {
        *rest = NULL;
        return arena_strdup(a, start);
    }
    if (*stop == '"')
        return quoted_token(a, start, stop, rest);
    const char *next = skip_blanks(stop + 1);
    if (*stop != '=' && *next == '=') /* one "=", with or without blanks around it */
        next = skip_blanks(next + 1);
    *rest = next;
    return arena_strndup(a, start, (size_t)(stop - start));
}

static int split(struct arena *a, const char *s, struct strings *ret)
{
    for (;;) {
        s += strspn(s, " \t");
        if (!*s || *s == '#')
            return 0;
        char quote = 0, *arg = arena_alloc(a, strcspn(s, "") + 1);
        size_t n = 0;
        for (; *s; s++) {
            if (*s == '\\' && s[1] &&
                (s[1] == '\'' || s[1] == '"' || s[1] == '\\' || (!quote && s[1] == ' ')))
                arg[n++] = *++s;
            else if (!quote && (*s == ' ' || *s == '\t'))
                break;
            else if (!quote && (*s == '"' || *s == '\''))
                quote = *s;
            else if (quote && *s == quote)
                quote = 0;
            else
                arg[n++] = *s;
        }
        if (quote)
            return -EINVAL;
        strings_add(a, ret, arg);
    }
}

int sshd_arguments(struct arena *a, const char *rest, enum sshd_arguments how, struct strings *ret)
{
    struct strings args = {0};
    if (how == SSHD_ARGUMENTS_SPLIT) {
        int r = rest ? split(a, rest, &args) : 0;
        if (r < 0)
            return r;
    } else {
        for (const char *arg; (arg = sshd_delim(a, &rest));)
            strings_add(a, &args, arg);
    }
    *ret = args;
    return 0;
}

/* strdelim() of the keyword, after load_server_config() took the blanks off the front. */
static void read_keyword(struct arena *a, struct sshd_line *line)
{
    const char *rest = line->text;
    const char *keyword = sshd_delim(a, &rest);
    if (keyword && !*keyword)
        keyword = sshd_delim(a, &rest);
    if (!keyword || !*keyword || *keyword == '#')
        return;
    line->keyword = keyword;
    line->rest = rest;
}

static char *line_text(struct arena *a, const struct buf *joined)
{
    if (!joined->data)
        return arena_strdup(a, "");
    const char *s = joined->data;
    size_t n = joined->len;
    while (n > 1 && (is_blank(s[n - 1]) || s[n - 1] == '\f'))
        n--;
    return arena_strndup(a, s, n);
}

struct sshd_doc *sshd_doc_parse(struct arena *a, struct str bytes)
{
    struct sshd_doc *doc = arena_make(a, struct sshd_doc);
    doc->arena = a;
    _cleanup_buf_ struct buf joined = {0};
    unsigned number = 0;
    struct sshd_line line = {.raw = {bytes.p, 0}, .number = 1};
    for (size_t at = 0; at < bytes.n;) {
        const char *newline = memchr(bytes.p + at, '\n', bytes.n - at);
        size_t end = newline ? (size_t)(newline - bytes.p) + 1 : bytes.n, start = at;
        number++;
        while (start < end &&
               (bytes.p[start] == ' ' || bytes.p[start] == '\t' || bytes.p[start] == '\r'))
            start++;
        const char *nul = start < end ? memchr(bytes.p + start, 0, end - start) : NULL;
        size_t seen = nul ? (size_t)(nul - bytes.p) : end;
        if (seen > start)
            buf_append(&joined, bytes.p + start, seen - start);
        line.raw.n = end - (size_t)(line.raw.p - bytes.p);
        at = end;
        if (nul && at < bytes.n)
            continue;
        line.text = line_text(a, &joined);
        read_keyword(a, &line);
        vec_push(a, &doc->lines, line);
        line = (struct sshd_line){.raw = {bytes.p + at, 0}, .number = number + 1};
        buf_clear(&joined);
    }
    return doc;
}

void sshd_doc_print(const struct sshd_doc *doc, struct buf *ret)
{
    for (size_t i = 0; i < doc->lines.n; i++)
        buf_append(ret, doc->lines.v[i].raw.p, doc->lines.v[i].raw.n);
}

size_t sshd_doc_first_match(const struct sshd_doc *doc)
{
    size_t i = 0;
    while (i < doc->lines.n && !cstr_eq_nocase(doc->lines.v[i].keyword, "match"))
        i++;
    return i;
}

static struct sshd_line line_of(struct sshd_doc *doc, const char *text, const char *end)
{
    const char *raw = arena_printf(doc->arena, "%s%s", text, end);
    struct sshd_line line = {.raw = str_of(raw), .text = arena_strdup(doc->arena, text)};
    read_keyword(doc->arena, &line);
    return line;
}

static const char *line_end(const struct sshd_line *line)
{
    return !str_ends(line->raw, "\n") ? "" : str_ends(line->raw, "\r\n") ? "\r\n" : "\n";
}

void sshd_doc_insert(struct sshd_doc *doc, size_t at, const char *text)
{
    if (at > doc->lines.n)
        at = doc->lines.n;
    if (at && !*line_end(&doc->lines.v[at - 1])) { /* the file ended without a newline */
        struct sshd_line *last = &doc->lines.v[at - 1];
        last->raw = str_of(arena_printf(doc->arena, "%.*s\n", STR_ARG(last->raw)));
    }
    struct sshd_line line = line_of(doc, text, "\n");
    line.number = at < doc->lines.n ? doc->lines.v[at].number : 0;
    vec_push(doc->arena, &doc->lines, line);
    for (size_t i = doc->lines.n - 1; i > at; i--)
        doc->lines.v[i] = doc->lines.v[i - 1];
    doc->lines.v[at] = line;
}

void sshd_doc_replace(struct sshd_doc *doc, size_t at, const char *text)
{
    struct sshd_line line = line_of(doc, text, line_end(&doc->lines.v[at]));
    line.number = doc->lines.v[at].number;
    doc->lines.v[at] = line;
}

void sshd_doc_disable(struct sshd_doc *doc, size_t at, const char *reason)
{
    const char *text = arena_printf(doc->arena, "# %s: %s", reason, doc->lines.v[at].text);
    sshd_doc_replace(doc, at, text);
}
