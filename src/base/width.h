/*
 * How text looks on a terminal, without any locale: East Asian wide characters take two columns,
 * combining marks none (Unicode TR11).  And how text that came from a checked system is made safe:
 * control characters, escape sequences, bidirectional overrides and invalid UTF-8 become visible.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

/* Decodes one character; returns its length in bytes, 0 for an invalid or cut sequence. */
size_t utf8_decode(struct str s, uint32_t *ret_code);
bool utf8_valid(struct str s);
unsigned width_of(struct str s); /* columns */

/* Controls, escapes, bidirectional and zero width characters: what buf_put_safe makes visible. */
bool utf8_is_unsafe(uint32_t code);

/* Appends s with everything a terminal might obey written as \xNN or \u{NNNN}. */
void buf_put_safe(struct buf *b, struct str s);
/* The same as a new string; newlines become \n. */
const char *safe_text(struct arena *a, const char *s);
/* s, or where it is longer than `most` bytes (at least 3) its whole characters and "…", together at
 * most that long. NULL: NULL. */
const char *text_cut(struct arena *a, const char *s, size_t most);
/* Appends s and blanks up to `columns`. */
void buf_put_padded(struct buf *b, const char *s, unsigned columns);
