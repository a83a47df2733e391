/*
 * A finite set of connections that stands for all of them.  For every attribute that Match lines
 * (and USER@HOST patterns) look at, the possible values fall into classes that all lines treat
 * alike; one value of each class is kept: all accounts of the root, a witness of every pattern, and
 * for networks the first and last address inside and the neighbours outside.  Combinations of
 * classes that make the same Match lines hold are one context.
 */
#include "effective/sshd_parts.h"

#include <arpa/inet.h>
#include <errno.h>

#include "base/cleanup.h"
#include "root/accounts.h"

enum { COMBINATIONS_MAX = 50000, CONTEXTS_MAX = 1024, CANDIDATES_MAX = 100000, CLASSES_MAX = 4096 };

struct candidate {
    const char *value;
    bool invalid;
    const char *signature; /* one character per criterion on this attribute */
};

struct candidates {
    struct candidate *v;
    size_t n, cap;
};

struct search {
    const struct sshd *conf;
    struct arena *arena;
    bool dns; /* UseDNS yes: host names are their own attribute */
    struct strings users, addresses, hosts, locals, domains; /* pattern lists of the criteria */
    struct strings groups;
    struct strings ports;
    bool invalid_user;
    struct candidates by_user, by_address, by_host, by_local, by_port, by_domain;
};

static void collect_criterion(struct search *s, const struct sshd_criterion *c)
{
    switch (c->by) {
    case SSHD_BY_USER:
        strings_add(s->arena, &s->users, c->argument);
        break;
    case SSHD_BY_GROUP:
        strings_add(s->arena, &s->groups, c->argument);
        break;
    case SSHD_BY_HOST:
        strings_add(s->arena, &s->hosts, c->argument);
        break;
    case SSHD_BY_ADDRESS:
        strings_add(s->arena, &s->addresses, c->argument);
        break;
    case SSHD_BY_LOCAL_ADDRESS:
        strings_add(s->arena, &s->locals, c->argument);
        break;
    case SSHD_BY_RDOMAIN:
        strings_add(s->arena, &s->domains, c->argument);
        break;
    case SSHD_BY_LOCAL_PORT:
        strings_add(s->arena, &s->ports, arena_printf(s->arena, "%u", c->port));
        break;
    case SSHD_BY_INVALID_USER:
        s->invalid_user = true;
        break;
    default:
        break;
    }
}

/* The host part of AllowUsers and DenyUsers decides like a Match address or host. */
static void collect_user_pattern(struct search *s, const struct sshd_step *step)
{
    if (sshd_options[step->option].kind != SSHD_USERS)
        return;
    for (size_t i = 0; i < step->values.n; i++) {
        const char *at = strrchr(step->values.v[i], '@');
        if (at) {
            strings_add(s->arena, &s->addresses, at + 1);
            strings_add(s->arena, &s->hosts, at + 1);
        }
    }
}

static void add_candidate(struct search *s, struct candidates *list, const char *value,
                          bool invalid, const char *signature)
{
    for (size_t i = 0; i < list->n; i++)
        if (cstr_eq(list->v[i].signature, signature))
            return;
    if (list->n < CLASSES_MAX)
        vec_push(s->arena, list, (struct candidate){value, invalid, signature});
}

static void add_user(struct search *s, const char *name, bool invalid)
{
    _cleanup_buf_ struct buf sign = {0};
    buf_putc(&sign, invalid && s->invalid_user ? 'i' : '.');
    for (size_t i = 0; i < s->users.n; i++)
        buf_putc(&sign, sshd_pattern_list(name, s->users.v[i], false) == 1 ? '1' : '0');
    for (size_t i = 0; i < s->groups.n; i++)
        buf_putc(&sign, sshd_group_list(s->conf->host, name, s->groups.v[i]) ? '1' : '0');
    add_candidate(s, &s->by_user, name, invalid, arena_strdup(s->arena, sign.data));
}

static int numeric(const char *s, unsigned char *bytes)
{
    if (inet_pton(AF_INET, s, bytes) == 1)
        return AF_INET;
    return inet_pton(AF_INET6, s, bytes) == 1 ? AF_INET6 : 0;
}

