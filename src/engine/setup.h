/*
 * Setup: the answers that only a person can give, and what follows from them.
 *
 *   answers (asked for, or a YAML file)  ->  policy of the site (files in /etc/dengbao/policy.d)
 *                                        ->  the ordinary plan, proof and transaction
 *
 * So an answer is desired state: what setup makes is checked by every later `dengbao check`, and
 * undone with its transaction. Pure: reads the host's files through its root, writes nothing.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "effective/host.h"
#include "engine/plan.h"
#include "engine/policy.h"

enum setup_role { SETUP_ADMINISTRATOR, SETUP_AUDITOR, SETUP_OFFICER };
enum { SETUP_ROLES = 3 };

struct setup_role_row {
    const char *id;           /* of policy/data/roles.yaml: "administrator" */
    const char *field;        /* in an answers file */
    const char *default_name; /* as the original image had them */
    struct text title, duty;
};
extern const struct setup_role_row setup_roles[SETUP_ROLES];

struct setup_person {
    const char *name;
    const char *hash;    /* crypt(5); NULL: keeps the password it has, or has none */
    int password_fd;     /* -1: none; read by the cli, which then sets hash */
    struct strings keys; /* "type base64", without comments */
};

struct setup_answers {
    struct setup_person people[SETUP_ROLES];
    struct setup_person root; /* only hash and password_fd */
    struct strings sources;   /* addresses and networks; none: from anywhere, and it was said so */
    const char *su_group;     /* NULL: su stays as it is */
    /* Choices of the site; none: what is there stays. */
    const char *log_server;      /* "tcp://HOST:PORT" or "udp://HOST:PORT" */
    struct strings time_servers; /* names or addresses */
    const char *alert_address;   /* who gets root's mail */
    bool packages;               /* packages that rules need may be installed */
    bool keep_root_ssh;          /* root may go on logging in over ssh */
    bool keep_nopasswd;          /* sudo without a password stays */
    bool take_sudo;              /* who could become root by sudo and has no role loses that */
    bool console_only;           /* nobody has to get in over ssh */
    bool without_own_address;    /* the operator's own address may be left out */
    bool skip_hardening;         /* only what setup is about, not the rules that need no answer */
};

/* ---- setup_answers.c ---- */
/* All mistakes are collected with line and column. `own`: the address of the present ssh session,
 * or NULL. 0 or -EINVAL. */
int setup_answers_read(struct host *h, const char *path, struct str bytes, const char *own,
                       struct setup_answers *ret, struct problems *problems);
/* The same as a file, without passwords; comments in both languages say where they belong. */
void setup_answers_write(struct arena *a, const struct setup_answers *answers, struct buf *ret);

/* ---- setup_check.c: one answer at a time; false with the reason ---- */
bool setup_name_is_good(struct host *h, const char *name, struct text *ret_why);
bool setup_group_is_good(struct host *h, const char *name, struct text *ret_why);
bool setup_source_is_good(struct arena *a, const char *source, struct text *ret_why);
/* Reads one line of authorized_keys; ret: options, type and blob without the comment. */
bool setup_key_is_good(struct arena *a, const char *line, const char **ret, struct text *ret_why);
/* May somebody come from that address by these sources? */
bool setup_sources_cover(const struct strings *sources, const char *address);
/* An address out of the first source, to prove access from; NULL: none. */
const char *setup_source_example(struct arena *a, const struct strings *sources);

/* ---- setup_site.c: the choices of a site ---- */
/* "logs.example", "192.0.2.5:10514", "udp://…" as "tcp://logs.example:514". */
bool setup_log_server_is_good(struct arena *a, const char *text, const char **ret,
                              struct text *ret_why);
bool setup_time_server_is_good(struct arena *a, const char *text, struct text *ret_why);
bool setup_mail_is_good(struct arena *a, const char *text, struct text *ret_why);
/* Where records go, where the time comes from, who gets root's mail today; empty: nowhere. */
struct strings setup_log_targets(struct host *h);
struct strings setup_time_sources(struct host *h);
struct strings setup_mail_targets(struct host *h);
/* Who may use sudo without a password today. */
struct strings setup_nopasswd(struct host *h);
/* Accounts without one of the roles that may do everything by sudo today; where `settled`, those
 * from whom an earlier setup took it instead. */
struct strings setup_others(struct host *h, const struct setup_answers *answers, bool settled);
/* The choices as policy of the site; the number of files, 0 to SETUP_SITE_FILES. */
enum { SETUP_SITE_FILES = 3 };
size_t setup_site_policy(struct host *h, const struct setup_answers *answers,
                         struct site_file ret[SETUP_SITE_FILES]);

/* What of an account is there already. */
struct setup_state {
    bool exists, usable_password, has_keys;
};
struct setup_state setup_state_of(struct host *h, const char *name);
/* The group that su asks for today, or the one to propose. */
const char *setup_su_group(struct host *h);
/* What does not fit together, or is missing; each a sentence. The number of them. */
size_t setup_answers_check(struct host *h, const struct setup_answers *answers, const char *own,
                           struct problems *ret);

/* ---- setup_policy.c ---- */
#define SETUP_ACCOUNTS_PATH "/etc/dengbao/policy.d/50-setup-accounts.yaml"
#define SETUP_ROLES_PATH "/etc/dengbao/policy.d/51-setup-roles.yaml"
enum { SETUP_FILES = 2 + SETUP_SITE_FILES };

/* The answers as policy of the site; the number of files. */
size_t setup_policy(struct host *h, const struct setup_answers *answers,
                    struct site_file ret[SETUP_FILES]);
/* Rules of class setup and access that the answers ask for, by id. */
void setup_rules(struct arena *a, const struct policy *p, const struct setup_answers *answers,
                 struct strings *ret);
/* For host_options: the hashes of the answers. */
const char *setup_password(void *answers, const char *account);
/* Has setup been done on this root: are its files there? */
bool setup_is_done(struct root *r);
