/*
 * A plan: what has to change so that failing rules hold, as data. Nothing is written.
 *
 * Each rule is planned on a staged view of its own over what the rules before it staged, and is
 * taken whole or not at all; so many rules on one file give one change, and two rules that want
 * different things are seen: the earlier one fails again when everything is re-checked (prove.h).
 */
#pragma once

#include "access/access.h"
#include "engine/check.h"
#include "model/step.h"

enum package_choice {
    PACKAGES_NO,   /* a rule that needs a package installed or removed is not planned */
    PACKAGES_YES,  /* it is */
    PACKAGES_LIST, /* likewise, of an image too, where nothing carries them out: only to be listed
                    */
    PACKAGES_DONE, /* it was carried out: what is still missing is not asked for again */
};

struct plan_options {
    bool allow[4]; /* by enum rule_class: which classes may be planned */
    enum package_choice packages;
    struct strings named;    /* rule ids asked for by name: planned whatever their class */
    struct strings excluded; /* rule ids not to plan (rolled back, or undone) */
    const struct settlements *settlements; /* waived rules are left as they are; NULL: none */
    /* From where the operator comes: an address, or NULL; ACCESS_BY_… bits, 0: not known, so that
     * ssh from an address that no rule names and the console count both. */
    const char *from;
    unsigned paths;
    /* Refuse a plan after which no account but root gets in from there and becomes root, also where
     * there is none today. */
    bool needs_operator;
    const char *administrator; /* one who must not be kept from that; NULL: nobody by name */
};

/* See prove_access.h. */
struct plan_access {
    bool proved; /* false: no file changes */
    const char *from;
    unsigned paths;
    struct access before, after;
    struct access_changes changes;
    struct text refused;  /* why the plan must not be applied; no text: it may */
    struct where where;   /* what would decide it */
    struct strings rules; /* that would do it */
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
    const struct rule_result *before; /* to be tried again when others are planned; NULL: not */
};

/* What a person should know of a rule's changes. */
struct plan_note {
    const struct rule *rule;
    struct text text;
};

struct not_planned_list {
    struct not_planned *v;
    size_t n, cap;
};

/* Changes of one rule that another rule's changes undo. */
struct conflict {
    const char *broken, *by; /* rule ids; by NULL: no single rule */
};

/* Why the planned state must not come about. */
struct refusal {
    struct text why;
    const char *by; /* id of the rule whose changes bring it about; NULL: no single rule */
};

struct plan {
    struct host *host;   /* as it is */
    struct host *staged; /* as it would be */
    const struct policy *policy;
    enum package_choice packages;
    const struct settlements *settlements; /* as the options had them */
    struct selection judged;               /* all items, and rules named against the preset */
    struct result *before, *after;         /* these, checked on both */
    struct {
        struct step *v;
        size_t n, cap;
    } steps;
    struct not_planned_list not_planned;
    struct strings rules_planned; /* ids, in policy order */
    struct {
        struct plan_note *v;
        size_t n, cap;
    } notes;
    struct {
        const struct want **v;
        size_t n, cap;
    } deferred; /* wants that only hold once a package is installed or removed */
    struct {
        struct rule_changes {
            const char *rule;
            const struct staged_change *v;
            size_t n;
        } * v;
        size_t n, cap;
    } by_rule; /* what each planned rule staged over those before it */
    /* proof */
    struct strings rules_fixed; /* failed before, hold after (or will, once activated) */
    struct strings regressions; /* held before, would fail after: the plan is refused */
    struct {
        struct conflict *v;
        size_t n, cap;
    } conflicts;
    struct {
        struct refusal *v;
        size_t n, cap;
    } refusals;         /* what a real tool or the login proof says against the staged files */
    struct text proved; /* by what: the tools that were run, or why none was */
    struct plan_access access;
    const char *digest; /* over all steps with what they replace; hex */
};

/* selection NULL or empty: every rule of an allowed class. 0, or -errno. */
int plan_make(struct host *h, const struct policy *p, const struct selection *selection,
              const struct plan_options *options, struct plan **ret);
/* Rules that a plan of these options would try at all. */
bool plan_allows(const struct plan_options *o, const struct rule *r);
/* Judges on h what the plan judges. */
struct result *plan_check(const struct plan *plan, struct host *h);
/* Carries staged changes over to another view. */
int plan_replay(const struct staged_change *changes, size_t count, struct root *to);
/* The same host seen through another root. */
struct host *plan_host_over(struct host *h, struct root *root);
