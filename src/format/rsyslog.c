#include "format/rsyslog.h"

#include <string.h>

#include "base/cleanup.h"

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == ':';
}

static const char *lower(struct arena *a, struct str s)
{
    char *copy = str_dup(a, s);
    for (char *p = copy; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    return copy;
}

/* The end of a logical line: a backslash before the newline goes on. */
static size_t line_end(struct str s, size_t at)
{
    while (at < s.n && !(s.p[at] == '\n' && (at == 0 || s.p[at - 1] != '\\')))
        at++;
    return at < s.n ? at + 1 : at;
}

/* From "(" to behind its ")"; quotes protect, "#" starts a comment. 0: never closed. */
static size_t object_end(struct str s, size_t at)
{
    unsigned depth = 0;
    char quote = '\0';
    for (; at < s.n; at++) {
        char c = s.p[at];
        if (quote) {
            if (c == '\\')
                at++;
            else if (c == quote)
                quote = '\0';
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '#') {
            while (at + 1 < s.n && s.p[at + 1] != '\n')
                at++;
        } else if (c == '(') {
            depth++;
        } else if (c == ')' && --depth == 0) {
            return at + 1;
        }
    }
    return 0;
}

/* key="value" pairs between the parentheses. */
static void read_params(struct arena *a, struct str s, struct rsyslog_statement *ret)
{
    size_t i = 0;
    while (i < s.n) {
        while (i < s.n && !is_word(s.p[i]) && s.p[i] != '#')
            i++;
        while (i < s.n && s.p[i] == '#')
            i = line_end(s, i);
        size_t start = i;
        while (i < s.n && is_word(s.p[i]))
            i++;
        struct rsyslog_param p = {.name = lower(a, str_slice(s, start, i))};
        while (i < s.n && is_space(s.p[i]))
            i++;
        if (i >= s.n || s.p[i] != '=')
            continue;
        for (i++; i < s.n && is_space(s.p[i]);)
            i++;
        char quote = i < s.n && (s.p[i] == '"' || s.p[i] == '\'') ? s.p[i++] : '\0';
        start = i;
        while (i < s.n && (quote ? s.p[i] != quote : !is_space(s.p[i])))
            i += s.p[i] == '\\' && i + 1 < s.n ? 2 : 1;
        p.value = str_dup(a, str_slice(s, start, i));
        i++;
        vec_push(a, &ret->params, p);
    }
}

struct parser {
    struct arena *arena;
    struct rsyslog_doc *doc;
    struct str bytes;
    size_t at;
    unsigned line, depth;
    bool after_if;
};

static void push(struct parser *p, struct rsyslog_statement s, size_t end)
{
    s.raw = str_slice(p->bytes, p->at, end);
    s.line = p->line;
    s.conditional = p->depth > 0 || p->after_if;
    for (size_t i = p->at; i < end; i++)
        p->line += p->bytes.p[i] == '\n';
    vec_push(p->arena, &p->doc->statements, s);
    p->at = end;
}

/* "name(" at this place, maybe with blanks before the parenthesis; 0: no. */
static size_t object_open(struct str s, size_t at, size_t *ret_name_end)
{
    size_t i = at;
    while (i < s.n && is_word(s.p[i]))
        i++;
    *ret_name_end = i;
    while (i < s.n && (s.p[i] == ' ' || s.p[i] == '\t'))
        i++;
    return i > at && *ret_name_end > at && i < s.n && s.p[i] == '(' ? i : 0;
}

static bool take_object(struct parser *p, size_t start, const char *selector)
{
    static const char *const names[] = {"module", "include", "action",     "template", "global",
                                        "input",  "ruleset", "main_queue", "parser",   "timezone"};
    size_t name_end = 0, open = object_open(p->bytes, start, &name_end);
    size_t end = open ? object_end(p->bytes, open) : 0;
    if (!end)
        return false;
    struct rsyslog_statement s = {.kind = RSYSLOG_OBJECT, .selector = selector};
    s.name = lower(p->arena, str_slice(p->bytes, start, name_end));
    bool known = false;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        known = known || strcmp(names[i], s.name) == 0;
    if (!known)
        return false;
    read_params(p->arena, str_slice(p->bytes, open + 1, end - 1), &s);
    while (end < p->bytes.n && (p->bytes.p[end] == ' ' || p->bytes.p[end] == '\t'))
        end++;
    if (end < p->bytes.n && p->bytes.p[end] == '\n')
        end++;
    push(p, s, end);
    return true;
}

static const char *joined(struct arena *a, struct str s)
{
    char *copy = str_dup(a, s);
    for (char *c = copy; *c; c++)
        if (*c == '\\' && (c[1] == '\n' || c[1] == '\r'))
            *c = c[1] = ' ';
    return str_dup(a, str_trim(str_of(copy)));
}

/* "selector<blanks>action": the selector has no blanks. */
static void take_rule(struct parser *p, size_t start, size_t end)
{
    struct str s = str_slice(p->bytes, start, end);
    size_t i = 0;
    while (i < s.n && !is_space(s.p[i]))
        i++;
    const char *selector = str_dup(p->arena, str_slice(s, 0, i));
    size_t action = i;
    while (action < s.n && is_space(s.p[action]))
        action++;
    if (take_object(p, start + action, selector))
        return;
    struct rsyslog_statement r = {.kind = RSYSLOG_RULE, .selector = selector};
    r.value = joined(p->arena, str_slice(s, action, s.n));
    bool block = cstr_ends(r.value, "{");
    push(p, r, end);
    p->depth += block;
}

static void take_statement(struct parser *p)
{
    struct str s = p->bytes;
    size_t start = p->at, end = line_end(s, p->at);
    while (start < end && is_space(s.p[start]))
        start++;
    char c = start < end ? s.p[start] : '#';
    if (c == '#') {
        push(p, (struct rsyslog_statement){0}, end);
        return;
    }
    if (c == '}') {
        p->depth -= p->depth > 0;
        push(p, (struct rsyslog_statement){0}, start + 1);
        return;
    }
    if (c == '$') {
        struct str rest = str_slice(s, start + 1, end), name;
        struct rsyslog_statement d = {.kind = RSYSLOG_DIRECTIVE};
        (void)str_next_word(&rest, &name);
        d.name = lower(p->arena, str_trim(name));
        d.value = joined(p->arena, rest);
        push(p, d, end);
        return;
    }
    bool was_if = p->after_if;
    bool opens =
        str_starts(str_slice(s, start, s.n), "if ") || str_starts(str_slice(s, start, s.n), "else");
    if (!opens && take_object(p, start, NULL)) {
        p->after_if = false;
        return;
    }
    struct str text = str_trim(str_slice(s, start, end));
    bool selector = c == '*' || c == '&' || c == '-' || c == '!' || c == ':' || is_word(c);
    bool dotted = c == '&' || c == ':' || str_index(text, '.') >= 0;
    if (!opens && selector && dotted && !was_if) {
        take_rule(p, start, end);
        return;
    }
    for (size_t i = 0; i < text.n; i++) {
        p->depth += text.p[i] == '{';
        p->depth -= text.p[i] == '}' && p->depth > 0;
    }
    p->after_if = opens && str_ends(text, "then");
    push(p, (struct rsyslog_statement){0}, end);
}

void rsyslog_parse(struct arena *a, struct str bytes, struct rsyslog_doc *ret)
{
    *ret = (struct rsyslog_doc){0};
    struct parser p = {.arena = a, .doc = ret, .bytes = bytes, .line = 1};
    while (p.at < bytes.n)
        take_statement(&p);
}

void rsyslog_print(const struct rsyslog_doc *d, struct buf *out)
{
    for (size_t i = 0; i < d->statements.n; i++)
        buf_append(out, d->statements.v[i].raw.p, d->statements.v[i].raw.n);
}

const char *rsyslog_param(const struct rsyslog_statement *s, const char *name)
{
    for (size_t i = 0; i < s->params.n; i++)
        if (cstr_eq_nocase(s->params.v[i].name, name))
            return s->params.v[i].value;
    return NULL;
}

static int priority_of(struct str s)
{
    static const char *const names[] = {"emerg",   "alert",  "crit", "err",
                                        "warning", "notice", "info", "debug"};
    static const struct {
        const char *name;
        int value;
    } others[] = {{"panic", 0}, {"error", 3}, {"warn", 4}, {"*", 7}};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (str_is_nocase(s, names[i]))
            return (int)i;
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        if (str_is_nocase(s, others[i].name))
            return others[i].value;
    return -1;
}

bool rsyslog_selects(const char *selector, const char *facility, unsigned priority)
{
    struct str rest = str_of(selector), part;
    bool selected = false;
    while (str_next_field(&rest, ';', &part)) {
        int dot = str_index(part, '.');
        if (dot < 0)
            continue;
        struct str names = str_slice(part, 0, (size_t)dot), name;
        struct str level = str_slice(part, (size_t)dot + 1, part.n);
        bool ours = false;
        while (str_next_field(&names, ',', &name))
            ours = ours || str_is(name, "*") || str_is_nocase(name, facility);
        if (!ours)
            continue;
        if (str_is_nocase(level, "none")) {
            selected = false;
            continue;
        }
        bool negated = str_starts(level, "!");
        level = str_slice(level, negated, level.n);
        bool exact = str_starts(level, "=");
        int least = priority_of(str_slice(level, exact, level.n));
        bool hit = least >= 0 && (exact ? (int)priority == least : (int)priority <= least);
        if (hit)
            selected = !negated;
    }
    return selected;
}
