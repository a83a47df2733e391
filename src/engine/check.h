/*
 * Policy and host -> result. Pure given the facts: reads through the root handle, writes nothing.
 */
#pragma once

#include "effective/host.h"
#include "engine/policy.h"
#include "model/result.h"

enum { JUDGED_CAP = 200 }; /* facts kept per rule; the rest is counted */

/* selection NULL or empty: every rule. Items keep their order; unselected rules are left out. */
struct result *check_run(struct host *h, const struct policy *p, const struct selection *selection);
/* Exit code of the check: 0 all pass, 2 something failed, 3 nothing failed but something is open.
 */
int check_exit_code(const struct result *r);
