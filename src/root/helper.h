/*
 * What a check in its sandbox (root/sandbox.h) must still be able to do, in a process that was made
 * before: to ask the programs of a running system that alone know an answer, and to write the
 * result.  The helper reads nothing of the system that is looked at; it knows which programs with
 * which first arguments it may run and which files it may write, and does nothing else.
 *
 *     helper_start(root, paths, &helper);       // paths: the file of -o …
 *     sandbox_enter(…);
 *     … root_run() asks the helper by itself …
 *     helper_write(helper, path, bytes);
 *     helper_stop(helper);
 */
#pragma once

#include "base/vec.h"
#include "root/run.h"

struct helper;

/* 0 or -errno. With a live root, root_run() on it (and on roots that helper_share() names) goes by
 * the helper from now on. */
int helper_start(struct root *r, const struct strings *may_write, struct helper **ret);
void helper_share(struct helper *h, struct root *r);
/* own_write() by the helper; -EPERM: not one of the paths. */
int helper_write(struct helper *h, const char *path, struct str bytes);
void helper_stop(struct helper *h); /* takes NULL */

/* run.c: the call of root_run(). */
int helper_run(struct helper *h, struct root *r, const char *const argv[], unsigned timeout_ms,
               struct run_result *ret);
