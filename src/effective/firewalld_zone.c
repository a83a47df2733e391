/*
 * One zone of firewalld as a chain: rules with a negative priority, then what denies, then what
 * allows (services, ports and rich rules alike), then those of a positive priority, then the
 * target.  firewalld.zone(5), firewalld.richlanguage(5), firewalld.service(5).
 */
#include "effective/firewalld_parts.h"

#include <errno.h>

enum { SERVICES_MAX = 2000, DENY = 1, ALLOW = 2 };

struct entry {
    int64_t order;
    size_t sequence;
    struct packet_rule rule;
};

struct zone {
    struct firewalld *f;
    const char *path;
    VEC(struct entry) entries;
};

static struct arena *arena_of(const struct zone *z)
{
    return z->f->host->arena;
}

static void push(struct zone *z, int64_t order, struct packet_rule rule)
{
    struct entry e = {order, z->entries.n, rule};
    vec_push(arena_of(z), &z->entries, e);
}

static void add_match(struct zone *z, struct packet_rule *r, struct packet_match m)
{
    r->matches.cap = r->matches.n; /* rules share their first matches */
    vec_push(arena_of(z), &r->matches, m);
}

static void add_plain(struct zone *z, struct packet_rule *r, enum packet_field field, bool negated)
{
    add_match(z, r, packet_match_one(arena_of(z), field, (struct packet_value){0}, negated));
}

static void add_port(struct zone *z, struct packet_rule *r, const struct xml_node *n)
{
    struct packet_value v;
    const char *protocol = xml_attribute(n, "protocol"), *port = xml_attribute(n, "port");
    if (!protocol || !port)
        add_plain(z, r, FIELD_DOUBT, false);
    else if (!cstr_eq(protocol, "tcp"))
        add_plain(z, r, FIELD_ALWAYS, true);
    else if (cstr_eq(n->name, "source-port"))
        add_plain(z, r, FIELD_SOMETIMES, false); /* the other side chooses it */
    else if (packet_port(z->f->host, str_of(port), '-', &v) < 0)
        add_plain(z, r, FIELD_DOUBT, false);
    else
        add_match(z, r, packet_match_one(arena_of(z), FIELD_PORT, v, false));
}

static void add_destination(struct zone *z, struct packet_rule *r, const char *address)
{
    struct packet_value v;
    if (packet_address(str_of(address), &v) < 0)
        add_plain(z, r, FIELD_DOUBT, false);
    else
        add_match(z, r, packet_match_one(arena_of(z), FIELD_LOCAL, v, false));
}

/* Pushes `rule` once for each part of a service, and of those it includes. */
static void service(struct zone *z, int64_t order, const struct packet_rule *rule, const char *name,
                    unsigned depth)
{
    const struct xml_node *xml;
    const char *path = NULL;
    struct packet_rule r = *rule;
    if (depth > 8 || ++z->f->services > SERVICES_MAX || !name ||
        firewalld_file(z->f, "services", name, &xml, &path) < 0) {
        add_plain(z, &r, FIELD_DOUBT, false);
        push(z, order, r);
        return;
    }
    const struct xml_node *destination = xml_child(xml, "destination");
    for (size_t i = 0; destination && i < destination->attributes.n; i++)
        add_destination(z, &r, destination->attributes.v[i].value);
    if (destination && destination->attributes.n > 1)
        add_plain(z, &r, FIELD_DOUBT, false);
    for (size_t i = 0; i < xml->children.n; i++) {
        const struct xml_node *n = xml->children.v[i];
        struct packet_rule one = r;
        if (cstr_eq(n->name, "port") || cstr_eq(n->name, "source-port"))
            add_port(z, &one, n);
        else if (cstr_eq(n->name, "include")) {
            service(z, order, rule, xml_attribute(n, "service"), depth + 1);
            continue;
        } else if (!cstr_eq(n->name, "protocol") || !cstr_eq(xml_attribute(n, "value"), "tcp"))
            continue;
        push(z, order, one);
    }
}

/* ---- rich rules ---- */

static void rich_source(struct zone *z, struct packet_rule *r, const struct xml_node *source)
{
    struct packet_match m;
    const char *invert = xml_attribute(source, "invert");
    bool yes = cstr_eq_nocase(invert, "true") || cstr_eq_nocase(invert, "yes");
    if (firewalld_source(z->f, source, &m) < 0) {
        add_plain(z, r, FIELD_DOUBT, false);
        return;
    }
    m.negated = yes;
    if (yes && m.rows) /* still of that family only */
        add_match(z, r,
                  packet_match_one(arena_of(z), FIELD_FAMILY,
                                   packet_number(m.value[0].family, m.value[0].family), false));
    add_match(z, r, m);
}

