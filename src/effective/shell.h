/*
 * The umask and TMOUT that a session of an account really gets: what PAM sets, then the start-up
 * files of its login shell, evaluated as bash(1) or dash(1) would run them.  No shell is started.
 *
 *     struct shell_session s;
 *     shell_session(host, account, SESSION_LOGIN, &s);
 *     if (s.umask_known) … s.umask …
 *
 * Where a file does something that cannot be decided here and that could change the answer, the
 * answer is unknown and says at which path and line.  Other programs than the shell never change
 * its umask or variables, so unknown commands are passed over.
 */
#pragma once

#include "effective/host.h"
#include "model/fact.h"
#include "root/accounts.h"

enum session_kind {
    SESSION_LOGIN,       /* interactive login shell: console, ssh without a command */
    SESSION_NONLOGIN,    /* interactive shell that is no login shell: su USER, a terminal */
    SESSION_SSH_COMMAND, /* ssh HOST COMMAND */
    SESSION_SU_LOGIN,    /* su -l USER -c COMMAND: a login shell that is not interactive */
};
#define SESSION_KINDS 4

const char *session_kind_name(enum session_kind k); /* "login", "nonlogin", "ssh-command", … */
struct text session_kind_text(enum session_kind k);

struct shell_session {
    const char *shell; /* the account's, resolved: "/bin/bash" */
    bool umask_known;
    unsigned umask;
    struct where umask_where; /* who set it; path NULL: inherited, nothing sets it */
    struct text umask_why;    /* not known: why */

    bool may_end; /* the shell may be gone instead; what is said holds where it is not */
    bool tmout_known;
    const char *tmout; /* NULL: not set */
    bool tmout_exported, tmout_readonly;
    bool exported_known, readonly_known;
    struct where tmout_where;
    struct text tmout_why;
    bool honours_tmout; /* the shell itself ends idle sessions by TMOUT (dash does not) */

    struct text remark; /* a file with a syntax error, and the like */
};

/* Always fills ret. */
void shell_session(struct host *h, const struct account *account, enum session_kind kind,
                   struct shell_session *ret);

/* Seconds after which bash ends an idle session with this value: atoi(3), so "300s" is 300 and
 * "abc" is 0; 0 and less mean never. NUMBER_NEVER for never and for NULL. */
int64_t shell_tmout_seconds(const char *value);
