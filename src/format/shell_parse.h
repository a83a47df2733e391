/* The parser's inside, shared by format/shell.c (commands) and format/shell_word.c (words). */
#pragma once

#include "base/buf.h"
#include "format/shell.h"

enum { SHELL_DEPTH = 150 };

enum shell_token { SHELL_END, SHELL_NEWLINE, SHELL_OPERATOR, SHELL_WORD };

struct shell_heredoc {
    const char *end;
    bool strip;
};

struct shell_parser {
    struct arena *arena;
    struct str src;
    size_t pos;
    unsigned line, depth;
    enum shell_dialect dialect;
    bool error, too_deep;

    bool have; /* a token is waiting */
    enum shell_token token;
    unsigned token_line;
    size_t token_from;
    const char *op; /* OPERATOR */
    const struct shell_word *word;
    struct {
        struct shell_heredoc *v;
        size_t n, cap;
    } heredocs;
};

/* Reads one word at p->pos; stops before blanks and operators. */
const struct shell_word *shell_read_word(struct shell_parser *p);
/* Commands up to the ")" that closes a substitution, consumed. */
const struct shell_command *shell_read_substitution(struct shell_parser *p);
/* Text up to the matching "))"; NULL and p->error if there is none. */
const char *shell_read_arithmetic(struct shell_parser *p);

/* Tokens, with one of lookahead: next() looks, take() consumes. format/shell_token.c */
char shell_at(const struct shell_parser *p,
              size_t ahead); /* byte at pos + ahead, '\0' at the end */
void shell_fail(struct shell_parser *p);
void shell_skip_blanks(struct shell_parser *p);
void shell_next(struct shell_parser *p);
void shell_take(struct shell_parser *p);
void shell_newlines(struct shell_parser *p);
bool shell_is_op(struct shell_parser *p, const char *op);
bool shell_take_op(struct shell_parser *p, const char *op);
bool shell_is_word(struct shell_parser *p, const char *text);
bool shell_take_word(struct shell_parser *p, const char *text);
