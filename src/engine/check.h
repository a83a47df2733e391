/*
 * Policy and host -> result. Pure given the facts: reads through the root handle, writes nothing.
 */
#pragma once

#include "effective/host.h"
#include "engine/policy.h"
#include "model/result.h"

enum { JUDGED_CAP = 200 }; /* facts kept per rule; the rest is counted */

struct check_options {
    const struct selection *selection;     /* NULL or empty: every rule the preset asks for */
    const struct settlements *settlements; /* waivers and evidence (settle.h); NULL: none */
    void (*progress)(void *context, size_t done, size_t total); /* before each rule; or NULL */
    void *context;
};

/* options may be NULL. Items keep their order; what is not selected is left out. A rule that the
 * preset skips is judged only when it is named. Everything lives in the host's arena. */
struct result *check_run(struct host *h, const struct policy *p,
                         const struct check_options *options);
/* Exit code of the check: 0 all pass, 2 something failed, 3 nothing failed but something is open,
 * or a waiver or evidence record is expired, tampered with or means nothing. */
int check_exit_code(const struct result *r);
