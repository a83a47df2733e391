/*
 * Installed packages, from /var/lib/dpkg or the rpm database (bdb, ndb, sqlite), read once.
 */
#pragma once

#include "effective/host.h"

struct package {
    const char *name;
    const char *version; /* epoch:upstream-revision as the database has it */
    const char *arch;
    int64_t installed_at; /* seconds since 1970; 0: not recorded (dpkg) */
    struct where_line {
        const char *path;
        unsigned line;
    } where;
};

struct packages {
    struct {
        struct package *v;
        size_t n, cap;
    } list;             /* sorted by name */
    int error;          /* 0 or -errno: the database could not be read, nothing is known */
    struct text reason; /* with error */
};

const struct packages *host_packages(struct host *h); /* never NULL */
/* 0; -ENOENT not installed; -ENODATA the database could not be read (ask packages->reason). */
int host_package(struct host *h, const char *name, const struct package **ret);
/* <0, 0, >0 by the rules of the host's family; `than` may be "8.0p1-12". -EINVAL is not used:
 * every string compares. */
int package_version_compare(enum family family, const char *a, const char *b);
