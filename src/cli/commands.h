/* The commands of main.c's table; one cmd_*.c each. */
#pragma once

#include "cli/cli.h"
#include "engine/plan.h"

extern const struct command command_check, command_list, command_explain, command_help;
extern const struct command command_plan, command_apply, command_undo, command_history,
    command_recover, command_confirm, command_first_login, command_report, command_image;
extern const struct command command_access, command_setup;
extern const struct command command_waive, command_evidence, command_record, command_verify;

/* ---- cmd_verify.c ---- */
/* One file and what lies beside it: lines for people, and the exit code of `verify`. */
struct sign_key;
int verify_path(const struct invocation *i, const char *path, const struct sign_key *trusted,
                struct buf *out);
/* ---- cmd_plan.c ---- */
void plan_options_of(const struct invocation *i, struct root *root, const struct policy *policy,
                     const struct selection *selection, struct plan_options *ret);
/* ---- cmd_apply.c ---- */
/* What to do when a change could be neither finished nor taken back. */
struct text text_unfinished(void);
/* "yes" from a terminal; anything else is no. */
bool ask_yes(const struct invocation *i, const char *en, const char *zh);
/* ---- cmd_confirm.c ---- */
/* --confirm-within: CONFIRM_AUTO where it is not given. 0, or an exit code after a message. */
int confirm_within_of(const struct invocation *i, int *ret);
/* What to do now that a change waits for its confirmation; `within` in seconds. */
void confirm_hint(const struct invocation *i, int64_t within, struct buf *b);
/* ---- pack_make.c ---- */
/* report --pack: an exit code, after messages. */
int pack_make(const struct invocation *i);
struct apply_outcome;
/* What a transaction did, and what it did not; its exit code. */
void apply_outcome_text(const struct invocation *i, const struct apply_outcome *o, struct buf *b);
int apply_exit_code(const struct apply_outcome *o);
/* Says why apply_run failed; the exit code. */
int apply_failed(const struct invocation *i, int code, const struct err *e);
