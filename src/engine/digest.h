/*
 * Digests over what was loaded and found: SHA-256, and SM3 (GM/T 0004) for those who must.
 *
 *     struct digest *d = digest_new(DIGEST_SHA256);
 *     digest_field(d, "name");  digest_bytes(d, bytes, n);
 *     const char *hex = digest_hex(arena, d);     // ends and frees d
 */
#pragma once

#include "base/arena.h"
#include "base/str.h"

enum digest_kind { DIGEST_SHA256, DIGEST_SM3 };

struct digest;

/* Never NULL for SHA-256; NULL where this libcrypto does not have the kind (SM3). */
struct digest *digest_new(enum digest_kind kind);
void digest_bytes(struct digest *d, const void *bytes, size_t n);
/* A string with its length before it, so that neighbours cannot run into each other; NULL is
 * different from "". */
void digest_field(struct digest *d, const char *s);
void digest_block(struct digest *d, struct str s); /* the same for bytes */
/* Lower-case hex. Ends and frees d. */
const char *digest_hex(struct arena *a, struct digest *d);
