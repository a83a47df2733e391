/* Words: quotes, parameters, substitutions. */
#include "format/shell_parse.h"

static char peek(const struct shell_parser *p, size_t ahead)
{
    return p->pos + ahead < p->src.n ? p->src.p[p->pos + ahead] : '\0';
}

static bool at_end(const struct shell_parser *p)
{
    return p->pos >= p->src.n;
}

static bool name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool name_char(char c)
{
    return name_start(c) || (c >= '0' && c <= '9');
}

static void add_part(struct shell_parser *p, struct shell_word *w, struct shell_part part)
{
    vec_push(p->arena, &w->parts, part);
}

struct text_part {
    struct buf buf;
    bool quoted, any;
};

static void flush(struct shell_parser *p, struct shell_word *w, struct text_part *t)
{
    if (t->any)
        add_part(p, w,
                 (struct shell_part){
                     .kind = PART_TEXT,
                     .quoted = t->quoted,
                     .text = arena_strndup(p->arena, t->buf.data ? t->buf.data : "", t->buf.len)});
    buf_clear(&t->buf);
    t->any = false;
}

static void put(struct shell_parser *p, struct shell_word *w, struct text_part *t, char c,
                bool quoted)
{
    if (t->any && t->quoted != quoted)
        flush(p, w, t);
    t->quoted = quoted;
    t->any = true;
    if (c)
        buf_putc(&t->buf, c);
}

static char take(struct shell_parser *p)
{
    char c = p->src.p[p->pos++];
    p->line += c == '\n';
    return c;
}

static void read_parts(struct shell_parser *p, struct shell_word *w, struct text_part *t, char end,
                       bool quoted);

const char *shell_read_arithmetic(struct shell_parser *p)
{
    size_t from = p->pos, open = 0;
    while (!at_end(p)) {
        if (peek(p, 0) == ')' && peek(p, 1) == ')' && open == 0) {
            const char *text = arena_strndup(p->arena, p->src.p + from, p->pos - from);
            p->pos += 2;
            return text;
        }
        char c = take(p);
        if (c == '(')
            open++;
        else if (c == ')') {
            if (open == 0)
                break;
            open--;
        }
    }
    p->error = true;
    return NULL;
}

/* `…`: the text between is read again by a parser of its own, after \` \\ \$ lost a backslash. */
static void read_backtick(struct shell_parser *p, struct shell_word *w, bool quoted)
{
    struct buf text __attribute__((cleanup(buf_done))) = {0};
    unsigned line = p->line;
    p->pos++;
    while (!at_end(p) && peek(p, 0) != '`') {
        if (peek(p, 0) == '\\' && (strchr("`\\$", peek(p, 1)) || (quoted && peek(p, 1) == '"')))
            p->pos++;
        if (!at_end(p))
            buf_putc(&text, take(p));
    }
    if (at_end(p)) {
        p->error = true;
        return;
    }
    p->pos++;
    struct shell_command *list = arena_make(p->arena, struct shell_command);
    *list = (struct shell_command){.kind = SHELL_OPAQUE, .line = line};
    if (p->depth < SHELL_DEPTH / 8) { /* nested text is copied: keep it linear */
        struct str inner = {arena_strndup(p->arena, text.data ? text.data : "", text.len),
                            text.len};
        const struct shell_script *s = shell_parse(p->arena, inner, p->dialect);
        list->kind = s->error_line ? SHELL_OPAQUE : SHELL_LIST;
        for (size_t i = 0; i < s->commands.n; i++)
            vec_push(p->arena, &list->children, s->commands.v[i]);
    }
    add_part(p, w, (struct shell_part){.kind = PART_COMMANDS, .quoted = quoted, .commands = list});
}

static const char *parameter_operator(struct shell_parser *p)
{
    static const char *const ops[] = {":-", ":=", ":?", ":+", "##", "%%", "-",
                                      "=",  "?",  "+",  "#",  "%",  NULL};
    for (size_t i = 0; ops[i]; i++) {
        size_t n = strlen(ops[i]);
        if (!str_starts(str_slice(p->src, p->pos, p->src.n), ops[i]))
            continue;
        p->pos += n;
        return ops[i];
    }
    return "other";
}

