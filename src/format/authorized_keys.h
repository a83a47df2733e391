/*
 * authorized_keys (sshd(8), AUTHORIZED_KEYS FILE FORMAT): one key a line, options before it.
 *
 * Reads what sshd reads: auth2-pubkeyfile.c, auth-options.c and sshkey.c of OpenSSH 9.2. A line
 * that sshd passes over (a comment, no key, options it does not know, a blob that does not decode)
 * is kept with the reason and never opens anything. Ownership: the arena; slices borrow the bytes.
 */
#pragma once

#include "base/text.h"
#include "base/vec.h"
#include "base/str.h"

struct authorized_key {
    unsigned line;
    struct text bad; /* why sshd passes over it; no text: a usable line */
    struct str options, type, blob, comment;
    unsigned bits;       /* of an RSA key */
    bool cert_authority; /* the key signs certificates and opens nothing itself */
    bool principals;     /* principals="…", right only with cert-authority */
    bool forced_command; /* command="…" */
    bool no_pty, verify_required;
    const char *from;   /* patterns of from="…"; NULL: anywhere */
    int64_t expires;    /* seconds since 1970, the earliest expiry-time; 0: never */
    bool expires_local; /* some expiry-time is in the local time of the host, not in UTC */
};

struct authorized_keys {
    struct authorized_key *v;
    size_t n, cap;
};

/* Lines with a key or with something that was meant as one; comments and empty lines are left out.
 */
void authorized_keys_parse(struct arena *a, struct str bytes, struct authorized_keys *ret);
/* Does the type of a plain key exist in any version ("ssh-ed25519")? */
bool authorized_keys_type(struct str type);
