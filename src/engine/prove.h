/*
 * The proof of a plan: every check again on the staged view, what the real tools say to the staged
 * files, and who the login services would let in. Fills plan->after, rules_fixed, regressions,
 * conflicts and refusals, and moves rules that would still fail to not_planned.
 */
#pragma once

#include "engine/plan.h"

void prove(struct plan *plan);
/* A plan may be applied: it changes something and breaks nothing. */
bool plan_is_safe(const struct plan *plan);
/* What fails of a rule is only what runs: the files say what they should, and activation, or the
 * next boot where activation is not possible, settles the rest. */
bool rule_awaits_activation(const struct rule_result *r);

/* ---- prove_blame.c ---- */
/* Whether something holds on a host over a staged view. */
typedef bool prove_test(struct host *staged, void *context);
/* The rule after whose changes `test` does not hold any more, found by adding one rule after the
 * other; NULL: no single one. */
const char *prove_blame(struct plan *plan, prove_test *test, void *context);
/* Excludes in `options` the rules that nobody named and that break another rule which holds, or are
 * to blame for a refusal, and adds them to `ret` with the reason; how many. */
size_t prove_leave_out(const struct plan *plan, struct plan_options *options,
                       struct not_planned_list *ret);
/* ---- prove_conflict.c ---- */
/* Which rule's changes make `broken` fail, found by adding one rule after the other. */
void prove_conflict(struct plan *plan, const struct item *item, const struct rule *broken);
/* ---- prove_login.c ---- */
/* Right passwords still open, wrong ones do not, a good new password is taken: on the PAM stacks of
 * the staged view against those of the disk. */
void prove_login(struct plan *plan);
/* ---- prove_tools.c ---- */
/* sshd -t, visudo -c, nft -c, augenrules --check, bash -n on the staged files; on a live root only
 * and as root. */
void prove_tools(struct plan *plan);
