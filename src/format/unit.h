/*
 * The syntax of systemd unit files, drop-ins and their relatives (journald.conf, timesyncd.conf):
 * sections and assignments, as systemd.syntax(7) and its parser have them.  Pure: bytes <->
 * entries.
 *
 * A line ends at newline, carriage return or NUL; a backslash at its end continues it, comment
 * lines inside a continuation are skipped; a line that is not UTF-8 or has no "=" is ignored.  A
 * section header without "]" makes systemd refuse the whole file: unit_doc.bad_line then names it.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/vec.h"

enum unit_entry_kind {
    UNIT_ENTRY_OTHER, /* blank, comment, or a line that systemd ignores */
    UNIT_ENTRY_SECTION,
    UNIT_ENTRY_ASSIGNMENT,
};

struct unit_entry {
    enum unit_entry_kind kind;
    const char *section; /* the section it stands in, NULL before the first */
    const char *key, *value;
    unsigned line;  /* where it starts, from 1 */
    struct str raw; /* its bytes, newline included; all raws together are the file */
};

struct unit_doc {
    struct {
        struct unit_entry *v;
        size_t n, cap;
    } entries;
    unsigned bad_line; /* 0: systemd accepts the file */
};

/* Never fails; strings live in the arena, raws point into `bytes`. */
void unit_doc_parse(struct arena *a, struct str bytes, struct unit_doc *ret);
void unit_doc_print(const struct unit_doc *d, struct buf *out);
/* The last assignment of a key in a section, or NULL. */
const struct unit_entry *unit_doc_last(const struct unit_doc *d, const char *section,
                                       const char *key);

/* Splits a value into words as systemd does for lists of names: blanks separate, quotes group,
 * escapes stay.  Words before a syntax error (an open quote) are kept. */
void unit_words(struct arena *a, const char *value, struct strings *ret);
/* yes/y/true/t/on/1, no/n/false/f/off/0 in any case: 1, 0; anything else -1. */
int unit_boolean(const char *value);
