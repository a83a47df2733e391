/*
 * Rules and items as the policy files state them (docs/policy.md describes the files).
 */
#pragma once

#include "base/text.h"
#include "model/want.h"

enum rule_class {
    CLASS_IMAGE,    /* safe when an image is built */
    CLASS_SETUP,    /* needs a person's input */
    CLASS_ACCESS,   /* may cut access */
    CLASS_EVIDENCE, /* needs what the host cannot show */
};

enum risk { RISK_NONE, RISK_SERVICE, RISK_ACCESS, RISK_DATA };

const char *rule_class_name(enum rule_class c); /* "image" */
int rule_class_from_name(struct str s, enum rule_class *ret);
const char *risk_name(enum risk r); /* "service" */
int risk_from_name(struct str s, enum risk *ret);

struct wants {
    struct want *v;
    size_t n, cap;
};

/* A condition: a want on the host, and what to say where it does not hold. */
struct condition {
    struct want want;
    struct text otherwise; /* may be empty */
};

/* A parameter with the value in force (after preset and overrides). */
struct rule_param {
    const char *name;
    struct value value, initial; /* TEXT, NUMBER or LIST */
    bool ranged;
    int64_t min, max;
};

struct rule {
    const char *id;     /* stable for ever */
    const char *number; /* "1.4" */
    struct text title, why;
    struct text evidence;   /* class evidence: exactly what would settle it */
    struct strings sources; /* "S1", … */
    const char *high_risk;  /* case of the 2025 high-risk guide, "6.4.1.1"; NULL: none */
    const char *trigger;    /* of a major hidden danger (重大风险隐患), "A-18"; NULL: none */
    enum rule_class class;
    enum risk risk;
    struct {
        struct condition *v;
        size_t n, cap;
    } applies;          /* all must hold */
    struct wants wants; /* all must hold, but for any-groups */
    struct {
        struct rule_param *v;
        size_t n, cap;
    } params;
    bool skipped;     /* the preset or the administrator does not ask for it */
    const char *path; /* the policy file, for messages */
    unsigned line;
};

struct item {
    unsigned number;    /* 1..19 */
    const char *id;     /* "user-identity" */
    const char *clause; /* "8.1.4.1 a" */
    const char *unit;   /* "L3-CES1-01" */
    struct text domain; /* 身份鉴别 */
    struct text name;
    struct text pending; /* sub-items no rule covers yet: the item is then at best unknown */
    struct {
        struct rule *v;
        size_t n, cap;
    } rules;
};

struct preset {
    const char *name;
    struct text title;
};

struct policy_data {
    const char *path; /* ends in "data/NAME.yaml" */
    struct str bytes;
};

struct policy {
    struct {
        struct policy_data *v;
        size_t n, cap;
    } data;
    struct {
        struct item *v;
        size_t n, cap;
    } items; /* by number */
    struct {
        struct preset *v;
        size_t n, cap;
    } presets;
    const char *preset; /* the one in force */
    const char *source; /* where it came from: a directory, a file, or "built in" */
    const char *digest; /* SHA-256 over everything that was loaded, hex */
};
