/*
 * One nft rule: selectors with values, sets and verdict maps.  What is not known makes the rule
 * doubtful; the scan goes on to its verdict.
 */
#include "effective/nft_parts.h"

#include <errno.h>

enum { FIELDS_MAX = 8, ROWS_MAX = 200000 };

struct compiler {
    struct nft *nft;
    const struct nft_rule_text *text;
    const struct nft_token *v;
    size_t n, at;
    struct packet_chain *chain;
    struct packet_rule rule;
    bool done; /* a verdict map has made the rules */
};

static bool is(const struct compiler *c, size_t at, const char *text)
{
    return at < c->n && c->v[at].kind != NFT_STRING && str_is(c->v[at].text, text);
}

static bool take(struct compiler *c, const char *text)
{
    bool found = is(c, c->at, text);
    c->at += found;
    return found;
}

static struct arena *arena_of(const struct compiler *c)
{
    return c->nft->host->arena;
}

static void add_match(struct compiler *c, struct packet_match m)
{
    vec_push(arena_of(c), &c->rule.matches, m);
}

static void add_one(struct compiler *c, enum packet_field field, struct packet_value v)
{
    add_match(c, packet_match_one(arena_of(c), field, v, false));
}

static void add_plain(struct compiler *c, enum packet_field field, bool negated)
{
    add_match(c, packet_match_one(arena_of(c), field, (struct packet_value){0}, negated));
}

/* ---- selectors ---- */

struct selector {
    const char *first, *second; /* "ip" "saddr" */
    enum packet_field field;
    unsigned family, protocol; /* implied; 0: none */
};

static const struct selector selectors[] = {
    {"ip", "saddr", FIELD_SOURCE, 4, 0},       {"ip6", "saddr", FIELD_SOURCE, 6, 0},
    {"ip", "daddr", FIELD_LOCAL, 4, 0},        {"ip6", "daddr", FIELD_LOCAL, 6, 0},
    {"ip", "protocol", FIELD_PROTOCOL, 4, 0},  {"ip6", "nexthdr", FIELD_PROTOCOL, 6, 0},
    {"meta", "l4proto", FIELD_PROTOCOL, 0, 0}, {"meta", "nfproto", FIELD_FAMILY, 0, 0},
    {"meta", "protocol", FIELD_FAMILY, 0, 0},  {"ether", "type", FIELD_FAMILY, 0, 0},
    {"tcp", "dport", FIELD_PORT, 0, 6},        {"th", "dport", FIELD_PORT, 0, 0},
    {"tcp", "sport", FIELD_SOMETIMES, 0, 6}, /* the other side chooses it */
    {"th", "sport", FIELD_SOMETIMES, 0, 0},    {"meta", "iifname", FIELD_INTERFACE, 0, 0},
    {"meta", "iif", FIELD_INTERFACE, 0, 0},    {"ct", "state", FIELD_STATE, 0, 0},
};

/* -ENOENT: not a selector that we know. */
static int take_selector(struct compiler *c, const struct selector **ret)
{
    static const char *const bare[] = {"l4proto", "nfproto", "protocol", "iifname", "iif"};
    for (size_t i = 0; i < sizeof selectors / sizeof *selectors; i++) {
        const struct selector *s = &selectors[i];
        bool alone = cstr_eq(s->first, "meta") && is(c, c->at, s->second);
        bool known = false;
        for (size_t k = 0; k < sizeof bare / sizeof *bare; k++)
            known = known || cstr_eq(s->second, bare[k]);
        if (alone && known) {
            c->at++;
            *ret = s;
            return 0;
        }
        if (is(c, c->at, s->first) && is(c, c->at + 1, s->second)) {
            c->at += 2;
            *ret = s;
            return 0;
        }
    }
    return -ENOENT;
}

/* ---- values ---- */

static int field_value(struct compiler *c, const struct selector *s, const struct nft_token *t,
                       struct packet_value *ret)
{
    struct host *h = c->nft->host;
    switch (s->field) {
    case FIELD_SOURCE:
    case FIELD_LOCAL: {
        int r = packet_address(t->text, ret);
        return r == 0 && ret->family != s->family ? -EINVAL : r;
    }
    case FIELD_PORT:
        return packet_port(h, t->text, '-', ret);
    case FIELD_PROTOCOL:
        return nft_protocol(t->text, ret);
    case FIELD_FAMILY:
        return nft_family(t->text, ret);
    case FIELD_STATE:
        ret->name = str_dup(h->arena, t->text);
        return nft_is_state(ret->name) ? 0 : -EINVAL; /* also written as a number: in doubt */
    case FIELD_INTERFACE:
        ret->name = str_dup(h->arena, t->text);
        return strchr(ret->name, '\\') ? -EINVAL : 0;
    default:
        return 0; /* sometimes: whatever the value */
    }
}

