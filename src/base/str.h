/*
 * Borrowed byte slices: the unit in which parsers work.  A slice may hold NUL bytes and any
 * encoding and is never NUL-terminated by promise.  Nothing here allocates except str_dup().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

#include "base/arena.h"

struct str {
    const char *p;
    size_t n;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_ARG(s) (int)(s).n, (s).p /* for "%.*s" */

struct str str_of(const char *s); /* NULL gives the empty slice */
char *str_dup(struct arena *a, struct str s);
bool str_eq(struct str a, struct str b);
bool str_is(struct str s, const char *text);
bool str_is_nocase(struct str s, const char *text); /* ASCII only, in any locale */
bool str_starts(struct str s, const char *prefix);
bool str_ends(struct str s, const char *suffix);
int str_index(struct str s, char c); /* -1: not there */
struct str str_slice(struct str s, size_t from, size_t to);
struct str str_trim(struct str s); /* blanks, tabs, CR, LF, VT, FF at both ends */

/* Takes the next line off `rest`, without its newline; false at the end. */
bool str_next_line(struct str *rest, struct str *line);
/* Takes the next run of bytes that are not blank or tab; false when none is left. */
bool str_next_word(struct str *rest, struct str *word);
/* Takes the next field up to `separator`; keeps empty fields; false after the last. */
bool str_next_field(struct str *rest, char separator, struct str *field);

/* Whole slice, optional sign, no blanks. 0 or -EINVAL / -ERANGE. base 8, 10 or 16. */
int str_to_int64(struct str s, int base, int64_t *ret);

bool cstr_eq(const char *a, const char *b);        /* NULL equals only NULL */
bool cstr_eq_nocase(const char *a, const char *b); /* ASCII */
bool cstr_starts(const char *s, const char *prefix);
bool cstr_ends(const char *s, const char *suffix);
