/*
 * Files of lines with fields between colons: passwd(5), shadow(5), group(5), gshadow(5).
 *
 * A document keeps every line as it was, byte for byte (a missing last newline, CR, NUL and lines
 * that make no sense included); only a line that is edited changes. Nothing here knows what a
 * field means. Ownership: the arena; parsed text borrows the caller's bytes.
 */
#pragma once

#include "base/buf.h"
#include "base/str.h"

struct colon_line {
    struct str text; /* without its newline */
    bool newline;    /* false: the last line of a file that does not end in one */
};

struct colon {
    struct arena *arena;
    struct colon_line *v;
    size_t n, cap;
};

void colon_parse(struct arena *a, struct str bytes, struct colon *ret);
void colon_print(const struct colon *c, struct buf *out);

size_t colon_count(struct str line); /* fields: one more than colons */
/* Field `index` from 0; false: the line has no such field. */
bool colon_get(struct str line, size_t index, struct str *ret);
/* The first line from `from` on whose first field is `name`; SIZE_MAX: none. */
size_t colon_find(const struct colon *c, struct str name, size_t from);

/*
 * Sets one field; fields that are missing before it are added empty. 0, or -EINVAL: the value holds
 * a colon, a newline or a NUL, or there is no such line. Setting what is there changes nothing.
 */
int colon_set(struct colon *c, size_t line, size_t index, struct str value);
/* Inserts a whole line before line `at` (c->n: at the end). 0 or -EINVAL as above. */
int colon_insert(struct colon *c, size_t at, struct str line);
void colon_remove(struct colon *c, size_t line);
