#include "engine/digest.h"

/* Every check digests what it read. SHA-256 by EVP starts the providers of OpenSSL 3, which takes
 * 1.3 MiB and a millisecond more than the functions below it; these are marked deprecated, and are
 * in every libcrypto. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct digest {
    EVP_MD_CTX *context; /* NULL: SHA-256 */
    SHA256_CTX sha256;
};

static EVP_MD_CTX *sm3_context(void)
{
#ifdef OPENSSL_NO_SM3
    return NULL;
#else
    /* No openssl.cnf: what this machine configures for its programs must not decide whether or how
     * we can digest. */
    (void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context && EVP_DigestInit_ex(context, EVP_sm3(), NULL) == 1)
        return context;
    EVP_MD_CTX_free(context);
    return NULL;
#endif
}

struct digest *digest_new(enum digest_kind kind)
{
    EVP_MD_CTX *context = kind == DIGEST_SM3 ? sm3_context() : NULL;
    if (kind == DIGEST_SM3 && !context)
        return NULL;
    struct digest *d = mem_alloc(sizeof *d);
    *d = (struct digest){.context = context};
    if (!context && SHA256_Init(&d->sha256) != 1)
        abort(); /* a libcrypto without SHA-256 cannot be worked with */
    return d;
}

void digest_bytes(struct digest *d, const void *bytes, size_t n)
{
    int done = 1;
    if (n && d->context)
        done = EVP_DigestUpdate(d->context, bytes, n);
    else if (n)
        done = SHA256_Update(&d->sha256, bytes, n);
    if (done != 1)
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
    unsigned n = SHA256_DIGEST_LENGTH;
    int done = d->context ? EVP_DigestFinal_ex(d->context, sum, &n) : SHA256_Final(sum, &d->sha256);
    if (done != 1)
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
