/*
 * The tokens of sudoers(5), used by format/sudoers.c only.  The states are those of sudo's lexer:
 * what a byte means depends on what came before it on the line, not on the grammar.
 */
#pragma once

#include "format/sudoers.h"

enum sudoers_token {
    TOKEN_END,
    TOKEN_NEWLINE,
    TOKEN_ERROR, /* lex->error says why, or NULL */
    TOKEN_COMMAND,
    TOKEN_ALIAS,
    TOKEN_DEFVAR,
    TOKEN_NETWORK,
    TOKEN_NETGROUP,
    TOKEN_GROUP,
    TOKEN_WORD,
    TOKEN_DIGEST,
    TOKEN_INCLUDE,
    TOKEN_INCLUDEDIR,
    TOKEN_DEFAULTS, /* lex->scope */
    TOKEN_TAG,      /* lex->tag, an index into the table of tags */
    TOKEN_ALL,
    TOKEN_ALIASES, /* lex->alias_kind */
    TOKEN_OPTION,  /* CWD, CHROOT, ROLE, TYPE, TIMEOUT, NOTBEFORE … : lex->text */
    TOKEN_SHA,
    TOKEN_PLUS, /* += */
    TOKEN_MINUS,
    TOKEN_COLON,
    TOKEN_EQUALS,
    TOKEN_COMMA,
    TOKEN_NOT,
    TOKEN_OPEN,
    TOKEN_CLOSE,
};

enum sudoers_tag_name {
    NAME_NOPASSWD,
    NAME_PASSWD,
    NAME_NOEXEC,
    NAME_EXEC,
    NAME_INTERCEPT,
    NAME_NOINTERCEPT,
    NAME_SETENV,
    NAME_NOSETENV,
    NAME_OTHER,
};

enum sudoers_lex_state {
    LEX_INITIAL,
    LEX_GOTDEFS,
    LEX_STARTDEFS,
    LEX_INDEFS,
    LEX_GOTCMND,
    LEX_GOTREGEX,
    LEX_INSTR,
    LEX_WANTDIGEST,
    LEX_GOTINC,
    LEX_EXPECTPATH,
};

struct sudoers_lex {
    struct arena *arena;
    struct str bytes;
    struct sudoers_syntax syntax;
    size_t pos;
    unsigned line;
    enum sudoers_lex_state state, previous;
    bool continued, sawspace, bol;
    unsigned digest_bytes;

    /* the token */
    unsigned at_line;
    size_t from; /* where its bytes start; they end at pos */
    const char *text, *args;
    const char *error;
    enum sudoers_scope scope;
    enum sudoers_tag_name tag;
    enum sudoers_alias_kind alias_kind;

    struct buf string, command_args;
    bool has_args;
};

enum sudoers_token sudoers_lex_next(struct sudoers_lex *l);
void sudoers_lex_done(struct sudoers_lex *l);
/* Lengths of the lexer's patterns at s (0: no match); sudoers_pattern.c. */
size_t sudoers_match_word(struct str s);
size_t sudoers_match_id(struct str s);
size_t sudoers_match_path(struct str s);
size_t sudoers_match_regex(struct str s);
size_t sudoers_match_envar(struct str s);
size_t sudoers_match_network(struct str s);
size_t sudoers_match_alias(struct str s);
size_t sudoers_match_comment(struct str s);
/* Copies with \x stripped as sudo's fill does (also \xHH); for commands only before , : = # and
 * blanks. */
const char *sudoers_unescape(struct arena *a, struct str s, bool command);
