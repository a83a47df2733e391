/* Commands: the grammar of POSIX sh and the parts of bash that start-up files use. */
#include "format/shell_parse.h"

static void expect_word(struct shell_parser *p, const char *text)
{
    if (!shell_take_word(p, text))
        shell_fail(p);
}

static struct shell_command *make(struct shell_parser *p, enum shell_kind kind)
{
    struct shell_command *c = arena_make(p->arena, struct shell_command);
    *c = (struct shell_command){.kind = kind, .line = p->have ? p->token_line : p->line};
    return c;
}

static void add_child(struct shell_parser *p, struct shell_command *c,
                      const struct shell_command *child)
{
    vec_push(p->arena, &c->children, child);
}

static struct shell_command *and_or(struct shell_parser *p);
static struct shell_command *command(struct shell_parser *p);

static bool closes(struct shell_parser *p)
{
    static const char *const words[] = {"then", "else", "elif", "fi", "do", "done", "esac", "}"};
    shell_next(p);
    if (p->token == SHELL_END)
        return true;
    if (p->token == SHELL_OPERATOR)
        return shell_is_op(p, ")") || shell_is_op(p, ";;") || shell_is_op(p, ";&") ||
               shell_is_op(p, ";;&");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (shell_is_word(p, words[i]))
            return true;
    return false;
}

static struct shell_command *background(struct shell_parser *p, struct shell_command *c)
{
    struct shell_command *b = make(p, SHELL_BACKGROUND);
    add_child(p, b, c);
    return b;
}

/* Commands up to a word or sign that closes the compound; at least one, as the grammar asks. */
static struct shell_command *list(struct shell_parser *p, bool may_be_empty)
{
    struct shell_command *l = make(p, SHELL_LIST);
    if (++p->depth > SHELL_DEPTH) {
        p->too_deep = true;
        shell_fail(p);
    }
    shell_newlines(p);
    if (closes(p) && !may_be_empty)
        shell_fail(p);
    while (!p->error && !closes(p)) {
        struct shell_command *c = and_or(p);
        if (shell_take_op(p, "&"))
            c = background(p, c);
        else if (!shell_take_op(p, ";") && (shell_next(p), p->token != SHELL_NEWLINE) && !closes(p))
            shell_fail(p);
        add_child(p, l, c);
        shell_newlines(p);
    }
    p->depth--;
    return l;
}

const struct shell_command *shell_read_substitution(struct shell_parser *p)
{
    struct shell_parser saved = *p;
    p->have = false;
    const struct shell_command *l = list(p, true);
    if (!shell_is_op(p, ")"))
        shell_fail(p);
    p->have = saved.have;
    p->token = saved.token;
    p->token_line = saved.token_line;
    p->token_from = saved.token_from;
    p->op = saved.op;
    p->word = saved.word;
    return l;
}

static bool valid_name(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!((s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z') || s[i] == '_' ||
              (i && s[i] >= '0' && s[i] <= '9')))
            return false;
    return n > 0;
}

/* name[subscript]=value: one element of an array; what it holds is not followed. */
static bool element(struct shell_parser *p, const struct shell_word *w, struct shell_assign *ret)
{
    const char *text = w->parts.v[0].text, *bracket = strchr(text, '[');
    bool closed = false;
    if (p->dialect != DIALECT_BASH || !bracket || !valid_name(text, (size_t)(bracket - text)))
        return false;
    for (size_t i = 0; i < w->parts.n && !closed; i++) {
        const struct shell_part *part = &w->parts.v[i];
        closed = part->kind == PART_TEXT && !part->quoted &&
                 (strstr(part->text, "]=") || strstr(part->text, "]+="));
    }
    *ret = (struct shell_assign){
        .name = arena_strndup(p->arena, text, (size_t)(bracket - text)), .value = w, .array = true};
    return closed;
}

