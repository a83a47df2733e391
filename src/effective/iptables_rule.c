/* One rule: options of iptables(8), each with its arguments, and the target. */
#include "effective/iptables_parts.h"

#include <errno.h>

struct rule_reader {
    struct iptables *t;
    const struct strings *w;
    size_t at;
    struct packet_rule *rule;
    bool negated;
    bool target; /* seen: options that are not matches are its own */
};

static const char *next(struct rule_reader *r)
{
    return r->at < r->w->n ? r->w->v[r->at++] : NULL;
}

static void add(struct rule_reader *r, enum packet_field field, struct packet_value v)
{
    vec_push(r->t->host->arena, &r->rule->matches,
             packet_match_one(r->t->host->arena, field, v, r->negated));
}

static void add_plain(struct rule_reader *r, enum packet_field field, bool holds)
{
    bool negated = r->negated;
    r->negated = field == FIELD_ALWAYS ? holds == negated : negated;
    add(r, field, (struct packet_value){0});
    r->negated = negated;
}

static int protocol_value(const char *s, struct packet_value *ret)
{
    static const struct {
        const char *name;
        unsigned number;
    } names[] = {{"tcp", 6},    {"udp", 17},  {"icmp", 1},        {"icmpv6", 58}, {"ipv6-icmp", 58},
                 {"sctp", 132}, {"dccp", 33}, {"udplite", 136},   {"esp", 50},    {"ah", 51},
                 {"gre", 47},   {"igmp", 2},  {"ipv6-nonxt", 59}, {"vrrp", 112},  {"ospf", 89}};
    int64_t n;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (cstr_eq_nocase(names[i].name, s)) {
            *ret = packet_number(names[i].number, names[i].number);
            return 0;
        }
    if (str_to_int64(str_of(s), 10, &n) < 0 || n < 0 || n > 255)
        return -EINVAL;
    *ret = packet_number((unsigned)n, (unsigned)n);
    return 0;
}

static void protocol(struct rule_reader *r, const char *arg)
{
    struct packet_value v;
    if (cstr_eq_nocase(arg, "all") || cstr_eq(arg, "0"))
        add_plain(r, FIELD_ALWAYS, true);
    else if (protocol_value(arg, &v) == 0)
        add(r, FIELD_PROTOCOL, v);
    else
        add_plain(r, FIELD_DOUBT, true);
}

/* "a,b": any of them; `one` reads each. */
static void list(struct rule_reader *r, enum packet_field field, const char *arg,
                 int (*one)(struct rule_reader *r, struct str s, struct packet_value *ret))
{
    struct str rest = str_of(arg), s;
    size_t n = 0;
    while (str_next_field(&rest, ',', &s))
        n++;
    struct packet_match m = packet_match_make(r->t->host->arena, 1, n);
    m.field[0] = field;
    m.negated = r->negated;
    m.rows = 0;
    rest = str_of(arg);
    while (str_next_field(&rest, ',', &s))
        if (one(r, s, &m.value[m.rows++]) < 0) {
            add_plain(r, FIELD_DOUBT, true);
            return;
        }
    vec_push(r->t->host->arena, &r->rule->matches, m);
}

static int address_value(struct rule_reader *r, struct str s, struct packet_value *ret)
{
    int code = packet_address(s, ret);
    return code == 0 && ret->family != r->t->family ? -EINVAL : code;
}

static int port_value(struct rule_reader *r, struct str s, struct packet_value *ret)
{
    return packet_port(r->t->host, s, ':', ret);
}

static int state_value(struct rule_reader *r, struct str s, struct packet_value *ret)
{
    ret->name = str_dup(r->t->host->arena, s);
    return 0;
}

static int interface_value(struct rule_reader *r, struct str s, struct packet_value *ret)
{
    ret->name = str_ends(s, "+") ? arena_printf(r->t->host->arena, "%.*s*", (int)s.n - 1, s.p)
                                 : str_dup(r->t->host->arena, s);
    return 0;
}

static unsigned flag_bits(const char *arg, bool *ret_known)
{
    static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG"};
    unsigned bits = 0;
    struct str rest = str_of(arg), s;
    while (str_next_field(&rest, ',', &s)) {
        unsigned bit = str_is_nocase(s, "NONE") ? 64 : str_is_nocase(s, "ALL") ? 63 : 0;
        for (unsigned i = 0; i < 6; i++)
            if (str_is_nocase(s, names[i]))
                bit = 1U << i;
        *ret_known = *ret_known && bit;
        bits |= bit & 63;
    }
    return bits;
}

static void tcp_flags(struct rule_reader *r, const char *mask, const char *set)
{
    bool known = mask && set;
    unsigned m = known ? flag_bits(mask, &known) : 0, v = known ? flag_bits(set, &known) : 0;
    if (known)
        add_plain(r, FIELD_ALWAYS, (2U & m) == v);
    else
        add_plain(r, FIELD_DOUBT, true);
}

