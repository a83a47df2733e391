/*
 * Between the files of the policy loader only: drafts of items and rules while the files of a
 * policy are read.  Calling sequence (policy.c): source -> parse -> items_collect (ids, params) ->
 * presets_apply (values, skips) -> rules_build (wants with the values in force).
 */
#pragma once

#include "engine/policy.h"
#include "format/yaml.h"

enum origin { ORIGIN_POLICY, ORIGIN_OVERRIDE, ORIGIN_DATA };

struct policy_file {
    const char *path;
    struct str bytes;
    enum origin origin;
    const struct yaml_value *top; /* NULL: could not be parsed */
};

/* A parameter: the values are nodes of the file that gave them. */
struct param {
    const char *name;
    enum value_kind kind; /* TEXT, NUMBER, LIST: by the default */
    const struct yaml_value *initial, *value;
    bool has_min, has_max;
    int64_t min, max;
};

struct draft {
    struct rule rule;
    unsigned item; /* number */
    const char *path;
    const struct yaml_value *node;
    VEC(struct param) params;
};

enum { RULE_LIMIT = 2000 };

struct loader {
    struct arena *arena;
    struct arena *values; /* of YAML, until the policy is built */
    struct problems *problems;
    VEC(struct policy_file) files;
    VEC(struct draft) drafts;
    struct policy *policy;
    const struct policy_options *options; /* NULL: from memory */
    bool broken;                          /* a file could not be parsed: names may be missing */
};

/* ---- policy_source.c ---- */
/* Fills l->files; returns where the policy came from, or NULL after a problem. */
const char *source_gather(struct loader *l, const struct policy_options *options);
const char *source_digest(const struct loader *l);

/* ---- policy_fields.c ---- */
struct field {
    const char *name;
    enum yaml_kind kind;
    bool required;
};
/* Members of a map by a table of what may be there: unknown names, wrong kinds and missing ones are
 * problems. ret[i] is NULL where not given. false: not a map at all. */
bool fields_take(struct loader *l, const char *path, const struct yaml_value *map,
                 const struct field *table, size_t n, const struct yaml_value **ret);
struct text field_text(struct loader *l, const char *path, const struct yaml_value *v);
struct strings field_words(struct loader *l, const char *path, const struct yaml_value *list);
bool is_identifier(const char *s); /* "password-max-days" */
__attribute__((format(printf, 4, 6), format(printf, 5, 6))) void
problem_at(struct loader *l, const char *path, const struct yaml_value *v, const char *en,
           const char *zh, ...);
/* The same with a suggestion for `word` behind it. */
void problem_near(struct loader *l, const char *path, const struct yaml_value *v, struct text what,
                  const char *word, const struct strings *candidates);

/* ---- policy_item.c, policy_rule.c ---- */
void items_collect(struct loader *l);
void rules_collect(struct loader *l, const struct policy_file *file, const struct item *item,
                   const struct yaml_value *list);
void rules_build(struct loader *l);
struct draft *draft_find(struct loader *l, const char *id);

/* ---- policy_param.c ---- */
void params_collect(struct loader *l, struct draft *d, const struct yaml_value *map);
struct param *param_find(struct draft *d, const char *name);
/* Checks a value against kind and range; problems are reported at v. */
bool param_accepts(struct loader *l, const char *path, const struct param *p,
                   const struct yaml_value *v);
/* v itself, or the value of the parameter it names, placed where v is; NULL after a problem. */
const struct yaml_value *param_resolve(struct loader *l, struct draft *d,
                                       const struct yaml_value *v);
/* The members of a list, "$name" replaced by the members or the value of the parameter. */
struct strings param_resolve_list(struct loader *l, struct draft *d, const struct yaml_value *list);
void params_publish(struct loader *l, struct draft *d);

/* ---- policy_preset.c ---- */
/* 0, or -ENOENT: no such preset. */
int presets_apply(struct loader *l, const char *preset);

/* ---- policy_want.c ---- */
void wants_build(struct loader *l, struct draft *d, const struct yaml_value *list);
void conditions_build(struct loader *l, struct draft *d, const struct yaml_value *list);

/* The policy that is always inside the binary (generated from policy/). */
struct builtin_file {
    const char *path;
    const char *bytes;
    size_t size;
};
extern const struct builtin_file builtin_policy[]; /* ends with a NULL path */
