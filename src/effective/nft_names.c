/* Names that stand for numbers and states in nft rules. */
#include "effective/nft_parts.h"

#include <errno.h>

struct number_name {
    const char *name;
    unsigned number;
};

static const struct number_name protocols[] = {
    {"ip", 0},         {"icmp", 1},   {"igmp", 2},   {"tcp", 6},       {"udp", 17},
    {"dccp", 33},      {"gre", 47},   {"esp", 50},   {"ah", 51},       {"icmpv6", 58},
    {"ipv6-icmp", 58}, {"comp", 108}, {"sctp", 132}, {"udplite", 136}, {NULL, 0}};
static const struct number_name families[] = {{"ipv4", 4}, {"ip", 4},    {"ipv6", 6},
                                              {"ip6", 6},  {"2", 4},     {"10", 6},
                                              {"arp", 99}, {"vlan", 98}, {NULL, 0}};

static int named_number(const struct number_name *names, struct str s, struct packet_value *ret)
{
    int64_t n;
    for (const struct number_name *p = names; p->name; p++)
        if (str_is(s, p->name)) {
            *ret = packet_number(p->number, p->number);
            return 0;
        }
    if (names == families || str_to_int64(s, 10, &n) < 0 || n < 0 || n > 255)
        return -EINVAL;
    *ret = packet_number((unsigned)n, (unsigned)n);
    return 0;
}

int nft_protocol(struct str s, struct packet_value *ret)
{
    return named_number(protocols, s, ret);
}

int nft_family(struct str s, struct packet_value *ret)
{
    return named_number(families, s, ret);
}

bool nft_is_state(const char *s)
{
    static const char *const names[] = {"new", "established", "related", "invalid", "untracked"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (cstr_eq(s, names[i]))
            return true;
    return false;
}
