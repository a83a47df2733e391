/* A result that was saved, or a check now; and the assessment record of it. */
#pragma once

#include "cli/session.h"
#include "model/record.h"

/* The result of the first argument, or without arguments of a check of --root (then *ret_root is
 * open). An exit code after messages, or 0. */
int saved_or_checked(const struct invocation *i, struct policy *policy, struct root **ret_root,
                     const struct result **ret);
int record_of_result(const struct invocation *i, struct policy *policy, const struct result *result,
                     struct record **ret);