/* name=value, name+=value, name=(…) */
static bool assignment(struct shell_parser *p, const struct shell_word *w, struct shell_assign *ret)
{
    const char *text, *equals;
    if (w->parts.n == 0 || w->parts.v[0].kind != PART_TEXT || w->parts.v[0].quoted)
        return false;
    text = w->parts.v[0].text;
    if (element(p, w, ret))
        return true;
    equals = strchr(text, '=');
    if (!equals || equals == text)
        return false;
    size_t n = (size_t)(equals - text);
    bool append = text[n - 1] == '+' && p->dialect == DIALECT_BASH;
    if (!valid_name(text, append ? n - 1 : n))
        return false;
    struct shell_word *value = arena_make(p->arena, struct shell_word);
    value->line = w->line;
    if (equals[1])
        vec_push(p->arena, &value->parts,
                 (struct shell_part){.kind = PART_TEXT, .text = equals + 1});
    for (size_t i = 1; i < w->parts.n; i++)
        vec_push(p->arena, &value->parts, w->parts.v[i]);
    *ret = (struct shell_assign){.name = arena_strndup(p->arena, text, append ? n - 1 : n),
                                 .value = value,
                                 .append = append,
                                 .array = value->parts.n && value->parts.v[0].kind == PART_OPAQUE};
    return true;
}

static bool redirection(struct shell_parser *p, struct shell_command *c)
{
    static const char *const ops[] = {"<",  ">",  ">>", "<<", "<<-", "<<<",
                                      "<&", ">&", "<>", ">|", "&>",  "&>>"};
    shell_next(p);
    const char *op = p->op;
    bool known = false;
    for (size_t i = 0; p->token == SHELL_OPERATOR && i < sizeof ops / sizeof *ops; i++)
        known = known || cstr_eq(op, ops[i]);
    if (!known)
        return false;
    c->reads_input = c->reads_input || op[0] == '<';
    shell_take(p);
    shell_next(p);
    if (p->token != SHELL_WORD) {
        shell_fail(p);
        return true;
    }
    bool here = cstr_eq(op, "<<") || cstr_eq(op, "<<-");
    vec_push(p->arena, &c->redirects, (struct shell_redirect){op, here ? NULL : p->word});
    if (here) {
        const char *end = shell_word_literal(p->arena, p->word);
        vec_push(p->arena, &p->heredocs,
                 (struct shell_heredoc){end ? end : "", cstr_eq(op, "<<-")});
    }
    shell_take(p);
    return true;
}

static bool all_digits(const char *s)
{
    return s && *s && strspn(s, "0123456789") == strlen(s);
}

/* "2>": a number directly before a redirection belongs to it. */
static bool descriptor(struct shell_parser *p)
{
    return p->token == SHELL_WORD && (shell_at(p, 0) == '<' || shell_at(p, 0) == '>') &&
           all_digits(shell_word_plain(p->word));
}

static struct shell_command *function_body(struct shell_parser *p, const char *name)
{
    struct shell_command *f = make(p, SHELL_FUNCTION);
    f->name = name;
    shell_newlines(p);
    const struct shell_command *body = command(p);
    if (!p->error && body->kind == SHELL_SIMPLE)
        shell_fail(p);
    add_child(p, f, body);
    return f;
}

static struct shell_command *simple(struct shell_parser *p)
{
    struct shell_command *c = make(p, SHELL_SIMPLE);
    struct shell_assign assign;
    while (!p->error) {
        shell_next(p);
        if (redirection(p, c))
            continue;
        if (p->token != SHELL_WORD)
            break;
        const struct shell_word *w = p->word;
        if (descriptor(p)) {
            shell_take(p);
            if (!redirection(p, c))
                shell_fail(p);
            continue;
        }
        shell_take(p);
        if (c->words.n == 0 && assignment(p, w, &assign)) {
            if (assign.array && p->dialect != DIALECT_BASH)
                shell_fail(p);
            vec_push(p->arena, &c->assigns, assign);
            continue;
        }
        vec_push(p->arena, &c->words, w);
        if (c->words.n == 1 && c->assigns.n == 0 && shell_word_plain(w) && shell_is_op(p, "(")) {
            shell_take(p);
            if (!shell_take_op(p, ")"))
                shell_fail(p);
            return function_body(p, shell_word_plain(w));
        }
    }
    if (!c->words.n && !c->assigns.n && !c->reads_input && p->token_from == p->pos)
        shell_fail(p);
    return c;
}

