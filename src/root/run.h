/*
 * Running a tool: fixed argv, never a shell, a clean environment (PATH, LC_ALL=C only), no standard
 * input, a time limit, bounded output. Only on a live root; the program is an absolute path.
 */
#pragma once

#include "root/root.h"

struct run_result {
    int status; /* exit code; 128 + signal */
    bool timed_out;
    struct str out, err; /* at most 16 MiB each */
};

/*
 * 0 when the program ran, whatever its status. -ENOENT, -EACCES, -EOPNOTSUPP (an image); -EINVAL:
 * argv[0] is not an absolute path; -EPERM: refused, somebody but root may change the program (it or
 * a directory on its path belongs to or is writable by others; sticky directories may be); -EFBIG:
 * more than 16 MiB of output. -ETIMEDOUT: it and its process group were killed; ret holds what
 * came until then, with timed_out set. The environment is PATH=/usr/sbin:/usr/bin:/sbin:/bin,
 * LC_ALL=C, LANG=C, DEBIAN_FRONTEND=noninteractive; the working directory "/"; no controlling
 * terminal; no inherited descriptor. It is killed when this process is.
 */
int root_run(struct root *r, const char *const argv[], unsigned timeout_ms, struct run_result *ret);
/* The same for what must not be cut off: it goes on when this process is killed. */
int root_run_to_end(struct root *r, const char *const argv[], unsigned timeout_ms,
                    struct run_result *ret);
/* The same with bytes for its standard input. */
int root_run_input(struct root *r, const char *const argv[], struct str input, unsigned timeout_ms,
                   struct run_result *ret);
/* The same in a mount namespace of its own, where the staged files are at their real paths; what
 * the program writes below the directories concerned goes nowhere (without overlayfs: the root's
 * own mount is read-only to it). -EPERM without the right to mount. Staged changes directly in "/"
 * are not shown. */
int root_run_staged(struct root *staged, const char *const argv[], unsigned timeout_ms,
                    struct run_result *ret);
