/*
 * Which packet filters a boot starts, and what the kernel has now.  A filter whose rules cannot be
 * read or understood leaves every answer open; one whose rule file does not exist loads nothing.
 */
#include "effective/firewall.h"

#include <errno.h>

#include "effective/unit.h"
#include "root/run.h"

enum { TOOL_TIME_MS = 10000 };

static struct firewall *add(struct host *h, struct firewalls *all, const char *name, bool v4,
                            bool v6)
{
    struct firewall w = {.name = name, .v4 = v4, .v6 = v6, .filter = {.arena = h->arena}};
    vec_push(h->arena, &all->list, w);
    return &all->list.v[all->list.n - 1];
}

static bool starts(struct host *h, const char *unit)
{
    enum unit_start start;
    const char *via;
    return unit_starts(h, unit, &start, &via, NULL) == 0 && start != UNIT_STARTS_NOT;
}

/* What a loader's result means for the filter just added. */
static void loaded(struct firewalls *all, int code, const struct err *why)
{
    struct firewall *w = &all->list.v[all->list.n - 1];
    if (code == -ENOENT)
        all->list.n--;
    else if (code < 0) {
        w->problem = why->message.en ? why->message : errno_text(code);
        w->where = (struct where){why->path, why->line};
    }
}

static void add_nftables(struct host *h, struct firewalls *all)
{
    const char *command = NULL, *path = NULL;
    struct where where;
    struct err why = {.arena = h->arena};
    if (!starts(h, "nftables.service"))
        return;
    if (unit_setting(h, "nftables.service", "Service.ExecStart", &command, &where, NULL) == 0 &&
        command && strstr(command, "-f ")) {
        struct str rest = str_of(strstr(command, "-f ") + 3), word;
        if (str_next_word(&rest, &word))
            path = str_dup(h->arena, str_ends(word, ";") ? str_slice(word, 0, word.n - 1) : word);
    }
    if (!path)
        path = h->release->family == FAMILY_RPM ? "/etc/sysconfig/nftables.conf"
                                                : "/etc/nftables.conf";
    struct firewall *w = add(h, all, "nftables", true, true);
    loaded(all, firewall_load_nft(h, path, NULL, &w->filter, &why), &why);
}

static void add_tables(struct host *h, struct firewalls *all, const char *unit, const char *path,
                       unsigned family)
{
    struct err why = {.arena = h->arena};
    if (!starts(h, unit))
        return;
    struct firewall *w =
        add(h, all, family == 4 ? "iptables" : "ip6tables", family == 4, family == 6);
    loaded(all, firewall_load_iptables(h, path, NULL, family, &w->filter, &why), &why);
}

int firewall_configured(struct host *h, struct firewalls *ret)
{
    static const struct {
        const char *unit, *path;
        unsigned family;
    } tables[] = {
        {"iptables.service", "/etc/sysconfig/iptables", 4},
        {"ip6tables.service", "/etc/sysconfig/ip6tables", 6},
        {"netfilter-persistent.service", "/etc/iptables/rules.v4", 4},
        {"netfilter-persistent.service", "/etc/iptables/rules.v6", 6},
    };
    struct firewalls all = {0};
    struct err why = {.arena = h->arena};
    add_nftables(h, &all);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        add_tables(h, &all, tables[i].unit, tables[i].path, tables[i].family);
    if (starts(h, "ufw.service")) {
        struct firewall *w = add(h, &all, "ufw", true, true);
        loaded(&all, firewall_load_ufw(h, &w->filter, &why), &why);
    }
    if (starts(h, "firewalld.service")) {
        struct firewall *w = add(h, &all, "firewalld", true, true);
        loaded(&all, firewall_load_firewalld(h, &w->filter, &why), &why);
    }
    *ret = all;
    return 0;
}

/* ---- the running kernel ---- */

