/* Images built side by side: one worker each, progress, and a table at the end. */
#pragma once

#include "cli/cli.h"
#include "engine/build.h"
#include "root/worker.h"

enum job_state { JOB_WAITING, JOB_RUNNING, JOB_DONE, JOB_FAILED };

struct image_job {
    const struct invocation *invocation;
    struct build_request request;
    const char *to_directory, *work_name;
    const struct gate *gate;  /* NULL: nothing of the image is run */
    const char *published[4]; /* names in to_directory, the output last */
    /* while it runs */
    struct worker worker;
    struct buf line; /* what the worker said and is not a whole line yet */
    enum job_state state;
    struct text phase, failure, summary;
    struct {
        struct text *v;
        size_t n, cap;
    } notes;
};

/* All of them, at most `at_once` together. An exit code: 0, or EXIT_ERROR when one failed. Ended by
 * SIGINT, SIGTERM or SIGHUP it cleans up first. */
int image_batch_run(struct invocation *i, struct image_job *jobs, size_t n, unsigned at_once);

/* ---- image_verify.c ---- */
/* Is an image what its manifest says, and the manifest what was signed? An exit code, as `verify`.
 */
int image_verify(struct invocation *i, const char *path);

/* ---- image_manifest.c ---- */
/* What was made of what, as JSON. 0 or -errno. */
int image_manifest(const struct build *b, struct buf *ret);