/* One element: a value, or "a . b" for the selectors; joined ranges "a - b" are one word. */
static int element(struct compiler *c, const struct nft_token *v, size_t n,
                   const struct selector *const *s, size_t fields, struct packet_value *row)
{
    size_t at = 0;
    for (size_t k = 0; k < fields; k++) {
        if (k > 0 && (at >= n || !str_is(v[at++].text, ".")))
            return -EINVAL;
        if (at >= n || v[at].kind == NFT_SIGN)
            return -EINVAL;
        struct nft_token t = v[at++];
        if (at + 1 < n && str_is(v[at].text, "-")) {
            t.text = str_of(
                arena_printf(arena_of(c), "%.*s-%.*s", STR_ARG(t.text), STR_ARG(v[at + 1].text)));
            at += 2;
        }
        int r = field_value(c, s[k], &t, &row[k]);
        if (r < 0)
            return r;
    }
    /* what may follow: timeout, expires, counter, comment; anything else we do not know */
    bool known = at == n || str_is(v[at].text, "timeout") || str_is(v[at].text, "expires") ||
                 str_is(v[at].text, "counter") || str_is(v[at].text, "comment");
    return known ? 0 : -EINVAL;
}

static size_t element_end(const struct nft_token *v, size_t n, size_t from)
{
    while (from < n && !(v[from].kind == NFT_SIGN && str_is(v[from].text, ",")))
        from++;
    return from;
}

static size_t key_end(const struct nft_token *v, size_t from, size_t to)
{
    while (from < to && !(v[from].kind == NFT_SIGN && str_is(v[from].text, ":")))
        from++;
    return from;
}

static int rows_of(struct compiler *c, const struct nft_token *v, size_t n,
                   const struct selector *const *s, size_t fields, struct packet_match *ret)
{
    size_t rows = 0;
    for (size_t i = 0; i < n; i = element_end(v, n, i) + 1)
        rows++;
    if (rows > ROWS_MAX)
        return -E2BIG;
    *ret = packet_match_make(arena_of(c), fields, rows);
    for (size_t k = 0; k < fields; k++)
        ret->field[k] = s[k]->field;
    rows = 0;
    for (size_t i = 0; i < n; i = element_end(v, n, i) + 1) {
        size_t end = element_end(v, n, i);
        if (i == end)
            continue; /* a comma at the end */
        int r = element(c, v + i, key_end(v, i, end) - i, s, fields, &ret->value[rows * fields]);
        if (r < 0)
            return r;
        rows++;
    }
    ret->rows = rows;
    return 0;
}

/* ---- verdicts ---- */

static bool verdict_at(struct compiler *c, size_t *at, enum packet_verdict *ret,
                       const char **ret_chain)
{
    static const struct {
        const char *word;
        enum packet_verdict verdict;
    } words[] = {
        {"accept", VERDICT_ACCEPT}, {"drop", VERDICT_DROP},     {"reject", VERDICT_DROP},
        {"return", VERDICT_RETURN}, {"continue", VERDICT_NONE}, {"jump", VERDICT_JUMP},
        {"goto", VERDICT_GOTO},     {"queue", VERDICT_DOUBT},   {"redirect", VERDICT_DOUBT},
        {"dnat", VERDICT_DOUBT},    {"tproxy", VERDICT_DOUBT},  {"synproxy", VERDICT_DOUBT},
        {"fwd", VERDICT_DOUBT}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!is(c, *at, words[i].word))
            continue;
        *ret = words[i].verdict;
        ++*at;
        if (*ret == VERDICT_JUMP || *ret == VERDICT_GOTO) {
            if (*at >= c->n)
                *ret = VERDICT_DOUBT;
            else
                *ret_chain =
                    arena_printf(arena_of(c), "%s %.*s", c->text->table, STR_ARG(c->v[*at].text));
            ++*at;
        }
        return true;
    }
    return false;
}

static void push_rule(struct compiler *c, struct packet_rule r)
{
    vec_push(arena_of(c), &c->chain->rules, r);
}

