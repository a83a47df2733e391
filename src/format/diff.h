/*
 * Unified diffs of two texts, as diff -u prints them (Myers, "An O(ND) Difference Algorithm").
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

/* Appends "--- a/PATH", "+++ b/PATH" and the hunks with three lines of context; nothing when equal.
 * An absent side (exists false) is named /dev/null. Texts that differ in more than a few thousand
 * lines are shown as one whole replacement. Lines are appended as they are: make them safe for a
 * terminal when printing. */
struct diff_side {
    bool exists;
    struct str bytes;
};
void diff_unified(struct buf *ret, const char *path, struct diff_side before,
                  struct diff_side after);
