/*
 * The access proof of a plan: who gets in and becomes root before and after. A plan is refused
 * that leaves nobody who can become root from where the operator comes though today somebody can,
 * that makes this undecided, or after which a service takes a wrong password.
 */
#pragma once

#include "engine/plan.h"

/* Fills plan->access; call it when the steps are known. */
void prove_access(struct plan *plan, const struct plan_options *options);
