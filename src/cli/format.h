/* The format that --format names, for the commands that write results. */
#pragma once

#include "cli/cli.h"
#include "report/report.h"

/* 0, or EXIT_USAGE after a message with what there is. */
int format_of(const struct invocation *i, const struct report **ret);
