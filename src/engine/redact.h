/*
 * Configuration files as evidence, without secrets.  Only files of known kinds are shown at all,
 * each by what its syntax may hold; the lines keep their numbers, so that "path:line" of a report
 * leads to the same line here.  What goes:
 *
 *   password fields of passwd, shadow, group, gshadow, opasswd (their state stays: empty, !, *,
 * $6$) private keys, crypt(3) and boot loader hashes, credentials inside URLs values of names like
 * password, passwd, secret, token, bindpw, psk; arguments of --password … comments (they may hold
 * anything); of shell files all but what sets umask, TMOUT and limits, of crontabs the arguments,
 * of variables all but a few known ones
 *
 * Pure: bytes to bytes.
 */
#pragma once

#include "base/buf.h"
#include "base/str.h"
#include "base/text.h"

enum evidence_kind {
    EVIDENCE_NONE,     /* not shown */
    EVIDENCE_ACCOUNTS, /* passwd and group: the second field */
    EVIDENCE_SHADOW,   /* shadow and gshadow: the second field */
    EVIDENCE_OPASSWD,  /* the fourth field */
    EVIDENCE_PLAIN,    /* nothing but names and numbers: os-release, hostname */
    EVIDENCE_CONFIG,   /* KEY VALUE or KEY=VALUE, comments with # */
    EVIDENCE_PAM,
    EVIDENCE_SUDOERS,
    EVIDENCE_UNIT,
    EVIDENCE_SHELL,
    EVIDENCE_CRONTAB,
};

enum { EVIDENCE_FILE_LIMIT = 1 << 20 };

/* By the path inside the root. */
enum evidence_kind evidence_kind_of(const char *path);
/* Appends what may be shown; returns how many places were removed. */
size_t evidence_redact(enum evidence_kind kind, struct str bytes, struct buf *ret);
/* A unified diff of the file as a person is shown it: password fields and values of secret names
 * go, comments stay. */
void diff_redact(const char *path, struct str diff, struct buf *ret);
