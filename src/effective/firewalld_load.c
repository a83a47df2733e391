/*
 * firewalld: a packet goes to the zone of its source, else to that of its interface, else to the
 * default zone.  Files of /etc/firewalld stand in front of those of /usr/lib/firewalld by name.
 * Evidence: firewalld.zone(5), firewalld.conf(5), firewalld.ipset(5).
 */
#include "effective/firewalld_parts.h"

#include <errno.h>

#include "format/keyvalue.h"

int firewalld_file(struct firewalld *f, const char *kind, const char *name,
                   const struct xml_node **ret, const char **ret_path)
{
    static const char *const bases[] = {"/etc/firewalld", "/usr/lib/firewalld"};
    if (strchr(name, '/'))
        return -EINVAL;
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++) {
        struct str bytes;
        unsigned line = 0;
        const char *path = arena_printf(f->host->arena, "%s/%s/%s.xml", bases[i], kind, name);
        int r = root_read(f->host->root, path, &bytes);
        if (r == -ENOENT)
            continue;
        if (r < 0) {
            if (f->why)
                f->why->message = root_error_text(f->host->root, path, r);
            return r;
        }
        r = xml_parse(f->host->arena, bytes, ret, &line);
        if (r < 0)
            return err_at(f->why,
                          err_set(f->why, -EINVAL, "firewalld cannot read this file",
                                  "firewalld 无法读取此文件"),
                          path, line, 0);
        *ret_path = path;
        return 0;
    }
    return -ENOENT;
}

static int ipset_match(struct firewalld *f, const char *name, struct packet_match *ret)
{
    const struct xml_node *xml;
    const char *path = NULL;
    int r = firewalld_file(f, "ipsets", name, &xml, &path);
    if (r < 0)
        return -EINVAL;
    const char *type = xml_attribute(xml, "type");
    if (!cstr_eq(type, "hash:ip") && !cstr_eq(type, "hash:net"))
        return -EINVAL;
    *ret = packet_match_make(f->host->arena, 1, xml->children.n + 1);
    ret->field[0] = FIELD_SOURCE;
    ret->rows = 0;
    for (size_t i = 0; i < xml->children.n; i++) {
        const struct xml_node *n = xml->children.v[i];
        if (!cstr_eq(n->name, "entry"))
            continue;
        if (packet_address(str_trim(str_of(n->text)), &ret->value[ret->rows++]) < 0)
            return -EINVAL;
    }
    return 0;
}

int firewalld_source(struct firewalld *f, const struct xml_node *source, struct packet_match *ret)
{
    const char *address = xml_attribute(source, "address"), *set = xml_attribute(source, "ipset");
    struct packet_value v;
    if (set)
        return ipset_match(f, set, ret);
    if (!address)
        return -EINVAL; /* mac */
    if (cstr_starts(address, "ipset:"))
        return ipset_match(f, address + 6, ret);
    if (packet_address(str_of(address), &v) < 0)
        return -EINVAL;
    *ret = packet_match_one(f->host->arena, FIELD_SOURCE, v, false);
    return 0;
}

struct dispatch {
    struct firewalld *f;
    VEC(struct packet_rule) sources, interfaces;
};

static int add_zone(struct dispatch *d, const char *name)
{
    struct firewalld *f = d->f;
    struct arena *a = f->host->arena;
    const struct xml_node *xml;
    const char *path = NULL, *chain = arena_printf(a, "zone %s", name), *from = chain;
    if (packet_chain_get(f->filter, chain))
        return 0;
    int r = firewalld_file(f, "zones", name, &xml, &path);
    if (r == 0 && (xml_attribute(xml, "ingress-priority") || xml_attribute(xml, "priority")))
        r = err_at(f->why,
                   err_set(f->why, -EINVAL, "the order of zones is set by priority",
                           "区域顺序由优先级设定"),
                   path, xml->line, 0);
    if (r == 0)
        r = firewalld_zone(f, name, xml, path, chain, false);
    if (r == 0 && f->drifting) {
        from = arena_printf(a, "source %s", name);
        r = firewalld_zone(f, name, xml, path, from, true);
    }
    for (size_t i = 0; r == 0 && i < xml->children.n; i++) {
        const struct xml_node *n = xml->children.v[i];
        struct packet_rule rule = {.where = {path, n->line}, .verdict = VERDICT_GOTO};
        struct packet_match m;
        const char *interface = xml_attribute(n, "name");
        if (cstr_eq(n->name, "source")) {
            if (firewalld_source(f, n, &m) < 0)
                m = packet_match_one(a, FIELD_DOUBT, (struct packet_value){0}, false);
            rule.verdict = f->drifting ? VERDICT_JUMP : VERDICT_GOTO;
            rule.chain = from;
            vec_push(a, &rule.matches, m);
            vec_push(a, &d->sources, rule);
        } else if (cstr_eq(n->name, "interface") && interface) {
            size_t length = strlen(interface);
            struct packet_value v = {.name = interface};
            if (length && interface[length - 1] == '+')
                v.name = arena_printf(a, "%.*s*", (int)length - 1, interface);
            rule.chain = chain;
            vec_push(a, &rule.matches, packet_match_one(a, FIELD_INTERFACE, v, false));
            vec_push(a, &d->interfaces, rule);
        }
    }
    return r;
}

