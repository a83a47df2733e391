/* The umask that pam_umask(8) gives a session, before any shell runs. */
#pragma once

#include "effective/shell.h"

struct pam_mask {
    bool set;   /* some pam_umask line applies and has a value */
    bool known; /* with set */
    unsigned mask;
    struct where where;
    struct text why;        /* not known */
    bool reads_environment; /* pam_env(8) is in the session */
};

void shell_pam_umask(struct host *h, const struct account *account, const char *service,
                     unsigned inherited, struct pam_mask *ret);
