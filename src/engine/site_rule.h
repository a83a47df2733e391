/*
 * Rules of a site as the text of a policy file, for the files that `dengbao setup` writes. Names,
 * groups and addresses were checked; everything else is quoted.
 */
#pragma once

#include "engine/setup.h"

#define SITE_RULES_HEAD                                                                            \
    "# Written by `dengbao setup`: what this site decided. `dengbao setup` changes it;\n"          \
    "# `dengbao undo` takes it back with everything that followed from it.\n"

/* Opens a rule of class setup; rows of its `want:` follow. A quote in title and why is doubled. */
void site_put_rule(struct buf *b, const char *id, const char *number, enum risk risk,
                   struct text title, struct text why);
/* "['a', 'b']\n" */
void site_put_list(struct buf *b, const struct strings *list);
const char *site_quoted(struct arena *a, const char *s);
struct str site_text(struct arena *a, const struct buf *b);
