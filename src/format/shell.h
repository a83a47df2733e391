/*
 * Shell start-up files as text: bytes -> commands, as bash(1) or dash(1) parse them.  Only syntax;
 * what the commands do is effective/shell.h's business.
 *
 * A shell reads and runs a file one complete command at a time, so a mistake does not undo what
 * stood before it: `commands` holds what was complete before the first mistake, `error_line` where
 * the shell stops reading.  Everything lives in the arena; the bytes must stay alive.
 */
#pragma once

#include "base/arena.h"
#include "base/str.h"
#include "base/vec.h"

struct shell_command;

enum shell_part_kind {
    PART_TEXT,
    PART_PARAMETER,  /* $name, ${name op word} */
    PART_COMMANDS,   /* $(…) and `…` */
    PART_ARITHMETIC, /* $((…)) */
    PART_OPAQUE,     /* arrays, <(…), {a,b}: a value nobody here computes */
};

struct shell_word;

struct shell_part {
    enum shell_part_kind kind;
    bool quoted;
    const char *text; /* TEXT; name of PARAMETER; expression of ARITHMETIC */
    const char *op;   /* PARAMETER: "", "-", ":-", "=", ":=", "?", "+", "#", "##", "%", "%%", "len",
                         "other" */
    const struct shell_word *word;        /* PARAMETER: after op, or NULL */
    const struct shell_command *commands; /* COMMANDS */
};

struct shell_word {
    unsigned line;
    struct {
        struct shell_part *v;
        size_t n, cap;
    } parts;
};

struct shell_words {
    const struct shell_word **v;
    size_t n, cap;
};

struct shell_assign {
    const char *name;
    const struct shell_word *value;
    bool append, array;
};

enum shell_kind {
    SHELL_SIMPLE,
    SHELL_LIST, /* children one after the other */
    SHELL_AND,
    SHELL_OR,
    SHELL_NOT,
    SHELL_PIPE, /* children in processes of their own */
    SHELL_BACKGROUND,
    SHELL_SUBSHELL,
    SHELL_GROUP,
    SHELL_IF, /* children: condition, then, condition, then …, [else] */
    SHELL_WHILE,
    SHELL_UNTIL,
    SHELL_FOR,
    SHELL_CASE,
    SHELL_FUNCTION,
    SHELL_COND,        /* [[ … ]]: words, with operators as words */
    SHELL_ARITHMETIC,  /* (( … )), text in name */
    SHELL_FOR_COUNTED, /* for ((…)): the three expressions in name */
    SHELL_OPAQUE,      /* select, coproc: body in children, number of rounds unknown */
};

struct shell_redirect {
    const char *op;                /* "<", ">", ">>", "<<", "<<<", "&>", … */
    const struct shell_word *word; /* the file or descriptor, the text of <<<; NULL for << */
};

struct shell_item { /* of a case */
    struct shell_words patterns;
    const struct shell_command *body;
    char end; /* ';' ;;   '&' ;&   'c' ;;& */
};

struct shell_command {
    enum shell_kind kind;
    unsigned line;
    const char *name;         /* FOR, FUNCTION, ARITHMETIC, FOR_COUNTED */
    struct shell_words words; /* SIMPLE, FOR, COND; the word of CASE */
    bool has_in;              /* FOR with "in" */
    bool reads_input;         /* SIMPLE: has a redirection of its input */
    struct {
        struct shell_assign *v;
        size_t n, cap;
    } assigns;
    struct {
        const struct shell_command **v;
        size_t n, cap;
    } children;
    struct {
        struct shell_item *v;
        size_t n, cap;
    } items;
    struct {
        struct shell_redirect *v;
        size_t n, cap;
    } redirects;
};

struct shell_script {
    struct {
        const struct shell_command **v;
        size_t n, cap;
    } commands;
    unsigned error_line; /* 0: none; the line where the shell gives up */
    bool too_deep;       /* our own limit, not the shell's: nothing is known from error_line on */
};

enum shell_dialect { DIALECT_BASH, DIALECT_POSIX };

/* Never NULL. */
const struct shell_script *shell_parse(struct arena *a, struct str bytes, enum shell_dialect d);
/* Text that is expanded as between double quotes (arithmetic); NULL: a mistake in it. */
const struct shell_word *shell_parse_quoted(struct arena *a, struct str text, enum shell_dialect d);
/* The text of a word without expansions ("profile.d"), or NULL if it has any; quotes removed. */
const char *shell_word_literal(struct arena *a, const struct shell_word *w);
/* The same, and no part of it was quoted: what reserved words and aliases look at. */
const char *shell_word_plain(const struct shell_word *w);
