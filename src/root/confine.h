/*
 * A program of an image, run so that it reaches the image and nothing else: own mounts with the
 * image as "/", own processes, no privileges outside of a user namespace of its own, no device but
 * the harmless ones, of the network what the caller's namespace has. It and all it started end with
 * the call. For the worker of an image (root/worker.h), whose mounts and network are its own
 * already.
 *
 * What an image holds is hostile: its apt may be a shell script, its maintainer scripts fork bombs.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

struct confine {
    const char *root; /* the image's tree */
    const char
        *work; /* a directory outside of it for mount points; "dev" and "proc" are made in it */
    const char *const *environment; /* NULL-terminated */
    unsigned timeout_ms;
    unsigned most_tasks; /* processes and threads at one time */
};

struct confined {
    int status;      /* exit code; 128 + signal */
    bool timed_out;  /* was ended, with status 137 */
    bool too_many;   /* likewise, for its processes */
    struct str said; /* the end of its standard output and error, at most 64 KiB */
};

/* argv[0] is a path in the image. 0 when it ran, whatever came of it. -errno with e: it could not
 * be confined, and so was not run; -ENOENT, -EACCES, -ENOEXEC of the program. */
int confine_run(struct arena *a, const struct confine *c, const char *const argv[],
                struct confined *ret, struct err *e);