/* "${": name, operator, word up to "}". */
static void read_braced(struct shell_parser *p, struct shell_word *w, bool quoted)
{
    struct shell_part part = {.kind = PART_PARAMETER, .quoted = quoted, .op = ""};
    struct shell_word *inner = arena_make(p->arena, struct shell_word);
    struct text_part t = {0};
    size_t from;
    bool length = peek(p, 0) == '#' && (name_start(peek(p, 1)) || peek(p, 1) == '@');
    if (length)
        p->pos++;
    from = p->pos;
    if (name_start(peek(p, 0)))
        while (name_char(peek(p, 0)))
            p->pos++;
    else if (peek(p, 0) >= '0' && peek(p, 0) <= '9')
        while (peek(p, 0) >= '0' && peek(p, 0) <= '9')
            p->pos++;
    else if (!at_end(p) && strchr("@*#?-$!", peek(p, 0)))
        p->pos++;
    part.text = arena_strndup(p->arena, p->src.p + from, p->pos - from);
    inner->line = p->line;
    if (peek(p, 0) == '}')
        p->pos++;
    else {
        part.op = parameter_operator(p);
        p->depth++;
        /* A pattern is one even between double quotes: "${-#*i}". */
        bool pattern = strchr("#%", part.op[0]) || cstr_eq(part.op, "other");
        read_parts(p, inner, &t, '}', quoted && !pattern);
        p->depth--;
        flush(p, inner, &t);
        if (at_end(p))
            p->error = true;
        else
            p->pos++;
    }
    if (length)
        part.op = cstr_eq(part.op, "") ? "len" : "other";
    part.word = inner;
    buf_done(&t.buf);
    add_part(p, w, part);
}

/* \nnn and \xHH of $'…': up to three octal, two hexadecimal digits. */
static bool numeric_escape(struct shell_parser *p, char *ret)
{
    bool hex = peek(p, 0) == 'x';
    unsigned n = 0, digits = 0, most = hex ? 2 : 3;
    for (size_t i = hex; digits < most; i++, digits++) {
        char c = peek(p, i);
        int d = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : 16;
        if (d >= (hex ? 16 : 8))
            break;
        n = n * (hex ? 16 : 8) + (unsigned)d;
    }
    if (!digits)
        return false;
    p->pos += digits + hex;
    *ret = (char)(n & 0xff);
    return true;
}

static void read_ansi_quoted(struct shell_parser *p, struct shell_word *w, struct text_part *t)
{
    static const char codes[] = "n\nt\tr\ra\ab\bf\fv\ve\033E\033\\\\''\"\"?\?";
    put(p, w, t, '\0', true);
    while (!at_end(p) && peek(p, 0) != '\'') {
        char c = take(p);
        if (c == '\\' && !at_end(p) && !numeric_escape(p, &c)) {
            const char *at = strchr(codes, peek(p, 0));
            if (peek(p, 0) && at && (at - codes) % 2 == 0) {
                c = at[1];
                take(p);
            } else {
                put(p, w, t, c, true); /* \q stays as it is */
                continue;
            }
        }
        put(p, w, t, c, true);
    }
    if (at_end(p))
        p->error = true;
    else
        p->pos++;
}

