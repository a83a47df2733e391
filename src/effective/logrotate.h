/*
 * How long logrotate keeps a log: /etc/logrotate.conf with what it includes, in order, the options
 * of each stanza on top of the global ones that stand before it (logrotate.conf(5)).  A mistake
 * costs its stanza or the rest of its file, as logrotate 3.21 has it (oracle-logrotate).
 */
#pragma once

#include "effective/host.h"
#include "model/fact.h"

enum log_period { LOG_DAILY, LOG_WEEKLY, LOG_MONTHLY, LOG_YEARLY, LOG_HOURLY, LOG_BY_SIZE };

struct log_rotation {
    enum log_period period;
    int64_t count;   /* old logs kept; -1: all */
    int64_t max_age; /* days; 0: none */
    bool max_size;   /* may rotate earlier when it has grown */
    bool compress;
    const char *old_directory; /* olddir; NULL: beside the log */
    bool creates_directory;
    struct where where;
};

/* 0; -ENOENT: no stanza for this path (it is never rotated); -EACCES … with e filled. */
int log_rotation(struct host *h, const char *path, struct log_rotation *ret, struct err *e);
/* Days for which records are kept at least; -1: for ever; -2: the size decides, days unknown. */
int64_t log_retention_days(const struct log_rotation *r);
