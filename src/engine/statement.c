#include "engine/statement.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/width.h"
#include "engine/digest.h"
#include "root/own_store.h"

static const char heading[] = "dengbao statement 1";

/* ---- sums ---- */

struct summer {
    struct digest *sha256, *sm3;
    uint64_t size;
};

struct summer *sums_begin(void)
{
    struct summer *s = mem_alloc(sizeof *s);
    s->sha256 = digest_new(DIGEST_SHA256);
    s->sm3 = digest_new(DIGEST_SM3);
    return s;
}

void sums_bytes(void *summer, const void *bytes, size_t n)
{
    struct summer *s = summer;
    digest_bytes(s->sha256, bytes, n);
    if (s->sm3)
        digest_bytes(s->sm3, bytes, n);
    s->size += n;
}

void sums_end(struct arena *a, struct summer *s, struct sums *ret)
{
    *ret = (struct sums){.size = s->size, .sha256 = digest_hex(a, s->sha256)};
    if (s->sm3)
        ret->sm3 = digest_hex(a, s->sm3);
    free(s);
}

struct sums sums_of(struct arena *a, struct str bytes)
{
    struct sums ret;
    struct summer *s = sums_begin();
    sums_bytes(s, bytes.p, bytes.n);
    sums_end(a, s, &ret);
    return ret;
}

int sums_of_file(struct arena *a, const char *path, struct sums *ret, struct err *e)
{
    struct sums sums;
    struct summer *s = sums_begin();
    int r = own_stream(path, sums_bytes, s, e);
    sums_end(a, s, &sums);
    if (r == 0)
        *ret = sums;
    return r;
}

bool sums_equal(const struct sums *a, const struct sums *b)
{
    return a->size == b->size && cstr_eq(a->sha256, b->sha256) &&
           (!a->sm3 || !b->sm3 || cstr_eq(a->sm3, b->sm3));
}

/* ---- writing ---- */

static bool one_line(struct str s)
{
    if (!s.n || s.n > 255)
        return false;
    while (s.n) {
        uint32_t code;
        size_t n = utf8_decode(s, &code);
        if (!n || utf8_is_unsafe(code))
            return false;
        s = str_slice(s, n, s.n);
    }
    return true;
}

static void put_base64(struct arena *a, struct buf *b, const char *name, struct str bytes)
{
    unsigned char *text = arena_alloc(a, bytes.n / 3 * 4 + 5);
    int n = EVP_EncodeBlock(text, (const unsigned char *)bytes.p, (int)bytes.n);
    buf_printf(b, "%s: %.*s\n", name, n, (const char *)text);
}

static void put_file(struct buf *b, struct str name, const struct sums *sums)
{
    buf_printf(b, "%s\nfile: %.*s\nsize: %" PRIu64 "\nsha256: %s\nsm3: %s\n", heading,
               STR_ARG(name), sums->size, sums->sha256, sums->sm3 ? sums->sm3 : "-");
}

static void put_key(struct arena *a, struct buf *b, const char *algorithm, const char *id,
                    struct str public_key)
{
    buf_printf(b, "algorithm: %s\nkey: %s\n", algorithm, id);
    put_base64(a, b, "public-key", public_key);
}

int statement_write(struct arena *a, const char *path, const struct sums *sums,
                    const struct sign_key *key, struct buf *ret, struct err *e)
{
    const char *slash = strrchr(path, '/');
    struct str name = str_of(slash ? slash + 1 : path), signature;
    _cleanup_buf_ struct buf b = {0};
    if (!one_line(name))
        return err_set(e, -EINVAL, "the name %s cannot be signed: it is not one line of UTF-8",
                       "文件名 %s 无法签名：不是一行 UTF-8 文本", safe_text(a, path));
    put_file(&b, name, sums);
    if (key) {
        put_key(a, &b, sign_key_algorithm(key), sign_key_id(key), sign_key_public(key));
        int r = sign_bytes(a, key, (struct str){b.data, b.len}, &signature, e);
        if (r < 0)
            return r;
        put_base64(a, &b, "signature", signature);
    }
    buf_append(ret, b.data, b.len);
    return 0;
}

/* ---- reading ---- */

struct lines {
    struct arena *arena;
    struct str rest;
    bool bad;
};

