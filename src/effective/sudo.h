/*
 * What sudo of this root would allow: /etc/sudoers with everything it includes, read as the
 * installed version reads it (sudoers(5)); the last matching line decides.
 *
 *     const struct sudo_conf *conf;  struct text why;
 *     int r = sudo_load(host, &conf, &why);      // once per root, remembered
 *     if (r == 0 && !conf->refuses) sudo_may(conf, "alice", "root", "/usr/bin/id", &answer);
 *
 * Users and groups are those of the root's own files. What only a network service could tell
 * (netgroups, %:groups of a plugin, rules in LDAP or SSSD, interface addresses of an image) makes
 * an answer undecided where it matters. All memory belongs to the host's arena.
 */
#pragma once

#include "effective/host.h"
#include "format/sudoers.h"
#include "model/fact.h"
#include "root/accounts.h"

struct sudo_entry {
    const struct sudoers_entry *entry;
    const char *path;
};

struct sudo_alias {
    const struct sudoers_alias *alias;
    const char *path;
};

struct sudo_problem {
    struct where where;
    struct text text;
};

struct sudo_conf {
    struct host *host;
    bool version_known;
    unsigned version[3];
    struct sudoers_syntax syntax;
    bool refuses; /* sudo does not work at all: wrong owner or mode, or (before 1.9.3) bad syntax */
    struct text refusal;
    struct where refused_at;
    const char *long_name, *short_name; /* of the host; NULL: not known */
    const char *elsewhere; /* "sss", "ldap": nsswitch.conf names a second source; NULL: none */
    bool fold_users, fold_groups; /* names compare without case; on by default */
    bool remote_users;            /* nsswitch.conf finds accounts beyond the root's own files */
    struct {
        struct sudo_entry *v;
        size_t n, cap;
    } entries; /* user specifications and Defaults, in the order sudo reads them */
    struct {
        struct sudo_alias *v;
        size_t n, cap;
    } aliases; /* sorted by kind and name, without redefinitions */
    struct {
        struct sudo_problem *v;
        size_t n, cap;
    } problems;           /* lines and files that sudo passes over */
    struct strings files; /* that were read, in order */
    int32_t *host_memo;   /* of host aliases; see effective/sudo_match.h */
};

/* 0; -ENOENT sudo is not installed; else a negative errno with the reason: nothing is known. */
int sudo_load(struct host *h, const struct sudo_conf **ret, struct text *why);

enum sudo_decision { SUDO_DENIED, SUDO_ALLOWED, SUDO_UNDECIDED };
enum sudo_password {
    SUDO_OWN_PASSWORD,
    SUDO_ROOT_PASSWORD,
    SUDO_TARGET_PASSWORD,
    SUDO_RUNAS_PASSWORD
};

struct sudo_answer {
    enum sudo_decision decision;
    bool allowed; /* decision == SUDO_ALLOWED */
    bool nopasswd;
    enum sudo_password password; /* whose, where one is asked for */
    struct where where;          /* of the deciding (or undecided) line */
    struct text why;             /* UNDECIDED */
};

/* May `user` run `command` ("/path args…", "sudoedit /path", "list") as `runas` on this host?
 * A bare name is not looked up in a PATH. 0, or -ENOENT: no such user or runas user here. */
int sudo_may(const struct sudo_conf *conf, const char *user, const char *runas, const char *command,
             struct sudo_answer *ret);

/* How far an account gets as root. Subtracting commands from ALL does not bind anybody
 * (sudoers(5), SECURITY NOTES), so "ALL, !/bin/su" is unrestricted. */
enum sudo_reach {
    SUDO_REACH_NONE,
    SUDO_REACH_COMMANDS,     /* fixed commands without a known way out */
    SUDO_REACH_ESCAPE,       /* a shell, an editor, a tool that runs or overwrites anything */
    SUDO_REACH_UNRESTRICTED, /* any command */
};

struct sudo_user {
    const char *name;
    enum sudo_reach reach;
    bool undecided;      /* only if a line that cannot be decided here applies */
    bool nopasswd;       /* the widest of its commands asks no password */
    bool some_nopasswd;  /* some command, as any user, asks no password */
    const char *command; /* that gives the reach; "ALL" */
    struct where where;
    struct where nopasswd_at;
};

struct sudo_users {
    struct sudo_user *v;
    size_t n, cap;
};

/* Every account of the root but uid 0 that may run anything at all, in passwd order. */
const struct sudo_users *sudo_users_root(const struct sudo_conf *conf);

/* What the lines leave to an account, as anybody, in the order in which they count: "/usr/bin/id",
 * "!/bin/su root", "ALL", with "NOPASSWD: " in front where no password is asked for. "(ALL) !ALL"
 * takes away what came before. 0, or -ENOENT: no such account. */
int sudo_granted(const struct sudo_conf *conf, const char *user, struct strings *ret);

struct sudo_setting {
    bool set;          /* some line sets it; else the rest is empty */
    bool on;           /* flags; also true for a value */
    const char *value; /* of the last '=', with += and -= applied; NULL for flags */
    struct where where;
};

/* A Defaults option as it holds for user (NULL: only unscoped and host-scoped lines) on this host.
 * Lines scoped to commands or runas users are not counted. */
struct sudo_setting sudo_default(const struct sudo_conf *conf, const char *user, const char *name);
/* The option's compiled default where dengbao knows it, or NULL: "yes", "no", "5". */
const char *sudo_builtin(const struct sudo_conf *conf, const char *name);
