/*
 * What a check gives up before it reads the first file of the system it looks at: new privileges,
 * capabilities it does not need, and (by seccomp, on images by Landlock too) every call that
 * writes, starts a program or connects.  For the process that calls, for good.  Nothing here is
 * needed for a check to work: where the kernel lacks a limit, the others are taken and it is said.
 *
 *     helper_start(…)      // what must still be possible afterwards, in a process of its own
 *     sandbox_enter(root, &limits)
 *     … read and judge …
 *
 * Never before apply.  Before any thread is started.
 */
#pragma once

#include "base/text.h"
#include "root/root.h"

struct sandbox_limits {
    bool no_new_privs, capabilities, seccomp;
    int landlock; /* its ABI; 0: none */
};

/* Takes all limits that this kernel has. A root with other accounts' processes in it (live) keeps
 * what reading /proc needs, and no Landlock: that would hide the processes of others. */
void sandbox_enter(struct root *r, struct sandbox_limits *ret);
/* "no new privileges, 1 capability, seccomp, Landlock 5"; what is missing is named. */
struct text sandbox_text(struct arena *a, const struct root *r, const struct sandbox_limits *l);

/* sandbox_filter.c: 0 or -errno. `openat2` tells whether that call stays (its flags cannot be seen
 * by a filter, so it must not be able to write either way). */
int sandbox_filter(bool openat2);
