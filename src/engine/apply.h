/*
 * Plan, prove, execute, look again. A rule that does not hold although its changes were made is
 * taken out: everything is put back and done again without it.
 */
#pragma once

#include "engine/txn.h"

struct dropped_rule {
    const char *rule;
    struct text reason;
};

struct apply_outcome {
    struct plan *plan;    /* the last one made */
    struct txn *packages; /* committed before the others; NULL: no package was touched */
    struct txn *txn;      /* committed; NULL: nothing (else) was changed */
    struct result *after;
    struct {
        struct dropped_rule *v;
        size_t n, cap;
    } dropped;
};

enum { CONFIRM_NONE = 0, CONFIRM_AUTO = -1, CONFIRM_DEFAULT = 600 };

struct apply_options {
    const char *expected_digest; /* of a saved plan; NULL: whatever the plan is now */
    /* Seconds within which `dengbao confirm` has to be said from a new login, else everything is
     * taken back (docs/confirm.md): CONFIRM_NONE, no window; CONFIRM_AUTO, CONFIRM_DEFAULT where a
     * change of class access is made over ssh and none elsewhere. With a window the transaction of
     * the outcome has the status TXN_UNCONFIRMED. */
    int confirm_within;
};

/* Takes the lock, recovers what a crash left, plans and executes. 0; -ENODATA: there is nothing to
 * do; -EPERM: the proof refused the plan; -EBUSY: another transaction runs, or waits for its
 * confirmation; -EOPNOTSUPP: a window was asked for where none can be kept; -ESTALE: the host is no
 * longer as it was when the saved plan was made; other -errno with e: everything was put back.
 * `how` NULL: no digest, no window. */
int apply_run(struct host *h, const struct policy *p, const struct selection *selection,
              const struct plan_options *options, const struct apply_options *how,
              struct apply_outcome *ret, struct err *e);

/* Takes a committed transaction back as a transaction of its own. id NULL: the last one that can
 * be. See txn_reverse for force, conflicts and what is left. -ENOENT: no such transaction. */
int undo_run(struct host *h, const char *id, bool force, struct txn **ret,
             struct txn_conflicts *ret_conflicts, struct strings *ret_left, struct err *e);

/* Takes back what one rule changed in the last transaction that has changes of it: its files become
 * what the other rules of that transaction alone would have made of them. -EALREADY: they need all
 * of it. Otherwise as undo_run. */
int undo_rule_run(struct host *h, const struct policy *p, const char *rule, bool force,
                  struct txn **ret, struct txn_conflicts *ret_conflicts, struct strings *ret_left,
                  struct err *e);

/* The preset of the transaction that undo_rule_run would take, by which the other rules have to be
 * worked out again; NULL: there is none, or it does not say. */
const char *undo_rule_preset(struct root *r, const char *rule);

/* The lock, after what a crash left is put back; for root_unlock. -EBUSY: somebody has it. */
int apply_begin(struct root *r, int *ret_lock, struct err *e);

/* Undoes what a crash left unfinished and what nobody confirmed in time, under the lock. booting:
 * services have not been started yet. */
int recover_run(struct root *r, bool booting, unsigned *ret_count, struct err *e);
/* What the timer of a confirmation window runs: waits until the window of that transaction is over,
 * then recovers, again and again while somebody else has the lock. */
int recover_wait(struct root *r, const char *id, struct err *e);

/* ---- confirm.c ---- */
/* The transaction that waits for its confirmation stays. -ENOENT: none waits; -EALREADY: confirmed
 * before; -ETIME: it was taken back; -EPERM with e: this is not a new login (docs/confirm.md). */
int confirm_run(struct root *r, struct txn **ret, struct err *e);
/* Why this login cannot confirm t, which waits; no text: it can. */
struct text confirm_refusal(struct root *r, const struct txn *t);
/* -EBUSY with e while a transaction other than `but` (may be NULL) waits for its confirmation. */
int refuse_while_waiting(struct root *r, const char *but, struct err *e);
