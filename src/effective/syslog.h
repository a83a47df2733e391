/*
 * Where log records go: rsyslog.conf(5) with its includes, journald.conf(5) with its drop-ins.
 */
#pragma once

#include "effective/host.h"
#include "model/fact.h"

struct syslog_target {
    const char *name; /* "/var/log/auth.log", "tcp://10.0.0.1:514", "tls://log:6514" */
    struct where where;
};

struct syslog_rule {
    const char *selector; /* NULL: every record */
    const char *file;     /* or */
    const char *forward;  /* or */
    bool stop;            /* drops what it selects */
    struct where where;
};

struct rsyslog_config {
    int error; /* 0, -ENOENT: no rsyslog.conf, or -errno of a file that could not be read */
    const char *error_path;
    struct {
        struct syslog_rule *v;
        size_t n, cap;
    } rules;                   /* in order, included files in place */
    const char *file_template; /* NULL: rsyslog's own (RFC 3339 dates) */
    struct where template_where;
    bool rfc3339; /* dates with year and zone in ordinary files */
    unsigned create_mode, umask;
    bool has_umask;
    struct where mode_where;
    bool reads_local; /* imuxsock or imjournal is loaded */
};

const struct rsyslog_config *rsyslog_config(struct host *h); /* never NULL */
/* Files that records of the facility and priority (0 emerg … 7 debug) are written to. */
void rsyslog_files(struct host *h, const char *facility, unsigned priority, struct strings *ret,
                   struct where *ret_first);

/* A setting of [Journal] after all drop-ins; NULL: journald's own default. 0 or -errno with e. */
int journald_setting(struct host *h, const char *key, const char **ret, struct where *ret_where,
                     struct err *e);
/* Do the journal's records survive a reboot? */
int journald_persistent(struct host *h, bool *ret, struct where *ret_where, struct err *e);
