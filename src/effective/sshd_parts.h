/*
 * Inside of effective/sshd.h: the keyword table, the flattened configuration, matching.
 */
#pragma once

#include "effective/sshd.h"
#include "format/sshd.h"

enum sshd_kind {
    SSHD_WORD,      /* one of words, without regard to case */
    SSHD_WORD_CASE, /* one of words, exactly */
    SSHD_INT,
    SSHD_TIME,
    SSHD_PATH,
    SSHD_TEXT,    /* one argument as it is */
    SSHD_REST,    /* the rest of the line */
    SSHD_COMMAND, /* the rest of the line, an absolute path or none */
    SSHD_ADDENDUM,
    SSHD_USERS,
    SSHD_GROUPS,
    SSHD_ENV,
    SSHD_SETENV,
    SSHD_FILES,
    SSHD_OPEN,
    SSHD_LISTEN_PORTS,
    SSHD_METHODS,
    SSHD_KEY_TYPES,
    SSHD_CIPHERS,
    SSHD_MACS,
    SSHD_KEX,
    SSHD_PORT,
    SSHD_LISTEN,
    SSHD_KEY_FILE,
    SSHD_SUBSYSTEM,
    SSHD_STARTUPS,
    SSHD_NETBLOCK,
    SSHD_PER_SOURCE,
    SSHD_QOS,
    SSHD_REKEY,
    SSHD_MASK,
    SSHD_USER_ENV,
    SSHD_KEY_OPTIONS,
    SSHD_VERBATIM, /* any arguments */
    SSHD_MATCH,
    SSHD_INCLUDE,
    SSHD_IGNORED, /* deprecated, ignored or not compiled in: accepted without effect */
    SSHD_REFUSED, /* known, and always an error on Linux */
};

enum sshd_merge { SSHD_FIRST, SSHD_APPEND, SSHD_LAST };
enum sshd_build { SSHD_ANY_BUILD, SSHD_GSS_PATCH, SSHD_EL, SSHD_DEBIAN };

struct sshd_word {
    const char *word, *printed;
};

struct sshd_option {
    const char *name; /* spelled as in sshd_config(5) */
    const char *of;   /* an alias of that option; NULL */
    enum sshd_kind kind;
    enum sshd_merge merge;
    bool in_match; /* allowed inside Match */
    bool one_line; /* -T prints all values on one line */
    unsigned since, until;
    enum sshd_build build;
    const struct sshd_word *words;
    const char *builtin; /* as -T prints it; NULL: nothing is printed */
};

enum { SSHD_OPTIONS_MAX = 192 };
extern const struct sshd_option sshd_options[];
size_t sshd_options_count(void);
/* The row of a keyword in this release (aliases resolved); -1: sshd would not know it. */
int sshd_option_find(const struct sshd_program *p, enum lineage lineage, const char *keyword,
                     const struct sshd_option **ret_row);
const char *sshd_option_builtin(const struct sshd_option *o, const struct host *h, bool *ret_known);

enum sshd_attribute {
    SSHD_BY_ALL,
    SSHD_BY_USER,
    SSHD_BY_GROUP,
    SSHD_BY_HOST,
    SSHD_BY_ADDRESS,
    SSHD_BY_LOCAL_ADDRESS,
    SSHD_BY_LOCAL_PORT,
    SSHD_BY_RDOMAIN,
    SSHD_BY_INVALID_USER,
    SSHD_ATTRIBUTES
};

struct sshd_criterion {
    enum sshd_attribute by;
    const char *argument;
    unsigned port;
};

struct sshd_criteria {
    struct sshd_criterion *v;
    size_t n, cap;
};

/* What is left of the files: set a value, a Match line, enter and leave an included file. */
struct sshd_step {
    enum { SSHD_STEP_SET, SSHD_STEP_MATCH, SSHD_STEP_ENTER, SSHD_STEP_LEAVE } kind;
    int option;
    struct strings values;
    struct sshd_criteria criteria;
    const char *text; /* Match: "user bob" */
    struct where where;
    bool command_line;
    bool in_match; /* behind a Match line */
};

