/*
 * The proof of a plan: every check again on the staged view. Fills plan->after, rules_fixed and
 * regressions, and moves rules that would still fail to not_planned.
 */
#pragma once

#include "engine/plan.h"

void prove(struct plan *plan);
/* A plan may be applied: it changes something and breaks nothing. */
bool plan_is_safe(const struct plan *plan);