/* Each element of a verdict map is a rule of its own. */
static void map_rules(struct compiler *c, const struct nft_token *v, size_t n,
                      const struct selector *const *s, size_t fields)
{
    struct packet_rule last = {0}; /* the "*" element holds when no other does */
    bool has_last = false;
    for (size_t i = 0; i < n; i = element_end(v, n, i) + 1) {
        size_t end = element_end(v, n, i), colon = key_end(v, i, end);
        if (i == end)
            continue;
        struct packet_rule r = c->rule;
        struct packet_match m;
        struct compiler sub = *c;
        sub.v = v;
        sub.n = end;
        size_t at = colon + 1;
        r.matches.cap = r.matches.n; /* the rows of others are not written over */
        if (!verdict_at(&sub, &at, &r.verdict, &r.chain))
            r.verdict = VERDICT_DOUBT;
        if (colon == i + 1 && str_is(v[i].text, "*")) {
            last = r;
            has_last = true;
            continue;
        }
        if (rows_of(c, v + i, colon - i, s, fields, &m) < 0)
            m = packet_match_one(arena_of(c), FIELD_DOUBT, (struct packet_value){0}, false);
        vec_push(arena_of(c), &r.matches, m);
        push_rule(c, r);
    }
    if (has_last)
        push_rule(c, last);
    c->done = true;
}

/* ---- expressions ---- */

/* The elements in braces at the current place. */
static void take_braces(struct compiler *c, const struct nft_token **ret, size_t *ret_n)
{
    struct nft_tokens flat = {0};
    unsigned depth = 1;
    while (c->at < c->n && depth) {
        const struct nft_token *t = &c->v[c->at++];
        bool open = t->kind == NFT_SIGN && str_is(t->text, "{");
        bool close = t->kind == NFT_SIGN && str_is(t->text, "}");
        depth += open ? 1U : 0U;
        depth -= close ? 1U : 0U;
        if (!open && !close)
            vec_push(arena_of(c), &flat, *t);
    }
    *ret = flat.v;
    *ret_n = flat.n;
}

static bool take_set(struct compiler *c, const struct nft_token **ret, size_t *ret_n)
{
    *ret_n = 0;
    if (take(c, "{")) {
        take_braces(c, ret, ret_n);
        return true;
    }
    if (c->at >= c->n || !str_starts(c->v[c->at].text, "@"))
        return false;
    struct str name = c->v[c->at++].text;
    const char *full =
        arena_printf(arena_of(c), "%s %.*s", c->text->table, (int)name.n - 1, name.p + 1);
    const struct nft_set *set = nft_set_find(c->nft, full);
    if (!set)
        return false;
    *ret = set->elements.v;
    *ret_n = set->elements.n;
    return true;
}

/* "value", "value,value" (flags), "a-b", "a - b" */
static void take_values(struct compiler *c, const struct nft_token **ret, size_t *ret_n)
{
    size_t from = c->at++;
    while (c->at + 1 < c->n && (is(c, c->at, ",") || is(c, c->at, "-") || is(c, c->at, ".")))
        c->at += 2;
    *ret = c->v + from;
    *ret_n = (c->at < c->n ? c->at : c->n) - from;
}

static void doubt_if(struct compiler *c, bool doubtful, struct packet_match m)
{
    if (doubtful)
        add_plain(c, FIELD_DOUBT, false);
    else
        add_match(c, m);
}

static void implied(struct compiler *c, const struct selector *s)
{
    if (s->family)
        add_one(c, FIELD_FAMILY, packet_number(s->family, s->family));
    if (s->protocol)
        add_one(c, FIELD_PROTOCOL, packet_number(s->protocol, s->protocol));
}

static bool compare_numbers(struct compiler *c, const struct selector *s)
{
    bool less = is(c, c->at, "<"), at_most = is(c, c->at, "<="), at_least = is(c, c->at, ">=");
    if (!less && !at_most && !at_least && !is(c, c->at, ">"))
        return false;
    struct packet_value v = {0};
    c->at++;
    int r = c->at < c->n && s->field == FIELD_PORT
                ? packet_port(c->nft->host, c->v[c->at].text, '-', &v)
                : -EINVAL;
    c->at++;
    unsigned n = (unsigned)v.lo[14] << 8 | v.lo[15];
    struct packet_value range = less       ? packet_number(0, n ? n - 1 : 0)
                                : at_most  ? packet_number(0, n)
                                : at_least ? packet_number(n, 65535)
                                           : packet_number(n < 65535 ? n + 1 : n, 65535);
    bool never = (less && n == 0) || (!less && !at_most && !at_least && n == 65535);
    if (never)
        add_plain(c, FIELD_ALWAYS, true);
    else
        doubt_if(c, r < 0, packet_match_one(arena_of(c), FIELD_PORT, range, false));
    return true;
}