static struct shell_command *if_command(struct shell_parser *p)
{
    struct shell_command *c = make(p, SHELL_IF);
    shell_take(p);
    do {
        add_child(p, c, list(p, false));
        expect_word(p, "then");
        add_child(p, c, list(p, false));
    } while (!p->error && shell_take_word(p, "elif"));
    if (!p->error && shell_take_word(p, "else"))
        add_child(p, c, list(p, false));
    expect_word(p, "fi");
    return c;
}

static struct shell_command *loop(struct shell_parser *p, enum shell_kind kind)
{
    struct shell_command *c = make(p, kind);
    shell_take(p);
    add_child(p, c, list(p, false));
    expect_word(p, "do");
    add_child(p, c, list(p, false));
    expect_word(p, "done");
    return c;
}

static void loop_body(struct shell_parser *p, struct shell_command *c)
{
    shell_newlines(p);
    bool brace = p->dialect == DIALECT_BASH && shell_take_word(p, "{");
    if (!brace)
        expect_word(p, "do");
    add_child(p, c, list(p, false));
    expect_word(p, brace ? "}" : "done");
}

static struct shell_command *for_command(struct shell_parser *p, bool select)
{
    struct shell_command *c = make(p, select ? SHELL_OPAQUE : SHELL_FOR);
    shell_take(p);
    shell_skip_blanks(p);
    if (p->dialect == DIALECT_BASH && shell_at(p, 0) == '(' && shell_at(p, 1) == '(') {
        p->pos += 2;
        c->kind = SHELL_FOR_COUNTED;
        c->name = shell_read_arithmetic(p);
        (void)shell_take_op(p, ";");
        loop_body(p, c);
        return c;
    }
    shell_next(p);
    c->name = p->token == SHELL_WORD ? shell_word_plain(p->word) : NULL;
    if (!c->name || !valid_name(c->name, strlen(c->name)))
        shell_fail(p);
    shell_take(p);
    shell_newlines(p);
    if (shell_take_word(p, "in")) {
        c->has_in = true;
        for (shell_next(p); p->token == SHELL_WORD; shell_next(p)) {
            vec_push(p->arena, &c->words, p->word);
            shell_take(p);
        }
        if (p->token != SHELL_NEWLINE && !shell_is_op(p, ";"))
            shell_fail(p);
    }
    (void)shell_take_op(p, ";");
    loop_body(p, c);
    return c;
}

static struct shell_command *case_command(struct shell_parser *p)
{
    struct shell_command *c = make(p, SHELL_CASE);
    shell_take(p);
    shell_next(p);
    if (p->token != SHELL_WORD)
        shell_fail(p);
    else
        vec_push(p->arena, &c->words, p->word);
    shell_take(p);
    shell_newlines(p);
    expect_word(p, "in");
    shell_newlines(p);
    while (!p->error && !shell_is_word(p, "esac")) {
        struct shell_item item = {.end = ';'};
        (void)shell_take_op(p, "(");
        do {
            shell_next(p);
            if (p->token != SHELL_WORD)
                shell_fail(p);
            vec_push(p->arena, &item.patterns, p->word);
            shell_take(p);
        } while (!p->error && shell_take_op(p, "|"));
        if (!shell_take_op(p, ")"))
            shell_fail(p);
        item.body = list(p, true);
        if (shell_is_op(p, ";;") || shell_is_op(p, ";&") || shell_is_op(p, ";;&")) {
            item.end = cstr_eq(p->op, ";;") ? ';' : cstr_eq(p->op, ";&") ? '&' : 'c';
            shell_take(p);
        } else if (!shell_is_word(p, "esac")) {
            shell_fail(p);
        }
        vec_push(p->arena, &c->items, item);
        shell_newlines(p);
    }
    expect_word(p, "esac");
    return c;
}

