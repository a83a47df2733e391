/*
 * Words of nft(8) input: what its scanner tells apart, with the line of each.  Comments and
 * continued lines are gone, a newline is a token as is ";".  "22:accept" are three tokens,
 * "fe80::1" and "10.0.0.1-10.0.0.9" one.
 */
#pragma once

#include "base/str.h"
#include "base/vec.h"

enum nft_kind {
    NFT_WORD,
    NFT_STRING, /* was in quotes */
    NFT_SIGN,   /* { } ( ) , : = == != < > <= >= & | ^ ! << >> */
    NFT_END,    /* newline or ";" */
};

struct nft_token {
    enum nft_kind kind;
    struct str text;
    unsigned line;
    const char *path; /* for whoever joins several files; NULL here */
};

struct nft_tokens {
    struct nft_token *v;
    size_t n, cap;
};

/* 0; -EINVAL: a quote that is not closed, at *ret_line. */
int nft_scan(struct arena *a, struct str bytes, struct nft_tokens *ret, unsigned *ret_line);
