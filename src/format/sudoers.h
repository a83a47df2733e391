/*
 * sudoers(5) as text: bytes -> entries with their places, and small edits that leave every other
 * byte alone.  Follows the lexer and the grammar that sudo ships (sudoers(5), toke.l and gram.y of
 * 1.8.23 to 1.9.16), including its way of going on after a syntax error (since 1.9.3 the rest of
 * the line is dropped; what the grammar had already accepted of it is kept).
 *
 *     struct sudoers *doc = sudoers_parse(arena, bytes, sudoers_syntax(1, 9, 13));
 *     for each doc->entries … entry->kind, entry->line
 *
 * Ownership: everything lives in the arena; names are NUL-terminated copies, unescaped as sudo
 * does.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/vec.h"

/* What a version of sudo understands; sudoers(5) and NEWS name the version of each. */
struct sudoers_syntax {
    bool at_include; /* @include, 1.9.1 */
    bool recovery;   /* goes on after a syntax error, 1.9.3 */
    bool cwd;        /* CWD=, CHROOT=, 1.9.3 */
    bool intercept;  /* INTERCEPT:, 1.9.8 */
    bool regex;      /* ^…$ in commands, 1.9.10 */
    bool apparmor;   /* APPARMOR_PROFILE=, 1.9.12 where built with it */
    bool list;       /* the `list` pseudo-command, 1.9.13 */
};
struct sudoers_syntax sudoers_syntax(unsigned major, unsigned minor, unsigned patch);

enum sudoers_member_kind {
    SUDOERS_ALL,
    SUDOERS_ALIAS, /* an upper-case name; a plain word where no such alias exists */
    SUDOERS_WORD,  /* user name, #uid, host name */
    SUDOERS_GROUP, /* %group, %#gid, %:nonunix: the name keeps its "%" */
    SUDOERS_NETGROUP,
    SUDOERS_NETWORK, /* address, address/bits, address/mask */
    SUDOERS_COMMAND,
    SUDOERS_MYSELF, /* the empty runas list () */
};

struct sudoers_member {
    enum sudoers_member_kind kind;
    bool negated;
    const char *name; /* NULL for ALL and MYSELF */
    const char *args; /* commands: NULL any arguments; "\"\"" none at all */
    bool digest;      /* commands: bound to a SHA-2 digest of the file */
    unsigned line;
};

struct sudoers_members {
    struct sudoers_member *v;
    size_t n, cap;
};

enum sudoers_tag { TAG_UNSET = -1, TAG_NO = 0, TAG_YES = 1 };

/* One command of a user specification, with what it inherits from the commands before it. */
struct sudoers_command {
    bool has_runas; /* a (…) was given, here or earlier in the list */
    struct sudoers_members runas_users, runas_groups;
    enum sudoers_tag nopasswd, noexec, setenv;
    bool timed; /* NOTBEFORE= or NOTAFTER= */
    const char *chroot;
    struct sudoers_member command;
    unsigned line;
};

struct sudoers_privilege {
    struct sudoers_members hosts;
    struct {
        struct sudoers_command *v;
        size_t n, cap;
    } commands;
};

enum sudoers_alias_kind { ALIAS_USER, ALIAS_RUNAS, ALIAS_HOST, ALIAS_CMND };

struct sudoers_alias {
    enum sudoers_alias_kind kind;
    const char *name;
    struct sudoers_members members;
    unsigned line;
};

enum sudoers_scope { SCOPE_ALL, SCOPE_HOST, SCOPE_USER, SCOPE_CMND, SCOPE_RUNAS };

struct sudoers_setting {
    const char *name, *value; /* value NULL: a flag */
    char op;                  /* '=', '+', '-', '!' (negated), 0 (flag set) */
    unsigned line;
};

enum sudoers_entry_kind {
    SUDOERS_SPEC,
    SUDOERS_ALIASES,
    SUDOERS_DEFAULTS,
    SUDOERS_INCLUDE,
    SUDOERS_INCLUDEDIR,
    SUDOERS_ERROR, /* after it, or instead of the entry: a syntax error on that line */
};

struct sudoers_entry {
    enum sudoers_entry_kind kind;
    unsigned line;
    struct sudoers_members users; /* SPEC; scope of DEFAULTS */
    struct {
        struct sudoers_privilege *v;
        size_t n, cap;
    } privileges;
    struct {
        struct sudoers_alias *v;
        size_t n, cap;
    } aliases;
    enum sudoers_scope scope;
    struct {
        struct sudoers_setting *v;
        size_t n, cap;
    } settings;
    const char *path;  /* include, includedir: as written, unquoted */
    const char *error; /* ERROR: what sudo would say, in its own (English) words */
};

/* A NOPASSWD: tag or an `authenticate` flag and where its bytes are, for edits. */
struct sudoers_span {
    size_t from, to;
    unsigned line;
};

struct sudoers {
    struct str bytes;
    struct {
        struct sudoers_entry *v;
        size_t n, cap;
    } entries;
    struct {
        struct sudoers_span *v;
        size_t n, cap;
    } nopasswd;
};

/* Never NULL; never fails: what cannot be read becomes SUDOERS_ERROR entries. */
struct sudoers *sudoers_parse(struct arena *a, struct str bytes, struct sudoers_syntax syntax);
/* The same bytes without the NOPASSWD: tags that stand on one of these lines (n == 0: on any). */
void sudoers_drop_nopasswd(const struct sudoers *doc, const unsigned *lines, size_t n,
                           struct buf *ret);
/* Text of a scope for people: "Defaults:alice". */
const char *sudoers_scope_text(struct arena *a, const struct sudoers_entry *e);