/* Zones that NetworkManager or ifcfg files give to a connection: which device that is, they do not
 * always say. */
static int connection_zones(struct dispatch *d)
{
    static const char *const patterns[] = {"/etc/NetworkManager/system-connections/*",
                                           "/etc/sysconfig/network-scripts/ifcfg-*"};
    struct arena *a = d->f->host->arena;
    int r = 0;
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        struct strings files = {0};
        (void)root_glob(d->f->host->root, patterns[i], &files);
        for (size_t k = 0; r == 0 && k < files.n && k < 1000; k++) {
            struct str bytes, line;
            unsigned number = 0;
            if (root_read(d->f->host->root, files.v[k], &bytes) < 0)
                continue;
            while (r == 0 && str_next_line(&bytes, &line)) {
                number++;
                line = str_trim(line);
                if (!str_starts(line, "zone=") && !str_starts(line, "ZONE="))
                    continue;
                struct str zone = str_trim(str_slice(line, 5, line.n));
                if (zone.n >= 2 && (*zone.p == '"' || *zone.p == '\''))
                    zone = str_slice(zone, 1, zone.n - 1);
                if (!zone.n)
                    continue;
                const char *name = str_dup(a, zone);
                struct packet_rule rule = {.where = {files.v[k], number},
                                           .verdict = VERDICT_GOTO,
                                           .chain = arena_printf(a, "zone %s", name)};
                vec_push(a, &rule.matches,
                         packet_match_one(a, FIELD_DOUBT, (struct packet_value){0}, false));
                r = add_zone(d, name);
                vec_push(a, &d->interfaces, rule);
            }
        }
    }
    return r == -ENOENT ? -EINVAL : r;
}

static int all_zones(struct dispatch *d)
{
    static const char *const dirs[] = {"/etc/firewalld/zones", "/usr/lib/firewalld/zones"};
    struct strings names = {0};
    struct arena *a = d->f->host->arena;
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        struct strings files = {0};
        (void)root_list(d->f->host->root, dirs[i], &files);
        for (size_t k = 0; k < files.n; k++) {
            if (!cstr_ends(files.v[k], ".xml"))
                continue;
            const char *name = arena_strndup(a, files.v[k], strlen(files.v[k]) - 4);
            if (strings_find(&names, name) < 0)
                strings_add(a, &names, name);
        }
    }
    strings_sort(&names);
    int r = 0;
    for (size_t i = 0; r == 0 && i < names.n && i < 1000; i++)
        r = add_zone(d, names.v[i]);
    return r;
}

static const char *setting(const struct keyvalue *kv, const char *name, const char *otherwise)
{
    const struct keyvalue_line *l = kv ? keyvalue_get(kv, name) : NULL;
    return l ? str_dup(kv->arena, l->value) : otherwise;
}

/* Rules beside the zones that we do not read. */
static int other_rules(struct firewalld *f)
{
    struct strings found = {0};
    struct str bytes;
    (void)root_glob(f->host->root, "/etc/firewalld/policies/*.xml", &found);
    const char *path = found.n ? found.v[0] : NULL;
    if (root_read(f->host->root, "/etc/firewalld/direct.xml", &bytes) == 0 &&
        (memmem(bytes.p, bytes.n, "<rule", 5) || memmem(bytes.p, bytes.n, "<passthrough", 12)))
        path = "/etc/firewalld/direct.xml";
    if (!path)
        return 0;
    return err_at(f->why,
                  err_set(f->why, -EINVAL, "policies and direct rules of firewalld are not judged",
                          "不判定 firewalld 的 policy 与 direct 规则"),
                  path, 0, 0);
}

int firewall_load_firewalld(struct host *h, struct packet_filter *ret, struct err *why)
{
    struct firewalld f = {.host = h, .filter = ret, .why = why};
    struct dispatch d = {.f = &f};
    struct str bytes;
    const struct keyvalue *kv = NULL;
    if (root_read(h->root, "/etc/firewalld/firewalld.conf", &bytes) == 0)
        kv = keyvalue_parse(h->arena, &keyvalue_shell, bytes);
    const char *zone = setting(kv, "DefaultZone", "public");
    f.drifting = cstr_eq_nocase(setting(kv, "AllowZoneDrifting", "no"), "yes");
    int r = other_rules(&f);
    if (r == 0)
        r = all_zones(&d);
    if (r == 0)
        r = connection_zones(&d);
    if (r < 0)
        return r == -ENOENT ? -EINVAL : r;
    const char *last = arena_printf(h->arena, "zone %s", zone);
    if (!packet_chain_get(ret, last))
        return err_at(why, err_set(why, -EINVAL, "there is no zone %s", "没有区域 %s", zone),
                      "/etc/firewalld/firewalld.conf", 0, 0);
    struct packet_chain *c = packet_chain_add(ret, "firewalld INPUT");
    struct packet_rule end = {
        .where = {"/etc/firewalld/firewalld.conf", 0}, .verdict = VERDICT_GOTO, .chain = last};
    c->base = true;
    for (size_t i = 0; i < d.sources.n; i++)
        vec_push(h->arena, &c->rules, d.sources.v[i]);
    for (size_t i = 0; i < d.interfaces.n; i++)
        vec_push(h->arena, &c->rules, d.interfaces.v[i]);
    vec_push(h->arena, &c->rules, end);
    return packet_filter_link(ret);
}
