/*
 * Item 18: from where may somebody reach a login by ssh?  Each mechanism is asked whether arbitrary
 * addresses outside every list get in, for IPv4 and IPv6 apart; it is restricted when each family
 * that sshd listens on is stopped by one of them for every account.
 */
#include <errno.h>

#include "effective/unit.h"
#include "resource/access_list.h"
#include "root/live.h"

struct side {
    bool limited[2];     /* IPv4, IPv6 */
    struct text unknown; /* why it is not known whether a family is limited */
    struct strings mechanisms, sources;
};

struct limits {
    struct host *host;
    const struct sshd *conf; /* NULL: not known */
    bool listens[2];
    struct side configured, running;
    bool has_running;
    const char *open_account, *open_from;
    VEC(struct where) where;
};

static void add_where(struct limits *l, struct where where)
{
    for (size_t i = 0; i < l->where.n; i++)
        if (cstr_eq(l->where.v[i].path, where.path) && l->where.v[i].line == where.line)
            return;
    if (where.path)
        vec_push(l->host->arena, &l->where, where);
}

static void add_once(struct arena *a, struct strings *list, const char *s)
{
    if (strings_find(list, s) < 0)
        strings_add(a, list, s);
}

static void limited_by(struct limits *l, struct side *s, unsigned family, const char *mechanism)
{
    s->limited[family] = true;
    add_once(l->host->arena, &s->mechanisms, mechanism);
}

/* ---- where sshd listens ---- */

static void listening(struct limits *l)
{
    struct sshd_answer answer;
    const char *families = sshd_value(l->conf, "AddressFamily", NULL, "any");
    bool loopback = true, any[2] = {false, false};
    l->listens[0] = !cstr_eq_nocase(families, "inet6");
    l->listens[1] = !cstr_eq_nocase(families, "inet");
    if (sshd_query(l->conf, "ListenAddress", NULL, &answer) < 0 || !answer.values.n)
        return;
    for (size_t i = 0; i < answer.values.n; i++) {
        const char *v = answer.values.v[i];
        bool local =
            cstr_starts(v, "127.") || cstr_starts(v, "[::1]") || cstr_starts(v, "localhost:");
        bool six = *v == '[', four = *v >= '0' && *v <= '9';
        loopback = loopback && local;
        any[0] = any[0] || (!local && !six);
        any[1] = any[1] || (!local && !four);
    }
    for (unsigned family = 0; family < 2; family++)
        l->listens[family] = l->listens[family] && any[family];
    if (!loopback)
        return;
    limited_by(l, &l->configured, 0, "sshd ListenAddress");
    limited_by(l, &l->configured, 1, "sshd ListenAddress");
    add_where(l, answer.where);
}

/* ---- sshd, hosts_access ---- */

static void by_sshd(struct limits *l)
{
    struct sshd_reach reach;
    for (unsigned family = 0; family < 2; family++) {
        access_list_sshd(l->host, l->conf, family, &reach);
        if (reach.unknown.en)
            l->configured.unknown = reach.unknown;
        else if (reach.account) {
            l->open_account = reach.account;
            l->open_from = reach.address;
        } else if (reach.mechanism) {
            limited_by(l, &l->configured, family, reach.mechanism);
            for (size_t i = 0; i < reach.where.n; i++)
                add_where(l, reach.where.v[i]);
            for (size_t i = 0; i < reach.sources.n; i++)
                add_once(l->host->arena, &l->configured.sources, reach.sources.v[i]);
        }
    }
}

static void by_hosts_access(struct limits *l)
{
    static const char *const programs[] = {"/usr/sbin/sshd", "/usr/lib/openssh/sshd-session",
                                           "/usr/libexec/openssh/sshd-session",
                                           "/usr/lib/ssh/sshd-session", NULL};
    struct host *h = l->host;
    bool linked, all = true;
    const char *at = NULL;
    int r = hosts_access_linked(h, programs, &linked, &at);
    bool files =
        root_exists(h->root, "/etc/hosts.allow") || root_exists(h->root, "/etc/hosts.deny");
    if (!files || (r == 0 && !linked))
        return;
    if (r < 0) {
        l->configured.unknown = text_concat(
            h->arena,
            TEXT("whether sshd uses libwrap cannot be told: ", "无法判断 sshd 是否使用 libwrap："),
            root_error_text(h->root, programs[0], r));
        return;
    }
    struct err why = {.arena = h->arena};
    for (unsigned family = 0; family < 2; family++) {
        struct strings outside = {0};
        bool open = false;
        access_list_outside(h, l->conf, family, &outside);
        for (size_t k = 0; k < outside.n && !open; k++) {
            struct hosts_answer answer;
            r = hosts_access_any(h, "sshd", outside.v[k], &answer, &why);
            if (r < 0) {
                l->configured.unknown = why.message;
                add_where(l, (struct where){why.path, why.line});
                return;
            }
            open = answer.allowed;
            if (!open)
                add_where(l, answer.where);
        }
        all = all && !open;
        if (!open)
            limited_by(l, &l->configured, family, "hosts.deny");
    }
    if (all)
        (void)hosts_access_sources(h, "sshd", &l->configured.sources);
}

/* ---- packet filters ---- */

