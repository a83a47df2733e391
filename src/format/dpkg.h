/*
 * Stanzas of "Field: value" lines with continuation lines, as in /var/lib/dpkg/status and
 * status.d/ (deb-control(5)). Nothing is copied: the fields are slices of the input.
 *
 *     struct dpkg_reader r = {.rest = bytes};
 *     struct dpkg_stanza s;
 *     while (dpkg_next(&r, &s)) …
 */
#pragma once

#include <stdbool.h>

#include "base/str.h"

struct dpkg_reader {
    struct str rest;
    unsigned line; /* lines consumed so far */
};

struct dpkg_stanza {
    unsigned line;                                     /* where it begins, from 1 */
    struct str package, version, architecture, status; /* p NULL: not there */
    struct str depends, pre_depends, provides;         /* with their continuation lines */
    bool essential;
};

/* The next stanza; false at the end. A stanza without a Package field is returned as well. */
bool dpkg_next(struct dpkg_reader *r, struct dpkg_stanza *ret);
/* dpkg considers it unpacked and configured: the state is installed, triggers-awaited or
 * triggers-pending (dpkg(1)); half-installed, unpacked, half-configured, config-files are not. */
bool dpkg_installed(const struct dpkg_stanza *s);

/* One alternative of one clause of a dependency field: "a (>= 1) | b:any, c" gives a, b, c. The
 * clause ends where `last` is set. False at the end. */
struct dpkg_dependency {
    struct str name;
    bool last;
};
bool dpkg_next_dependency(struct str *rest, struct dpkg_dependency *ret);
