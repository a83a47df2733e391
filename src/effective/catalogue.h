/*
 * What the product knows about things outside the standard, from data files of the policy:
 * releases and their end of life (data/releases.yaml), host security products and services
 * (data/products.yaml).
 */
#pragma once

#include "effective/host.h"

struct product {
    struct text name;
    struct strings kinds; /* "intrusion-detection", "anti-malware", "integrity" */
    struct strings packages, units, paths, processes, signatures;
};

struct release_life {
    const char *id, *version;
    int64_t end, extended, paid; /* days since 1970; 0: not known */
    const char *tag;             /* "M", "S", "I", "U" */
};

struct catalogue {
    struct {
        struct product *v;
        size_t n, cap;
    } products;
    struct strings services; /* process names */
    struct {
        struct release_life *v;
        size_t n, cap;
    } releases;
    struct text error; /* no text: all files were read */
};

const struct catalogue *host_catalogue(struct host *h); /* never NULL; read once */
/* NULL: this release is not in the catalogue. "8.10" is looked up as itself, then as "8". */
const struct release_life *catalogue_release(const struct catalogue *c, const struct release *r);
/* "2026-03-31" as days since 1970; -EINVAL. */
int date_to_days(struct str s, int64_t *ret);
const char *days_to_date(struct arena *a, int64_t days);
