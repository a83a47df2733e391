/* How results and reports leave: with their digests inside, and signed beside. */
#pragma once

#include "cli/cli.h"
#include "engine/statement.h"

/* Before the work begins: is --sign or --digest usable? An exit code after a message, or 0. */
int sign_ready(const struct invocation *i);
/* Like put_output(); `format` decides how the digests are added (engine/trailer.h). With --sign or
 * --digest the statement is written beside the file of -o. */
int put_result(const struct invocation *i, const char *format, struct buf *b);
/* Signs, or only digests, what was written to `path`; its bytes are `sums`. */
int put_statement(const struct invocation *i, const char *path, const struct sums *sums);
/* The key of --sign, or NULL without it. */
int sign_key_of(const struct invocation *i, struct sign_key **ret);
