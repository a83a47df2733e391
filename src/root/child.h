/* Between fork(2) and execve(2), for the files of this floor: only calls that are safe there in any
 * process. */
#pragma once

#include "root/root.h"

/* Descriptors from `first` on do not go across execve. */
void child_close_from(int first);
/* Default actions, nothing blocked: what is ignored would stay so across execve. */
void child_reset_signals(void);

/* ---- run.c ---- */
/* The resolved path of a program that only root can change: see root_run(). */
int program_find(struct root *r, const char *path, const char **ret);
