#include "format/logrotate.h"

#include <string.h>

#include "base/cleanup.h"

struct parser {
    struct arena *arena;
    struct logrotate_doc *doc;
    struct strings paths; /* of a stanza that is not open yet */
    bool inside, script;
};

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Paths apart by blanks; quotes keep blanks; a brace ends them. Returns where it stopped. */
static size_t read_paths(struct parser *p, struct str s)
{
    _cleanup_buf_ struct buf word = {0};
    size_t i = 0;
    while (i < s.n && s.p[i] != '{') {
        if (is_space(s.p[i])) {
            i++;
            continue;
        }
        char quote = '\0';
        buf_clear(&word);
        for (; i < s.n && (quote || (!is_space(s.p[i]) && s.p[i] != '{')); i++) {
            char c = s.p[i];
            if (quote && c == quote)
                quote = '\0';
            else if (!quote && (c == '"' || c == '\''))
                quote = c;
            else if (c == '\\' && i + 1 < s.n)
                buf_putc(&word, s.p[++i]);
            else
                buf_putc(&word, c);
        }
        strings_add(p->arena, &p->paths,
                    arena_strndup(p->arena, word.data ? word.data : "", word.len));
    }
    return i;
}

static void add(struct parser *p, struct logrotate_line l)
{
    vec_push(p->arena, &p->doc->lines, l);
}

static void take_directive(struct parser *p, struct str text, struct logrotate_line l)
{
    static const char *const scripts[] = {"postrotate", "prerotate", "firstaction", "lastaction",
                                          "preremove"};
    size_t i = 0;
    while (i < text.n && !is_space(text.p[i]) && text.p[i] != '=')
        i++;
    l.kind = LOGROTATE_DIRECTIVE;
    l.name = str_dup(p->arena, str_slice(text, 0, i));
    while (i < text.n && (is_space(text.p[i]) || text.p[i] == '='))
        i++;
    /* "#" begins a comment at the start of a line only: "rotate 4 # weeks" is refused */
    l.value = str_dup(p->arena, str_trim(str_slice(text, i, text.n)));
    for (size_t k = 0; k < ARRAY_SIZE(scripts); k++)
        p->script = p->script || strcmp(l.name, scripts[k]) == 0;
    add(p, l);
}

static void take_line(struct parser *p, struct str line, struct logrotate_line l)
{
    struct str text = str_trim(line);
    if (p->script) {
        p->script = !str_is(text, "endscript");
        add(p, l);
        return;
    }
    if (text.n == 0 || text.p[0] == '#') {
        add(p, l);
        return;
    }
    if (text.p[0] == '}') {
        p->inside = false;
        l.kind = LOGROTATE_CLOSE;
        add(p, l);
        return;
    }
    bool path = strchr("/\"'*~{", text.p[0]) != NULL;
    if (p->inside || !path) {
        /* "}" may stand behind the last directive. */
        bool closes = p->inside && text.p[text.n - 1] == '}';
        take_directive(p, closes ? str_trim(str_slice(text, 0, text.n - 1)) : text, l);
        if (closes) {
            p->inside = false;
            add(p, (struct logrotate_line){.kind = LOGROTATE_CLOSE,
                                           .line = l.line,
                                           .raw = str_slice(l.raw, l.raw.n, 0)});
        }
        return;
    }
    size_t stop = read_paths(p, text);
    if (stop < text.n) {
        l.kind = LOGROTATE_OPEN;
        l.paths = p->paths;
        p->paths = (struct strings){0};
        p->inside = true;
    }
    add(p, l);
}

void logrotate_parse(struct arena *a, struct str bytes, struct logrotate_doc *ret)
{
    *ret = (struct logrotate_doc){0};
    struct parser p = {.arena = a, .doc = ret};
    unsigned number = 0;
    for (struct str rest = bytes, before = bytes, line; str_next_line(&rest, &line);) {
        size_t left = rest.p ? rest.n : 0;
        struct logrotate_line l = {.line = ++number, .raw = str_slice(before, 0, before.n - left)};
        take_line(&p, line, l);
        before = rest;
    }
}

void logrotate_print(const struct logrotate_doc *d, struct buf *out)
{
    for (size_t i = 0; i < d->lines.n; i++)
        buf_append(out, d->lines.v[i].raw.p, d->lines.v[i].raw.n);
}
