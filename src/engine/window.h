/*
 * The confirmation window of a transaction: what was changed is taken back unless somebody who has
 * logged in since says that it may stay (docs/confirm.md).
 *
 *     window_open(root, txn, seconds, &e);    before the journal is written
 *     txn_execute(root, txn, …);              arms the revert before the first change
 *     window_revert_expired(root, …);         what the timer, the boot and every command do
 *
 * Time is CLOCK_BOOTTIME of one start of the system: setting the date changes nothing, and another
 * start ends every window.
 */
#pragma once

#include <jansson.h>

#include "engine/txn.h"
#include "root/live_boot.h"
#include "root/live_session.h"

enum { WINDOW_MOST = 24 * 3600 };

struct txn_window {
    struct boot_identity boot;
    int64_t deadline_ms;  /* boot_time_ms() */
    int64_t effective_ms; /* when the changes had taken effect; 0: not yet */
    int64_t within;       /* seconds */
    struct login by;      /* the login that made the change */
};

enum window_state {
    WINDOW_WAITS,   /* for its confirmation */
    WINDOW_LATE,    /* nobody confirmed in time */
    WINDOW_RESTART, /* the system was started anew meanwhile */
};

/* Gives a transaction that is not yet executed a window from now on. -EOPNOTSUPP: an image;
 * -EINVAL: no such length. */
int window_open(struct root *r, struct txn *t, int64_t seconds, struct err *e);
enum window_state window_state(struct root *r, const struct txn *t);
/* Seconds that are left; 0: none. */
int64_t window_left(struct root *r, const struct txn *t);

/* ---- reverting ---- */
/* Takes back every unconfirmed transaction whose window is over, each by a transaction of its own;
 * *count goes up by their number. What somebody else changed meanwhile is taken back too: being
 * able to log in comes first, and their version stays in the journal. `booting`: no service runs
 * yet. */
int window_revert_expired(struct root *r, bool booting, unsigned *count, struct err *e);
/* The transaction that waits for its confirmation; NULL: none. */
struct txn *window_waiting(const struct txn_list *list);

/* ---- window_arm.c ---- */
/* Arms the revert: a timer of systemd, or a process of our own, and a unit for the next boot where
 * the installed one is not there. After 0, nothing that happens to this session keeps it from being
 * carried out. */
int window_arm(struct root *r, struct txn *t, struct err *e);
/* Takes the timer away, and the unit unless another window needs it. What is left of a timer only
 * finds that there is nothing to do. */
void window_disarm(struct root *r, const struct txn *t);

/* ---- window_json.c ---- */
json_t *window_json(const struct txn_window *w);
/* false: damaged. */
bool window_from_json(struct arena *a, const json_t *j, struct txn_window *ret);

/* ---- confirm.c ---- */
struct txn_confirmation {
    time_t at;
    const char *account, *client; /* client NULL: not by ssh */
};
/* How a transaction was confirmed. -ENOENT: it was not. */
int txn_confirmation(struct root *r, const struct txn *t, struct txn_confirmation *ret);