/* What the lists say about an address; with UseDNS no the host "name" is the address as well. */
static void add_address(struct search *s, struct candidates *to, const struct strings *lists,
                        bool hosts_too, const char *address)
{
    unsigned char bytes[16];
    if (!numeric(address, bytes))
        return;
    _cleanup_buf_ struct buf sign = {0};
    buf_putc(&sign, '.');
    for (size_t i = 0; i < lists->n; i++)
        buf_putc(&sign, (char)('3' + sshd_address_list(address, lists->v[i])));
    for (size_t i = 0; hosts_too && i < s->hosts.n; i++)
        buf_putc(&sign, (char)('3' + sshd_pattern_list(address, s->hosts.v[i], true)));
    add_candidate(s, to, arena_strdup(s->arena, address), false, arena_strdup(s->arena, sign.data));
}

static void step_address(unsigned char *bytes, size_t n, int by)
{
    for (size_t i = n; i > 0; i--) {
        bytes[i - 1] = (unsigned char)(bytes[i - 1] + by);
        if (bytes[i - 1] != (by > 0 ? 0 : 0xff))
            return;
    }
}

static void add_bytes(struct search *s, struct candidates *to, const struct strings *lists,
                      bool hosts_too, int family, const unsigned char *bytes)
{
    char text[INET6_ADDRSTRLEN];
    if (inet_ntop(family, bytes, text, sizeof text))
        add_address(s, to, lists, hosts_too, text);
}

/* First, last, and the two neighbours of "net/length"; a plain address is a network of one. */
static bool add_network(struct search *s, struct candidates *to, const struct strings *lists,
                        bool hosts_too, struct str item)
{
    int slash = str_index(item, '/');
    int64_t length = -1;
    unsigned char low[16], high[16];
    struct str base = slash < 0 ? item : str_slice(item, 0, (size_t)slash);
    int family = numeric(str_dup(s->arena, base), low);
    if (!family)
        return false;
    size_t n = family == AF_INET ? 4 : 16;
    if (slash >= 0 && str_to_int64(str_slice(item, (size_t)slash + 1, item.n), 10, &length) < 0)
        return false;
    if (length < 0 || length > (int64_t)n * 8)
        length = (int64_t)n * 8;
    memcpy(high, low, n);
    for (size_t bit = (size_t)length; bit < n * 8; bit++)
        high[bit / 8] |= (unsigned char)(0x80U >> (bit % 8));
    add_bytes(s, to, lists, hosts_too, family, low);
    add_bytes(s, to, lists, hosts_too, family, high);
    step_address(low, n, -1);
    step_address(high, n, 1);
    add_bytes(s, to, lists, hosts_too, family, low);
    add_bytes(s, to, lists, hosts_too, family, high);
    return true;
}

/* The pattern with every "*" as `star` and every "?" as '1'. */
static const char *witness(struct arena *a, struct str pattern, const char *star)
{
    _cleanup_buf_ struct buf b = {0};
    for (size_t i = 0; i < pattern.n; i++) {
        if (pattern.p[i] == '*')
            buf_puts(&b, star);
        else
            buf_putc(&b, pattern.p[i] == '?' ? '1' : pattern.p[i]);
    }
    return arena_strdup(a, b.data ? b.data : "");
}

static struct str without_mark(struct str item)
{
    return item.n && *item.p == '!' ? str_slice(item, 1, item.n) : item;
}

static void add_address_list(struct search *s, struct candidates *to, const struct strings *lists,
                             bool hosts_too, const char *list)
{
    static const char *const stars[] = {"1", "1.1", "1.1.1", "1.1.1.1", "::1", "1::1"};
    struct str rest = str_of(list), item;
    while (str_next_field(&rest, ',', &item)) {
        item = without_mark(item);
        if (add_network(s, to, lists, hosts_too, item))
            continue;
        for (size_t i = 0; i < ARRAY_SIZE(stars); i++)
            add_address(s, to, lists, hosts_too, witness(s->arena, item, stars[i]));
    }
}

