/*
 * sshd_config(5) as text.  Lines are split the way sshd itself reads the file (servconf.c:
 * load_server_config and strdelim), everything else stays as the bytes it was:
 *
 *     struct sshd_doc *doc = sshd_doc_parse(arena, bytes);
 *     … doc->lines.v[i].keyword, sshd_arguments(arena, line->rest, SSHD_ARGUMENTS_SPLIT, &args) …
 *     sshd_doc_insert(doc, sshd_doc_first_match(doc), "PermitRootLogin no");
 *     sshd_doc_print(doc, &buf);
 *
 * Meaning (which keyword exists, which value wins) is in effective/sshd.h.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/vec.h"

/* One line as sshd sees it.  A NUL byte cuts a line *and* its newline, so that the next line of the
 * file continues it: then `raw` spans several lines of the file. */
struct sshd_line {
    struct str raw;      /* the bytes in the file, with the newline */
    unsigned number;     /* of its first line in the file, from 1 */
    const char *keyword; /* without quotes; NULL: blank, comment, or a line sshd skips */
    const char *rest;    /* behind the keyword and one "="; NULL or "": no argument */
    const char *text;    /* the whole line without blanks at both ends */
};

struct sshd_doc {
    struct arena *arena;
    struct {
        struct sshd_line *v;
        size_t n, cap;
    } lines;
};

struct sshd_doc *sshd_doc_parse(struct arena *a, struct str bytes);
void sshd_doc_print(const struct sshd_doc *doc, struct buf *ret); /* appends */

/* How arguments are told apart. */
enum sshd_arguments {
    SSHD_ARGUMENTS_DELIM, /* to 8.6: strdelim: "=" separates, no comments behind values */
    SSHD_ARGUMENTS_SPLIT, /* from 8.7: argv_split: quotes, escapes, "#" ends the line */
};

/* The arguments of a line.  -EINVAL: quotes that do not close (only SPLIT; DELIM drops the rest).
 */
int sshd_arguments(struct arena *a, const char *rest, enum sshd_arguments how, struct strings *ret);
/* Takes the next token off *rest the way strdelim() does; NULL at the end or for an open quote. */
const char *sshd_delim(struct arena *a, const char **rest);

/* ---- edits; indexes are into doc->lines and move behind an insertion ---- */

size_t sshd_doc_first_match(const struct sshd_doc *doc); /* lines.n: none */
/* Puts `text` (no newline) as a line of its own before line `at`; at == lines.n: at the end. */
void sshd_doc_insert(struct sshd_doc *doc, size_t at, const char *text);
void sshd_doc_replace(struct sshd_doc *doc, size_t at, const char *text);
/* "# <reason>: <the line>": the line stays readable and can be put back by hand. */
void sshd_doc_disable(struct sshd_doc *doc, size_t at, const char *reason);
