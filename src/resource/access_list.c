/*
 * Item 18: from where may somebody reach a login by ssh?  Each mechanism is asked whether an
 * arbitrary address outside every list gets in; one that stops it for every account is enough.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "effective/hosts_access.h"
#include "effective/sshd.h"
#include "effective/unit.h"
#include "resource/resource.h"
#include "root/accounts.h"

enum { ACCOUNTS_MAX = 2000 };

static const char *const outside[] = {"192.0.2.77", "2001:db8::77"};

struct limits {
    struct host *host;
    struct strings mechanisms, sources;
    bool restricted;
    const char *open_account; /* may log in from outside, as far as sshd is concerned */
    struct text unknown;
    struct {
        struct where *v;
        size_t n, cap;
    } where;
};

static void add_where(struct limits *l, struct where where)
{
    if (where.path)
        vec_push(l->host->arena, &l->where, where);
}

static void limits_by(struct limits *l, const char *mechanism)
{
    l->restricted = true;
    strings_add(l->host->arena, &l->mechanisms, mechanism);
}

/* May this account log in from an address that no list names? */
static int reaches(const struct sshd *conf, const char *user, bool *ret)
{
    struct sshd_contexts contexts = {0};
    int r = sshd_contexts_of_user(conf, user, &contexts);
    if (r < 0)
        return r;
    for (size_t i = 0; i < contexts.n; i++)
        for (size_t k = 0; k < ARRAY_SIZE(outside); k++) {
            struct sshd_context c = contexts.v[i];
            c.address = c.host = outside[k];
            struct sshd_answer deciding = {0};
            if (sshd_user_allowed(conf, &c, &deciding)) {
                *ret = true;
                return 0;
            }
        }
    *ret = false;
    return 0;
}

static void add_sources(struct limits *l, const struct sshd *conf)
{
    struct sshd_uses uses;
    if (sshd_uses(conf, "AllowUsers", &uses) < 0)
        return;
    for (size_t i = 0; i < uses.n; i++) {
        add_where(l, uses.v[i].where);
        for (size_t k = 0; k < uses.v[i].values.n; k++) {
            const char *at = strrchr(uses.v[i].values.v[k], '@');
            if (at && strings_find(&l->sources, at + 1) < 0)
                strings_add(l->host->arena, &l->sources, at + 1);
        }
    }
}

static void by_sshd(struct limits *l, const struct sshd *conf)
{
    const struct accounts *accounts = root_accounts(l->host->root);
    if (accounts->passwd_error) {
        l->unknown = root_error_text(l->host->root, "/etc/passwd", accounts->passwd_error);
        return;
    }
    struct sshd_uses allow;
    if (sshd_uses(conf, "AllowUsers", &allow) < 0 || !allow.n)
        return; /* nothing ties a user to an address */
    size_t asked = 0;
    for (size_t i = 0; i < accounts->users.n; i++) {
        const struct account *user = &accounts->users.v[i];
        bool open = false;
        if (!account_has_login_shell(user))
            continue;
        if (++asked > ACCOUNTS_MAX || reaches(conf, user->name, &open) < 0) {
            l->unknown = TEXT("too many accounts or Match blocks to look at all",
                              "账户或 Match 块过多，无法逐一判断");
            return;
        }
        if (open) {
            l->open_account = user->name;
            return;
        }
    }
    limits_by(l, "sshd AllowUsers");
    add_sources(l, conf);
}