static void expression(struct compiler *c, const struct selector *first)
{
    const struct selector *s[FIELDS_MAX] = {first};
    const struct nft_token *v = NULL;
    size_t fields = 1, n = 0;
    implied(c, first);
    while (take(c, ".")) {
        if (fields == FIELDS_MAX || take_selector(c, &s[fields]) < 0) {
            add_plain(c, FIELD_DOUBT, false);
            return;
        }
        implied(c, s[fields++]);
    }
    if (take(c, "vmap")) {
        if (take_set(c, &v, &n))
            map_rules(c, v, n, s, fields);
        else
            add_plain(c, FIELD_DOUBT, false);
        return;
    }
    if (compare_numbers(c, first))
        return;
    bool negated = take(c, "!=") || take(c, "!"), equal = !negated && take(c, "==");
    bool set = is(c, c->at, "{") || (c->at < c->n && str_starts(c->v[c->at].text, "@"));
    if (is(c, c->at, "&") || is(c, c->at, "set") || is(c, c->at, "^") || is(c, c->at, "|") ||
        c->at >= c->n) {
        add_plain(c, FIELD_DOUBT, false);
        return;
    }
    struct packet_match m;
    if (!set)
        take_values(c, &v, &n);
    bool doubtful = (set && !take_set(c, &v, &n)) || rows_of(c, v, n, s, fields, &m) < 0;
    /* several state bits are a mask: only "any of them" is certain */
    if (first->field == FIELD_STATE && !set && n > 1 && (negated || equal))
        doubtful = true;
    if (!doubtful)
        m.negated = negated && first->field != FIELD_SOMETIMES;
    doubt_if(c, doubtful, m);
}

/* ---- the other words of a rule ---- */

static unsigned flag_bits(struct compiler *c, bool *ret_known)
{
    static const char *const names[] = {"fin", "syn", "rst", "psh", "ack", "urg", "ecn", "cwr"};
    unsigned bits = 0;
    *ret_known = false;
    bool braces = take(c, "(");
    for (;; c->at++) {
        bool found = false;
        for (unsigned i = 0; i < 8; i++)
            if (is(c, c->at, names[i])) {
                bits |= 1U << i;
                found = *ret_known = true;
            }
        if (!found)
            break;
        if (!is(c, c->at + 1, ",") && !is(c, c->at + 1, "|")) {
            c->at++;
            break;
        }
        c->at++;
    }
    if (braces)
        (void)take(c, ")");
    return bits;
}

/* "tcp flags syn", "tcp flags & (fin|syn) == syn", "tcp flags syn / fin,syn": of a lone SYN. */
static void tcp_flags(struct compiler *c)
{
    enum { SYN = 2 };
    bool known, holds;
    add_one(c, FIELD_PROTOCOL, packet_number(6, 6));
    if (take(c, "&")) {
        unsigned mask = flag_bits(c, &known);
        bool negated = take(c, "!="), equal = negated || take(c, "==");
        bool zero = take(c, "0x0") || take(c, "0");
        bool also = true;
        unsigned value = zero ? 0 : flag_bits(c, &also);
        known = known && equal && also;
        holds = ((SYN & mask) == value) != negated;
    } else {
        bool negated = take(c, "!="), equal = !negated && take(c, "==");
        unsigned value = flag_bits(c, &known), mask = 255;
        if (take(c, "/")) {
            bool also;
            mask = flag_bits(c, &also);
            known = known && also;
            holds = ((SYN & mask) == value) != negated;
        } else
            holds = negated || equal ? (value == SYN) != negated : (value & SYN) != 0;
    }
    add_plain(c, known ? FIELD_ALWAYS : FIELD_DOUBT, known && !holds);
}

/* fib(8) questions whose answer is the same for every packet from outside to this host. The
 * reverse path of an address out there exists: by the default route. */
static void fib(struct compiler *c)
{
    size_t from = c->at;
    bool source = is(c, c->at, "saddr"), oif = false, type = false, missing = false, local = false;
    bool negated = false;
    unsigned values = 0;
    for (; c->at < c->n; c->at++) {
        oif = oif || is(c, c->at, "oif") || is(c, c->at, "oifname");
        type = type || is(c, c->at, "type");
        if (!(oif || type) || is(c, c->at, "oif") || is(c, c->at, "type"))
            continue;
        if (is(c, c->at, "!="))
            negated = true;
        else if (is(c, c->at, "missing") || is(c, c->at, "local") || is(c, c->at, "broadcast") ||
                 is(c, c->at, "multicast") || is(c, c->at, "anycast") || is(c, c->at, "unicast")) {
            missing = missing || is(c, c->at, "missing");
            local = local || is(c, c->at, "local");
            values++;
        } else if (!is(c, c->at, "{") && !is(c, c->at, "}") && !is(c, c->at, ",") &&
                   !is(c, c->at, "=="))
            break;
    }
    if (oif && source && missing && !negated)
        add_plain(c, FIELD_ALWAYS, true);
    else if (type && !oif && values && !source)
        add_plain(c, FIELD_ALWAYS, local == negated);
    else
        add_plain(c, FIELD_DOUBT, false);
    c->at = c->at == from ? from + 1 : c->at;
}

