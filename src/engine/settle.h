/*
 * Waivers and evidence records: CONFIG/waivers.d/RULE.yaml and CONFIG/evidence.d/TARGET.yaml, kept
 * as YAML that people review (docs/waivers.md).
 *
 *     struct settlements all = {0};
 *     settlements_load(arena, "/etc/dengbao", policy, now, &all);
 *     struct check_options o = {.settlements = &all};
 */
#pragma once

#include <time.h>

#include "base/err.h"
#include "model/rule.h"
#include "model/settlement.h"

#define SETTLE_WAIVERS "waivers.d"
#define SETTLE_EVIDENCE "evidence.d"

/* Everything in both directories, waivers first, in byte order of the names. What is wrong with a
 * record or a directory becomes a settlement whose state says so; so this cannot fail. Reads every
 * evidence file once, for its digest. `config` NULL: nothing. */
void settlements_load(struct arena *a, const char *config, const struct policy *p, time_t now,
                      struct settlements *ret);

/* Writes one record; target, reason, person, until and (evidence) file must be set, the rest is
 * filled in: created, absolute file, digest, record. Replaces the one for the same target. 0;
 * -EINVAL (a date that is none or past, an empty or many-line text), -ENOENT … with e. */
int settlement_store(struct arena *a, const char *config, time_t now, struct settlement *s,
                     struct err *e);
int settlement_discard(struct arena *a, const char *config, enum settlement_kind kind,
                       const char *target, struct err *e);

/* Whether the policy has something of that name that such a record can settle; `ret` then says why
 * not. Evidence: rules of class evidence, items that have such rules, units L3-CES1-nn and their
 * steps L3-CES1-nn.k. */
bool settlement_target_ok(struct arena *a, const struct policy *p, enum settlement_kind kind,
                          const char *target, struct text *ret);
/* The record as YAML. */
struct str settlement_yaml(struct arena *a, const struct settlement *s);
/* "2027-01-31" -> the first second after that day, UTC. -EINVAL: not a day of the calendar. */
int date_end(const char *date, time_t *ret);
