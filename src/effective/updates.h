/*
 * What package managers know about updates, from the lists they fetched: apt's *_Packages files of
 * the security suites; on a live rpm system the updateinfo that dnf or yum has in its cache.
 */
#pragma once

#include "effective/packages.h"

struct updates {
    struct strings pending; /* "openssl 3.0.15-1 -> 3.0.17-1" */
    int64_t fetched;        /* seconds since 1970, of the newest list; 0: none */
    const char *path;       /* the list or the tool */
    struct text reason;     /* set: pending is not known, why */
};

const struct updates *host_updates(struct host *h); /* never NULL; read once */
/* When a package was last installed or updated; 0: not known. */
int64_t updates_last_change(struct host *h, const char **ret_path);
/* Version of the newest kernel with modules and an image; NULL: none found. */
const char *updates_newest_kernel(struct host *h);
