/*
 * Verdicts.  Unknown is never pass and never fail; it says why.
 */
#pragma once

#include "base/text.h"
#include "model/fact.h"
#include "model/want.h"

enum verdict {
    VERDICT_PASS,
    VERDICT_FAIL,
    VERDICT_WAIVED,
    VERDICT_EVIDENCE_NEEDED,
    VERDICT_NOT_APPLICABLE,
    VERDICT_UNKNOWN,
};
#define VERDICT_COUNT 6

const char *verdict_name(enum verdict v); /* "not-applicable": JSON and --format */
int verdict_from_name(struct str s, enum verdict *ret);
struct text verdict_text(enum verdict v); /* for people */
/* 符合 / 部分符合 / 不符合 / 不适用 / 待定 of an item, from the counts of its rules' verdicts. */
struct text conclusion_text(const unsigned counts[VERDICT_COUNT]);

/* One want judged on one fact. A running value that is observed must hold as well. */
enum verdict judge_fact(const struct want *w, const struct fact *f);

/* Several sub-verdicts into one: any fail fails; else unknown, evidence-needed; all
 * not-applicable stays so; waived with passes is waived. Empty is not-applicable. */
enum verdict verdict_all(const unsigned counts[VERDICT_COUNT]);
/* Alternatives: any pass passes; else unknown, evidence-needed, fail, not-applicable. */
enum verdict verdict_any(const unsigned counts[VERDICT_COUNT]);
