/*
 * Running a tool so that it sees the staged files at their real paths: in a mount namespace of its
 * own, with an overlay on each top directory that has changes, or bind mounts where there is no
 * overlayfs. For run.c only.
 */
#pragma once

#include "root/handle.h"

struct run_view;

/* What the child has to do, collected before fork(2). */
int run_view_prepare(struct root *staged, struct run_view **ret);
/* In the child, with system calls only. 0 or -errno: -EPERM without the right to mount. */
int run_view_enter(const struct run_view *v);
