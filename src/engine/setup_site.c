/* Choices of a site: the log server, time servers, who is told. Each becomes a rule of its own, so
 * that every later check asks for it; what is not answered is not written and stays as it is. */
#include <arpa/inet.h>

#include "base/width.h"
#include "engine/site_rule.h"
#include "resource/resource.h"
#include "root/accounts.h"

enum { NAME_LONGEST = 253, MAIL_LONGEST = 254 };

/* ---- one answer at a time ---- */

static bool is_host_name(const char *s)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t n = strlen(s);
    return n && n <= NAME_LONGEST && strchr(letters, s[0]) && strchr(letters, s[n - 1]) &&
           strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") == n &&
           !strstr(s, "..");
}

static bool is_address(const char *s)
{
    unsigned char bytes[16];
    return inet_pton(AF_INET, s, bytes) == 1 || inet_pton(AF_INET6, s, bytes) == 1;
}

/* A word of digits and dots that is no address is a mistyped one. */
static bool is_host(const char *s)
{
    return is_address(s) || (is_host_name(s) && strspn(s, "0123456789.") != strlen(s));
}

bool setup_log_server_is_good(struct arena *a, const char *text, const char **ret,
                              struct text *ret_why)
{
    const char *scheme = "tcp", *host = text, *port = "514";
    int64_t number = 0;
    if (cstr_starts(text, "udp://") || cstr_starts(text, "tcp://")) {
        scheme = arena_strndup(a, text, 3);
        host = text + strlen("tcp://");
    }
    if (*host == '[' && strchr(host, ']')) {
        const char *end = strchr(host, ']');
        if (end[1] == ':')
            port = end + 2;
        else if (end[1])
            port = "";
        host = arena_strndup(a, host + 1, (size_t)(end - host - 1));
    } else if (!is_address(host) && strchr(host, ':')) {
        port = strchr(host, ':') + 1;
        host = arena_strndup(a, host, (size_t)(port - 1 - host));
    }
    if (!is_host(host) || str_to_int64(str_of(port), 10, &number) < 0 || number < 1 ||
        number > 65535 || port[0] == '+') {
        *ret_why = text_make(a,
                             "\"%s\" is no log server, as in logs.example, 192.0.2.5:514, "
                             "udp://192.0.2.5 or tcp://[2001:db8::5]:514",
                             "“%s”不是日志服务器（如 logs.example、192.0.2.5:514、"
                             "udp://192.0.2.5、tcp://[2001:db8::5]:514）",
                             safe_text(a, text));
        return false;
    }
    bool six = strchr(host, ':') != NULL;
    *ret = arena_printf(a, "%s://%s%s%s:%d", scheme, six ? "[" : "", host, six ? "]" : "",
                        (int)number);
    return true;
}

bool setup_time_server_is_good(struct arena *a, const char *text, struct text *ret_why)
{
    if (is_host(text))
        return true;
    *ret_why = text_make(a, "\"%s\" is no name or address of a time server",
                         "“%s”不是时间服务器的名称或地址", safe_text(a, text));
    return false;
}

