/*
 * ufw: the chains that ufw-init-functions makes, with the files of rules that hang below them.
 * Evidence: /lib/ufw/ufw-init-functions of 0.36, ufw-framework(8).
 */
#include "effective/firewall.h"

#include <errno.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "format/keyvalue.h"

static const char *setting(struct host *h, const char *path, const char *name)
{
    struct str bytes;
    if (root_read(h->root, path, &bytes) < 0)
        return NULL;
    const struct keyvalue_line *l =
        keyvalue_get(keyvalue_parse(h->arena, &keyvalue_shell, bytes), name);
    return l ? str_dup(h->arena, l->value) : NULL;
}

/* The frame of ufw, and the chains that are still empty; rules files follow it. */
static void frame(struct buf *b, const char *type, const char *policy)
{
    static const char *const hooks[] = {"before-logging", "before", "after",
                                        "after-logging",  "reject", "track"};
    buf_printf(b, "*filter\n:INPUT %s\n", cstr_eq_nocase(policy, "ACCEPT") ? "ACCEPT" : "DROP");
    for (size_t i = 0; i < sizeof hooks / sizeof *hooks; i++)
        buf_printf(b, ":ufw%s-%s-input -\n-A INPUT -j ufw%s-%s-input\n", type, hooks[i], type,
                   hooks[i]);
    if (cstr_eq_nocase(policy, "REJECT"))
        buf_printf(b, "-A ufw%s-reject-input -j REJECT\n", type);
    if (cstr_eq_nocase(policy, "ACCEPT"))
        buf_printf(b, "-A ufw%s-track-input -p tcp -m conntrack --ctstate NEW -j ACCEPT\n", type);
    buf_printf(b, ":ufw%s-skip-to-policy-input -\n-A ufw%s-skip-to-policy-input -j %s\n", type,
               type, cstr_eq_nocase(policy, "ACCEPT") ? "ACCEPT" : "DROP");
    buf_printf(b, ":ufw%s-logging-deny -\n:ufw%s-logging-allow -\n:ufw%s-not-local -\n", type, type,
               type);
    buf_printf(b, ":ufw%s-user-input -\n:ufw%s-user-limit -\n:ufw%s-user-limit-accept -\n", type,
               type, type);
    buf_printf(b, ":ufw%s-user-logging-input -\nCOMMIT\n", type);
}

static int load_text(struct host *h, const char *path, const struct buf *b, unsigned family,
                     struct packet_filter *ret, struct err *why)
{
    struct str text = {arena_strndup(h->arena, b->data, b->len), b->len};
    return firewall_load_iptables(h, path, &text, family, ret, why);
}

static int load_family(struct host *h, unsigned family, const char *policy,
                       struct packet_filter *ret, struct err *why)
{
    const char *type = family == 4 ? "" : "6";
    static const char *const names[] = {"before", "after", "user"};
    _cleanup_buf_ struct buf b = {0}, link = {0};
    frame(&b, type, policy);
    int r = load_text(h, "/etc/default/ufw", &b, family, ret, why);
    vec_each (c, &ret->chains) { /* made by ufw: the setting stands for the line */
        c->where.line = 0;
        vec_each (rule, &c->rules)
            rule->where.line = cstr_eq(rule->where.path, "/etc/default/ufw") ? 0 : rule->where.line;
    }
    for (size_t i = 0; r == 0 && i < sizeof names / sizeof *names; i++) {
        const char *path = arena_printf(h->arena, "/etc/ufw/%s%s.rules", names[i], type);
        if (i == 2 && !root_exists(h->root, path)) /* before 0.36 */
            path = arena_printf(h->arena, "/lib/ufw/%s%s.rules", names[i], type);
        r = firewall_load_iptables(h, path, NULL, family, ret, why);
        if (r == -ENOENT)
            r = 0;
    }
    if (r < 0)
        return r;
    buf_printf(&link, "*filter\n-A ufw%s-before-input -j ufw%s-user-input\nCOMMIT\n", type, type);
    return load_text(h, "/lib/ufw/ufw-init-functions", &link, family, ret, why);
}

int firewall_load_ufw(struct host *h, struct packet_filter *ret, struct err *why)
{
    const char *enabled = setting(h, "/etc/ufw/ufw.conf", "ENABLED");
    if (!cstr_eq_nocase(enabled, "yes"))
        return -ENOENT;
    const char *policy = setting(h, "/etc/default/ufw", "DEFAULT_INPUT_POLICY");
    const char *six = setting(h, "/etc/default/ufw", "IPV6");
    if (!policy)
        return err_set(why, -EINVAL, "DEFAULT_INPUT_POLICY of /etc/default/ufw is not known",
                       "/etc/default/ufw 中的 DEFAULT_INPUT_POLICY 未知");
    static const char *const scripts[] = {"/etc/ufw/before.init", "/etc/ufw/after.init"};
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        struct file_info info;
        if (root_stat(h->root, scripts[i], &info) == 0 && (info.mode & 0111))
            return err_at(why,
                          err_set(why, -EINVAL, "ufw runs this script, which may change its rules",
                                  "ufw 会运行此脚本，其规则可能因此改变"),
                          scripts[i], 0, 0);
    }
    int r = load_family(h, 4, policy, ret, why);
    if (r < 0 || !cstr_eq_nocase(six, "yes")) {
        /* IPV6=no: ufw-init lets nothing but loopback in over IPv6 */
        struct packet_chain *c = r == 0 ? packet_chain_add(ret, "ufw IPV6=no") : NULL;
        if (c) {
            c->v4 = false;
            c->base = true;
            c->policy = VERDICT_DROP;
            c->where = (struct where){"/etc/default/ufw", 0};
        }
        return r;
    }
    return load_family(h, 6, policy, ret, why);
}
