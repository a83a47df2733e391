/*
 * A result reduced to one line of a table over many hosts.
 */
#pragma once

#include "model/verdict.h"

enum { BRIEF_ITEMS = 19 };

struct brief {
    const char *source; /* the file it came from */
    const char *host_id, *host_name, *os_name, *root;
    const char *started; /* UTC, as in the result */
    const char *preset, *policy_digest;
    struct text conclusion;
    bool altered; /* the file's digests are not those of its contents */
    unsigned items_count[VERDICT_COUNT], rules_count[VERDICT_COUNT];
    bool has_item[BRIEF_ITEMS]; /* was the item asked for at all */
    enum verdict items[BRIEF_ITEMS];
};

struct briefs {
    struct brief *v;
    size_t n, cap;
};
