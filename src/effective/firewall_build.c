/* The parts that rules are made of: addresses, ports, matches, chains. */
#include "effective/firewall.h"

#include <arpa/inet.h>
#include <errno.h>

#include "effective/sshd_parts.h"

enum { CHAINS_MAX = 2048, JUMPS_MAX = 50000 };

struct packet_chain *packet_chain_get(struct packet_filter *f, const char *name)
{
    for (size_t i = 0; i < f->chains.n; i++)
        if (cstr_eq(f->chains.v[i].name, name))
            return &f->chains.v[i];
    return NULL;
}

struct packet_chain *packet_chain_add(struct packet_filter *f, const char *name)
{
    struct packet_chain c = {.name = name, .v4 = true, .v6 = true, .policy = VERDICT_ACCEPT};
    vec_push(f->arena, &f->chains, c);
    return &f->chains.v[f->chains.n - 1];
}

int packet_filter_link(struct packet_filter *f)
{
    size_t jumps = 0;
    if (f->chains.n > CHAINS_MAX)
        return -E2BIG;
    vec_each (c, &f->chains)
        vec_each (r, &c->rules) {
            if (!r->chain)
                continue;
            if (++jumps > JUMPS_MAX)
                return -E2BIG;
            const struct packet_chain *to = packet_chain_get(f, r->chain);
            r->target = to ? (size_t)(to - f->chains.v) + 1 : 0;
        }
    return 0;
}

struct packet_match packet_match_make(struct arena *a, size_t fields, size_t rows)
{
    return (struct packet_match){.fields = fields,
                                 .rows = rows,
                                 .field = arena_new_array(a, enum packet_field, fields),
                                 .value = arena_new_array(a, struct packet_value, fields * rows)};
}

struct packet_match packet_match_one(struct arena *a, enum packet_field field,
                                     struct packet_value value, bool negated)
{
    struct packet_match m = packet_match_make(a, 1, 1);
    m.field[0] = field;
    m.value[0] = value;
    m.negated = negated;
    return m;
}

static void put_number(unsigned char *bytes, unsigned n)
{
    memset(bytes, 0, 12);
    for (int i = 0; i < 4; i++)
        bytes[15 - i] = (unsigned char)(n >> (8 * i));
}

struct packet_value packet_number(unsigned lo, unsigned hi)
{
    struct packet_value v = {0};
    put_number(v.lo, lo);
    put_number(v.hi, hi);
    return v;
}

static int one_address(struct str s, unsigned *ret_family, unsigned char *ret)
{
    char text[64];
    if (!s.n || s.n >= sizeof text || memchr(s.p, '\0', s.n))
        return -EINVAL;
    (void)snprintf(text, sizeof text, "%.*s", STR_ARG(s));
    memset(ret, 0, 16);
    *ret_family = strchr(text, ':') ? 6 : 4;
    return inet_pton(*ret_family == 4 ? AF_INET : AF_INET6, text, ret) == 1 ? 0 : -EINVAL;
}

/* A prefix length or a mask of the address's own form. Masks with holes are not ranges. */
static int mask_bits(struct str s, unsigned family, unsigned *ret)
{
    unsigned char mask[16];
    unsigned of, bits = 0, width = family == 4 ? 32 : 128;
    int64_t n;
    if (str_to_int64(s, 10, &n) == 0) {
        if (n < 0 || n > width)
            return -EINVAL;
        *ret = (unsigned)n;
        return 0;
    }
    if (one_address(s, &of, mask) < 0 || of != family)
        return -EINVAL;
    while (bits < width && mask[bits / 8] & (0x80U >> (bits % 8)))
        bits++;
    for (unsigned b = bits; b < width; b++)
        if (mask[b / 8] & (0x80U >> (b % 8)))
            return -EINVAL;
    *ret = bits;
    return 0;
}

int packet_address(struct str text, struct packet_value *ret)
{
    struct packet_value v = {0};
    int slash = str_index(text, '/'), dash = str_index(text, '-');
    unsigned other;
    if (dash > 0) {
        if (one_address(str_slice(text, 0, (size_t)dash), &v.family, v.lo) < 0 ||
            one_address(str_slice(text, (size_t)dash + 1, text.n), &other, v.hi) < 0 ||
            other != v.family || memcmp(v.lo, v.hi, 16) > 0)
            return -EINVAL;
        *ret = v;
        return 0;
    }
    unsigned bits;
    struct str base = slash < 0 ? text : str_slice(text, 0, (size_t)slash);
    if (one_address(base, &v.family, v.lo) < 0)
        return -EINVAL;
    unsigned width = v.family == 4 ? 32 : 128;
    bits = width;
    if (slash >= 0 && mask_bits(str_slice(text, (size_t)slash + 1, text.n), v.family, &bits) < 0)
        return -EINVAL;
    memcpy(v.hi, v.lo, 16);
    for (unsigned b = bits; b < width; b++) {
        v.lo[b / 8] &= (unsigned char)~(0x80U >> (b % 8));
        v.hi[b / 8] |= (unsigned char)(0x80U >> (b % 8));
    }
    *ret = v;
    return 0;
}

int packet_port(struct host *h, struct str text, char between, struct packet_value *ret)
{
    int at = str_index(text, between);
    if (at == 0 || (at > 0 && (size_t)at + 1 == text.n)) { /* iptables: ":1024", "1024:" */
        struct packet_value one;
        if (between != ':' || text.n < 2)
            return -EINVAL;
        struct str side = at == 0 ? str_slice(text, 1, text.n) : str_slice(text, 0, text.n - 1);
        int r = packet_port(h, side, between, &one);
        if (r < 0)
            return r;
        *ret = packet_number(0, 65535);
        memcpy(at == 0 ? ret->hi : ret->lo, one.lo, 16);
        return 0;
    }
    if (at > 0) {
        struct str low = str_slice(text, 0, (size_t)at),
                   high = str_slice(text, (size_t)at + 1, text.n);
        int64_t a, b;
        if (str_to_int64(low, 10, &a) == 0 && str_to_int64(high, 10, &b) == 0) {
            if (a < 0 || b > 65535 || a > b)
                return -EINVAL;
            *ret = packet_number((unsigned)a, (unsigned)b);
            return 0;
        }
        if (between == ':')
            return -EINVAL;
    }
    int n = sshd_port(h, str_dup(h->arena, text)); /* by number or as /etc/services names it */
    if (n < 0)
        return -EINVAL;
    *ret = packet_number((unsigned)n, (unsigned)n);
    return 0;
}

int packet_packet(const char *address, unsigned port, const char *interface, struct packet *ret)
{
    struct packet p = {.port = port, .interface = interface};
    int r = one_address(str_of(address), &p.family, p.address);
    if (r == 0)
        *ret = p;
    return r;
}