static void by_hosts_access(struct limits *l)
{
    static const char *const programs[] = {"/usr/sbin/sshd", "/usr/lib/openssh/sshd-session",
                                           "/usr/libexec/openssh/sshd-session",
                                           "/usr/lib/ssh/sshd-session", NULL};
    struct host *h = l->host;
    bool linked;
    const char *at = NULL;
    int r = hosts_access_linked(h, programs, &linked, &at);
    bool files =
        root_exists(h->root, "/etc/hosts.allow") || root_exists(h->root, "/etc/hosts.deny");
    if (!files || (r == 0 && !linked))
        return;
    if (r < 0) {
        l->unknown = text_concat(
            h->arena,
            TEXT("whether sshd uses libwrap cannot be told: ", "无法判断 sshd 是否使用 libwrap："),
            root_error_text(h->root, programs[0], r));
        return;
    }
    struct err why = {.arena = h->arena};
    for (size_t k = 0; k < ARRAY_SIZE(outside); k++) {
        struct hosts_answer answer;
        r = hosts_access(h, "sshd", outside[k], &answer, &why);
        if (r < 0) {
            l->unknown = why.message;
            add_where(l, (struct where){why.path, why.line});
            return;
        }
        if (answer.allowed) {
            l->where.n = 0;
            return;
        }
        add_where(l, answer.where);
    }
    limits_by(l, "hosts.deny");
    (void)hosts_access_sources(h, "sshd", &l->sources);
}

/* Packet filters that are loaded at boot. What their rules let through to the ssh port is not
 * judged here: with one of them the answer is open, never "no". */
static void by_packet_filter(struct limits *l)
{
    static const char *const units[] = {"firewalld.service", "nftables.service", "iptables.service",
                                        "ufw.service", "netfilter-persistent.service"};
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        enum unit_start start;
        const char *via;
        if (unit_starts(l->host, units[i], &start, &via, NULL) < 0 || start == UNIT_STARTS_NOT)
            continue;
        l->unknown = text_make(l->host->arena,
                               "%s is started at boot; whether its rules limit the ssh port has to "
                               "be shown by its rule set",
                               "%s 随系统启动；其规则是否限制 ssh 端口须以规则集为证", units[i]);
    }
}

static void observe(struct host *h, const struct want *w, struct facts *ret)
{
    struct limits l = {.host = h};
    const struct sshd *conf;
    struct err why = {.arena = h->arena};
    int r = sshd_load(h, &conf, &why);
    if (r == -ENOENT && !sshd_program(h)->installed) {
        (void)facts_not_applicable(ret, NULL,
                                   TEXT("no OpenSSH server is installed", "未安装 OpenSSH 服务端"));
        return;
    }
    by_hosts_access(&l);
    if (!l.restricted)
        by_packet_filter(&l);
    if (r < 0 && !l.restricted)
        l.unknown = why.message;
    else if (r == 0)
        by_sshd(&l, conf);
    struct fact *f;
    if (!l.restricted && l.unknown.en)
        f = facts_unknown(ret, NULL, l.unknown);
    else if (cstr_eq(w->key_name, "restricted"))
        f = facts_configured(ret, NULL, value_yes_no(l.restricted));
    else
        f = facts_configured(
            ret, NULL, value_list(cstr_eq(w->key_name, "mechanisms") ? l.mechanisms : l.sources));
    if (f->state == FACT_KNOWN && !l.restricted && l.open_account)
        f->reason = text_make(h->arena, "%s may log in from any address", "%s 可从任意地址登录",
                              l.open_account);
    for (size_t i = 0; i < l.where.n; i++)
        fact_add_where(ret, f, l.where.v[i].path, l.where.v[i].line);
}

static const struct key keys[] = {
    {.name = "restricted",
     .kind = VALUE_WORD,
     .source = "sshd_config(5), hosts_access(5)",
     .doc = {"an arbitrary address cannot log in by ssh", "任意地址无法通过 ssh 登录"}},
    {.name = "mechanisms",
     .kind = VALUE_LIST,
     .source = "sshd_config(5), hosts_access(5)",
     .doc = {"what limits the sources", "限制来源所用的机制"}},
    {.name = "allowed-sources",
     .kind = VALUE_LIST,
     .source = "sshd_config(5), hosts_access(5)",
     .doc = {"the sources that are let in, as written", "允许的来源（按配置原文）"}},
    {0},
};

const struct resource resource_access_list = {
    .name = "access-list",
    .summary = {"limits on the sources of ssh logins", "ssh 登录来源的限制"},
    .keys = keys,
    .observe = observe,
};
