/*
 * What commands that need a policy begin with.
 */
#pragma once

#include "cli/cli.h"
#include "engine/policy.h"

/* The policy of --policy, --config and --preset; an exit code after messages, or 0. */
int session_policy(const struct invocation *i, struct policy **ret);
/* The rules and items named by the arguments; an exit code after messages, or 0. */
int session_select(const struct invocation *i, const struct policy *p, struct selection *ret);
