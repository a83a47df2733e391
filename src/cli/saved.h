/* A result that was saved, or a check now; and the assessment record of it. */
#pragma once

#include "base/err.h"
#include "cli/session.h"
#include "model/record.h"

/* A result file ("-": standard input); what is none is refused with its name, one that was changed
 * since it was written is warned of. An exit code after a message, or 0. */
int saved_read(const struct invocation *i, const char *path, const struct result **ret);
/* The same in steps, for files that are read in part or twice. */
int saved_bytes(const struct invocation *i, const char *path, struct buf *ret);
int saved_refused(const struct invocation *i, const char *path, const struct err *e);
void saved_warn(const struct invocation *i, const char *path, bool altered);

/* The result of the first argument, or without arguments of a check of --root (then *ret_root is
 * open). An exit code after messages, or 0. */
int saved_or_checked(const struct invocation *i, struct policy *policy, struct root **ret_root,
                     const struct result **ret);
int record_of_result(const struct invocation *i, struct policy *policy, const struct result *result,
                     struct record **ret);
