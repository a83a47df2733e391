#include "format/unit.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/width.h"
#include "format/systemd_line.h"

enum { LINE_LIMIT = 1 << 20 }; /* LONG_LINE_MAX of systemd */

static bool continues(struct str line)
{
    bool escaped = false;
    for (size_t i = 0; i < line.n; i++)
        escaped = !escaped && line.p[i] == '\\';
    return escaped;
}

struct parser {
    struct arena *arena;
    struct unit_doc *doc;
    const char *section;
};

static void add(struct parser *p, struct unit_entry e)
{
    vec_push(p->arena, &p->doc->entries, e);
}

static void take_section(struct parser *p, struct str text, struct unit_entry e)
{
    if (text.p[text.n - 1] != ']' || text.n < 2) {
        if (!p->doc->bad_line)
            p->doc->bad_line = e.line;
        add(p, e);
        return;
    }
    p->section = str_dup(p->arena, str_slice(text, 1, text.n - 1));
    e.kind = UNIT_ENTRY_SECTION;
    e.section = p->section;
    add(p, e);
}

static void take_logical(struct parser *p, struct str text, struct str raw, unsigned line)
{
    struct unit_entry e = {.section = p->section, .line = line, .raw = raw};
    text = systemd_strip(text);
    if (text.n == 0 || !utf8_valid(text)) {
        add(p, e);
        return;
    }
    if (text.p[0] == '[') {
        take_section(p, text, e);
        return;
    }
    int at = str_index(text, '=');
    if (at > 0) {
        e.kind = UNIT_ENTRY_ASSIGNMENT;
        e.key = str_dup(p->arena, systemd_strip(str_slice(text, 0, (size_t)at)));
        e.value = str_dup(p->arena, systemd_strip(str_slice(text, (size_t)at + 1, text.n)));
    }
    add(p, e);
}

static bool is_comment(struct str line)
{
    struct str s = systemd_strip(line);
    return s.n && (s.p[0] == '#' || s.p[0] == ';');
}

void unit_doc_parse(struct arena *a, struct str bytes, struct unit_doc *ret)
{
    struct parser p = {.arena = a, .doc = ret};
    *ret = (struct unit_doc){0};
    struct str rest = bytes, line, raw;
    _cleanup_buf_ struct buf joined = {0};
    struct str start = {NULL, 0}; /* raw bytes of the open continuation */
    unsigned number = 0, first = 0;
    bool bom_seen = false;
    while (systemd_next_line(&rest, &line, &raw)) {
        number++;
        if (line.n > LINE_LIMIT && !ret->bad_line)
            ret->bad_line = number;
        if (is_comment(line)) {
            if (start.p)
                start.n += raw.n;
            else
                add(&p, (struct unit_entry){.section = p.section, .line = number, .raw = raw});
            continue;
        }
        if (!bom_seen && str_starts(line, "\xef\xbb\xbf")) {
            line = str_slice(line, 3, line.n);
            bom_seen = true;
        }
        if (!start.p) {
            first = number;
            start = (struct str){raw.p, 0};
            buf_clear(&joined);
        }
        start.n += raw.n;
        buf_append(&joined, line.p, line.n);
        if (continues((struct str){joined.data, joined.len})) {
            joined.data[joined.len - 1] = ' ';
            continue;
        }
        take_logical(&p, (struct str){joined.data, joined.len}, start, first);
        start = (struct str){NULL, 0};
    }
    if (start.p)
        take_logical(&p, (struct str){joined.data, joined.len}, start, first);
}

void unit_doc_print(const struct unit_doc *d, struct buf *out)
{
    for (size_t i = 0; i < d->entries.n; i++)
        buf_append(out, d->entries.v[i].raw.p, d->entries.v[i].raw.n);
}

const struct unit_entry *unit_doc_last(const struct unit_doc *d, const char *section,
                                       const char *key)
{
    for (size_t i = d->entries.n; i-- > 0;) {
        const struct unit_entry *e = &d->entries.v[i];
        if (e->kind == UNIT_ENTRY_ASSIGNMENT && cstr_eq(e->section, section) &&
            cstr_eq(e->key, key))
            return e;
    }
    return NULL;
}

void unit_words(struct arena *a, const char *value, struct strings *ret)
{
    _cleanup_buf_ struct buf word = {0};
    const char *p = value;
    for (;;) {
        while (systemd_is_blank(*p))
            p++;
        if (!*p)
            return;
        buf_clear(&word);
        char quote = '\0';
        for (; *p && (quote || !systemd_is_blank(*p)); p++) {
            if (*p == '\\' && p[1]) {
                buf_putc(&word, *p++);
                buf_putc(&word, *p);
            } else if (quote && *p == quote) {
                quote = '\0';
            } else if (!quote && (*p == '"' || *p == '\'')) {
                quote = *p;
            } else {
                buf_putc(&word, *p);
            }
        }
        if (quote)
            return;
        strings_add(a, ret, arena_strndup(a, word.data ? word.data : "", word.len));
    }
}

int unit_boolean(const char *value)
{
    static const char *const yes[] = {"1", "yes", "y", "true", "t", "on"};
    static const char *const no[] = {"0", "no", "n", "false", "f", "off"};
    for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
        if (cstr_eq_nocase(value, yes[i]))
            return 1;
        if (cstr_eq_nocase(value, no[i]))
            return 0;
    }
    return -1;
}
