#include "engine/sign.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "engine/digest.h"
#include "root/own.h"

#if !defined OPENSSL_NO_SM2 && !defined OPENSSL_NO_SM3
#define HAVE_SM2 1
#else
#define HAVE_SM2 0
#endif

/* GM/T 0009: the user id where none was agreed on. */
static const char sm2_user[] = "1234567812345678";

struct sign_key {
    EVP_PKEY *pkey;
    bool sm2, private;
    const char *id;
    struct str public;
};

static void pkey_freep(EVP_PKEY **k)
{
    EVP_PKEY_free(*k);
}

static void bio_freep(BIO **b)
{
    (void)BIO_free(*b);
}

static void context_freep(EVP_MD_CTX **c)
{
    EVP_MD_CTX_free(*c);
}

static int bad_key(struct err *e, const char *path, struct text why)
{
    if (e)
        e->message = text_concat(e->arena, text_make(e->arena, "%s: ", "%s：", path), why);
    return err_at(e, -EINVAL, path, 0, 0);
}

static bool holds(struct str s, const char *text)
{
    return s.p && memmem(s.p, s.n, text, strlen(text)) != NULL;
}

/* What most often goes wrong, told before libcrypto would say "unsupported". */
static struct text refusal_of(struct str pem, bool private)
{
    if (holds(pem, "-----BEGIN ENCRYPTED PRIVATE KEY") || holds(pem, "Proc-Type: 4,ENCRYPTED"))
        return TEXT("the key is encrypted, and nobody is asked for a passphrase here; keep an "
                    "unencrypted one that only its owner can read: umask 077; openssl pkey -in "
                    "ENCRYPTED -out KEY",
                    "私钥已加密，而此处不会询问口令；请使用仅属主可读的未加密私钥：umask 077; "
                    "openssl pkey -in 加密私钥 -out 私钥");
    if (holds(pem, "-----BEGIN OPENSSH PRIVATE KEY"))
        return TEXT("an OpenSSH key; a PEM key is needed: openssl genpkey -algorithm ED25519",
                    "这是 OpenSSH 格式的密钥；需要 PEM 格式：openssl genpkey -algorithm ED25519");
    if (private && holds(pem, "-----BEGIN PUBLIC KEY"))
        return TEXT("a public key; the private key is needed to sign", "这是公钥；签名需要私钥");
    if (!private && holds(pem, "PRIVATE KEY-----"))
        return TEXT("a private key; give the public one: openssl pkey -in KEY -pubout",
                    "这是私钥；应给出公钥：openssl pkey -in 私钥 -pubout");
    return TEXT("not a key in PEM that can be read; make one with: openssl genpkey -algorithm "
                "ED25519 -out KEY",
                "不是可读取的 PEM 密钥；可用以下命令生成：openssl genpkey -algorithm ED25519 -out "
                "私钥");
}

/* Without it libcrypto would ask at the terminal. */
// NOLINTNEXTLINE(readability-non-const-parameter): the type of pem_password_cb
static int no_passphrase(char *bytes, int size, int writing, void *context)
{
    (void)bytes, (void)size, (void)writing, (void)context;
    return -1;
}

static bool is_sm2(EVP_PKEY *k)
{
#if !HAVE_SM2
    (void)k;
    return false;
#elif OPENSSL_VERSION_NUMBER >= 0x30000000L
    return EVP_PKEY_is_a(k, "SM2") == 1;
#else
    if (EVP_PKEY_id(k) != EVP_PKEY_EC ||
        EC_GROUP_get_curve_name(EC_KEY_get0_group(EVP_PKEY_get0_EC_KEY(k))) != NID_sm2)
        return EVP_PKEY_id(k) == EVP_PKEY_SM2;
    return EVP_PKEY_set_alias_type(k, EVP_PKEY_SM2) == 1;
#endif
}

/* Takes the key over. */
static int wrap(struct arena *a, EVP_PKEY *pkey, bool private, struct sign_key **ret)
{
    _cleanup_(pkey_freep) EVP_PKEY *owned = pkey;
    bool sm2 = is_sm2(pkey);
    unsigned char *der = NULL;
    if (!sm2 && EVP_PKEY_id(pkey) != EVP_PKEY_ED25519)
        return -EINVAL;
    int n = i2d_PUBKEY(pkey, &der);
    if (n <= 0)
        return -EINVAL;
    struct sign_key *k = mem_alloc(sizeof *k);
    struct digest *d = digest_new(DIGEST_SHA256);
    digest_bytes(d, der, (size_t)n);
    *k = (struct sign_key){.sm2 = sm2, .private = private, .id = digest_hex(a, d)};
    k->public = (struct str){arena_strndup(a, (const char *)der, (size_t)n), (size_t)n};
    k->pkey = TAKE_PTR(owned);
    OPENSSL_free(der);
    *ret = k;
    return 0;
}

static const struct text other_kind = {
    "neither an Ed25519 nor an SM2 key; make one with: openssl genpkey -algorithm ED25519 -out KEY",
    "既不是 Ed25519 也不是 SM2 密钥；可用以下命令生成：openssl genpkey -algorithm ED25519 -out "
    "私钥"};

