#include "engine/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct digest {
    EVP_MD_CTX *context;
};

struct digest *digest_new(enum digest_kind kind)
{
    /* No openssl.cnf: what this machine configures for its programs must not decide whether or how
     * we can digest. */
    (void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    const EVP_MD *md = EVP_sha256();
#ifndef OPENSSL_NO_SM3
    if (kind == DIGEST_SM3)
        md = EVP_sm3();
#else
    if (kind == DIGEST_SM3)
        md = NULL;
#endif
    EVP_MD_CTX *context = md ? EVP_MD_CTX_new() : NULL;
    if (context && EVP_DigestInit_ex(context, md, NULL) == 1) {
        struct digest *d = mem_alloc(sizeof *d);
        d->context = context;
        return d;
    }
    EVP_MD_CTX_free(context);
    if (kind == DIGEST_SHA256)
        abort(); /* a libcrypto without SHA-256 cannot be worked with */
    return NULL;
}

void digest_bytes(struct digest *d, const void *bytes, size_t n)
{
    if (n && EVP_DigestUpdate(d->context, bytes, n) != 1)
        abort();
}

void digest_block(struct digest *d, struct str s)
{
    unsigned char length[8];
    for (unsigned i = 0; i < sizeof length; i++)
        length[i] = (unsigned char)((uint64_t)s.n >> (8 * i));
    digest_bytes(d, length, sizeof length);
    digest_bytes(d, s.p, s.n);
}

void digest_field(struct digest *d, const char *s)
{
    static const unsigned char none[8] = {255, 255, 255, 255, 255, 255, 255, 255};
    if (s)
        digest_block(d, str_of(s));
    else
        digest_bytes(d, none, sizeof none);
}

const char *digest_hex(struct arena *a, struct digest *d)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (EVP_DigestFinal_ex(d->context, sum, &n) != 1)
        abort();
    EVP_MD_CTX_free(d->context);
    free(d);
    char *hex = arena_alloc(a, n * 2u + 1);
    for (unsigned i = 0; i < n; i++) {
        hex[2 * i] = "0123456789abcdef"[sum[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[sum[i] & 15];
    }
    return hex;
}
