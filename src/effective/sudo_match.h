/*
 * Who matches what in sudoers; used by the effective/sudo*.c files only.
 */
#pragma once

#include "effective/sudo.h"

enum sudo_match {
    MATCH_UNSPEC = -1, /* says nothing */
    MATCH_DENY = 0,
    MATCH_ALLOW = 1,
    MATCH_MAYBE = 2, /* depends on what cannot be seen here */
};

enum { MEMO_EMPTY = -3, MEMO_BUSY = -4 /* less the depth at which it is asked for */ };

/* One question. The memos hold the answer per alias, so that nested aliases cost nothing twice. */
struct sudo_query {
    const struct sudo_conf *conf;
    struct arena *arena;
    const struct account *user, *runas;
    struct strings user_groups, runas_groups;
    const char *path, *args; /* the command */
    const char *chroot;      /* CHROOT= of the line that is asked; NULL: none */
    const char *memo_chroot; /* the one that command_memo was filled with */
    int32_t *user_memo, *runas_memo, *command_memo;
    int depth, outermost; /* aliases being asked for; the outermost of them that was met again */
    unsigned steps;
};

void sudo_query_init(struct sudo_query *q, const struct sudo_conf *conf, struct arena *a,
                     const struct account *user, const struct account *runas);
/* Sets the command ("path args…") and forgets what was known about another one. */
void sudo_query_command(struct sudo_query *q, const char *command);

enum sudo_match sudo_match_user(struct sudo_query *q, const struct sudoers_members *users);
enum sudo_match sudo_match_host(const struct sudo_conf *conf, const struct sudoers_members *hosts);
enum sudo_match sudo_match_runas(struct sudo_query *q, const struct sudoers_command *c);
enum sudo_match sudo_match_command(struct sudo_query *q, const struct sudoers_members *commands);
enum sudo_match sudo_match_one_command(struct sudo_query *q, const struct sudoers_member *m);
/* Does one COMMAND member cover the path and arguments? effective/sudo_command.c */
bool sudo_command_covers(const struct sudo_conf *conf, const struct sudoers_member *m,
                         const char *path, const char *args);
/* Index into conf->aliases, or -1. */
int sudo_alias_find(const struct sudo_conf *conf, enum sudoers_alias_kind kind, const char *name);
/* "!ALL" as anybody: takes away everything that lines before it gave. `certain`: it matches the
 * user and this host whatever is not known here. */
bool sudo_takes_all(const struct sudoers_command *c, bool certain);