/* -m addrtype and pkttype: one type, of our packet */
static void address_type(struct rule_reader *r, const char *arg, bool source)
{
    struct str rest = str_of(arg), s;
    bool local = false, other = false;
    while (str_next_field(&rest, ',', &s)) {
        local = local || str_is_nocase(s, source ? "UNICAST" : "LOCAL");
        other = other || !(str_is_nocase(s, "LOCAL") || str_is_nocase(s, "BROADCAST") ||
                           str_is_nocase(s, "MULTICAST") || str_is_nocase(s, "ANYCAST") ||
                           str_is_nocase(s, "UNICAST"));
    }
    if (other && !local)
        add_plain(r, FIELD_DOUBT, true);
    else
        add_plain(r, FIELD_ALWAYS, local);
}

static bool is_any(const char *s, const char *const *words)
{
    for (; *words; words++)
        if (cstr_eq(s, *words))
            return true;
    return false;
}

/* Options with one argument that select by value. */
static bool value_option(struct rule_reader *r, const char *o)
{
    static const struct {
        const char *name;
        enum packet_field field;
        int (*one)(struct rule_reader *r, struct str s, struct packet_value *ret);
    } options[] = {
        {"-s", FIELD_SOURCE, address_value},
        {"--source", FIELD_SOURCE, address_value},
        {"--src", FIELD_SOURCE, address_value},
        {"--src-range", FIELD_SOURCE, address_value},
        {"-d", FIELD_LOCAL, address_value},
        {"--destination", FIELD_LOCAL, address_value},
        {"--dst", FIELD_LOCAL, address_value},
        {"--dst-range", FIELD_LOCAL, address_value},
        {"-i", FIELD_INTERFACE, interface_value},
        {"--in-interface", FIELD_INTERFACE, interface_value},
        {"--dport", FIELD_PORT, port_value},
        {"--destination-port", FIELD_PORT, port_value},
        {"--dports", FIELD_PORT, port_value},
        {"--destination-ports", FIELD_PORT, port_value},
        {"--state", FIELD_STATE, state_value},
        {"--ctstate", FIELD_STATE, state_value},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (!cstr_eq(o, options[i].name))
            continue;
        const char *arg = next(r);
        if (arg)
            list(r, options[i].field, arg, options[i].one);
        return true;
    }
    return false;
}

static void skip_arguments(struct rule_reader *r)
{
    while (r->at < r->w->n && r->w->v[r->at][0] != '-' && !cstr_eq(r->w->v[r->at], "!"))
        r->at++;
}

static bool is_limit(const char *o)
{
    static const char *const words[] = {
        "--rcheck", "--update",      "--remove",      "--every",        "--mode", "--sport",
        "--sports", "--source-port", "--probability", "--source-ports", NULL};
    return cstr_starts(o, "--limit") || cstr_starts(o, "--hashlimit") ||
           cstr_starts(o, "--connlimit-a") || cstr_starts(o, "--connlimit-upto") ||
           is_any(o, words);
}

static bool is_remark(const char *o)
{
    static const char *const words[] = {"--comment",
                                        "--set",
                                        "--name",
                                        "--rsource",
                                        "--rdest",
                                        "--seconds",
                                        "--hitcount",
                                        "--rttl",
                                        "--reap",
                                        "--mask",
                                        "--limit-burst",
                                        "--packet",
                                        "--connlimit-mask",
                                        "--connlimit-saddr",
                                        "-m",
                                        "--match",
                                        "--limit-iface-in",
                                        "--loose",
                                        "--validmark",
                                        "--accept-local",
                                        "-c",
                                        "--set-counters",
                                        "--connlimit-daddr",
                                        "-n",
                                        NULL};
    return is_any(o, words);
}

/* Matches of headers that the first packet of a plain TCP connection does not have: no inversion
 * makes them hold (ip6tables-extensions(8)).  ufw drops --rt-type 0 before everything else. */
static bool is_absent_header(const char *o)
{
    static const char *const words[] = {
        "--rt-type",    "--rt-segsleft", "--rt-len",   "--fragid",  "--fraglen",  "--fragres",
        "--fragfirst",  "--fragmore",    "--fraglast", "--dst-len", "--dst-opts", "--hbh-len",
        "--hbh-opts",   "--mh-type",     "--espspi",   "--ahspi",   "--ahlen",    "--rt-0-res",
        "--rt-0-addrs", "--chunk-types", NULL};
    return is_any(o, words);
}

