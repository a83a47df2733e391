/*
 * Files of "name value" lines, as the programs that own them read them: one row per dialect says
 * how a line is cut, whether case counts and which of several lines for one name wins.
 *
 *     struct keyvalue *kv = keyvalue_parse(arena, &keyvalue_login_defs, bytes);
 *     const struct keyvalue_line *l = keyvalue_get(kv, "PASS_MAX_DAYS");
 *     keyvalue_set(kv, "PASS_MAX_DAYS", "90");
 *     struct str out = keyvalue_print(arena, kv);
 *
 * Lines that are not edited stay byte for byte; setting twice equals setting once.  The input must
 * outlive the document; everything else lives in the arena.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/vec.h"

enum keyvalue_split {
    KEYVALUE_BLANK,  /* NAME value: shadow's getdef.c */
    KEYVALUE_EQUALS, /* name [=] value # comment: libpwquality, faillock.conf */
    KEYVALUE_SEARCH, /* the same, cut as pam_modutil_search_key() does */
    KEYVALUE_WORDS,  /* name = value [option], between blanks only: auditd-config.c */
    KEYVALUE_SHELL,  /* NAME="value": os-release(5), /etc/default, /etc/sysconfig */
};

/* What a program does with a line that does not fit its buffer. */
enum keyvalue_overlong { KEYVALUE_ANY_LENGTH, KEYVALUE_CUT, KEYVALUE_REFUSE, KEYVALUE_SKIP };

struct keyvalue_dialect {
    const char *name; /* the file, for messages and tests */
    enum keyvalue_split split;
    bool fold_case;  /* names are compared without regard to ASCII case */
    bool first_wins; /* otherwise the last line for a name counts */
    enum keyvalue_overlong overlong;
    size_t line_limit;   /* bytes the program takes in at once, newline included */
    bool needs_newline;  /* a last line without newline is not read at all */
    const char *between; /* what a new line has between name and value */
};

extern const struct keyvalue_dialect keyvalue_login_defs;     /* as shadow reads it */
extern const struct keyvalue_dialect keyvalue_login_defs_pam; /* as pam_umask, pam_unix read it */
extern const struct keyvalue_dialect keyvalue_pwquality;
extern const struct keyvalue_dialect keyvalue_faillock;
extern const struct keyvalue_dialect keyvalue_pwhistory;
extern const struct keyvalue_dialect keyvalue_auditd;
extern const struct keyvalue_dialect keyvalue_shell;
/* All of them, NULL-terminated. */
extern const struct keyvalue_dialect *const keyvalue_dialects[];

struct keyvalue_line {
    struct str raw; /* with its newline, if any */
    unsigned line;
    bool setting;     /* names a key */
    bool malformed;   /* the program refuses it (or the whole file, depending on the program) */
    bool has_value;   /* false: a flag by itself, value is empty */
    struct str key;   /* as written */
    struct str value; /* what the program gets; unquoted where the dialect has quotes */
    size_t value_at, value_end; /* the value as written, within raw */
};

struct keyvalue {
    const struct keyvalue_dialect *dialect;
    struct arena *arena;
    struct {
        struct keyvalue_line *v;
        size_t n, cap;
    } lines;
};

struct keyvalue *keyvalue_parse(struct arena *a, const struct keyvalue_dialect *d,
                                struct str bytes);
/* The line that counts for a name; NULL: not set. */
const struct keyvalue_line *keyvalue_get(const struct keyvalue *kv, const char *key);
/* Sets the value on every line of that name, so that readers which take the first and readers which
 * take the last agree (login.defs has both), else behind a commented sample, else at the end.
 * value NULL: a flag. -EINVAL: the dialect cannot write this name or value. */
int keyvalue_set(struct keyvalue *kv, const char *key, const char *value);
/* Removes every line of that name; true when there was one. */
bool keyvalue_unset(struct keyvalue *kv, const char *key);
struct str keyvalue_print(struct arena *a, const struct keyvalue *kv);
