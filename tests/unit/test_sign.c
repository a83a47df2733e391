#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>

#include "base/buf.h"
#include "engine/statement.h"
#include "tree.h"

/* RFC 8032, 7.1, test 2: the key, a message of one byte and its signature. */
static const char rfc8032_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"
    "-----END PRIVATE KEY-----\n";
static const unsigned char rfc8032_signature[64] = {
    0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8, 0x72, 0x0e, 0x82, 0x0b, 0x5f, 0x64, 0x25, 0x40,
    0xa2, 0xb2, 0x7b, 0x54, 0x16, 0x50, 0x3f, 0x8f, 0xb3, 0x76, 0x22, 0x23, 0xeb, 0xdb, 0x69, 0xda,
    0x08, 0x5a, 0xc1, 0xe4, 0x3e, 0x15, 0x99, 0x6e, 0x45, 0x8f, 0x36, 0x13, 0xd0, 0xf1, 0x1d, 0x8c,
    0x38, 0x7b, 0x2e, 0xae, 0xb4, 0x30, 0x2a, 0xee, 0xb0, 0x0d, 0x29, 0x16, 0x12, 0xbb, 0x0c, 0x00};
static const char rsa_public[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MDwwDQYJKoZIhvcNAQEBBQADKwAwKAIhALEzNCJso/5banbbDRuwRTg9bijGfNau\n"
    "mJNqM9u1PuKb7AgMBAAE=\n"
    "-----END PUBLIC KEY-----\n";

static struct tree tree;
static char path[128];

static int setup(void **state)
{
    (void)state;
    if (!tree_make(&tree))
        return -1;
    (void)snprintf(path, sizeof path, "%s/etc/key.pem", tree.dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tree_done(&tree);
    return 0;
}

static void key_file(const char *text, mode_t mode)
{
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void signs_as_the_standard_says(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    _cleanup_key_ struct sign_key *key = NULL;
    _cleanup_key_ struct sign_key *public = NULL;
    struct err e = {.arena = a};
    struct str signature;
    key_file(rfc8032_key, 0600);
    assert_int_equal(sign_key_read(a, path, &key, &e), 0);
    assert_string_equal(sign_key_algorithm(key), "ed25519");
    assert_int_equal(sign_bytes(a, key, STR("\x72"), &signature, &e), 0);
    assert_int_equal(signature.n, sizeof rfc8032_signature);
    assert_memory_equal(signature.p, rfc8032_signature, signature.n);

    assert_int_equal(sign_public_of(a, sign_key_public(key), &public), 0);
    assert_string_equal(sign_key_id(public), sign_key_id(key));
    assert_true(sign_verify(public, STR("\x72"), signature));
    assert_false(sign_verify(public, STR("\x73"), signature));
    assert_false(sign_verify(public, STR("\x72"), str_slice(signature, 0, 63)));
    assert_int_equal(sign_bytes(a, public, STR("x"), &signature, &e), -EINVAL);
}

static void refuses(const char *text, mode_t mode, int code, const char *why)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct sign_key *key = NULL;
    struct err e = {.arena = a};
    key_file(text, mode);
    assert_int_equal(sign_key_read(a, path, &key, &e), code);
    assert_null(key);
    assert_non_null(strstr(e.message.en, why));
    assert_non_null(strstr(e.message.zh, path));
}

static void says_what_is_wrong_with_a_key(void **state)
{
    (void)state;
    refuses(rfc8032_key, 0640, -EPERM, "chmod 0600");
    refuses(rfc8032_key, 0604, -EPERM, "mode 0604");
    refuses("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
            0600, -EINVAL, "passphrase");
    refuses("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n"
            "AAAA\n-----END RSA PRIVATE KEY-----\n",
            0600, -EINVAL, "passphrase");
    refuses("-----BEGIN OPENSSH PRIVATE KEY-----\n", 0600, -EINVAL, "OpenSSH");
    refuses(rsa_public, 0600, -EINVAL, "public key");
    refuses("", 0600, -EINVAL, "not a key");
    refuses("hello\n", 0600, -EINVAL, "not a key");
}

static void statement_of(struct arena *a, const struct sign_key *key, struct buf *ret)
{
    struct err e = {.arena = a};
    struct sums sums = sums_of(a, STR("abc"));
    /* FIPS 180-2 B.1, GM/T 0004 A.1 */
    assert_string_equal(sums.sha256,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    if (sums.sm3)
        assert_string_equal(sums.sm3,
                            "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
    assert_int_equal(statement_write(a, "/srv/报告 1.html", &sums, key, ret, &e), 0);
    assert_int_equal(statement_write(a, "/srv/two\nlines", &sums, key, ret, &e), -EINVAL);
}

/* No bit of a statement can change unseen. */
static void every_bit_of_a_statement_counts(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    _cleanup_key_ struct sign_key *key = NULL;
    _cleanup_buf_ struct buf b = {0};
    struct err e = {.arena = a};
    struct statement s;
    key_file(rfc8032_key, 0400);
    assert_int_equal(sign_key_read(a, path, &key, &e), 0);
    statement_of(a, key, &b);
    assert_int_equal(statement_read(a, (struct str){b.data, b.len}, &s, &e), 0);
    assert_string_equal(s.name, "报告 1.html");
    assert_int_equal(statement_check(a, &s, key), SIGNATURE_GOOD);
    assert_int_equal(statement_check(a, &s, NULL), SIGNATURE_UNKNOWN);
    for (size_t i = 0; i < b.len; i++) {
        struct statement other;
        for (int bit = 0; bit < 8; bit++) {
            b.data[i] ^= (char)(1 << bit);
            if (statement_read(a, (struct str){b.data, b.len}, &other, &e) == 0)
                assert_int_not_equal(statement_check(a, &other, key), SIGNATURE_GOOD);
            b.data[i] ^= (char)(1 << bit);
        }
        if (statement_read(a, (struct str){b.data, i}, &other, &e) == 0)
            assert_int_equal(statement_check(a, &other, key), SIGNATURE_NONE);
    }
}

static void a_statement_without_key_has_digests_alone(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    _cleanup_buf_ struct buf b = {0};
    struct err e = {.arena = a};
    struct statement s;
    statement_of(a, NULL, &b);
    assert_int_equal(statement_read(a, (struct str){b.data, b.len}, &s, &e), 0);
    assert_int_equal(statement_check(a, &s, NULL), SIGNATURE_NONE);
    struct sums sums = sums_of(a, STR("abc"));
    assert_true(sums_equal(&s.sums, &sums));
    sums = sums_of(a, STR("abd"));
    assert_false(sums_equal(&s.sums, &sums));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_as_the_standard_says),
        cmocka_unit_test(says_what_is_wrong_with_a_key),
        cmocka_unit_test(every_bit_of_a_statement_counts),
        cmocka_unit_test(a_statement_without_key_has_digests_alone),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
