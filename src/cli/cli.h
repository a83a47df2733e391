/*
 * What all commands share: one invocation, the tables of commands and options, and the only places
 * that print.  --help, the man pages and the shell completions are written from the two tables.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

enum exit_code {
    EXIT_OK = 0,
    EXIT_ERROR = 1,
    EXIT_NOT_COMPLIANT = 2, /* or changes pending */
    EXIT_OPEN = 3,          /* nothing failed but something is unknown or lacks evidence */
    EXIT_PARTLY = 4,        /* applied in part */
    EXIT_ROLLED_BACK = 5,   /* nothing is changed: everything was put back */
    EXIT_USAGE = 64,
};

enum option_id {
    OPTION_ROOT,
    OPTION_PRESET,
    OPTION_POLICY,
    OPTION_CONFIG,
    OPTION_FROM,
    OPTION_FORMAT,
    OPTION_OUTPUT,
    OPTION_KEYS,
    OPTION_NO_WALK,
    OPTION_WEAK_PASSWORDS,
    OPTION_REASON,
    OPTION_APPROVER,
    OPTION_UNTIL,
    OPTION_EVIDENCE,
    OPTION_TITLE,
    OPTION_FILE,
    OPTION_BY,
    OPTION_LIST,
    OPTION_REMOVE,
    OPTION_YES,
    OPTION_FORCE,
    OPTION_PACKAGES,
    OPTION_RULE,
    OPTION_TO,
    OPTION_BATCH,
    OPTION_SEAL,
    OPTION_CONFIRM_WITHIN,
    OPTION_BOOT,
    OPTION_HINT,
    OPTION_UNCONFIRMED,
    OPTION_ANSWERS,
    OPTION_WRITE_ANSWERS,
    OPTION_STATUS,
    OPTION_JOBS,
    OPTION_SIZE,
    OPTION_MIRROR,
    OPTION_VERIFY,
    OPTION_MAN,
    OPTION_COMPLETION,
    OPTION_SIGN,
    OPTION_DIGEST,
    OPTION_KEY,
    OPTION_PACK,
    OPTION_VERBOSE,
    OPTION_LANG,
    OPTION_COLOR,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_COUNT
};

struct invocation {
    struct arena *arena;
    const struct command *command;     /* NULL: none given */
    const char *options[OPTION_COUNT]; /* NULL: not given; "" for options without argument */
    struct strings args, from;         /* from: every --from */
    enum lang lang;
    bool colour;           /* standard output is a terminal that wants colours, or --color=always */
    struct helper *helper; /* writes for a command in its sandbox (root/helper.h), or NULL */
    unsigned columns;      /* of the terminal; 0: standard output is none */
};

struct command {
    const char *name;
    const char *arguments; /* "[RULE|ITEM…]" */
    struct text summary;   /* one line */
    struct text about;     /* what --help says below it */
    unsigned set;          /* COMMAND_… bit, for the options that belong to it */
    int (*run)(struct invocation *i);
};

enum {
    COMMAND_CHECK = 1,
    COMMAND_LIST = 2,
    COMMAND_EXPLAIN = 4,
    COMMAND_HELP = 8,
    COMMAND_PLAN = 16,
    COMMAND_APPLY = 32,
    COMMAND_UNDO = 64,
    COMMAND_HISTORY = 128,
    COMMAND_RECOVER = 256,
    COMMAND_REPORT = 512,
    COMMAND_WAIVE = 1 << 16,
    COMMAND_EVIDENCE = 1 << 17,
    COMMAND_ACCESS = 1 << 18,
    COMMAND_RECORD = 1 << 19,
    COMMAND_VERIFY = 1 << 20,
    COMMAND_SETUP = 1 << 26,
    COMMAND_IMAGE = 1 << 12,
    COMMAND_CONFIRM = 1 << 24,
    COMMAND_FIRST_LOGIN = 1 << 25,
};
#define COMMAND_ALL (~0u)

struct option_row {
    const char *name;           /* "root": --root */
    char letter;                /* 'o': -o; 0: none */
    struct text argument;       /* "DIR"; none: a switch; "[FILE]": may be left out */
    const char *const *choices; /* what the argument may be, or NULL */
    unsigned commands;          /* to which it belongs */
    struct text help;
};

const struct command *const *commands_all(void); /* NULL-terminated */
const struct command *command_find(const char *name);
extern const struct option_row option_rows[OPTION_COUNT];

/* ---- arguments.c ---- */
/* Reads the command line. 0, or EXIT_USAGE after one message. */
int arguments_read(struct invocation *i, int argc, char **argv);
/* From --lang wherever it stands, else LC_ALL, LC_MESSAGES, LANG: needs no installed locale. */
enum lang arguments_lang(int argc, char **argv);

/* ---- help.c ---- */
void help_print(const struct invocation *i, const struct command *command); /* NULL: overview */

/* ---- output.c ---- */
/* Writes a message to standard error: "dengbao: …". Returns code. */
int complain(const struct invocation *i, int code, struct text message);
/* "unknown rule \"x\" (did you mean …)". */
int complain_unknown(const struct invocation *i, struct text what, const char *name,
                     const struct strings *known);
/* Problems of a policy with path:line:column, then one line that says what follows from them. */
void complain_problems(const struct invocation *i, const struct problems *p);
/* Standard output, or the file of -o. EXIT_OK, or EXIT_ERROR after a message. */
int put_output(const struct invocation *i, const struct buf *b);
/* The same to a file that is not that of -o; NULL and "-" are standard output. */
/* own_write(), by the helper where there is one. 0 or -errno. */
int write_file(const struct invocation *i, const char *path, struct str bytes);
int put_file(const struct invocation *i, const char *file, struct str bytes);