/* The value of the next line, which must be of that name. */
static struct str take(struct lines *l, const char *name)
{
    struct str line;
    size_t n = strlen(name);
    if (l->bad || !str_next_line(&l->rest, &line) || !str_starts(line, name) || line.n < n + 2 ||
        line.p[n] != ':' || line.p[n + 1] != ' ') {
        l->bad = true;
        return STR("");
    }
    return str_slice(line, n + 2, line.n);
}

static const char *take_hex(struct lines *l, const char *name)
{
    struct str s = take(l, name);
    l->bad |= s.n != 64;
    for (size_t i = 0; i < s.n; i++)
        l->bad |= !memchr("0123456789abcdef", s.p[i], 16);
    return str_dup(l->arena, s);
}

static struct str take_base64(struct lines *l, const char *name, size_t limit)
{
    struct str s = take(l, name);
    if (l->bad || s.n % 4 || s.n / 4 * 3 > limit) {
        l->bad = true;
        return STR("");
    }
    unsigned char *bytes = arena_alloc(l->arena, s.n / 4 * 3 + 1);
    int n = EVP_DecodeBlock(bytes, (const unsigned char *)s.p, (int)s.n);
    for (size_t k = s.n; n > 0 && k > 0 && k > s.n - 2 && s.p[k - 1] == '='; k--)
        n--;
    l->bad |= n <= 0;
    return (struct str){(const char *)bytes, n > 0 ? (size_t)n : 0};
}

static void take_signature(struct lines *l, struct str whole, struct statement *s)
{
    s->algorithm = str_dup(l->arena, take(l, "algorithm"));
    s->key_id = take_hex(l, "key");
    s->public_key = take_base64(l, "public-key", STATEMENT_LIMIT);
    s->text = (struct str){whole.p, whole.n - l->rest.n};
    s->signature = take_base64(l, "signature", SIGN_BYTES_LIMIT);
}

static bool is_written_so(struct arena *a, const struct statement *s, struct str bytes)
{
    _cleanup_buf_ struct buf b = {0};
    put_file(&b, str_of(s->name), &s->sums);
    if (s->algorithm) {
        put_key(a, &b, s->algorithm, s->key_id, s->public_key);
        put_base64(a, &b, "signature", s->signature);
    }
    return str_eq((struct str){b.data, b.len}, bytes);
}

int statement_read(struct arena *a, struct str bytes, struct statement *ret, struct err *e)
{
    struct lines l = {a, bytes, false};
    struct statement s = {0};
    struct str line, name, size;
    int64_t number = 0;
    l.bad = bytes.n > STATEMENT_LIMIT || !str_next_line(&l.rest, &line) || !str_is(line, heading);
    name = take(&l, "file");
    size = take(&l, "size");
    l.bad |= !one_line(name) || str_to_int64(size, 10, &number) < 0 || number < 0;
    s.name = str_dup(a, name);
    s.sums = (struct sums){.size = (uint64_t)number, .sha256 = take_hex(&l, "sha256")};
    if (str_starts(l.rest, "sm3: -"))
        (void)take(&l, "sm3");
    else
        s.sums.sm3 = take_hex(&l, "sm3");
    if (!l.bad && l.rest.n)
        take_signature(&l, bytes, &s);
    if (l.bad || !is_written_so(a, &s, bytes))
        return err_set(e, -EINVAL, "not a statement of dengbao, or it was changed",
                       "不是 dengbao 的签名声明，或已被更改");
    *ret = s;
    return 0;
}

enum signature_state statement_check(struct arena *a, const struct statement *s,
                                     const struct sign_key *trusted)
{
    struct sign_key *key = NULL;
    if (!s->algorithm)
        return SIGNATURE_NONE;
    if (sign_public_of(a, s->public_key, &key) < 0)
        return SIGNATURE_NO_MEANS;
    bool good = cstr_eq(sign_key_algorithm(key), s->algorithm) &&
                cstr_eq(sign_key_id(key), s->key_id) && sign_verify(key, s->text, s->signature);
    sign_key_free(key);
    if (!good)
        return SIGNATURE_BAD;
    if (!trusted)
        return SIGNATURE_UNKNOWN;
    return cstr_eq(sign_key_id(trusted), s->key_id) ? SIGNATURE_GOOD : SIGNATURE_OTHER;
}
