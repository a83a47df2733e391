/*
 * What sshd would do: sshd_config(5) of a root, resolved the way the installed release resolves it.
 *
 *     const struct sshd *conf;  struct err why = {.arena = arena};
 *     if (sshd_load(host, &conf, &why) < 0)   … sshd does not start, or we cannot tell: why …
 *     struct sshd_context who = {.user = "root", .address = "192.0.2.7"};
 *     sshd_query(conf, "PermitRootLogin", &who, &answer);      answer.values.v[0] "yes",
 * answer.where
 *
 * Evidence: servconf.c of 7.4 to 10.0, sshd_config(5); proved against sshd -T by
 * tests/os/oracle-sshd.  Values are spelled as `sshd -T` prints them (prohibit-password is
 * "without-password", 2m is "120").  All memory belongs to the host's arena.
 */
#pragma once

#include "effective/host.h"
#include "base/vec.h"
#include "model/fact.h"

enum sshd_answerable { SSHD_NO, SSHD_YES, SSHD_UNKNOWN };

/* The installed daemon, as far as behaviour depends on it. */
struct sshd_program {
    bool installed;
    unsigned version;    /* 902 for 9.2; 0: not known */
    const char *name;    /* "OpenSSH 9.2p1 (1:9.2p1-2+deb12u10)" */
    const char *package; /* version as the package database has it, or NULL */
    enum sshd_answerable include, zero_count_drops, include_in_match_right;
    struct where where;
};
const struct sshd_program *sshd_program(struct host *h);

struct sshd; /* a loaded configuration */

/* Loads once per host.  0; -EINVAL: sshd refuses the configuration; -ENOENT: no configuration file
 * or no sshd; -ENOTSUP: the release's behaviour is not known; or another -errno of reading. */
int sshd_load(struct host *h, const struct sshd **ret, struct err *why);
const struct sshd_program *sshd_conf_program(const struct sshd *conf);

/* One connection.  NULL (0 for port) means: not known, criteria on it do not match. */
struct sshd_context {
    const char *user, *host, *address, *local_address, *rdomain;
    unsigned local_port;
    bool invalid_user;
    const char *label; /* "Match user bob"; NULL: no Match block but "all" holds */
};

struct sshd_lines {
    struct where *v;
    size_t n, cap;
};

struct sshd_answer {
    struct strings values;   /* one per -T line, or the words of a one-line list; empty: unset */
    struct where where;      /* of the line that decides; path NULL: the built-in default */
    struct sshd_lines lines; /* of lists: every line that adds */
    bool matched;            /* a Match block decides */
};

/* 0; -ENOENT: this release has no such keyword; -EINVAL: sshd drops such a connection; -ENODATA:
 * the default of this build is not known.  c NULL: what holds at start, before any connection. */
int sshd_query(const struct sshd *conf, const char *keyword, const struct sshd_context *c,
               struct sshd_answer *ret);
/* values.v[0] of sshd_query, or `otherwise`. */
const char *sshd_value(const struct sshd *conf, const char *keyword, const struct sshd_context *c,
                       const char *otherwise);

/* Is keyboard-interactive offered, by whichever keyword this release looks at? c may be NULL. */
bool sshd_kbdint_enabled(const struct sshd *conf, const struct sshd_context *c);

/* A set of contexts such that every connection is decided like one of them: the first is a plain
 * one, each Match line that can hold holds in one.  -E2BIG: too many combinations. */
struct sshd_contexts {
    struct sshd_context *v;
    size_t n, cap;
};
int sshd_contexts(const struct sshd *conf, const struct sshd_contexts **ret);
/* The same for one account, and by the host parts of AllowUsers and DenyUsers as well; contexts
 * that differ only in what they stand for are kept. */
int sshd_contexts_of_user(const struct sshd *conf, const char *user, struct sshd_contexts *ret);

/* allowed_user() of auth.c: DenyUsers, AllowUsers, DenyGroups, AllowGroups.  `deciding` may be
 * NULL: the keyword that refuses, or lets in. */
bool sshd_user_allowed(const struct sshd *conf, const struct sshd_context *c,
                       struct sshd_answer *deciding);

/* match_pattern(): "*" and "?", exact case. */
bool sshd_name_matches(const char *name, const char *pattern);

/* Every line that sets a keyword, in the order sshd reads them. */
struct sshd_use {
    struct where where;
    bool in_match; /* behind a Match line, "all" too */
    bool command_line;
    struct strings values;
};
struct sshd_uses {
    struct sshd_use *v;
    size_t n, cap;
};
int sshd_uses(const struct sshd *conf, const char *keyword, struct sshd_uses *ret); /* -ENOENT */
/* Does the first value of a keyword win? If not, all lines count (lists), or the last one. */
bool sshd_first_wins(const struct sshd *conf, const char *keyword);
const char *sshd_main_file(const struct sshd *conf); /* "/etc/ssh/sshd_config" */

/* Names of the keywords of any version, in table order; NULL at the end.  A keyword that changed
 * has several rows: sshd_keyword_is_first() is true for one of them. */
bool sshd_keyword_is_first(size_t i);
const char *sshd_keyword_name(size_t i);
bool sshd_keyword_is_list(size_t i);
bool sshd_keyword_is_line(size_t i); /* sshd -T prints all values behind one name */
