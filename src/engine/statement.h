/*
 * The statement about a file that lies beside it as FILE.sig: name, size, SHA-256, SM3, and, if
 * there was a key, a signature over these lines (docs/integrity.md).  It is text; only what
 * statement_write() would write again byte for byte is read.
 *
 *     struct sums sums;  sums_of_file(a, "web01.html", &sums, &e);
 *     statement_write(a, "web01.html", &sums, key, &out, &e);     // key NULL: digests alone
 */
#pragma once

#include "base/buf.h"
#include "engine/sign.h"

#define STATEMENT_SUFFIX ".sig"
enum { STATEMENT_LIMIT = 64 << 10 };

struct sums {
    uint64_t size;
    const char *sha256, *sm3; /* lower-case hex; sm3 NULL: this libcrypto has none */
};

/* Over what goes by: sums_bytes() as often as needed, sums_end() once. */
struct summer;
struct summer *sums_begin(void);
void sums_bytes(void *summer, const void *bytes, size_t n); /* fits own_stream() */
void sums_end(struct arena *a, struct summer *s, struct sums *ret);
struct sums sums_of(struct arena *a, struct str bytes);
/* A regular file of any size; 0 or -errno with e. */
int sums_of_file(struct arena *a, const char *path, struct sums *ret, struct err *e);
/* The same size and digests? An SM3 that one side lacks is not compared. */
bool sums_equal(const struct sums *a, const struct sums *b);

struct statement {
    const char *name; /* of the file, without directories */
    struct sums sums;
    const char *algorithm, *key_id; /* NULL: not signed */
    struct str public_key;          /* DER */
    struct str text, signature;     /* what is signed */
};

/* `path` is the file's; its last component goes into the statement. -EINVAL: it cannot be written
 * in one line; otherwise as sign_bytes(). */
int statement_write(struct arena *a, const char *path, const struct sums *sums,
                    const struct sign_key *key, struct buf *ret, struct err *e);
/* -EINVAL: not a statement, or changed. */
int statement_read(struct arena *a, struct str bytes, struct statement *ret, struct err *e);

enum signature_state {
    SIGNATURE_NONE,     /* there is none */
    SIGNATURE_BAD,      /* it is not of these lines */
    SIGNATURE_OTHER,    /* good, but of another key than the given one */
    SIGNATURE_UNKNOWN,  /* good; no key was given to compare with */
    SIGNATURE_GOOD,     /* good, and of the given key */
    SIGNATURE_NO_MEANS, /* this libcrypto has not the algorithm */
};
/* `trusted` NULL: none is given. */
enum signature_state statement_check(struct arena *a, const struct statement *s,
                                     const struct sign_key *trusted);
