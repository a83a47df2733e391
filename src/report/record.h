/*
 * The assessment record as tables, and the formats they are written in.  Column names and verdict
 * words are the ones that assessors' tools import and do not follow the language.
 */
#pragma once

#include "base/buf.h"
#include "model/record.h"

/* Rows of equal length; a NULL cell is empty. */
struct grid {
    const char *name; /* of the sheet: at most 31 characters, none of []:*?/\ */
    size_t columns;
    size_t head; /* this many rows stand before the row of column names */
    struct {
        const char **v;
        size_t n, cap;
    } cells;
};

/* 安全计算环境-NAME: header block, then one row per unit. */
struct grid record_sheet(struct arena *a, const struct record *r, enum lang lang, bool block);
struct grid record_plain(struct arena *a, const struct record *r, enum lang lang); /* 5 columns */
struct grid record_long(struct arena *a, const struct record *r, enum lang lang);  /* 1 row/fact */
struct grid record_assets(struct arena *a, const struct record *r, enum lang lang);
struct grid record_problems(struct arena *a, const struct record *r, enum lang lang);

void record_csv(const struct grid *g, struct buf *ret);
void record_markdown(const struct record *r, enum lang lang, struct buf *ret);
/* One workbook with all five. 0; -ENOTSUP: built without libxlsxwriter; -EIO … */
int record_xlsx(const struct record *r, enum lang lang, struct buf *ret);