static void limit(struct compiler *c)
{
    static const char *const words[] = {"rate", "over", "burst", "packets", "bytes"};
    (void)take(c, "count");
    for (; c->at < c->n; c->at++) {
        bool known =
            c->v[c->at].text.n && c->v[c->at].text.p[0] >= '0' && c->v[c->at].text.p[0] <= '9';
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            known = known || is(c, c->at, words[i]);
        if (!known && !(c->at > 0 && is(c, c->at - 1, "bytes")))
            break;
    }
    add_plain(c, FIELD_SOMETIMES, false);
}

/* Words that neither match nor decide, with what belongs to them. */
static bool skip_plain(struct compiler *c)
{
    static const char *const with_value[] = {
        "comment",         "prefix",  "level", "group",  "snaplen",
        "queue-threshold", "packets", "bytes", "handle", "name"};
    if (c->v[c->at].kind == NFT_STRING) {
        c->at++;
        return true;
    }
    if (take(c, "counter") || take(c, "log"))
        return true;
    for (size_t i = 0; i < sizeof with_value / sizeof *with_value; i++)
        if (take(c, with_value[i])) {
            c->at++;
            return true;
        }
    return false;
}

/* "add @set { ip saddr limit rate over 3/minute }": as a match, at most a limit. */
static void dynamic_set(struct compiler *c)
{
    bool limits = false;
    while (c->at < c->n && !is(c, c->at, "}")) {
        limits = limits || is(c, c->at, "limit") || is(c, c->at, "count");
        c->at++;
    }
    c->at++;
    if (limits)
        add_plain(c, FIELD_SOMETIMES, false);
}

static const char *const other_protocols[] = {"udp",  "sctp",    "dccp", "icmp", "icmpv6",
                                              "igmp", "udplite", "esp",  "ah",   "arp"};

static void word(struct compiler *c)
{
    const struct selector *s;
    size_t before = c->at;
    if (is(c, c->at, "tcp") && is(c, c->at + 1, "flags")) {
        c->at += 2;
        tcp_flags(c);
    } else if (take_selector(c, &s) == 0)
        expression(c, s);
    else if (take(c, "fib"))
        fib(c);
    else if (take(c, "limit") || (is(c, c->at, "ct") && is(c, c->at + 1, "count"))) {
        c->at += is(c, c->at, "ct") ? 1U : 0U;
        limit(c);
    } else if (take(c, "notrack"))
        c->nft->filter->untracked = true;
    else if ((is(c, c->at, "add") || is(c, c->at, "update") || is(c, c->at, "meter")) &&
             c->at + 1 < c->n)
        dynamic_set(c);
    else if (is(c, c->at + 2, "set") && (is(c, c->at, "meta") || is(c, c->at, "ct")))
        c->at += 4; /* marks, priorities, helpers */
    else if (!skip_plain(c)) {
        for (size_t i = 0; i < sizeof other_protocols / sizeof *other_protocols; i++)
            if (is(c, c->at, other_protocols[i])) { /* not our packet, whatever follows */
                add_plain(c, FIELD_ALWAYS, true);
                c->at++;
                return;
            }
        add_plain(c, FIELD_DOUBT, false);
        c->at = before + 1;
    }
}

void nft_compile(struct nft *n, const struct nft_rule_text *text, struct packet_chain *chain)
{
    struct compiler c = {.nft = n,
                         .text = text,
                         .v = text->tokens.v,
                         .n = text->tokens.n,
                         .chain = chain,
                         .rule = {.where = {text->tokens.v[0].path, text->tokens.v[0].line}}};
    if (text->doubtful)
        add_plain(&c, FIELD_DOUBT, false);
    while (c.at < c.n && !c.done) {
        size_t at = c.at;
        if (verdict_at(&c, &c.at, &c.rule.verdict, &c.rule.chain)) {
            n->filter->redirects |= is(&c, at, "redirect") || is(&c, at, "dnat");
            break;
        }
        word(&c);
    }
    if (!c.done)
        push_rule(&c, c.rule);
}
