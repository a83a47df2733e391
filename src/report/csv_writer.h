/*
 * CSV as RFC 4180 says, UTF-8 with a byte order mark, because the spreadsheet programs of most
 * readers take UTF-8 for something else without it.  A cell that such a program would run as a
 * formula (= + - @, also behind blanks) gets a leading apostrophe; plain numbers stay numbers.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct csv {
    struct buf *out;
    bool filled; /* the row has a cell */
};

void csv_begin(struct csv *c);               /* the mark */
void csv_cell(struct csv *c, const char *s); /* NULL: an empty cell */
void csv_number(struct csv *c, int64_t n);
void csv_end_row(struct csv *c);