struct sshd_setting {
    bool set;
    struct strings values;
    struct where where;
    struct sshd_lines lines; /* of lists: every line that adds */
};

struct sshd_outcome {
    struct sshd_setting v[SSHD_OPTIONS_MAX];
};

struct sshd {
    struct host *host;
    const struct sshd_program *program;
    const char *main_file;
    struct {
        struct sshd_step *v;
        size_t n, cap;
    } steps;
    struct sshd_outcome global;     /* without Match blocks but "all" */
    struct sshd_contexts *contexts; /* asked for once; with what they give */
    int contexts_error, *outcome_errors;
    struct sshd_outcome **outcomes;
    struct sshd_outcome other; /* of the last context that is not one of those */
    struct sshd_context other_context;
    int other_error;
    bool other_known;
};

/* ---- values ---- */

struct sshd_parsing {
    struct arena *arena;
    struct host *host;
    const struct sshd_program *program;
    enum sshd_arguments how;
    const char *keyword;
    struct strings args;
    size_t next;
    const char *rest; /* behind the keyword, blanks skipped */
    struct err *why;
};
/* Reads the arguments of a line as values of an option; 0 or -EINVAL with why. */
int sshd_values(struct sshd_parsing *p, const struct sshd_option *o, struct strings *ret);
/* -EINVAL with "what: "argument"" as the reason. */
int sshd_refuse(struct sshd_parsing *p, struct text what, const char *argument);
const char *sshd_next(struct sshd_parsing *p); /* the next argument, NULL: none */
int64_t sshd_time(const char *s);              /* seconds, -1: not a time */
int sshd_port(struct host *h, const char *s);  /* number or name of /etc/services; -1 */
/* "a,b" with the + - ^ forms applied to the built-in list. */
bool sshd_algorithm_known(const struct sshd_program *p, enum sshd_kind kind, struct str name);
/* Ciphers, MACs or KexAlgorithms as this build has them compiled in (outside of FIPS mode); NULL:
 * the program is not there or does not show one list. */
const char *sshd_binary_list(struct host *h, const struct sshd_program *p, enum sshd_kind kind);
const char *sshd_assemble(const struct sshd_program *p, const struct sshd_option *o,
                          struct arena *a, const char *value, const char *builtin);

bool sshd_algorithms_valid(const struct sshd_program *p, const struct sshd_option *o,
                           const char *list);

/* ---- matching  ---- */

bool sshd_pattern(const char *s, const char *pattern);
int sshd_pattern_list(const char *s, const char *list, bool lower);       /* 1, 0, -1: negated */
int sshd_address_list(const char *address, const char *list);             /* also -2: bad list */
int sshd_user_pattern(const struct sshd_context *c, const char *pattern); /* NULL: check only */
bool sshd_group_list(const struct host *h, const char *user, const char *list);
int sshd_match_parse(struct sshd_parsing *p, struct sshd_criteria *ret);
bool sshd_criteria_hold(const struct host *h, const struct sshd_criteria *c,
                        const struct sshd_context *context);

/* ---- evaluation ---- */

/* Runs the steps; context NULL: the first pass at start. 0 or -EINVAL. */
int sshd_run(const struct sshd *conf, const struct sshd_context *context, struct sshd_outcome *ret);
/* The same without values: which Match steps hold, one flag per step. */
void sshd_matches(const struct sshd *conf, const struct sshd_context *context, bool *ret_active);
/* Arguments of the daemon's unit: "-o Key=Value" and "-f FILE", "-p PORT"; in order. */
struct sshd_command {
    struct {
        struct sshd_command_option {
            const char *text; /* of -o */
            struct where where;
        } * v;
        size_t n, cap;
    } options;
    const char *config_file; /* of -f, or NULL */
    bool ports;              /* -p: Port lines of the files do not count */
};
int sshd_command(struct host *h, struct sshd_command *ret, struct err *why);