/* What follows a "$". */
static void read_dollar(struct shell_parser *p, struct shell_word *w, struct text_part *t,
                        bool quoted)
{
    char c = peek(p, 1);
    size_t from = p->pos + 1;
    if (p->depth >= SHELL_DEPTH) {
        p->error = p->too_deep = true;
        return;
    }
    if (c == '(' || c == '{' || name_char(c) || (c && strchr("@*#?-$!", c)))
        flush(p, w, t);
    if (c == '(' && peek(p, 2) == '(') {
        size_t back = p->pos;
        unsigned line = p->line;
        p->pos += 3;
        const char *text = shell_read_arithmetic(p);
        if (text) {
            add_part(p, w,
                     (struct shell_part){.kind = PART_ARITHMETIC, .quoted = quoted, .text = text});
            return;
        }
        p->error = false; /* $( (…) ) */
        p->pos = back;
        p->line = line;
    }
    if (c == '(') {
        p->pos += 2;
        const struct shell_command *commands = shell_read_substitution(p);
        add_part(
            p, w,
            (struct shell_part){.kind = PART_COMMANDS, .quoted = quoted, .commands = commands});
    } else if (c == '{') {
        p->pos += 2;
        read_braced(p, w, quoted);
    } else if (name_start(c)) {
        p->pos++;
        while (name_char(peek(p, 0)))
            p->pos++;
        add_part(
            p, w,
            (struct shell_part){.kind = PART_PARAMETER,
                                .quoted = quoted,
                                .op = "",
                                .text = arena_strndup(p->arena, p->src.p + from, p->pos - from)});
    } else if (c && (strchr("@*#?-$!", c) || (c >= '0' && c <= '9'))) {
        p->pos += 2;
        add_part(p, w,
                 (struct shell_part){.kind = PART_PARAMETER,
                                     .quoted = quoted,
                                     .op = "",
                                     .text = arena_strndup(p->arena, &c, 1)});
    } else if (c == '\'' && !quoted && p->dialect == DIALECT_BASH) {
        p->pos += 2;
        read_ansi_quoted(p, w, t);
    } else if (c == '"' && !quoted && p->dialect == DIALECT_BASH) {
        p->pos++;
    } else {
        put(p, w, t, '$', quoted);
        p->pos++;
    }
}

static void read_double_quoted(struct shell_parser *p, struct shell_word *w, struct text_part *t)
{
    put(p, w, t, '\0', true);
    p->pos++;
    read_parts(p, w, t, '"', true);
    if (at_end(p))
        p->error = true;
    else
        p->pos++;
}

static void read_escape(struct shell_parser *p, struct shell_word *w, struct text_part *t,
                        bool quoted, char end)
{
    char c = peek(p, 1);
    p->pos++;
    if (at_end(p)) {
        put(p, w, t, '\\', true);
        return;
    }
    take(p);
    if (c == '\n')
        return;
    if (quoted && !strchr("$`\"\\", c) && c != end)
        put(p, w, t, '\\', true);
    put(p, w, t, c, true);
}

static void read_single_quoted(struct shell_parser *p, struct shell_word *w, struct text_part *t)
{
    put(p, w, t, '\0', true);
    p->pos++;
    while (!at_end(p) && peek(p, 0) != '\'')
        put(p, w, t, take(p), true);
    if (at_end(p))
        p->error = true;
    else
        p->pos++;
}

/* Parts up to `end`, not consumed. */
static void read_parts(struct shell_parser *p, struct shell_word *w, struct text_part *t, char end,
                       bool quoted)
{
    while (!at_end(p) && !p->error && peek(p, 0) != end) {
        char c = peek(p, 0);
        if (c == '\\')
            read_escape(p, w, t, quoted, end);
        else if (c == '$')
            read_dollar(p, w, t, quoted);
        else if (c == '`') {
            flush(p, w, t);
            read_backtick(p, w, quoted);
        } else if (c == '"')
            read_double_quoted(p, w, t);
        else if (c == '\'' && !quoted)
            read_single_quoted(p, w, t);
        else
            put(p, w, t, take(p), quoted);
    }
}

const struct shell_word *shell_parse_quoted(struct arena *a, struct str text, enum shell_dialect d)
{
    struct shell_parser p = {.arena = a, .src = text, .line = 1, .dialect = d};
    struct shell_word *w = arena_make(a, struct shell_word);
    struct text_part t = {0};
    read_parts(&p, w, &t, '\0', true);
    flush(&p, w, &t);
    buf_done(&t.buf);
    return p.error ? NULL : w;
}

