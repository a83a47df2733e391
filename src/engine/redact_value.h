/* Parts of redact.c: what is removed from one line. Each appends the line and returns how many
 * places it removed. */
#pragma once

#include "base/buf.h"
#include "base/str.h"

#define REDACTED "[removed]"

/* "", "*", "!", "x" and the like stay, of a hash only its kind: "$6$[removed]". */
size_t redact_password_field(struct str field, struct buf *ret);
enum redact_words {
    WORDS_FREE,    /* "password: x" and, at the beginning, "password x" name a secret */
    WORDS_SUDOERS, /* "NOPASSWD: x" does not */
    WORDS_PAM,     /* nor do "passwd: x" of nsswitch and "password requisite …" */
};
/* Values of secret names, hashes, credentials of URLs. */
size_t redact_values(struct str line, enum redact_words words, struct buf *ret);
size_t redact_unit(struct str line, struct buf *ret);
size_t redact_shell(struct str line, struct buf *ret);
size_t redact_cron(struct str line, struct buf *ret);
