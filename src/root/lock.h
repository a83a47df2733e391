/*
 * One writer at a time: an exclusive flock(2) on a file inside the root; it goes with the process.
 */
#pragma once

#include "root/root.h"

/* A descriptor that holds the lock; -EAGAIN: somebody else has it; other -errno. The file is made
 * 0600 in a directory that exists. */
int root_lock(struct root *r, const char *path);
void root_unlock(int lock); /* takes -1 */
