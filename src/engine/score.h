/*
 * The figures of assessment reports, as arithmetic.  For host items they are estimates: an official
 * figure needs all items of the whole system and an assessor.
 *
 * 2025: 公网安〔2025〕1846号, questions 20 to 22.  2019: formula of the 2019 report template. 2021:
 * only known from descriptions, not checked against the original text.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

struct score_counts {
    uint64_t conforming, partly, not_conforming, not_applicable;
};

enum score_outcome {
    SCORE_NONE,     /* nothing applies: no figure */
    SCORE_CONFORMS, /* over 90 % and no major hidden danger */
    SCORE_BASICALLY,
    SCORE_NOT,
    SCORE_AT_90, /* exactly on a boundary that the letter leaves open */
    SCORE_AT_60,
};

struct score_2025 {
    uint64_t part, whole; /* the rate is part / whole */
    enum score_outcome outcome;
};

/* `half`: 部分符合 counts 0.5 (the letter does not say; strict is 0). Compared before rounding. */
struct score_2025 score_2025(const struct score_counts *c, unsigned majors, bool half);
const char *score_percent(struct arena *a, const struct score_2025 *s); /* "90.50"; "-": none */
struct text score_outcome_text(enum score_outcome o);

/* 符合 1, 部分符合 0.5, 不符合 0; means over several objects in between. */
struct score_item {
    unsigned class; /* 2019: security class, from 0 */
    double weight;  /* 2019: w; 2021: 1 一般, 2 重要, 3 关键 */
    double value;
    bool management; /* 2021 */
};

/* -1: no items. At most 64 classes. */
double score_2019(const struct score_item *v, size_t n);
/* `n_all`: all applicable items, of which v are those that do not conform fully (others deduct
 * nothing); y: 关注系数. -1: none. */
double score_2021(const struct score_item *v, size_t n, size_t n_all, double y);
