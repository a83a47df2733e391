/*
 * Matching one name against a pattern, as glob(7) describes it and fnmatch(3) does it in the C
 * locale: "*", "?", "[a-z]", "[!a-z]", "[[:alpha:]]", backslash takes the next byte literally.
 * Bytes, not characters. Time is bounded by pattern length times name length.
 */
#pragma once

#include "base/str.h"

enum glob_flags {
    GLOB_LEADING_PERIOD = 1, /* a first "." is matched only by a literal "." (FNM_PERIOD) */
    GLOB_SLASH = 2,          /* "/" is matched only by a literal "/" (FNM_PATHNAME) */
    GLOB_NO_ESCAPE = 4,      /* a backslash is an ordinary byte (FNM_NOESCAPE) */
};

bool glob_matches(struct str pattern, struct str name, unsigned flags);
bool glob_has_magic(struct str pattern); /* "*", "?" or "[", not behind a backslash */
/* The pattern without its backslashes, for one that has no magic. */
const char *glob_unescape(struct arena *a, struct str pattern);
