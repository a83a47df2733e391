/* Tokens: operators, words, newlines, and the here-documents that follow a line. */
#include "format/shell_parse.h"

char shell_at(const struct shell_parser *p, size_t ahead)
{
    return p->pos + ahead < p->src.n ? p->src.p[p->pos + ahead] : '\0';
}

void shell_fail(struct shell_parser *p)
{
    p->error = true;
}

/* Bodies of <<EOF stand after the line that asks for them. */
static void read_heredocs(struct shell_parser *p)
{
    for (size_t i = 0; i < p->heredocs.n; i++) {
        const struct shell_heredoc *h = &p->heredocs.v[i];
        while (p->pos < p->src.n) {
            struct str rest = str_slice(p->src, p->pos, p->src.n), line;
            (void)str_next_line(&rest, &line);
            p->pos = p->src.n - rest.n;
            p->line += p->src.p[p->pos - 1] == '\n';
            while (h->strip && line.n && line.p[0] == '\t')
                line = str_slice(line, 1, line.n);
            if (str_is(line, h->end))
                break;
        }
    }
    p->heredocs.n = 0;
}

void shell_skip_blanks(struct shell_parser *p)
{
    for (;;) {
        if (shell_at(p, 0) == ' ' || shell_at(p, 0) == '\t') {
            p->pos++;
        } else if (shell_at(p, 0) == '\\' && shell_at(p, 1) == '\n') {
            p->pos += 2;
            p->line++;
        } else if (shell_at(p, 0) == '#') {
            while (p->pos < p->src.n && shell_at(p, 0) != '\n')
                p->pos++;
        } else {
            return;
        }
    }
}

static const char *operator_at(const struct shell_parser *p)
{
    static const char *const bash[] = {";;&", "&>>", "<<<", "<<-", ";&", "|&", "&>", NULL};
    static const char *const all[] = {"<<-", "&&", "||", ";;", "<<", ">>", "<&", ">&", "<>",
                                      ">|",  ";",  "&",  "|",  "(",  ")",  "<",  ">",  NULL};
    struct str rest = str_slice(p->src, p->pos, p->src.n);
    for (size_t i = 0; p->dialect == DIALECT_BASH && bash[i]; i++)
        if (str_starts(rest, bash[i]))
            return bash[i];
    for (size_t i = 0; all[i]; i++)
        if (str_starts(rest, all[i]))
            return all[i];
    return NULL;
}

void shell_next(struct shell_parser *p)
{
    if (p->have)
        return;
    p->have = true;
    shell_skip_blanks(p);
    p->token_line = p->line;
    p->token_from = p->pos;
    p->word = NULL;
    p->op = "";
    if (p->error || p->pos >= p->src.n) {
        p->token = SHELL_END;
    } else if (shell_at(p, 0) == '\n') {
        p->pos++;
        p->line++;
        p->token = SHELL_NEWLINE;
        read_heredocs(p);
    } else if (!((shell_at(p, 0) == '<' || shell_at(p, 0) == '>') && shell_at(p, 1) == '(' &&
                 p->dialect == DIALECT_BASH) &&
               (p->op = operator_at(p)) != NULL) {
        p->pos += strlen(p->op);
        p->token = SHELL_OPERATOR;
    } else {
        p->op = "";
        p->token = SHELL_WORD;
        p->word = shell_read_word(p);
    }
}

void shell_take(struct shell_parser *p)
{
    p->have = false;
}

bool shell_is_op(struct shell_parser *p, const char *op)
{
    shell_next(p);
    return p->token == SHELL_OPERATOR && cstr_eq(p->op, op);
}

bool shell_take_op(struct shell_parser *p, const char *op)
{
    if (!shell_is_op(p, op))
        return false;
    shell_take(p);
    return true;
}

bool shell_is_word(struct shell_parser *p, const char *text)
{
    shell_next(p);
    return p->token == SHELL_WORD && cstr_eq(shell_word_plain(p->word), text);
}

bool shell_take_word(struct shell_parser *p, const char *text)
{
    if (!shell_is_word(p, text))
        return false;
    shell_take(p);
    return true;
}

void shell_newlines(struct shell_parser *p)
{
    for (shell_next(p); p->token == SHELL_NEWLINE; shell_next(p))
        shell_take(p);
}
