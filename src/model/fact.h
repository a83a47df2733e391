/*
 * What was observed.  A want asks a resource, the resource answers with facts: one for the host as
 * a whole, or one per subject (account, file, Match context).  Configured state (what the files
 * say will hold) and running state (what the kernel or daemon does now) are kept apart; on an image
 * root there is no running state.
 *
 * A resource never compares and never guesses: what it cannot establish is fact_unknown with the
 * reason, what cannot exist here is fact_not_applicable with the reason.
 */
#pragma once

#include "base/text.h"
#include "model/value.h"

struct where {
    const char *path; /* in the root's own terms: "/etc/ssh/sshd_config", "/proc/sys/…" */
    unsigned line;    /* 0: the file as a whole */
};

enum fact_state { FACT_KNOWN, FACT_UNKNOWN, FACT_NOT_APPLICABLE };

struct fact {
    const char *subject; /* "alice", "/etc/shadow", "Match user bob"; NULL: the host */
    enum fact_state state;
    struct text reason;      /* UNKNOWN, NOT_APPLICABLE: why; KNOWN: optional remark */
    bool has_configured;     /* false: this key has only a running side */
    bool has_running;        /* false on images and for keys without a running side */
    struct value configured; /* VALUE_NULL here means: observed as not set */
    struct value running;
    struct {
        struct where *v;
        size_t n, cap;
    } where;
};

struct facts {
    struct fact *v;
    size_t n, cap;
    struct arena *arena;
};

/* Each adds one fact and returns it (valid until the next is added). subject may be NULL. */
struct fact *facts_configured(struct facts *f, const char *subject, struct value v);
struct fact *facts_running(struct facts *f, const char *subject, struct value v);
struct fact *facts_unknown(struct facts *f, const char *subject, struct text why);
struct fact *facts_not_applicable(struct facts *f, const char *subject, struct text why);
void fact_set_running(struct fact *fact, struct value v);
void fact_add_where(struct facts *f, struct fact *fact, const char *path, unsigned line);
