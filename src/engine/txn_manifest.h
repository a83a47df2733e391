/*
 * Transactions as files: the manifest and the bytes beside it. Between the files of the transaction
 * only; docs/journal.md describes the format.
 */
#pragma once

#include "engine/txn.h"

#define TXN_STATE_DIR "/var/lib/dengbao"
#define TXN_STATE_TEMPORARY ".dengbao-state"
#define TXN_DIR TXN_STATE_DIR "/transactions"

const char *txn_path(struct arena *a, const struct txn *t, const char *name);
/* Writes and syncs the bytes of all steps, once; the manifest makes them count. */
int images_write(struct root *r, const struct txn *t, struct err *e);
int manifest_write(struct root *r, const struct txn *t, struct err *e);
/* -ENOENT: there is none (a crash before it was complete). */
int manifest_read(struct root *r, const char *id, struct txn **ret, struct err *e);
/* Makes the state directories, 0700 and root's own; refuses anything else in their place. */
int state_directory(struct root *r, struct err *e);
/* One small file of the state directory, replaced whole. */
int state_put(struct root *r, const char *path, struct str bytes);
int state_remove(struct root *r, const char *path);
