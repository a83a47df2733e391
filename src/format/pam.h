/*
 * The syntax of /etc/pam.d/<service> and /etc/pam.conf as libpam reads it (libpam/pam_handlers.c
 * and pam_misc.c, pam.d(5)): blanks are space and tab only, `#` starts a comment anywhere, a line
 * that ends in a backslash goes on, a token may be `[in brackets]` with `\]` for a bracket, a NUL
 * cuts its line.  What the tokens mean is not known here.
 *
 *     struct pam_document *d = pam_parse(arena, bytes, false);
 *     vec_each (l, &d->lines) if (l->kind == PAM_LINE_RULE) … pam_line_type(l) …
 *     pam_insert(arena, d, at, "auth required pam_faillock.so preauth");
 *     pam_print(d, &buf);                                     // untouched lines: the same bytes
 *
 * Ownership: everything lives in the arena; raw slices point into the bytes given to pam_parse.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/vec.h"

enum pam_line_kind {
    PAM_LINE_BLANK, /* empty, blank or only a comment */
    PAM_LINE_RULE,
    PAM_LINE_CUT, /* the file ends after a backslash: libpam refuses the whole file */
};

struct pam_line {
    enum pam_line_kind kind;
    struct str raw;        /* the bytes, with every newline that belongs to it */
    unsigned line;         /* first physical line with something on it, from 1 */
    size_t length;         /* bytes of the joined line; libpam before 1.6.0 takes up to 1023 */
    const char *service;   /* first token in /etc/pam.conf; NULL in /etc/pam.d */
    struct strings tokens; /* type (with its "-"), control, module, arguments */
};

struct pam_document {
    struct {
        struct pam_line *v;
        size_t n, cap;
    } lines;
    bool has_service;
};

/* with_service: /etc/pam.conf. Never fails: whatever is there is kept. */
struct pam_document *pam_parse(struct arena *a, struct str bytes, bool with_service);
void pam_print(const struct pam_document *d, struct buf *out);

/* Token of a rule, or NULL: 0 type, 1 control, 2 module, 3… arguments. */
const char *pam_token(const struct pam_line *l, size_t index);
/* The type without its "-"; *ret_silent (may be NULL): it had one. NULL: no token. */
const char *pam_line_type(const struct pam_line *l, bool *ret_silent);

/* Edits; `text` is one line without its newline, parsed like any other. Line numbers of the lines
 * behind are those of the file before the edit. at == lines.n appends. */
void pam_insert(struct arena *a, struct pam_document *d, size_t at, const char *text);
void pam_replace(struct arena *a, struct pam_document *d, size_t at, const char *text);
void pam_remove(struct pam_document *d, size_t at);
