/*
 * What commands that need a policy begin with.
 */
#pragma once

#include "cli/cli.h"
#include "effective/host.h"
#include "engine/policy.h"
#include "engine/settle.h"

/* The policy of --policy, --config and --preset; an exit code after messages, or 0. */
int session_policy(const struct invocation *i, struct policy **ret);
/* The same with overrides that are not on disk yet, in place of files of their names. */
int session_policy_with(const struct invocation *i, const struct site_file *files, size_t n,
                        struct policy **ret);
/* The rules and items named by the arguments; an exit code after messages, or 0. */
int session_select(const struct invocation *i, const struct policy *p, struct selection *ret);
/* Where waivers and evidence of the system that is looked at are: --config; on this machine
 * /etc/dengbao. NULL: nowhere, they are papers of one system and one policy. */
const char *session_config(const struct invocation *i);
struct settlements *session_settlements(const struct invocation *i, const struct policy *p);
/* The system of --root, or this machine; an exit code after a message, or 0. */
int session_root(const struct invocation *i, struct root **ret);
/* Says so on standard error where a change is under way or was interrupted. */
void session_unfinished(const struct invocation *i, struct root *root);
/* The host over a root, with what the options allow; `options` must live as long as the host. */
struct host *session_host(const struct invocation *i, struct root *root, struct policy *policy,
                          struct host_options *options);

static inline void session_root_close(struct root **r)
{
    root_close(*r);
}
#define _cleanup_root_ __attribute__((cleanup(session_root_close)))
