/*
 * How one line is cut in each dialect (keyvalue.h); only keyvalue.c calls this.
 */
#pragma once

#include "base/buf.h"
#include "format/keyvalue.h"

/* Reads l->raw and fills everything else but l->line. */
void keyvalue_cut_line(struct arena *a, const struct keyvalue_dialect *d, struct keyvalue_line *l);
/* Appends a value as this dialect writes it (quoted where it must be). */
void keyvalue_put_value(struct buf *b, const struct keyvalue_dialect *d, const char *value);
