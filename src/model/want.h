/*
 * One line of desired state, and the only comparison code of the program.
 *
 *   policy:  - sshd: MaxAuthTries        resource and key
 *              min: 1                    operators; several on one line make several wants
 *              max: $tries
 *              to: 4                     what a fix sets, where it differs from the bound
 *
 * want_accepts() and want_target() are two readings of the same line, so check and fix agree.
 */
#pragma once

#include "model/key.h"
#include "model/value.h"

enum want_op {
    WANT_IS,        /* equal */
    WANT_ONE_OF,    /* equal to one of the list */
    WANT_MIN,       /* number at least */
    WANT_MAX,       /* number at most */
    WANT_AT_MOST,   /* mode bits: no bit beyond these */
    WANT_ABSENT,    /* not set, not there */
    WANT_NONE,      /* the set is empty */
    WANT_SUBSET_OF, /* every member is named here */
    WANT_INCLUDES,  /* every name here is a member; for modes: all these bits set */
};

struct want_arg {
    const char *name, *value;
};

struct condition; /* model/rule.h */

struct want {
    const char *resource;
    const struct key *key;
    const char *key_name; /* as the policy wrote it */
    enum want_op op;
    struct value expected; /* VALUE_LIST for the set operators; VALUE_UNSET for absent, none */
    struct value target;   /* from `to:`; VALUE_UNSET: derived from op and expected */
    struct {
        struct want_arg *v;
        size_t n, cap;
    } args;
    unsigned group;  /* 0: must hold; otherwise wants of one `any:` group share a number */
    unsigned branch; /* within an any group: wants with one branch number must hold together */
    struct {
        struct condition *v;
        size_t n, cap;
    } when; /* the row counts only where all of these hold */
    unsigned line, column;
};

const char *want_op_name(enum want_op op);                    /* "one-of" */
int want_op_from_name(struct str name, enum want_op *ret);    /* 0 or -EINVAL */
bool want_op_fits(enum want_op op, enum value_kind kind);     /* can this key be compared so? */
const char *want_arg(const struct want *w, const char *name); /* NULL: not given */
/* VALUE_UNSET is accepted only by absent and none. */
bool want_accepts(const struct want *w, const struct value *v);
/* The value a fix sets, given what is there: never looser than `current`. VALUE_UNSET: remove. */
struct value want_target(struct arena *a, const struct want *w, const struct value *current);
/* "at most 0640", "至多 0640". */
struct text want_expected_text(struct arena *a, const struct want *w);