static int run(struct host *h, const char *const *programs, const char *const *rest,
               struct str *ret)
{
    for (; *programs; programs++) {
        const char *argv[8] = {*programs};
        size_t n = 1;
        for (size_t i = 0; rest[i]; i++)
            argv[n++] = rest[i];
        struct run_result result;
        int r = root_run(h->root, argv, TOOL_TIME_MS, &result);
        if (r == -ENOENT)
            continue;
        if (r == 0 && result.status != 0)
            return -EPERM;
        if (r == 0)
            *ret = result.out;
        return r;
    }
    return -ENOENT;
}

static bool contains(struct str s, const char *word)
{
    return s.n && memmem(s.p, s.n, word, strlen(word)) != NULL;
}

static bool is_tables_chain(const char *name)
{
    static const char *const names[] = {"filter ", "nat ", "mangle ", "raw ", "security "};
    const char *table = cstr_starts(name, "ip ")    ? name + 3
                        : cstr_starts(name, "ip6 ") ? name + 4
                                                    : "";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (cstr_starts(table, names[i]))
            return true;
    return false;
}

/*
 * There are two iptables, one on nftables and one on tables of its own, and each prints its own
 * rules only. Which one the plain name is differs (update-alternatives): the name that says it
 * comes first.
 */
static int add_saved(struct host *h, struct firewalls *all, unsigned family, bool legacy)
{
    const char *six = family == 6 ? "6" : "", *kind = legacy ? "legacy" : "nft";
    const char *const programs[] = {
        arena_printf(h->arena, "/usr/sbin/ip%stables-%s-save", six, kind),
        arena_printf(h->arena, "/sbin/ip%stables-%s-save", six, kind),
        arena_printf(h->arena, "/usr/sbin/ip%stables-save", six),
        arena_printf(h->arena, "/sbin/ip%stables-save", six), NULL};
    static const char *const nothing[] = {NULL};
    struct str text;
    struct err why = {.arena = h->arena};
    const char *path = arena_printf(h->arena, "ip%stables-save", six);
    int r = run(h, programs, nothing, &text);
    if (r < 0)
        return r;
    struct firewall *w = add(h, all, path, family == 4, family == 6);
    loaded(all, firewall_load_iptables(h, path, &text, family, &w->filter, &why), &why);
    return 0;
}

/* iptables that is not built on nftables keeps its tables where nft does not see them. */
static bool legacy_tables(struct host *h, const char *path)
{
    struct str names;
    return root_read(h->root, path, &names) == 0 && names.n > 0;
}

int firewall_running(struct host *h, struct firewalls *ret)
{
    static const char *const nft[] = {"/usr/sbin/nft", "/sbin/nft", NULL};
    static const char *const list[] = {"-s", "list", "ruleset", NULL};
    struct firewalls all = {0};
    struct err why = {.arena = h->arena};
    struct str text;
    bool mixed = false;
    if (!root_is_live(h->root))
        return -EOPNOTSUPP;
    int r = run(h, nft, list, &text);
    if (r < 0 && r != -ENOENT)
        return r;
    if (r == 0) {
        mixed = contains(text, "iptables-nft") || contains(text, "xt match") ||
                contains(text, "xt target") || contains(text, "# xt_");
        struct firewall *w = add(h, &all, "nftables", true, true);
        int code = firewall_load_nft(h, "nft list ruleset", &text, &w->filter, &why);
        if (mixed && code == 0)
            vec_each (c, &w->filter.chains)
                c->base = c->base && !is_tables_chain(c->name);
        loaded(&all, code, &why);
    }
    for (unsigned family = 4; family <= 6; family += 2) {
        bool legacy = legacy_tables(h, family == 4 ? "/proc/net/ip_tables_names"
                                                   : "/proc/net/ip6_tables_names");
        int code = mixed || r < 0 ? add_saved(h, &all, family, false) : 0;
        if (code == 0 && legacy)
            code = add_saved(h, &all, family, true);
        if (code < 0)
            return code;
    }
    *ret = all;
    return 0;
}