static void addresses(struct search *s)
{
    const bool hosts_too = !s->dns;
    add_address(s, &s->by_address, &s->addresses, hosts_too, "192.0.2.77");
    add_address(s, &s->by_address, &s->addresses, hosts_too, "2001:db8::77");
    for (size_t i = 0; i < s->addresses.n; i++)
        add_address_list(s, &s->by_address, &s->addresses, hosts_too, s->addresses.v[i]);
    for (size_t i = 0; hosts_too && i < s->hosts.n; i++)
        add_address_list(s, &s->by_address, &s->addresses, hosts_too, s->hosts.v[i]);
    add_address(s, &s->by_local, &s->locals, false, "192.0.2.1");
    add_address(s, &s->by_local, &s->locals, false, "2001:db8::1");
    for (size_t i = 0; i < s->locals.n; i++)
        add_address_list(s, &s->by_local, &s->locals, false, s->locals.v[i]);
}

static void add_named(struct search *s, struct candidates *to, const struct strings *lists,
                      const char *name)
{
    _cleanup_buf_ struct buf sign = {0};
    buf_putc(&sign, '.');
    for (size_t i = 0; i < lists->n; i++)
        buf_putc(&sign, (char)('3' + (name ? sshd_pattern_list(name, lists->v[i], true) : -3)));
    add_candidate(s, to, name, false, arena_strdup(s->arena, sign.data));
}

static void add_witnesses(struct search *s, struct candidates *to, const struct strings *lists)
{
    for (size_t i = 0; i < lists->n; i++) {
        struct str rest = str_of(lists->v[i]), item;
        while (str_next_field(&rest, ',', &item)) {
            add_named(s, to, lists, witness(s->arena, without_mark(item), ""));
            add_named(s, to, lists, witness(s->arena, without_mark(item), "x"));
        }
    }
}

static void users(struct search *s, const char *fixed)
{
    if (fixed) {
        add_user(s, fixed, false);
        return;
    }
    add_user(s, "someone", false);
    if (s->invalid_user)
        add_user(s, "someone", true);
    const struct accounts *accounts = root_accounts(s->conf->host->root);
    if (s->users.n || s->groups.n)
        for (size_t i = 0; i < accounts->users.n && i < CANDIDATES_MAX; i++)
            add_user(s, accounts->users.v[i].name, false);
    for (size_t i = 0; i < s->users.n; i++) {
        struct str rest = str_of(s->users.v[i]), item;
        while (str_next_field(&rest, ',', &item)) {
            add_user(s, witness(s->arena, without_mark(item), ""), false);
            add_user(s, witness(s->arena, without_mark(item), "x"), false);
        }
    }
}

/* The plain connection comes first: a class that no criterion accepts. */
static void plain_first(struct candidates *list)
{
    for (size_t i = 0; i < list->n; i++) {
        if (list->v[i].signature[strcspn(list->v[i].signature, "14i")])
            continue;
        struct candidate plain = list->v[i];
        for (size_t k = i; k > 0; k--)
            list->v[k] = list->v[k - 1];
        list->v[0] = plain;
        return;
    }
}

static void fill(struct search *s, const char *fixed_user)
{
    const struct sshd *conf = s->conf;
    for (size_t i = 0; i < conf->steps.n; i++) {
        const struct sshd_step *step = &conf->steps.v[i];
        for (size_t k = 0; step->kind == SSHD_STEP_MATCH && k < step->criteria.n; k++)
            collect_criterion(s, &step->criteria.v[k]);
        if (step->kind == SSHD_STEP_SET && fixed_user)
            collect_user_pattern(s, step);
    }
    s->dns = cstr_eq(sshd_value(conf, "UseDNS", NULL, "no"), "yes");
    users(s, fixed_user);
    addresses(s);
    add_named(s, &s->by_host, &s->hosts, s->dns ? "host.example.net" : NULL);
    if (s->dns)
        add_witnesses(s, &s->by_host, &s->hosts);
    add_named(s, &s->by_domain, &s->domains, NULL);
    add_witnesses(s, &s->by_domain, &s->domains);
    struct sshd_answer ports;
    if (sshd_query(conf, "Port", NULL, &ports) == 0)
        for (size_t i = 0; i < ports.values.n; i++)
            add_candidate(s, &s->by_port, ports.values.v[i], false, ports.values.v[i]);
    for (size_t i = 0; i < s->ports.n; i++)
        add_candidate(s, &s->by_port, s->ports.v[i], false, s->ports.v[i]);
    struct candidates *const all[] = {&s->by_user, &s->by_address, &s->by_host, &s->by_local,
                                      &s->by_domain};
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        plain_first(all[i]);
    for (size_t i = 0; i < s->by_port.n; i++) { /* a port that no line names, if there is one */
        struct candidate first = s->by_port.v[0];
        if (strings_find(&s->ports, s->by_port.v[i].value) < 0) {
            s->by_port.v[0] = s->by_port.v[i];
            s->by_port.v[i] = first;
            break;
        }
    }
}