/* The operand of =~: to the next blank outside quotes. */
static void skip_pattern(struct shell_parser *p)
{
    char quote = '\0';
    for (; p->pos < p->src.n; p->pos++) {
        char c = shell_at(p, 0);
        if (!quote && strchr(" \t\n", c))
            return;
        if (c == '\\' && quote != '\'' && p->pos + 1 < p->src.n)
            c = p->src.p[++p->pos];
        else if (quote ? c == quote : c == '"' || c == '\'')
            quote = quote ? '\0' : c;
        p->line += c == '\n';
    }
}

/* Quotes and expansions make the pattern something only the shell can tell. */
static bool expands(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((s.p[i] == '$' && i + 1 < s.n && s.p[i + 1] != ')') || strchr("'\"\\`", s.p[i]))
            return true;
    return false;
}

/* [[ … ]]: its words and operators, flat; the evaluator knows their order of binding. */
static struct shell_command *cond_command(struct shell_parser *p)
{
    struct shell_command *c = make(p, SHELL_COND);
    shell_take(p);
    for (shell_next(p); !p->error && !shell_is_word(p, "]]"); shell_next(p)) {
        struct shell_word *w = arena_make(p->arena, struct shell_word);
        if (p->token == SHELL_END) {
            shell_fail(p);
            break;
        }
        if (p->token == SHELL_OPERATOR)
            vec_push(p->arena, &w->parts, (struct shell_part){.kind = PART_TEXT, .text = p->op});
        bool regex = shell_is_word(p, "=~");
        if (p->token != SHELL_NEWLINE)
            vec_push(p->arena, &c->words, p->token == SHELL_WORD ? p->word : w);
        shell_take(p);
        /* The pattern may hold parentheses and bars. */
        shell_skip_blanks(p);
        size_t from = p->pos;
        if (regex)
            skip_pattern(p);
        if (regex) {
            struct shell_word *pattern = arena_make(p->arena, struct shell_word);
            vec_push(p->arena, &pattern->parts,
                     (struct shell_part){
                         .kind = expands(str_slice(p->src, from, p->pos)) ? PART_OPAQUE : PART_TEXT,
                         .text = arena_strndup(p->arena, p->src.p + from, p->pos - from)});
            vec_push(p->arena, &c->words, pattern);
        }
    }
    shell_take(p);
    if (c->words.n == 0)
        shell_fail(p);
    return c;
}

static struct shell_command *parenthesis(struct shell_parser *p)
{
    struct shell_command *c = make(p, SHELL_SUBSHELL);
    shell_take(p);
    if (p->dialect == DIALECT_BASH && shell_at(p, 0) == '(') {
        size_t back = p->pos;
        unsigned line = p->line;
        p->pos++;
        const char *text = shell_read_arithmetic(p);
        if (text) {
            c->kind = SHELL_ARITHMETIC;
            c->name = text;
            return c;
        }
        p->error = false;
        p->pos = back;
        p->line = line;
    }
    add_child(p, c, list(p, false));
    if (!shell_take_op(p, ")"))
        shell_fail(p);
    return c;
}

static struct shell_command *group(struct shell_parser *p)
{
    struct shell_command *c = make(p, SHELL_GROUP);
    shell_take(p);
    add_child(p, c, list(p, false));
    expect_word(p, "}");
    return c;
}

static struct shell_command *function_keyword(struct shell_parser *p)
{
    shell_take(p);
    shell_next(p);
    const char *name = p->token == SHELL_WORD ? shell_word_plain(p->word) : NULL;
    if (!name)
        shell_fail(p);
    shell_take(p);
    if (shell_take_op(p, "(") && !shell_take_op(p, ")"))
        shell_fail(p);
    return function_body(p, name ? name : "");
}

