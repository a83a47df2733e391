/* A plan for people: grouped by risk, with diffs. */
#pragma once

#include "cli/cli.h"
#include "engine/plan.h"

void plan_text(const struct invocation *i, const struct plan *plan, struct buf *ret);
/* What a person should know of its changes: a line each. */
void plan_notes_text(const struct invocation *i, const struct plan *plan, struct buf *ret);
/* One diff, coloured where the terminal wants it, safe for it in any case. */
void diff_text(const struct invocation *i, const char *diff, struct buf *ret);