/* All ports of sshd have to be closed to arbitrary addresses. */
static void by_filters(struct limits *l, const struct firewalls *all, struct side *side,
                       const struct strings *ports)
{
    for (unsigned family = 0; family < 2 && all->list.n; family++) {
        bool limited = true;
        struct firewall_reach reach = {0};
        for (size_t i = 0; i < ports->n && limited; i++) {
            int64_t port;
            if (str_to_int64(str_of(ports->v[i]), 10, &port) < 0 || port < 0 || port > 65535)
                continue;
            firewall_reach(l->host, all, family ? 6 : 4, (unsigned)port, &reach);
            limited = reach.arbitrary == FIREWALL_BLOCKED;
            if (reach.arbitrary == FIREWALL_UNDECIDED && !side->limited[family]) {
                side->unknown = reach.reason;
                add_where(l, reach.where);
            }
        }
        if (!limited || !reach.mechanism || side->limited[family])
            continue;
        limited_by(l, side, family, reach.mechanism);
        add_where(l, reach.where);
        for (size_t i = 0; i < reach.sources.n; i++)
            add_once(l->host->arena, &side->sources, reach.sources.v[i]);
    }
}

static void copy_strings(struct arena *a, const struct strings *from, struct strings *to)
{
    for (size_t i = 0; i < from->n; i++)
        add_once(a, to, from->v[i]);
}

static void packet_filters(struct limits *l)
{
    struct firewalls configured, running;
    struct sshd_answer ports = {0};
    struct arena *a = l->host->arena;
    if (!l->conf || sshd_query(l->conf, "Port", NULL, &ports) < 0 || !ports.values.n)
        strings_add(a, &ports.values, "22");
    /* what sshd and hosts_access do holds for a boot and now alike */
    l->running.limited[0] = l->configured.limited[0];
    l->running.limited[1] = l->configured.limited[1];
    l->running.unknown = l->configured.unknown;
    copy_strings(a, &l->configured.mechanisms, &l->running.mechanisms);
    copy_strings(a, &l->configured.sources, &l->running.sources);
    if (firewall_configured(l->host, &configured) == 0)
        by_filters(l, &configured, &l->configured, &ports.values);
    int r = firewall_running(l->host, &running);
    l->has_running = r != -EOPNOTSUPP;
    if (r == 0)
        by_filters(l, &running, &l->running, &ports.values);
    else if (r != -ENOENT && r != -EOPNOTSUPP)
        l->running.unknown = text_make(a, "the rules in the kernel cannot be read: %s",
                                       "无法读取内核中的规则：%s", errno_text(r).en);
}

static bool restricted(const struct limits *l, const struct side *s)
{
    for (unsigned family = 0; family < 2; family++)
        if (l->listens[family] && !s->limited[family])
            return false;
    return true;
}

static struct value side_value(const struct limits *l, const struct side *s, const char *key)
{
    if (cstr_eq(key, "restricted"))
        return value_yes_no(restricted(l, s));
    return value_list(cstr_eq(key, "mechanisms") ? s->mechanisms : s->sources);
}

static struct text remark(const struct limits *l)
{
    const struct side *s = &l->configured;
    for (unsigned family = 0; family < 2; family++)
        if (l->listens[family] && !s->limited[family] && s->limited[!family])
            return family ? TEXT("IPv6 is not limited", "未限制 IPv6")
                          : TEXT("IPv4 is not limited", "未限制 IPv4");
    if (!restricted(l, s) && l->open_account)
        return text_make(l->host->arena, "%s may log in from any address", "%s 可从任意地址登录",
                         l->open_account);
    return (struct text){0};
}

static void observe(struct host *h, const struct want *w, struct facts *ret)
{
    struct limits l = {.host = h, .listens = {true, true}};
    struct err why = {.arena = h->arena};
    int r = sshd_load(h, &l.conf, &why);
    if (r == -ENOENT && !sshd_program(h)->installed) {
        (void)facts_not_applicable(ret, NULL,
                                   TEXT("no OpenSSH server is installed", "未安装 OpenSSH 服务端"));
        return;
    }
    if (r < 0) {
        l.conf = NULL;
        l.configured.unknown = why.message;
    } else {
        listening(&l);
        by_sshd(&l);
    }
    by_hosts_access(&l);
    packet_filters(&l);
    bool open = !restricted(&l, &l.configured) && l.configured.unknown.en;
    bool open_now = l.has_running && !restricted(&l, &l.running) && l.running.unknown.en;
    struct fact *f;
    if (open || open_now)
        f = facts_unknown(ret, NULL, open ? l.configured.unknown : l.running.unknown);
    else {
        f = facts_configured(ret, NULL, side_value(&l, &l.configured, w->key_name));
        if (l.has_running)
            fact_set_running(f, side_value(&l, &l.running, w->key_name));
        f->reason = remark(&l);
    }
    for (size_t i = 0; i < l.where.n; i++)
        fact_add_where(ret, f, l.where.v[i].path, l.where.v[i].line);
}

static const char *const access_list_args[] = {"sources", NULL};

static const struct key keys[] = {
    {.name = "restricted",
     .kind = VALUE_WORD,
     .source = "sshd_config(5), hosts_access(5), nft(8), iptables(8)",
     .doc = {"arbitrary addresses cannot log in by ssh", "任意地址无法通过 ssh 登录"}},
    {.name = "mechanisms",
     .kind = VALUE_LIST,
     .source = "sshd_config(5), hosts_access(5), nft(8), iptables(8)",
     .doc = {"what limits the sources", "限制来源所用的机制"}},
    {.name = "allowed-sources",
     .kind = VALUE_LIST,
     .source = "sshd_config(5), hosts_access(5), nft(8), iptables(8)",
     .doc = {"the sources that are let in", "允许的来源"}},
    {0},
};

const struct resource resource_access_list = {
    .name = "access-list",
    .summary = {"limits on the sources of ssh logins", "ssh 登录来源的限制"},
    .keys = keys,
    .args = access_list_args,
    .observe = observe,
    .plan = access_list_plan,
};
