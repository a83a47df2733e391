/*
 * One writer at a time: an exclusive flock(2) on a file inside the root; it goes with the process.
 */
#pragma once

#include "root/root.h"

/* A descriptor that holds the lock; -EAGAIN: somebody else has it, also after 15 s; other -errno.
 * The file is made 0600 in a directory that exists. */
int root_lock(struct root *r, const char *path);
/* For readers: waits until no writer is at work, and keeps writers off while it is held. Makes
 * nothing: -ENOENT where nobody ever wrote here, -EACCES without root rights; -EAGAIN: a writer is
 * still at work after wait_ms. */
int root_lock_read(struct root *r, const char *path, unsigned wait_ms);
/* For readers that take long: waits until no writer is at work and says when the last one came
 * ({0}: none ever did), without keeping anybody off. The same answer after reading: nobody wrote
 * meanwhile. */
int root_lock_seen(struct root *r, const char *path, unsigned wait_ms, struct timespec *ret);
/* The lock that passwd(1), useradd(8), systemd-sysusers(8) and PAM take over the account files:
 * lckpwdf(3), a record lock on /etc/.pwd.lock. On the running system the file is made where it is
 * missing, as lckpwdf does; in an image only one that is there counts, else -ENOENT. -EAGAIN:
 * somebody else holds it after wait_ms. */
int root_lock_accounts(struct root *r, unsigned wait_ms);
void root_unlock(int lock); /* takes -1 */

static inline void root_lock_release(const int *lock)
{
    root_unlock(*lock);
}
#define _cleanup_lock_ __attribute__((cleanup(root_lock_release)))
