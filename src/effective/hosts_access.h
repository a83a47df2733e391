/*
 * hosts_access(5): /etc/hosts.allow and /etc/hosts.deny, for the daemons that are linked with
 * libwrap.  The first matching line of hosts.allow lets in, then the first of hosts.deny keeps out,
 * else everybody may.
 */
#pragma once

#include "effective/hosts_pattern.h"
#include "model/fact.h"

struct hosts_answer {
    bool allowed;
    struct where where; /* of the deciding line; path NULL: no line matched */
};

/* What happens to this client. 0; -EINVAL with why: it depends on what is not known here (the
 * client's name or user, an option of hosts_options(5) that runs a program); another errno with
 * why: a file cannot be read. */
int hosts_access(struct host *h, const char *daemon, const struct hosts_client *client,
                 struct hosts_answer *ret, struct err *why);
/* The same for whoever may have this address: let in when it is with no name, with one that does
 * not lead back, or with one that no pattern names. */
int hosts_access_any(struct host *h, const char *daemon, const char *address,
                     struct hosts_answer *ret, struct err *why);
/* Client patterns of the hosts.allow lines that name the daemon. */
int hosts_access_sources(struct host *h, const char *daemon, struct strings *ret);
/* Is the daemon linked with libwrap (any of the programs that exist)? 0 or -errno. */
int hosts_access_linked(struct host *h, const char *const *programs, bool *ret,
                        const char **ret_at);
