/*
 * Sentences in columns: broken at blanks, in Chinese between characters but never before closing
 * punctuation.
 */
#pragma once

#include "base/buf.h"

/* Appends text whose first line begins where the cursor is, `indent` columns from the left; every
 * further line is indented as far. No newline at the end. */
void buf_put_wrapped(struct buf *b, const char *text, unsigned indent, unsigned columns);
/* Appends text cut to that many columns, with "…" where something is missing. */
void buf_put_cut(struct buf *b, const char *text, unsigned columns);
