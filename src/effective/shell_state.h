/*
 * The evaluator's state, shared by effective/shell*.c.  Everything may be known or not; a branch
 * that cannot be decided is run both ways and the outcomes are joined, so that only what differs
 * becomes unknown.
 */
#pragma once

#include "effective/shell.h"
#include "format/shell.h"

enum tri { NO = 0, YES = 1, MAYBE = 2 };

struct sh_value {
    enum tri set;
    bool known;       /* with set == YES: text is right */
    bool nonempty;    /* not known, but not the empty string */
    const char *text; /* never NULL where known */
};

struct sh_var {
    const char *name;
    struct sh_value value;
    enum tri exported, readonly;
    char attribute; /* of declare: 'i' arithmetic, 'l' 'u' letters, '?' not followed; or '\0' */
    struct where where;
};

/* A variable as it was before a function made it local. */
struct sh_local {
    unsigned call;
    struct sh_var before;
};

struct sh_alias {
    const char *name, *text; /* text NULL: one of several */
};

struct sh_function {
    const char *name;
    const struct shell_command *body; /* NULL: one of several, not known which */
    const char *path;
};

enum sh_flow {
    FLOW_RUN,
    FLOW_BREAK,
    FLOW_CONTINUE,
    FLOW_RETURN,
    FLOW_DISCARD, /* bash gave up the current command line (assignment to a readonly variable) */
    FLOW_EXIT,    /* the shell is gone */
};

struct sh_state {
    struct {
        struct sh_var *v;
        size_t n, cap;
    } vars;
    struct {
        struct sh_function *v;
        size_t n, cap;
    } functions;
    struct {
        struct sh_value *v;
        size_t n, cap;
    } args;
    struct {
        struct sh_local *v;
        size_t n, cap;
    } locals;
    struct {
        struct sh_alias *v;
        size_t n, cap;
    } aliases;
    enum tri all_exported;   /* set -a */
    enum tri expand_aliases; /* the shell looks at them */
    bool trapped;            /* trap … DEBUG: something runs between all commands */
    bool umask_known;
    unsigned umask;
    struct where umask_where;
    enum tri ok; /* $? == 0 */
    enum sh_flow flow;
    bool others_unknown; /* variables not listed may be set to anything */
    struct where lost;   /* what made things unknown first; path NULL: nothing did */
};

struct sh {
    struct host *host;
    struct arena *arena;
    const struct account *account;
    struct strings groups;
    enum session_kind kind;
    enum shell_dialect dialect;
    bool interactive, login;
    bool may_end; /* one of the ways that cannot be told apart ends the shell */
    size_t steps;
    unsigned depth, calls; /* of anything; of functions */
    unsigned aliases;      /* being expanded */
    const char *path;      /* of the file that runs */
    unsigned line;         /* of the command that runs */
    struct sh_state *s;
    struct sh_state *left; /* joined states that left this file or function by return */
    struct text remark;
};

enum { SH_STEPS = 100000, SH_DEPTH = 60, SH_VARS = 600, SH_TEXT = 65536 };

struct sh_state *sh_copy(struct sh *sh, const struct sh_state *s);
/* Makes a what is true of both; a or b may be NULL (never reached). */
struct sh_state *sh_join(struct sh *sh, struct sh_state *a, const struct sh_state *b,
                         struct where where);
struct sh_var *sh_var(struct sh *sh, const char *name); /* creates an unset one */
struct sh_value sh_get(struct sh *sh, const char *name);
/* 0, or -EPERM: readonly. */
int sh_set(struct sh *sh, const char *name, struct sh_value v, unsigned line);
void sh_forget(struct sh *sh, unsigned line);           /* anything may have changed */
void sh_forget_variables(struct sh *sh, unsigned line); /* … but not the umask */
void sh_forget_name(struct sh *sh, const char *name, unsigned line);
struct sh_value sh_text(const char *s);
struct sh_value sh_unknown(void);

/* effective/shell_expand.c */
struct sh_value sh_expand(struct sh *sh, const struct shell_word *w); /* one string, no splitting */
struct sh_value sh_expand_pattern(struct sh *sh, const struct shell_word *w); /* quoted → escaped */
/* Words after splitting and globbing; false: not known. */
bool sh_expand_words(struct sh *sh, const struct shell_words *words, struct strings *ret);

/* effective/shell_test.c */
enum tri sh_test(struct sh *sh, struct sh_value *words, size_t n, bool cond);
enum tri sh_executable(struct sh *sh, const char *path); /* may the account run it? */
void sh_forget_names_in(struct sh *sh, const char *expression, unsigned line);

/* effective/shell_arith.c: is the value other than 0? *ret_wrong: a mistake in the expression. */
enum tri sh_arithmetic(struct sh *sh, const char *text, int64_t *ret, bool *ret_wrong);

/* effective/shell_builtin.c: true if the name is a builtin that was run; sets s->ok. */
bool sh_is_builtin(const char *name);
bool sh_builtin(struct sh *sh, const struct shell_command *c, struct sh_value *words, size_t n);

enum tri sh_writable(struct sh *sh, const char *path); /* may the account write or make it? */
enum tri sh_readable(struct sh *sh, const char *path);

/* effective/shell_declare.c: export, readonly, declare, typeset, local. */
void sh_declare(struct sh *sh, const struct shell_command *c, struct sh_value *words, size_t n);
/* Puts back what the call that ends had made local. */
void sh_leave_call(struct sh *sh);
/* printf FORMAT ARGUMENT…, as words. */
struct sh_value sh_printf(struct sh *sh, struct sh_value *words, size_t n);

/* effective/shell_redirect.c: can all files be opened? NO: the command does not run. */
enum tri sh_redirects(struct sh *sh, const struct shell_command *c);

/* effective/shell_simple.c */
void sh_simple(struct sh *sh, const struct shell_command *c);
bool sh_is_special(const char *name); /* a special builtin of POSIX 2.14 */

/* effective/shell_run.c */
/* After an undecided branch: a way that left (return, break …) is set aside, the other goes on. */
void sh_merge(struct sh *sh, struct sh_state *a, struct sh_state *b, struct where where);
void sh_run(struct sh *sh, const struct shell_command *c);
void sh_source(struct sh *sh, const char *path, unsigned line, bool optional);
void sh_eval(struct sh *sh, const char *text, unsigned line);
/* Runs in a process of its own: what it prints, if that can be known. */
struct sh_value sh_output(struct sh *sh, const struct shell_command *c);
