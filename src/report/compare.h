/*
 * Several results side by side: what changed between two of one host, and a table of many hosts.
 */
#pragma once

#include "model/brief.h"
#include "report/report.h"

enum change_kind {
    CHANGE_WORSE,  /* now fails, or no longer passes */
    CHANGE_BETTER, /* now passes, or no longer fails */
    CHANGE_OTHER,  /* between the other verdicts */
    CHANGE_FACTS,  /* the same verdict on other facts */
    CHANGE_NEW,    /* only in the later result */
    CHANGE_GONE,   /* only in the earlier one */
    CHANGE_KINDS
};

/* One observation that was there before and is now another. */
struct change_fact {
    const struct judged *before, *after; /* NULL: there was none, there is none */
};

struct change {
    enum change_kind kind;
    const struct rule_result *before, *after; /* NULL: not in that result */
    struct {
        struct change_fact *v;
        size_t n, cap;
    } facts;
    size_t omitted; /* facts beyond CHANGE_FACT_LIMIT */
};

enum { CHANGE_FACT_LIMIT = 20 };

struct changes_between {
    const struct result *before, *after;
    struct {
        struct change *v;
        size_t n, cap;
    } list; /* by kind, then in the order of the later result */
    size_t same;
    bool other_policy; /* part of what changed may come from the policy or the preset */
};

/* Of one host: by its id, or where neither has one by name and root. */
bool results_same_host(const struct brief *a, const struct brief *b);
struct changes_between *changes_find(struct arena *a, const struct result *before,
                                     const struct result *after);
struct text change_kind_text(enum change_kind k);
const char *change_kind_name(enum change_kind k); /* "worse" */
/* "0644", "not set", or why nobody knows: what one observation found. */
const char *judged_found(struct arena *a, const struct judged *j, enum lang lang);
const char *brief_host(const struct brief *b); /* a name to show, never NULL */
/* How many different policies (with presets) the results rest on. */
size_t briefs_policies(struct arena *a, const struct briefs *all);

struct comparison {
    const char *name; /* --format NAME */
    void (*changes)(const struct changes_between *c, const struct report_options *o,
                    struct buf *ret);
    void (*table)(const struct briefs *all, const struct report_options *o, struct buf *ret);
};

extern const struct comparison comparison_text, comparison_html, comparison_csv;
const struct comparison *comparison_find(const char *name); /* NULL: no such format */
