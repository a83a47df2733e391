/*
 * A plan: what has to change so that failing rules hold, as data. Nothing is written.
 *
 * Each rule is planned on a staged view of its own over what the rules before it staged, and is
 * taken whole or not at all; so many rules on one file give one change, and two rules that want
 * different things are seen: the earlier one fails again when everything is re-checked (prove.h).
 */
#pragma once

#include "engine/check.h"
#include "model/step.h"

struct plan_options {
    bool allow[4];           /* by enum rule_class: which classes may be planned */
    struct strings named;    /* rule ids asked for by name: planned whatever their class */
    struct strings excluded; /* rule ids not to plan (rolled back, or undone) */
    const struct settlements *settlements; /* waived rules are left as they are; NULL: none */
};

/* One file, directory or link that changes, or one action. */
struct step {
    enum step_kind kind;
    const char *target;                 /* path, unit, sysctl name, package, tool */
    const char *verb;                   /* actions: "reload", the value, … ; files: NULL */
    const struct staged_change *change; /* files; NULL: an action */
    struct strings rules;               /* ids of the rules that need it */
    enum risk risk;                     /* the highest of its rules */
    const char *diff;                   /* files and attributes; "" for actions */
};

struct not_planned {
    const struct rule *rule;
    struct text reason;
};

struct plan {
    struct host *host;   /* as it is */
    struct host *staged; /* as it would be */
    const struct policy *policy;
    const struct settlements *settlements; /* as the options had them */
    struct result *before, *after;         /* all rules, checked on both */
    struct {
        struct step *v;
        size_t n, cap;
    } steps;
    struct {
        struct not_planned *v;
        size_t n, cap;
    } not_planned;
    struct strings rules_planned; /* ids, in policy order */
    /* proof */
    struct strings rules_fixed; /* failed before, hold after (or will, once activated) */
    struct strings regressions; /* held before, would fail after: the plan is refused */
    const char *digest;         /* over all steps with what they replace; hex */
};

/* selection NULL or empty: every rule of an allowed class. 0, or -errno. */
int plan_make(struct host *h, const struct policy *p, const struct selection *selection,
              const struct plan_options *options, struct plan **ret);
/* Rules that a plan of these options would try at all. */
bool plan_allows(const struct plan_options *o, const struct rule *r);
