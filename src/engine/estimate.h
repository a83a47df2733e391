/*
 * The figures of an assessment record in words: the 2025 rate between its two ends while units are
 * pending, the triggers of major hidden dangers, the 2019 and 2021 formulas (engine/score.h).  For
 * the host's units alone, and always said so.
 */
#pragma once

#include "model/record.h"

struct text estimate_text(struct arena *a, const struct record *rec);
