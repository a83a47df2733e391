/* Inside of firewall_load_nft(): tables, chains and sets while the files are read. */
#pragma once

#include "effective/firewall.h"
#include "format/nft.h"

struct nft_set {
    const char *name; /* "inet filter allowed" */
    struct nft_tokens elements;
};

struct nft_define {
    struct str name;
    struct nft_tokens value;
};

/* The text of one rule, kept until all sets are known. */
struct nft_rule_text {
    const char *table, *chain; /* "inet filter", "inet filter input" */
    struct nft_tokens tokens;
    bool doubtful; /* of a hook that not every packet passes */
    int64_t order;
};

struct nft_table {
    const char *name;
    const char *family;
};

struct nft {
    struct host *host;
    struct packet_filter *filter;
    struct err *why;
    VEC(struct nft_set) sets;
    VEC(struct nft_define) defines;
    VEC(struct nft_rule_text) rules;
    VEC(struct nft_table) tables;
    unsigned depth, files;
    size_t expanded;
};

/* Rules of one text (a vmap makes several), added to the chain. */
void nft_compile(struct nft *n, const struct nft_rule_text *text, struct packet_chain *chain);
const struct nft_set *nft_set_find(const struct nft *n, const char *name);

/* A name or a number (protocols); -EINVAL: neither. nft_names.c */
int nft_protocol(struct str s, struct packet_value *ret);
int nft_family(struct str s, struct packet_value *ret);
bool nft_is_state(const char *s); /* of connection tracking */