/* name=( … ) and @(a|b): balanced text that nobody here interprets. */
static void read_opaque(struct shell_parser *p, struct shell_word *w, struct text_part *t)
{
    struct shell_word skipped = {0};
    struct text_part inside = {0};
    flush(p, w, t);
    p->pos++;
    p->depth++;
    while (!at_end(p) && !p->error && p->depth < SHELL_DEPTH && peek(p, 0) != ')') {
        char c = peek(p, 0);
        if (c == '(')
            read_opaque(p, &skipped, &inside);
        else if (c == '"')
            read_double_quoted(p, &skipped, &inside);
        else if (c == '\'')
            read_single_quoted(p, &skipped, &inside);
        else if (c == '$')
            read_dollar(p, &skipped, &inside, false);
        else if (c == '\\')
            read_escape(p, &skipped, &inside, false, ')');
        else if (c == '#' && strchr(" \t\n", p->src.p[p->pos - 1]))
            while (!at_end(p) && peek(p, 0) != '\n')
                p->pos++;
        else
            take(p);
    }
    p->too_deep = p->too_deep || p->depth >= SHELL_DEPTH;
    p->depth--;
    if (at_end(p) || p->too_deep)
        p->error = true;
    else
        p->pos++;
    buf_done(&inside.buf);
    add_part(p, w, (struct shell_part){.kind = PART_OPAQUE});
}

/* Is the text so far "name=" or "name+=" (an array follows)? */
static bool before_array(const struct shell_word *w, const struct text_part *t)
{
    size_t n = t->buf.len;
    if (w->parts.n || !t->any || t->quoted || n < 2 || t->buf.data[n - 1] != '=')
        return false;
    n -= t->buf.data[n - 2] == '+' ? 2 : 1;
    for (size_t i = 0; i < n; i++)
        if (!name_char(t->buf.data[i]))
            return false;
    return n > 0 && name_start(t->buf.data[0]);
}

static bool opaque_starts(const struct shell_parser *p, const struct shell_word *w,
                          const struct text_part *t)
{
    if (p->dialect != DIALECT_BASH || peek(p, 0) != '(')
        return false;
    bool extglob =
        t->any && !t->quoted && t->buf.len && strchr("@?*+!", t->buf.data[t->buf.len - 1]);
    return extglob || before_array(w, t);
}

const struct shell_word *shell_read_word(struct shell_parser *p)
{
    struct shell_word *w = arena_make(p->arena, struct shell_word);
    struct text_part t = {0};
    w->line = p->line;
    while (!at_end(p) && !p->error) {
        char c = peek(p, 0);
        if (opaque_starts(p, w, &t)) {
            read_opaque(p, w, &t);
            continue;
        }
        if ((c == '<' || c == '>') && peek(p, 1) == '(' && p->dialect == DIALECT_BASH) {
            p->pos++;
            read_opaque(p, w, &t);
            continue;
        }
        if (strchr(" \t\n;&|<>()", c) && c)
            break;
        if (c == '\\')
            read_escape(p, w, &t, false, '\0');
        else if (c == '$')
            read_dollar(p, w, &t, false);
        else if (c == '`') {
            flush(p, w, &t);
            read_backtick(p, w, false);
        } else if (c == '"')
            read_double_quoted(p, w, &t);
        else if (c == '\'')
            read_single_quoted(p, w, &t);
        else
            put(p, w, &t, take(p), false);
    }
    flush(p, w, &t);
    buf_done(&t.buf);
    return w;
}

const char *shell_word_plain(const struct shell_word *w)
{
    return w->parts.n == 1 && w->parts.v[0].kind == PART_TEXT && !w->parts.v[0].quoted
               ? w->parts.v[0].text
               : NULL;
}

const char *shell_word_literal(struct arena *a, const struct shell_word *w)
{
    struct buf out __attribute__((cleanup(buf_done))) = {0};
    for (size_t i = 0; i < w->parts.n; i++) {
        if (w->parts.v[i].kind != PART_TEXT)
            return NULL;
        buf_puts(&out, w->parts.v[i].text);
    }
    return arena_strdup(a, out.data ? out.data : "");
}
