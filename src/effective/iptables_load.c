/*
 * iptables-save(8) form.  Matches are those of iptables(8) and iptables-extensions(8) that say
 * something about a first packet; any other makes the rule doubtful.
 */
#include "effective/iptables_parts.h"

#include <errno.h>

#include "format/iptables.h"

enum { LINES_MAX = 200000 };

static const char *full_name(const struct iptables *t, const char *chain)
{
    return arena_printf(t->host->arena, "ip%u %s %s", t->family, t->table, chain);
}

struct packet_chain *iptables_chain(struct iptables *t, const char *name)
{
    const char *full = full_name(t, name);
    struct packet_chain *c = packet_chain_get(t->filter, full);
    if (c)
        return c;
    c = packet_chain_add(t->filter, full);
    c->v4 = t->family == 4;
    c->v6 = t->family == 6;
    c->where = (struct where){t->path, t->line};
    c->early = cstr_eq(name, "PREROUTING");
    c->base = cstr_eq(name, "INPUT") || cstr_eq(name, "PREROUTING");
    return c;
}

static int bad_line(struct iptables *t)
{
    return err_at(t->why,
                  err_set(t->why, -EINVAL, "a line that iptables-restore does not take",
                          "iptables-restore 不接受的行"),
                  t->path, t->line, 0);
}

static int policy_line(struct iptables *t, const char *chain, const char *policy)
{
    struct packet_chain *c = iptables_chain(t, chain);
    c->where = (struct where){t->path, t->line};
    c->rules.n = 0;
    if (cstr_eq(policy, "DROP"))
        c->policy = VERDICT_DROP;
    else if (!cstr_eq(policy, "ACCEPT") && !cstr_eq(policy, "-"))
        return bad_line(t);
    return 0;
}

static int rule_line(struct iptables *t, const struct strings *w, size_t at)
{
    bool insert = cstr_eq(w->v[at], "-I") || cstr_eq(w->v[at], "--insert");
    if (at + 1 >= w->n)
        return bad_line(t);
    (void)iptables_chain(t, w->v[at + 1]); /* made before what the rule names */
    int64_t place = 1;
    size_t first = at + 2;
    if (insert && first < w->n && str_to_int64(str_of(w->v[first]), 10, &place) == 0)
        first++;
    struct packet_rule r = {.where = {t->path, t->line}};
    int code = iptables_rule(t, w, first, &r);
    if (code == -ENOENT)
        return 0; /* -4 or -6: of the other family */
    if (code < 0)
        return bad_line(t);
    struct packet_chain *c = iptables_chain(t, w->v[at + 1]);
    vec_push(t->host->arena, &c->rules, r);
    if (insert && (place < 1 || (size_t)place > c->rules.n || ++t->inserted > 5000))
        return bad_line(t);
    for (size_t i = c->rules.n - 1; insert && i >= (size_t)place; i--) {
        c->rules.v[i] = c->rules.v[i - 1];
        c->rules.v[i - 1] = r;
    }
    return 0;
}

static int command_line(struct iptables *t, const struct strings *w, size_t at)
{
    const char *c = w->v[at];
    if (cstr_eq(c, "-A") || cstr_eq(c, "--append") || cstr_eq(c, "-I") || cstr_eq(c, "--insert"))
        return rule_line(t, w, at);
    if ((cstr_eq(c, "-N") || cstr_eq(c, "--new-chain")) && at + 1 < w->n) {
        (void)iptables_chain(t, w->v[at + 1]);
        return 0;
    }
    if ((cstr_eq(c, "-P") || cstr_eq(c, "--policy")) && at + 2 < w->n) {
        struct packet_chain *chain = iptables_chain(t, w->v[at + 1]);
        chain->policy = cstr_eq(w->v[at + 2], "DROP") ? VERDICT_DROP : VERDICT_ACCEPT;
        return 0;
    }
    if (cstr_eq(c, "-F") && at + 1 < w->n) {
        iptables_chain(t, w->v[at + 1])->rules.n = 0;
        return 0;
    }
    return bad_line(t);
}

static int one_line(struct iptables *t, struct str line)
{
    struct strings w = {0};
    if (!line.n || *line.p == '#')
        return 0;
    if (iptables_words(t->host->arena, line, &w) < 0 || !w.n)
        return w.n ? bad_line(t) : 0;
    if (t->filter->chains.n > 2048)
        return bad_line(t);
    if (!t->table) {
        if (*w.v[0] != '*' || w.n > 1)
            return bad_line(t);
        t->table = w.v[0] + 1;
        return 0;
    }
    if (cstr_eq(w.v[0], "COMMIT")) {
        t->table = NULL;
        return 0;
    }
    if (*w.v[0] == ':' && w.n >= 2)
        return policy_line(t, w.v[0] + 1, w.v[1]);
    size_t at = *w.v[0] == '[' ? 1 : 0; /* counters */
    return at < w.n ? command_line(t, &w, at) : bad_line(t);
}

int firewall_load_iptables(struct host *h, const char *path, const struct str *text,
                           unsigned family, struct packet_filter *ret, struct err *why)
{
    struct str bytes, line;
    struct iptables t = {.host = h, .filter = ret, .why = why, .path = path, .family = family};
    ret->arena = h->arena;
    int code = 0;
    if (text)
        bytes = *text;
    else
        code = root_read(h->root, path, &bytes);
    if (code < 0) {
        if (why)
            why->message = root_error_text(h->root, path, code);
        return code;
    }
    while (code == 0 && str_next_line(&bytes, &line)) {
        if (++t.line > LINES_MAX)
            code = bad_line(&t);
        else
            code = one_line(&t, str_trim(line));
    }
    if (code == 0 && t.table)
        code = bad_line(&t); /* no COMMIT: the table is not loaded */
    if (code == 0)
        code = packet_filter_link(ret);
    return code == -E2BIG ? bad_line(&t) : code;
}
