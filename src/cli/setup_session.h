/*
 * Between the files of `dengbao setup`: one run, and its questions.
 */
#pragma once

#include "cli/cli.h"
#include "cli/session.h"
#include "engine/setup.h"

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

/* ---- setup_ask.c ---- */
/* Asks for every answer. 0, or an exit code after a message. */
int setup_guided(struct setup_session *s);
