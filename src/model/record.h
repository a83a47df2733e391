/*
 * The assessment record (测评记录) of one host: the 34 level 3 units of 安全计算环境 in
 * GB/T 28448-2019, each judged by its own form from what a check found.  An estimate of the host's
 * part, never an assessor's conclusion.
 */
#pragma once

#include "model/result.h"

enum { UNIT_STEPS = 4 }; /* no unit has more */

enum unit_form {
    FORM_ALL,   /* all steps; some of them: 部分符合 */
    FORM_ONE,   /* the one step; there is no 部分符合 */
    FORM_OR,    /* one of the steps */
    FORM_13_23, /* the third and one of the first two */
};

struct unit_step {
    struct text text;
    struct strings rules;            /* all of them answer it */
    struct strings either;           /* and one of these */
    struct strings shows;            /* facts beside it */
    struct text needs;               /* what only an evidence record can answer; none: nothing */
    const char *high_risk, *trigger; /* guide case and trigger where the answer is no; or NULL */
};

struct unit {
    const char *id;          /* "L3-CES1-01" */
    const char *clause;      /* "8.1.4.1 a" */
    struct text point, text; /* text.zh: the clause, to the byte */
    const char *importance;  /* 一般, 重要, 关键; NULL: not public */
    enum unit_form form;
    bool applies;                    /* to a host */
    bool strict_reading;             /* practice also reads it as FORM_ALL */
    const char *high_risk, *trigger; /* where the unit does not conform */
    struct text remark;
    struct {
        struct unit_step *v;
        size_t n, cap;
    } steps;
};

struct units {
    struct text not_applicable; /* the standard's sentence */
    struct {
        struct unit *v;
        size_t n, cap;
    } all;
};

enum answer { ANSWER_YES, ANSWER_NO, ANSWER_OPEN, ANSWER_NOT_APPLICABLE };

enum unit_verdict {
    UNIT_CONFORMS,       /* 符合 */
    UNIT_PARTLY,         /* 部分符合 */
    UNIT_NOT,            /* 不符合 */
    UNIT_NOT_APPLICABLE, /* 不适用 */
    UNIT_PENDING,        /* 待定: a step is unanswered */
};
#define UNIT_VERDICTS 5

/* What a unit becomes if all its open steps are answered with no, and with yes. */
struct unit_range {
    enum unit_verdict worst, best;
};

/* One observation that a step rests on. */
struct record_fact {
    unsigned step; /* from 1 */
    const struct rule_result *rule;
    const struct judged *judged; /* NULL: the rule as a whole (no observation) */
};

struct record_case {
    const char *high_risk, *trigger; /* one of them may be NULL */
    bool open;                       /* not decided yet */
};

struct record_unit {
    const struct unit *unit;
    enum unit_verdict verdict, strict; /* strict: only with unit->strict_reading */
    struct unit_range range;           /* of a pending one: what it can still become */
    enum answer answers[UNIT_STEPS];
    struct text found;     /* 结果记录 */
    struct text problem;   /* what keeps it from 符合; none where nothing does */
    struct strings papers; /* evidence files with their digests */
    struct {
        struct record_fact *v;
        size_t n, cap;
    } facts;
    struct {
        struct record_case *v;
        size_t n, cap;
    } cases;
};

struct record {
    const struct result *result;
    struct {
        struct record_unit *v;
        size_t n, cap;
    } units;
    unsigned counts[UNIT_VERDICTS];
    struct text estimate; /* the figures, with what they are worth */
};

struct text answer_text(enum answer a);
struct text unit_verdict_text(enum unit_verdict v); /* zh: the five words importers know */
struct text unit_form_text(struct arena *a, const struct unit *u);
/*
 * By the form, from the answers of all steps (at most UNIT_STEPS).  One unanswered step makes it
 * UNIT_PENDING, whatever the others are: an assessor has not finished the unit.
 */
enum unit_verdict unit_judge(enum unit_form form, const enum answer *answers, size_t n);
struct unit_range unit_range(enum unit_form form, const enum answer *answers, size_t n);
/* "whatever the open steps are answered: 部分符合"; none where it is not pending
 * or can still become anything. */
struct text unit_range_text(struct arena *a, const struct record_unit *u);
