/*
 * Signatures over short texts with a key from a PEM file: Ed25519 (RFC 8032), or SM2 with SM3
 * (GM/T 0003, 0009; the default user id) where this libcrypto has it.  What is large is not signed
 * itself but its statement with size and digests: engine/statement.h.
 *
 *     struct sign_key *key;
 *     if (sign_key_read(a, "/etc/dengbao/sign.pem", &key, &e) == 0) …
 *     sign_bytes(a, key, text, &signature, &e);
 *     sign_key_free(key);
 *
 * A private key must belong to root or the caller and be closed to group and others. Nobody is ever
 * asked for a passphrase.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

enum {
    SIGN_KEY_LIMIT = 64 << 10, /* bytes of a key file */
    SIGN_BYTES_LIMIT = 256,    /* of a signature: Ed25519 has 64, SM2 in DER at most 72 */
};

struct sign_key;

/* Both: 0; -ENOENT, -EACCES … of the file; -EPERM: it is open to others; -EINVAL: no such key, it
 * is encrypted, of another kind or damaged; the error says what to do. */
int sign_key_read(struct arena *a, const char *path, struct sign_key **ret, struct err *e);
int sign_public_read(struct arena *a, const char *path, struct sign_key **ret, struct err *e);
/* A public key as sign_key_public() gives it. -EINVAL: none that is known here. */
int sign_public_of(struct arena *a, struct str der, struct sign_key **ret);
void sign_key_free(struct sign_key *k); /* takes NULL */

const char *sign_key_algorithm(const struct sign_key *k); /* "ed25519" or "sm2-sm3" */
const char *sign_key_id(const struct sign_key *k);        /* SHA-256 of the public key, hex */
struct str sign_key_public(const struct sign_key *k);     /* SubjectPublicKeyInfo, DER */

/* 0; -EINVAL: a public key cannot sign; -EIO: libcrypto refused. */
int sign_bytes(struct arena *a, const struct sign_key *k, struct str text, struct str *ret,
               struct err *e);
/* Is it this key's signature of exactly these bytes? */
bool sign_verify(const struct sign_key *k, struct str text, struct str signature);

static inline void sign_key_freep(struct sign_key **k)
{
    sign_key_free(*k);
}
#define _cleanup_key_ __attribute__((cleanup(sign_key_freep)))