static int read_pem(struct arena *a, const char *path, struct str pem, bool private,
                    struct sign_key **ret, struct err *e)
{
    (void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL); /* engine/digest.c says why */
    _cleanup_(bio_freep) BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    EVP_PKEY *pkey = NULL;
    if (bio)
        pkey = private ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL)
                       : PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);
    ERR_clear_error();
    if (!pkey)
        return bad_key(e, path, refusal_of(pem, private));
    int r = wrap(a, pkey, private, ret);
    return r < 0 ? bad_key(e, path, other_kind) : 0;
}

int sign_key_read(struct arena *a, const char *path, struct sign_key **ret, struct err *e)
{
    _cleanup_buf_ struct buf pem = {0};
    int r = own_read_secret(path, SIGN_KEY_LIMIT, &pem, e);
    if (r == 0)
        r = read_pem(a, path, (struct str){pem.len ? pem.data : "", pem.len}, true, ret, e);
    if (pem.cap)
        OPENSSL_cleanse(pem.data, pem.cap);
    return r;
}

int sign_public_read(struct arena *a, const char *path, struct sign_key **ret, struct err *e)
{
    _cleanup_buf_ struct buf pem = {0};
    int r = own_read_input(path, SIGN_KEY_LIMIT, &pem, e);
    if (r == 0)
        r = read_pem(a, path, (struct str){pem.len ? pem.data : "", pem.len}, false, ret, e);
    return r;
}

int sign_public_of(struct arena *a, struct str der, struct sign_key **ret)
{
    (void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    const unsigned char *p = (const unsigned char *)der.p;
    if (!der.n || der.n > SIGN_KEY_LIMIT)
        return -EINVAL;
    EVP_PKEY *pkey = d2i_PUBKEY(NULL, &p, (long)der.n);
    ERR_clear_error();
    if (!pkey)
        return -EINVAL;
    if (p != (const unsigned char *)der.p + der.n) {
        EVP_PKEY_free(pkey);
        return -EINVAL;
    }
    return wrap(a, pkey, false, ret);
}

void sign_key_free(struct sign_key *k)
{
    if (!k)
        return;
    EVP_PKEY_free(k->pkey);
    free(k);
}

const char *sign_key_algorithm(const struct sign_key *k)
{
    return k->sm2 ? "sm2-sm3" : "ed25519";
}

const char *sign_key_id(const struct sign_key *k)
{
    return k->id;
}

struct str sign_key_public(const struct sign_key *k)
{
    return k->public;
}

/* A context for one signature or check; the SM2 user id belongs to the key's context. */
static EVP_MD_CTX *begin(const struct sign_key *k, bool signs)
{
    _cleanup_(context_freep) EVP_MD_CTX *c = EVP_MD_CTX_new();
    const EVP_MD *md = NULL;
    if (!c)
        return NULL;
#if HAVE_SM2
    EVP_PKEY_CTX *pc = NULL;
    if (k->sm2) {
        md = EVP_sm3();
        pc = EVP_PKEY_CTX_new(k->pkey, NULL);
        if (!pc || EVP_PKEY_CTX_set1_id(pc, sm2_user, (int)sizeof sm2_user - 1) <= 0) {
            EVP_PKEY_CTX_free(pc);
            return NULL;
        }
        EVP_MD_CTX_set_pkey_ctx(c, pc);
    }
    int r = signs ? EVP_DigestSignInit(c, NULL, md, NULL, k->pkey)
                  : EVP_DigestVerifyInit(c, NULL, md, NULL, k->pkey);
    if (r != 1) {
        if (pc)
            EVP_MD_CTX_set_pkey_ctx(c, NULL);
        EVP_PKEY_CTX_free(pc);
        return NULL;
    }
#else
    (void)sm2_user;
    if ((signs ? EVP_DigestSignInit(c, NULL, md, NULL, k->pkey)
               : EVP_DigestVerifyInit(c, NULL, md, NULL, k->pkey)) != 1)
        return NULL;
#endif
    return TAKE_PTR(c);
}

/* A context of our own is not freed with the digest's. */
static void end(const struct sign_key *k, EVP_MD_CTX *c)
{
    EVP_PKEY_CTX *pc = c && k->sm2 ? EVP_MD_CTX_pkey_ctx(c) : NULL;
    EVP_MD_CTX_free(c);
    EVP_PKEY_CTX_free(pc);
    ERR_clear_error();
}

int sign_bytes(struct arena *a, const struct sign_key *k, struct str text, struct str *ret,
               struct err *e)
{
    unsigned char bytes[SIGN_BYTES_LIMIT];
    size_t n = sizeof bytes;
    if (!k->private)
        return err_set(e, -EINVAL, "a public key cannot sign", "公钥不能用于签名");
    EVP_MD_CTX *c = begin(k, true);
    int good = c ? EVP_DigestSign(c, bytes, &n, (const unsigned char *)text.p, text.n) : 0;
    end(k, c);
    if (good != 1)
        return err_set(e, -EIO, "libcrypto cannot sign with this %s key",
                       "libcrypto 无法用该 %s 密钥签名", sign_key_algorithm(k));
    *ret = (struct str){arena_strndup(a, (const char *)bytes, n), n};
    return 0;
}

bool sign_verify(const struct sign_key *k, struct str text, struct str signature)
{
    if (!signature.n || signature.n > SIGN_BYTES_LIMIT)
        return false;
    EVP_MD_CTX *c = begin(k, false);
    int good = c ? EVP_DigestVerify(c, (const unsigned char *)signature.p, signature.n,
                                    (const unsigned char *)text.p, text.n)
                 : 0;
    end(k, c);
    return good == 1;
}