bool setup_mail_is_good(struct arena *a, const char *text, struct text *ret_why)
{
    const char *at = strchr(text, '@');
    static const char local[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.!#$%&*+/=?^_{}~-";
    if (at && at > text && strlen(text) <= MAIL_LONGEST &&
        strspn(text, local) == (size_t)(at - text) && text[0] != '-' && text[0] != '/' &&
        is_host(at + 1))
        return true;
    *ret_why = text_make(a, "\"%s\" is no mail address, as in ops@example.com",
                         "“%s”不是邮件地址（如 ops@example.com）", safe_text(a, text));
    return false;
}

/* ---- what is there already ---- */

static struct facts ask(struct host *h, const char *resource, const char *key)
{
    struct facts facts = {.arena = h->arena};
    const struct resource *r = resource_find(resource);
    struct want w = {.resource = resource,
                     .key = resource_key(h->arena, r, key),
                     .key_name = key,
                     .op = WANT_IS};
    r->observe(h, &w, &facts);
    return facts;
}

static struct strings ask_list(struct host *h, const char *resource, const char *key)
{
    struct facts facts = ask(h, resource, key);
    struct strings all = {0};
    vec_each (f, &facts)
        for (size_t i = 0;
             f->state == FACT_KNOWN && f->configured.kind == VALUE_LIST && i < f->configured.list.n;
             i++)
            strings_add(h->arena, &all, f->configured.list.v[i]);
    return all;
}

struct strings setup_log_targets(struct host *h)
{
    return ask_list(h, "syslog", "forward-targets");
}

struct strings setup_time_sources(struct host *h)
{
    return ask_list(h, "time-sync", "servers");
}

struct strings setup_mail_targets(struct host *h)
{
    return ask_list(h, "mail", "root-goes-to");
}

struct strings setup_nopasswd(struct host *h)
{
    return ask_list(h, "sudo", "nopasswd");
}

#define ROLE_FILE "zz-dengbao-role-"

static bool has_role(const struct setup_answers *o, const char *name)
{
    for (int i = 0; i < SETUP_ROLES; i++)
        if (cstr_eq(o->people[i].name, name))
            return true;
    return false;
}

/* The account of a drop-in: a dot in its name became "_" there. */
static const struct account *account_of(const struct accounts *all, const char *file)
{
    const char *name = file + strlen(ROLE_FILE);
    const struct account *u = accounts_find(all, name);
    for (size_t i = 0; !u && i < all->users.n; i++) {
        const char *p = all->users.v[i].name;
        size_t k = 0;
        while (p[k] && (p[k] == name[k] || (p[k] == '.' && name[k] == '_')))
            k++;
        if (!p[k] && !name[k])
            u = &all->users.v[i];
    }
    return u;
}

struct strings setup_others(struct host *h, const struct setup_answers *o, bool settled)
{
    const struct accounts *all = root_accounts(h->root);
    struct strings now = {0}, list = {0};
    if (settled)
        (void)root_list(h->root, "/etc/sudoers.d", &now);
    else
        now = ask_list(h, "sudo", "root-capable");
    for (size_t i = 0; i < now.n; i++) {
        const struct account *u = !settled                           ? accounts_find(all, now.v[i])
                                  : cstr_starts(now.v[i], ROLE_FILE) ? account_of(all, now.v[i])
                                                                     : NULL;
        if (u && u->uid != 0 && !has_role(o, u->name) && strings_find(&list, u->name) < 0)
            strings_add(h->arena, &list, u->name);
    }
    return list;
}

/* ---- as policy ---- */

static void begin(struct buf *b, const char *item)
{
    buf_printf(b, SITE_RULES_HEAD "item: %s\nrules:\n", item);
}

static struct str log_file(struct host *h, const struct setup_answers *o)
{
    _cleanup_buf_ struct buf b = {0};
    begin(&b, "audit-record-protection");
    site_put_rule(&b, "setup-log-server", "10.2", RISK_NONE,
                  (struct text){arena_printf(h->arena, "Records are sent to %s", o->log_server),
                                arena_printf(h->arena, "日志转发至 %s", o->log_server)},
                  TEXT("whoever becomes root can delete what is only here",
                       "得到 root 权限的人可以删除仅存于本机的记录"));
    buf_printf(&b, "  - syslog: forward-targets\n    includes: ['%s']\n", o->log_server);
    site_put_rule(&b, "setup-audit-to-syslog", "10.2", RISK_NONE,
                  TEXT("Audit records go to the log server with the others",
                       "审计记录随系统日志一起送往日志服务器"),
                  TEXT("auditd writes a file of its own, which rsyslog does not forward",
                       "auditd 写入自己的文件，rsyslog 不会转发该文件"));
    buf_puts(&b, "  - {auditd: to-syslog, is: yes}\n");
    return site_text(h->arena, &b);
}

static struct str time_file(struct host *h, const struct setup_answers *o)
{
    _cleanup_buf_ struct buf b = {0};
    begin(&b, "audit-record-content");
    site_put_rule(
        &b, "setup-time-servers", "11.2", RISK_NONE,
        TEXT("The clock follows the time servers of this site", "系统时间与本单位的时间服务器同步"),
        TEXT("records of all hosts must carry the same time", "各主机的记录须使用同一时间"));
    buf_puts(&b, "  - time-sync: servers\n    includes: ");
    site_put_list(&b, &o->time_servers);
    return site_text(h->arena, &b);
}

static struct str alert_file(struct host *h, const struct setup_answers *o)
{
    _cleanup_buf_ struct buf b = {0};
    struct strings one = {0};
    strings_add(h->arena, &one, o->alert_address);
    begin(&b, "intrusion-detection");
    site_put_rule(
        &b, "setup-alert-address", "17.2", RISK_NONE,
        (struct text){arena_printf(h->arena, "Mail to root reaches %s", o->alert_address),
                      arena_printf(h->arena, "发给 root 的邮件送达 %s", o->alert_address)},
        TEXT("cron, auditd and others tell root; somebody has to read it",
             "cron、auditd 等将警告发给 root，须有人阅读"));
    buf_puts(&b, "  - mail: root-goes-to\n    includes: ");
    site_put_list(&b, &one);
    return site_text(h->arena, &b);
}

size_t setup_site_policy(struct host *h, const struct setup_answers *o,
                         struct site_file ret[SETUP_SITE_FILES])
{
    size_t n = 0;
    if (o->log_server)
        ret[n++] =
            (struct site_file){"/etc/dengbao/policy.d/52-setup-log-server.yaml", log_file(h, o)};
    if (o->time_servers.n)
        ret[n++] =
            (struct site_file){"/etc/dengbao/policy.d/53-setup-time-servers.yaml", time_file(h, o)};
    if (o->alert_address)
        ret[n++] = (struct site_file){"/etc/dengbao/policy.d/54-setup-alert-address.yaml",
                                      alert_file(h, o)};
    return n;
}
