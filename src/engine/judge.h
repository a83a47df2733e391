/*
 * Between the files of the check only: one rule on one host.
 */
#pragma once

#include "engine/check.h"

/* Runs conditions and wants of a rule. Fills everything but the duration and the digest of
 * `ret`; returns the digest's material in the arena as hex (verdict and facts, not times). */
void judge_rule(struct host *h, const struct item *item, const struct rule *rule,
                const struct settlements *settlements, struct rule_result *ret);

/* ---- judge_reason.c ---- */
/* "found 99999, wanted at most 90"; the fact's own reason where nothing is known. */
struct text reason_of_fact(struct arena *a, const struct judged *j);
/* One sentence for a rule's verdict from its judged facts; `condition`: why it does not apply. */
struct text reason_of_rule(struct arena *a, const struct rule_result *r);
/* "applies only where host family is debian (found rpm)" */
struct text reason_of_condition(struct arena *a, const struct condition *c, const struct fact *f);
