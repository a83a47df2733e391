/*
 * Between the files of `dengbao setup`: one run, and its questions.
 */
#pragma once

#include "cli/cli.h"
#include "cli/session.h"
#include "engine/setup.h"
#include "model/result.h"

struct setup_session {
    struct invocation *i;
    struct root *root;
    struct policy *policy; /* at first without the answers, then with them */
    struct host_options asked;
    struct host *host;
    const char *own; /* the address of this ssh session; NULL: none */
    struct setup_answers answers;
    struct site_file files[SETUP_FILES];
    size_t file_count;
};

/* ---- setup_password.c ---- */
/* Is the password good enough: by the policy, by what is in force here, and by libpwquality where
 * this system has it? false with the reason. */
bool setup_password_is_good(struct setup_session *s, const char *account, const char *password,
                            struct text *ret_why);
/* Reads password_fd of every person who has one, and makes hashes. 0, or an exit code after
 * messages. */
int setup_read_passwords(struct setup_session *s);

/* ---- setup_text.c ---- */
void setup_title(const struct setup_session *s, struct buf *b, const char *en, const char *zh);
void setup_drop_settled(struct plan *plan);
void setup_plan_text(const struct setup_session *s, const struct plan *plan, struct buf *b);

/* ---- setup_terminal.c: 0; -ENODATA: the input has ended; -errno ---- */
void setup_say(const struct setup_session *s, const char *en, const char *zh);
/* One line, trimmed; `otherwise` (may be NULL) is offered in brackets and taken for an empty one.
 */
int setup_ask(const struct setup_session *s, struct text prompt, const char *otherwise,
              const char **ret);
/* Without echo; restored whatever signal comes. */
int setup_ask_secret(const struct setup_session *s, struct text prompt, char *ret, size_t size);
int setup_ask_yes(const struct setup_session *s, struct text prompt, bool otherwise, bool *ret);

/* ---- setup_after.c ---- */
/* The 19 items after (or without) the change: how many pass, what the others still need. */
void setup_items_text(const struct setup_session *s, const struct result *result, struct buf *b);

/* ---- setup_ask_site.c: 0; -ENODATA; -errno ---- */
void setup_say_why(const struct setup_session *s, struct text why);
void setup_say_title(const struct setup_session *s, const char *en, const char *zh);
int setup_ask_site(struct setup_session *s); /* log server, time servers, alert address */
int setup_ask_sudo(struct setup_session *s); /* only where others than the roles have rights */
/* What packages may be installed? Only where a plan needs some. */
int setup_ask_packages(const struct setup_session *s, const struct plan *plan, bool *ret);

/* ---- setup_ask.c ---- */
/* Asks for every answer. 0, or an exit code after a message. */
int setup_guided(struct setup_session *s);
