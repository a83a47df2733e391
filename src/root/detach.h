/*
 * A program that goes on when the session, the terminal and whoever started it are gone.
 */
#pragma once

#include "root/root.h"

/* Starts argv as a child of process 1: own session, no terminal, descriptors on /dev/null, and
 * where the kernel allows it a control group of its own named `group`, so that what ends a login
 * session does not end it. 0 when it runs; the codes of root_run otherwise. */
int root_detach(struct root *r, const char *const argv[], const char *group);

/* The file this program was started from, if only root can change it: -EPERM; -ENOENT: it was
 * removed or replaced meanwhile; -EOPNOTSUPP: an image. */
int root_own_program(struct root *r, const char **ret);

/* While held, what a lost terminal or an impatient person sends (SIGHUP, SIGINT, SIGQUIT, SIGTERM,
 * SIGTSTP, SIGPIPE) waits. */
struct held_signals {
    unsigned long before[16]; /* a sigset_t */
};
void signals_hold(struct held_signals *ret);
void signals_release(const struct held_signals *held);