static void rich_element(struct zone *z, int64_t order, struct packet_rule r,
                         const struct xml_node *rule)
{
    for (size_t i = 0; i < rule->children.n; i++) {
        const struct xml_node *n = rule->children.v[i];
        const char *value = xml_attribute(n, "value");
        if (cstr_eq(n->name, "service")) {
            service(z, order, &r, xml_attribute(n, "name"), 0);
            return;
        }
        if (cstr_eq(n->name, "port") || cstr_eq(n->name, "source-port"))
            add_port(z, &r, n);
        else if (cstr_eq(n->name, "protocol") && !cstr_eq(value, "tcp"))
            add_plain(z, &r, cstr_eq(value, "6") ? FIELD_ALWAYS : FIELD_DOUBT, false);
        else if (cstr_starts(n->name, "icmp-") || cstr_eq(n->name, "masquerade") ||
                 cstr_eq(n->name, "tcp-mss-clamp"))
            return;
        else if (cstr_eq(n->name, "forward-port"))
            add_plain(z, &r, FIELD_DOUBT, false);
    }
    push(z, order, r);
}

static void rich_rule(struct zone *z, const struct xml_node *n)
{
    struct packet_rule r = {.where = {z->path, n->line}};
    const char *family = xml_attribute(n, "family"), *text = xml_attribute(n, "priority");
    const struct xml_node *accept = xml_child(n, "accept"), *source = xml_child(n, "source"),
                          *destination = xml_child(n, "destination");
    bool denies = xml_child(n, "drop") || xml_child(n, "reject");
    int64_t priority = 0;
    if (!accept && !denies)
        return; /* logs, marks, forwards */
    if (text && str_to_int64(str_of(text), 10, &priority) < 0)
        add_plain(z, &r, FIELD_DOUBT, false);
    if (family) {
        unsigned of = cstr_eq(family, "ipv4") ? 4 : 6;
        add_match(z, &r, packet_match_one(arena_of(z), FIELD_FAMILY, packet_number(of, of), false));
    }
    if (source)
        rich_source(z, &r, source);
    if (destination &&
        (!xml_attribute(destination, "address") || xml_attribute(destination, "invert")))
        add_plain(z, &r, FIELD_DOUBT, false);
    else if (destination)
        add_destination(z, &r, xml_attribute(destination, "address"));
    for (size_t i = 0; i < n->children.n; i++) {
        const char *name = n->children.v[i]->name;
        if ((cstr_eq(name, "accept") || cstr_eq(name, "drop") || cstr_eq(name, "reject")) &&
            xml_child(n->children.v[i], "limit"))
            add_plain(z, &r, FIELD_SOMETIMES, false);
    }
    r.verdict = accept ? VERDICT_ACCEPT : VERDICT_DROP;
    rich_element(z, priority * 4 + (denies ? DENY : ALLOW), r, n);
}

/* ---- the zone ---- */

static void zone_entry(struct zone *z, const struct xml_node *n)
{
    struct packet_rule r = {.where = {z->path, n->line}, .verdict = VERDICT_ACCEPT};
    if (cstr_eq(n->name, "service"))
        service(z, ALLOW, &r, xml_attribute(n, "name"), 0);
    else if (cstr_eq(n->name, "port") || cstr_eq(n->name, "source-port")) {
        add_port(z, &r, n);
        push(z, ALLOW, r);
    } else if (cstr_eq(n->name, "protocol")) {
        const char *value = xml_attribute(n, "value");
        if (cstr_eq(value, "tcp") || cstr_eq(value, "6"))
            push(z, ALLOW, r);
    } else if (cstr_eq(n->name, "forward-port")) { /* what NAT leads here is accepted */
        add_plain(z, &r, FIELD_DOUBT, false);
        push(z, INT64_MIN, r);
    } else if (cstr_eq(n->name, "rule"))
        rich_rule(z, n);
}

static int by_order(const void *a, const void *b)
{
    const struct entry *one = a, *other = b;
    if (one->order != other->order)
        return one->order < other->order ? -1 : 1;
    return (one->sequence > other->sequence) - (one->sequence < other->sequence);
}

int firewalld_zone(struct firewalld *f, const char *name, const struct xml_node *xml,
                   const char *path, const char *chain, bool drifts)
{
    struct zone z = {.f = f, .path = path};
    const char *target = xml_attribute(xml, "target");
    struct packet_rule last = {.where = {path, xml->line}, .verdict = VERDICT_DROP};
    (void)name;
    for (size_t i = 0; i < xml->children.n; i++)
        zone_entry(&z, xml->children.v[i]);
    if (z.entries.n)
        qsort(z.entries.v, z.entries.n, sizeof *z.entries.v, by_order);
    struct packet_chain *c = packet_chain_add(f->filter, chain);
    for (size_t i = 0; i < z.entries.n; i++)
        vec_push(f->host->arena, &c->rules, z.entries.v[i].rule);
    if (cstr_eq(target, "ACCEPT"))
        last.verdict = VERDICT_ACCEPT;
    else if (target && !cstr_eq(target, "DROP") && !cstr_eq(target, "%%REJECT%%") &&
             !cstr_eq(target, "REJECT") && !cstr_eq(target, "default"))
        return err_at(f->why,
                      err_set(f->why, -EINVAL, "a target that firewalld does not know",
                              "firewalld 不认识的 target"),
                      path, xml->line, 0);
    else if (drifts && (!target || cstr_eq(target, "default")))
        last.verdict = VERDICT_RETURN;
    vec_push(f->host->arena, &c->rules, last);
    return 0;
}
