/* Which program keeps the clock, and from where: chrony, ntpd or systemd-timesyncd. */
#pragma once

#include "effective/host.h"
#include "model/fact.h"

struct timesync {
    const char *daemon;     /* "chrony", "ntpd", "systemd-timesyncd"; NULL: none is there */
    const char *unit;       /* its unit */
    bool enabled;           /* starts at boot */
    struct strings servers; /* servers, pools, reference clocks */
    struct where where;
    bool built_in; /* servers are compiled in (timesyncd's FallbackNTP=) */
};

/* The daemon that starts; where several are there and none starts, the first. 0 or -errno with e.
 */
int host_timesync(struct host *h, struct timesync *ret, struct err *e);
