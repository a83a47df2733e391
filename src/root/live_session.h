/* From where the person who runs this program came in, and by which login. */
#pragma once

#include "root/root.h"

struct ssh_connection {
    const char *client, *server; /* addresses; server NULL: not known */
};

/* The ssh session this process runs in: from SSH_CONNECTION of its own
 * environment, else of the nearest parent process that has one (sudo and `su -` drop the variable).
 * 0; -ENODATA: no such session is seen; -EOPNOTSUPP: an image. */
int live_ssh_connection(struct root *r, struct ssh_connection *ret);
/* Its client's address; the same codes. */
int live_ssh_client(struct root *r, const char **ret);

/*
 * A login is what somebody had to authenticate for: one connection to sshd (however many sessions
 * are multiplexed over it), one passage through login(1) or a display manager. It is told apart by
 * the kernel's audit session, where pam_loginuid sets one, and by the process that served it and
 * the time of its start. `su`, `sudo`, tmux and what is started in the background are not logins.
 */
struct login {
    int64_t audit_session; /* -1: the kernel has none of its own for this login */
    int64_t pid;           /* the process that came with the login; 0: none is seen */
    int64_t started_ms;    /* of that process, as boot_time_ms(); -1: not known */
    int64_t uid;           /* who logged in; -1: not known */
    const char *service;   /* "sshd", "login" …; NULL: not known */
    const char *client;    /* its address, if by ssh; NULL: not by ssh */
    bool local;            /* by ssh from this machine itself */
};

/* The login this program runs in. 0 also where none is seen (pid 0, audit_session -1);
 * -EOPNOTSUPP: an image. */
int live_login(struct root *r, struct login *ret);
