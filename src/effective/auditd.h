/*
 * /etc/audit/auditd.conf as auditd reads it (auditd.conf(5), auditd-config.c): names without regard
 * to case, words apart by blanks, values of words without regard to case.
 */
#pragma once

#include "effective/host.h"
#include "model/fact.h"

struct auditd_value {
    const char *value; /* lower case for words; the built-in default where it is not set */
    bool is_default;
    struct where where;
};

/* 0; -ENOENT: no auditd.conf (auditd does not start); -EBADMSG: auditd refuses the file; others:
 * it could not be read. With e filled. */
int auditd_option(struct host *h, const char *name, struct auditd_value *ret, struct err *e);
/* Does an old log survive until it is replaced in order? keep_logs, or rotate with num_logs of 2 or
 * more; never with ignore, syslog, suspend or a max_log_file of 0. why says what decides. */
int auditd_retention(struct host *h, bool *ret_safe, struct text *ret_why, struct where *ret_where,
                     struct err *e);
