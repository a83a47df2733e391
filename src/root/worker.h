/*
 * Work on something that is not trusted, in a process of its own: own mounts, own processes, no
 * network, and for callers without root rights an own user namespace. When the worker ends,
 * however it ends, its mounts, loop devices and child processes end with it, and a janitor outside
 * of it removes its work directory, even if the caller, too, was killed. Where the janitor was
 * killed with them, the next worker in that directory does (root/workdir.h).
 *
 *     struct worker w;
 *     worker_start(a, &(struct worker_job){dir, ".dengbao-image-x", run, context}, &w, &e);
 *     … read lines from w.report until its end …
 *     status = worker_finish(&w);
 */
#pragma once

#include <sys/types.h>

#include "base/err.h"
#include "root/gate.h"

struct worker_job {
    const char *directory; /* where the work directory is made */
    const char *name;      /* its name; it must not exist */
    /* Names in `directory`, NULL-terminated: the last is the whole output, those before it lie
     * beside it. Where the last is not there when the worker has ended, the others go too. May be
     * NULL. */
    const char *const *published;
    /* A way to package mirrors for programs of the image; NULL: none. gate_port gets, in the
     * worker, the port of the proxy on 127.0.0.1 there; 0: there is none. */
    const struct gate *gate;
    unsigned *gate_port;
    /* In the worker; what it returns (0 to 125) is its exit status. `report` is for worker_say. */
    int (*run)(void *context, int report);
    void *context;
};

struct worker {
    pid_t pid, janitor, gate; /* gate 0: none */
    int report;               /* to read from */
};

/* 0; -EPERM with e: no namespaces for this caller; other -errno. */
int worker_start(struct arena *a, const struct worker_job *job, struct worker *ret, struct err *e);
/* Waits for the worker and its janitor; closes report. The exit status, 128 + signal. */
int worker_finish(struct worker *w);
/* Ends it now; worker_finish must follow. */
void worker_kill(const struct worker *w);
/* In the worker: whether files there can belong to others than its root. Not for a caller without
 * root rights who has no range in /etc/subuid. */
bool worker_has_ids(void);
/* One line to the caller: a word and two texts, made safe. */
void worker_say(int report, const char *word, struct text t);
