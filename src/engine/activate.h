/*
 * What makes a running system take up changed files: the actions of a transaction, by a fixed table
 * of tools. On an image root nothing is run.
 */
#pragma once

#include "engine/txn.h"

/* The state an action will change, for undo; NULL: none. */
const char *action_value(struct root *r, enum step_kind kind, const char *target, const char *verb);
/* Runs one action. 0, or -errno with e saying what the tool said. */
int action_run(struct root *r, const struct txn_step *s, struct err *e);
/* Takes one back as far as it can be: kernel values, started units; reloads are run again. */
int action_revert(struct root *r, const struct txn_step *s, struct err *e);
