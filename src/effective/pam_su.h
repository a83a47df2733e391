/* Who may become root with su: the question behind pam_wheel. */
#pragma once

#include "effective/pam.h"

struct pam_su {
    enum pam_decision restricted; /* ACCEPTED: who is not in the group fails with root's password */
    const char *group; /* of the pam_wheel line that refuses; NULL: something else does */
    const char *path;
    unsigned line;
    struct text why;
};
void pam_su(struct host *h, const char *service, struct pam_su *ret);

/* Makes s an attempt by an ordinary user at a terminal; member: of every group that a pam_wheel
 * line of the service asks for. */
void pam_scenario_by_user(struct host *h, const char *service, bool member, struct pam_scenario *s);
