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
