/* Reading procfs past the run's cache: what changes while we look is not worth keeping. */
#pragma once

#include "base/buf.h"
#include "root/root.h"

/* Calls `each` for every process directory, in ascending order of pid; dirfd is closed after. */
typedef void (*proc_each)(void *context, int64_t pid, int dirfd);
int proc_walk(struct root *r, proc_each each, void *context);
/* At most `limit` bytes of a small file. 0 or -errno. */
int proc_read(int dirfd, const char *name, size_t limit, struct buf *ret);
/* Of /proc/PID/stat: parent and time of start in clock ticks since the boot (proc(5)). */
struct process_stat {
    int64_t parent, start;
};
int proc_stat(int dirfd, struct process_stat *ret);
/* Calls `each` for every line; false ends it. */
typedef bool (*proc_line)(void *context, struct str line);
int proc_lines(struct root *r, const char *path, proc_line each, void *context);
