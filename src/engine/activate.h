/*
 * What makes a running system take up changed files: the actions of a transaction, by a fixed table
 * of tools. On an image root nothing is run.
 */
#pragma once

#include "engine/txn.h"

/* The state an action will change, for undo; NULL: none. */
const char *action_value(struct root *r, enum step_kind kind, const char *target, const char *verb);
/* When an action is carried out among the others: units are read again before one is touched. */
unsigned action_rank(enum step_kind kind, const char *verb);
/* Runs one action. 0, or -errno with e saying what the tool said. What could not take effect now
 * but will (rules locked until the next boot, a service that does not run) is 0 with a ret_note. */
int action_run(struct root *r, const struct txn_step *s, struct text *ret_note, struct err *e);
/* Whether an action makes sense while the system starts: services read their files when they are
 * started, and asking systemd to start one would wait for itself. */
bool action_at_boot(const struct txn_step *s);
/* Takes one back as far as it can be: kernel values, started units; reloads are run again. */
int action_revert(struct root *r, const struct txn_step *s, struct err *e);

/* ---- package_tool.c ---- */
/* All package steps of a transaction as one installation and one removal, each tried without doing
 * anything first: refused where more would be removed than was asked for. */
/* Does a dry run (apt-get -s, dnf or yum --assumeno) name only these as what would go? 0, or -EPERM
 * with e. */
int packages_only_named(struct arena *a, struct str said, const struct strings *names,
                        struct err *e);
int packages_run(struct root *r, const struct txn *t, struct err *e);