static struct shell_command *compound(struct shell_parser *p)
{
    bool bash = p->dialect == DIALECT_BASH;
    if (shell_is_op(p, "("))
        return parenthesis(p);
    if (shell_is_word(p, "{"))
        return group(p);
    if (shell_is_word(p, "if"))
        return if_command(p);
    if (shell_is_word(p, "while"))
        return loop(p, SHELL_WHILE);
    if (shell_is_word(p, "until"))
        return loop(p, SHELL_UNTIL);
    if (shell_is_word(p, "for"))
        return for_command(p, false);
    if (shell_is_word(p, "case"))
        return case_command(p);
    if (bash && shell_is_word(p, "select"))
        return for_command(p, true);
    if (bash && shell_is_word(p, "[["))
        return cond_command(p);
    if (bash && shell_is_word(p, "function"))
        return function_keyword(p);
    return NULL;
}

static struct shell_command *command(struct shell_parser *p)
{
    if (p->error || closes(p)) {
        shell_fail(p);
        return make(p, SHELL_SIMPLE);
    }
    struct shell_command *c = compound(p);
    if (!c)
        return simple(p);
    for (shell_next(p); !p->error; shell_next(p)) {
        if (descriptor(p))
            shell_take(p);
        if (!redirection(p, c))
            break;
    }
    return c;
}

static struct shell_command *pipeline(struct shell_parser *p)
{
    struct shell_command *not = NULL, *c, *pipe;
    while (p->dialect == DIALECT_BASH && shell_is_word(p, "time")) {
        shell_take(p);
        (void)shell_take_word(p, "-p");
    }
    if (shell_is_word(p, "!")) {
        not = make(p, SHELL_NOT);
        shell_take(p);
    }
    c = command(p);
    if (shell_is_op(p, "|") || shell_is_op(p, "|&")) {
        pipe = make(p, SHELL_PIPE);
        add_child(p, pipe, c);
        while (!p->error && (shell_is_op(p, "|") || shell_is_op(p, "|&"))) {
            shell_take(p);
            shell_newlines(p);
            add_child(p, pipe, command(p));
        }
        c = pipe;
    }
    if (!not )
        return c;
    add_child(p, not, c);
    return not ;
}

static struct shell_command *and_or(struct shell_parser *p)
{
    struct shell_command *c = pipeline(p);
    while (!p->error && (shell_is_op(p, "&&") || shell_is_op(p, "||"))) {
        struct shell_command *both = make(p, cstr_eq(p->op, "&&") ? SHELL_AND : SHELL_OR);
        shell_take(p);
        shell_newlines(p);
        add_child(p, both, c);
        add_child(p, both, pipeline(p));
        c = both;
    }
    return c;
}

/* One line's worth of commands: what the shell runs before it reads on. */
static struct shell_command *complete(struct shell_parser *p)
{
    struct shell_command *l = make(p, SHELL_LIST);
    while (!p->error) {
        struct shell_command *c = and_or(p);
        bool bg = shell_take_op(p, "&");
        add_child(p, l, bg ? background(p, c) : c);
        if (!bg && !shell_take_op(p, ";"))
            break;
        shell_next(p);
        if (p->token == SHELL_NEWLINE || p->token == SHELL_END)
            break;
    }
    shell_next(p);
    if (p->token == SHELL_NEWLINE)
        shell_take(p);
    else if (p->token != SHELL_END)
        shell_fail(p);
    return l;
}

const struct shell_script *shell_parse(struct arena *a, struct str bytes, enum shell_dialect d)
{
    struct shell_script *s = arena_make(a, struct shell_script);
    struct shell_parser p = {.arena = a, .src = bytes, .line = 1, .dialect = d};
    for (;;) {
        shell_newlines(&p);
        if (p.token == SHELL_END && !p.error)
            break;
        const struct shell_command *c = complete(&p);
        if (p.error) {
            s->error_line = p.have ? p.token_line : p.line;
            s->too_deep = p.too_deep;
            break;
        }
        vec_push(a, &s->commands, c);
    }
    return s;
}