static struct sshd_context combination(struct search *s, size_t index)
{
    struct sshd_context c = {0};
    const struct candidates *const all[] = {&s->by_user,  &s->by_address, &s->by_host,
                                            &s->by_local, &s->by_domain,  &s->by_port};
    const struct candidate *pick[ARRAY_SIZE(all)];
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        pick[i] = &all[i]->v[index % all[i]->n];
        index /= all[i]->n;
    }
    int64_t port = 0;
    (void)str_to_int64(str_of(pick[5]->value), 10, &port);
    c.user = pick[0]->value;
    c.invalid_user = pick[0]->invalid;
    c.address = pick[1]->value;
    c.host = s->dns ? pick[2]->value : pick[1]->value;
    c.local_address = pick[3]->value;
    c.rdomain = pick[4]->value;
    c.local_port = (unsigned)port;
    return c;
}

static const char *label_of(struct search *s, const bool *active, const bool *plain)
{
    struct strings parts = {0};
    for (size_t i = 0; i < s->conf->steps.n; i++) {
        const struct sshd_step *step = &s->conf->steps.v[i];
        if (step->kind == SSHD_STEP_MATCH && active[i] && !plain[i])
            strings_add(s->arena, &parts, arena_printf(s->arena, "Match %s", step->text));
    }
    if (!parts.n)
        return "no Match";
    return strings_join(s->arena, &parts, " + ", 4);
}

static int enumerate(struct search *s, bool keep_all, struct sshd_contexts *ret)
{
    size_t total = 1;
    const struct candidates *const all[] = {&s->by_user,  &s->by_address, &s->by_host,
                                            &s->by_local, &s->by_domain,  &s->by_port};
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        total *= all[i]->n;
        if (total > COMBINATIONS_MAX)
            return -E2BIG;
    }
    const size_t steps = s->conf->steps.n + 1;
    VEC(bool *) seen = {0};
    bool *active = arena_alloc(s->arena, steps);
    for (size_t i = 0; i < total; i++) {
        struct sshd_context c = combination(s, i);
        memset(active, 0, steps);
        sshd_matches(s->conf, &c, active);
        size_t k = 0;
        while (!keep_all && k < seen.n && memcmp(seen.v[k], active, steps) != 0)
            k++;
        if (!keep_all && k < seen.n)
            continue;
        c.label = ret->n ? label_of(s, active, seen.v[0]) : NULL;
        if (!seen.n || !keep_all) {
            vec_push(s->arena, &seen, active);
            active = arena_alloc(s->arena, steps);
        }
        vec_push(s->arena, ret, c);
        if (ret->n > CONTEXTS_MAX)
            return -E2BIG;
    }
    return 0;
}

int sshd_contexts_of_user(const struct sshd *conf, const char *user, struct sshd_contexts *ret)
{
    struct search s = {.conf = conf, .arena = conf->host->arena};
    fill(&s, user);
    struct sshd_contexts found = {0};
    int r = enumerate(&s, true, &found);
    if (r == 0)
        *ret = found;
    return r;
}

int sshd_contexts(const struct sshd *conf, const struct sshd_contexts **ret)
{
    struct sshd *cache = (struct sshd *)(uintptr_t)conf;
    if (!cache->contexts) {
        struct search s = {.conf = conf, .arena = conf->host->arena};
        cache->contexts = arena_make(s.arena, struct sshd_contexts);
        fill(&s, NULL);
        cache->contexts_error = enumerate(&s, false, cache->contexts);
        cache->outcomes = arena_new_array(s.arena, struct sshd_outcome *, cache->contexts->n + 1);
        cache->outcome_errors = arena_new_array(s.arena, int, cache->contexts->n + 1);
    }
    if (cache->contexts_error == 0)
        *ret = cache->contexts;
    return cache->contexts_error;
}
