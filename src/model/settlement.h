/*
 * What people have settled outside the host: a waiver (豁免) accepts for a time that a rule does
 * not hold; an evidence record (举证) answers what the host cannot show.  A settlement that is
 * expired, whose evidence file changed, or that speaks of nothing in the policy settles nothing and
 * is itself a finding.
 */
#pragma once

#include <stdbool.h>

#include "base/text.h"

enum settlement_kind { SETTLEMENT_WAIVER, SETTLEMENT_EVIDENCE };

enum settlement_state {
    SETTLEMENT_IN_FORCE,
    SETTLEMENT_EXPIRING, /* in force, but not for more than SETTLEMENT_NOTICE_DAYS */
    /* from here on: a finding, and the rule is judged as if there were none */
    SETTLEMENT_EXPIRED,
    SETTLEMENT_TAMPERED, /* the evidence file is gone or has other bytes */
    SETTLEMENT_UNKNOWN,  /* no such rule, item or unit, or not one that evidence can settle */
    SETTLEMENT_INVALID,  /* the record cannot be read, trusted or understood */
};
#define SETTLEMENT_STATES 6
enum { SETTLEMENT_NOTICE_DAYS = 30 };

struct settlement {
    enum settlement_kind kind;
    enum settlement_state state;
    const char *target;  /* rule; evidence: rule, item id, unit or unit step ("L3-CES1-29.2") */
    const char *reason;  /* waiver: why; evidence: its title */
    const char *person;  /* waiver: who approved; evidence: who vouches */
    const char *created; /* "2026-11-23" */
    const char *until;   /* last day, UTC */
    const char *file;    /* evidence file; NULL: a waiver without */
    const char *sha256;  /* of that file when it was recorded, hex */
    const char *record;  /* the YAML file */
    struct text problem; /* states from EXPIRED on: what is wrong; EXPIRING: how long it lasts */
    bool used;           /* a verdict of this result rests on it */
};

struct settlements {
    struct settlement *v;
    size_t n, cap;
};

const char *settlement_kind_name(enum settlement_kind k);   /* "waiver" */
const char *settlement_state_name(enum settlement_state s); /* "in-force" */
struct text settlement_kind_text(enum settlement_kind k);
struct text settlement_state_text(enum settlement_state s);
static inline bool settlement_holds(const struct settlement *s)
{
    return s->state == SETTLEMENT_IN_FORCE || s->state == SETTLEMENT_EXPIRING;
}
/* The one of that kind in force for a target, or NULL. */
struct settlement *settlement_find(const struct settlements *all, enum settlement_kind kind,
                                   const char *target);
