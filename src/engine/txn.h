/*
 * A transaction: steps with what was and what shall be, journalled before the first write.
 *
 *     /var/lib/dengbao/transactions/<id>/manifest.json   the steps; written and synced first
 *                                        before-N after-N  bytes of files
 *                                        status            one word; replaced by rename
 *
 * Status goes prepared -> applying -> activating -> committed, or -> rolled-back; a transaction is
 * undone by the commit of the one that names it in "undoes". Whatever a crash
 * leaves behind before "committed" is undone by txn_recover(), which may itself be interrupted and
 * run again: every step is put back only where it is not yet as it was. docs/journal.md has the
 * format. The state directory lies in the root that is changed, 0700.
 */
#pragma once

#include "base/err.h"
#include "engine/plan.h"
#include "root/image.h"

enum txn_status {
    TXN_PREPARED,
    TXN_APPLYING,
    TXN_ACTIVATING,
    TXN_COMMITTED,
    TXN_UNCONFIRMED, /* committed, but reverted unless confirmed in time */
    TXN_ROLLED_BACK,
    TXN_UNDONE, /* another committed transaction took it back; never written */
};

struct txn_step {
    enum step_kind kind;
    const char *target; /* file steps: path with all parents resolved */
    const char *verb;
    struct strings rules;
    enum risk risk;
    struct image before, after; /* file steps */
    const char *value_before;   /* kernel-value, unit-state: NULL where there was none */
};

/* A directory in which names come and go; its time of change is put back with its contents. */
struct txn_directory {
    const char *path;
    struct timespec before, after;
    bool set_after; /* after is set by the transaction, not noted from what it left */
};

struct txn_window;

struct txn {
    const char *id;        /* "20261123T204512.123456Z" */
    const char *undoes;    /* id of the transaction this one takes back; NULL: none */
    const char *undone_by; /* NULL */
    enum txn_status status;
    time_t started;
    const char *preset, *policy_digest, *version;
    time_t confirm_until;      /* 0: no window; by the clock of the wall, for people only */
    struct txn_window *window; /* window.h; NULL: none */
    const char
        *because; /* of an undo nobody asked for: "unconfirmed", "restart"; NULL: asked for */
    struct strings rules;
    struct {
        struct txn_step *v;
        size_t n, cap;
    } steps;
    struct {
        struct txn_directory *v;
        size_t n, cap;
    } directories;
    /* of this run only, not in the journal */
    struct {
        struct text *v;
        size_t n, cap;
    } notes;                       /* what takes effect later, and when */
    const struct txn_step *failed; /* the action that failed; NULL: none */
    bool booting; /* nothing runs yet: services will read their files when they start */
};

const char *txn_status_name(enum txn_status s);
int txn_status_from_name(struct str s, enum txn_status *ret);

/* Which steps of a plan a transaction takes: packages are one of their own, before all others. */
enum txn_part { TXN_PART_PACKAGES, TXN_PART_REST };
/* The steps of a plan as a transaction: before-images are captured now. -errno with e: a file with
 * several hard links, an immutable file, a file that changed since the plan was made. */
int txn_from_plan(const struct plan *plan, enum txn_part part, struct txn **ret, struct err *e);
/* What takes t back: steps in reverse, before and after exchanged. -ESTALE where somebody changed
 * something since, with a diff for each in ret_conflicts; with `force` those are taken back too.
 * ret_left: what cannot be undone (packages), as sentences. */
struct txn_conflict {
    const char *path, *diff;
};
struct txn_conflicts {
    struct txn_conflict *v;
    size_t n, cap;
};
int txn_reverse(struct root *r, const struct txn *t, bool force, struct txn **ret,
                struct txn_conflicts *ret_conflicts, struct strings *ret_left, struct err *e);

/* Takes back one rule's steps of t: each of its files becomes what it is on `desired`. */
int txn_reverse_rule(struct root *r, const struct txn *t, const char *rule, struct root *desired,
                     bool force, struct txn **ret, struct txn_conflicts *ret_conflicts,
                     struct strings *ret_left, struct err *e);

struct txn_hooks {
    /* After files and activation: does it hold? false: the transaction is rolled back. */
    bool (*verify)(void *context);
    void *context;
};
/* Journal, write, activate, verify, commit. On an error everything is put back and e says why;
 * -ECANCELED: verify said no; -EUCLEAN: not everything could be put back, recover tries again. */
int txn_execute(struct root *r, struct txn *t, const struct txn_hooks *hooks, struct err *e);

struct txn_list {
    struct txn **v; /* oldest first */
    size_t n, cap;
};
int txn_load_all(struct root *r, struct txn_list *ret, struct err *e);
/* The id of the last transaction that is under way or was interrupted; NULL: none, or the journal
 * cannot be read. */
const char *txn_unfinished(struct root *r);
int txn_set_status(struct root *r, struct txn *t, enum txn_status status);
/* Removes a transaction from the journal. */
int txn_discard(struct root *r, const struct txn *t);
/* Undoes every transaction that a crash left unfinished, and those whose confirmation window is
 * over; their count in ret. booting: services have not been started yet. */
int txn_recover(struct root *r, bool booting, unsigned *ret, struct err *e);