static void flag_option(struct rule_reader *r, const char *o)
{
    if (is_absent_header(o)) {
        r->negated = false;
        skip_arguments(r);
        add_plain(r, FIELD_ALWAYS, false);
        return;
    }
    if (cstr_eq(o, "--syn")) {
        add_plain(r, FIELD_ALWAYS, true);
    } else if (cstr_eq(o, "--tcp-flags")) {
        const char *mask = next(r), *set = next(r);
        tcp_flags(r, mask, set);
    } else if (cstr_eq(o, "-f") || cstr_eq(o, "--fragment")) {
        add_plain(r, FIELD_ALWAYS, false);
    } else if (cstr_eq(o, "--invert")) {
        add_plain(r, FIELD_ALWAYS, false); /* rpfilter: the way back exists, by the default route */
    } else if (cstr_eq(o, "--dst-type") || cstr_eq(o, "--src-type")) {
        const char *arg = next(r);
        address_type(r, arg ? arg : "", cstr_eq(o, "--src-type"));
    } else if (cstr_eq(o, "--pkt-type")) {
        const char *arg = next(r);
        add_plain(r, FIELD_ALWAYS, cstr_eq_nocase(arg, "unicast") || cstr_eq_nocase(arg, "host"));
    } else if (is_remark(o)) {
        skip_arguments(r);
    } else if (is_limit(o)) {
        skip_arguments(r);
        add_plain(r, FIELD_SOMETIMES, true);
    } else {
        skip_arguments(r);
        if (!r->target)
            add_plain(r, FIELD_DOUBT, true);
    }
}

static void target(struct rule_reader *r, const char *name, bool go)
{
    static const char *const passing[] = {
        "LOG",         "NFLOG",    "ULOG", "MARK", "CONNMARK",  "TCPMSS", "AUDIT",       "TRACE",
        "SET",         "CLASSIFY", "DSCP", "TOS",  "TTL",       "HL",     "CHECKSUM",    "SECMARK",
        "CONNSECMARK", "NOTRACK",  "CT",   "TEE",  "IDLETIMER", "LED",    "TCPOPTSTRIP", NULL};
    static const char *const doubtful[] = {"QUEUE",    "NFQUEUE", "DNAT",   "REDIRECT", "TPROXY",
                                           "SYNPROXY", "TARPIT",  "NETMAP", NULL};
    struct packet_rule *rule = r->rule;
    r->target = true;
    if (cstr_eq(name, "ACCEPT"))
        rule->verdict = VERDICT_ACCEPT;
    else if (cstr_eq(name, "DROP") || cstr_eq(name, "REJECT"))
        rule->verdict = VERDICT_DROP;
    else if (cstr_eq(name, "RETURN"))
        rule->verdict = VERDICT_RETURN;
    else if (is_any(name, passing)) {
        bool notrack = cstr_eq(name, "NOTRACK");
        for (size_t i = r->at; i < r->w->n; i++)
            notrack = notrack || cstr_eq(r->w->v[i], "--notrack");
        r->t->filter->untracked |= notrack;
    } else if (is_any(name, doubtful)) {
        rule->verdict = VERDICT_DOUBT;
        r->t->filter->redirects |= cstr_eq(name, "REDIRECT") || cstr_eq(name, "DNAT");
    } else {
        rule->verdict = go ? VERDICT_GOTO : VERDICT_JUMP;
        rule->chain =
            arena_printf(r->t->host->arena, "ip%u %s %s", r->t->family, r->t->table, name);
    }
}

int iptables_rule(struct iptables *t, const struct strings *words, size_t first,
                  struct packet_rule *ret)
{
    struct rule_reader r = {.t = t, .w = words, .at = first, .rule = ret};
    for (const char *o; (o = next(&r));) {
        r.negated = cstr_eq(o, "!");
        if (r.negated && !(o = next(&r)))
            return -EINVAL;
        if (*o != '-')
            return -EINVAL;
        if ((cstr_eq(o, "-4") || cstr_eq(o, "--ipv4")   ? 4U
             : cstr_eq(o, "-6") || cstr_eq(o, "--ipv6") ? 6U
                                                        : t->family) != t->family)
            return -ENOENT;
        if (cstr_eq(o, "-4") || cstr_eq(o, "-6") || cstr_eq(o, "--ipv4") || cstr_eq(o, "--ipv6") ||
            value_option(&r, o))
            continue;
        bool jump = cstr_eq(o, "-j") || cstr_eq(o, "--jump");
        if (jump || cstr_eq(o, "-g") || cstr_eq(o, "--goto")) {
            const char *name = next(&r);
            if (!name)
                return -EINVAL;
            target(&r, name, !jump);
        } else if (cstr_eq(o, "-p") || cstr_eq(o, "--protocol") || cstr_eq(o, "--proto")) {
            const char *arg = next(&r);
            if (!arg)
                return -EINVAL;
            protocol(&r, arg);
        } else
            flag_option(&r, o);
    }
    return 0;
}
