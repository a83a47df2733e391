/*
 * What a new password must be for a service, as its whole password stack really enforces it.
 */
#pragma once

#include "effective/pam_module.h"

struct pam_password {
    enum pam_decision quality;       /* ACCEPTED: a poor password is refused and not stored */
    enum pam_decision for_root;      /* … also when root sets it */
    const struct pam_quality *rules; /* of the module that refuses; NULL: none */
    int64_t min_length;              /* shortest password that can pass, credits counted */
    int64_t required_classes;        /* of the four */
    enum pam_decision history;       /* ACCEPTED: a remembered password is refused */
    enum pam_decision history_for_root;
    int64_t remember;                         /* 0: nothing is remembered */
    bool good_refused;                        /* a good password is refused too */
    struct pam_setting length_at, history_at; /* where it stands */
    const char *path;                         /* the deciding line of the stack */
    unsigned line;
    struct text why; /* what is not known, or why it has no effect */
};

/* Never fails: what cannot be read is UNDECIDED. */
void pam_password(struct host *h, const char *service, struct pam_password *ret);
