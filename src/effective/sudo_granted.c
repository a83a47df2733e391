/* What the lines of sudoers leave to one account, in the order in which they count. */
#include "effective/sudo_match.h"

#include <errno.h>

enum { GRANTED_MAX = 5000, ALIAS_DEPTH = 32 };

static const char *member_text(struct arena *a, const struct sudoers_member *m, bool negated)
{
    const char *mark = negated ? "!" : "";
    if (m->kind == SUDOERS_ALL)
        return arena_printf(a, "%sALL", mark);
    if (m->args)
        return arena_printf(a, "%s%s %s", mark, m->name, m->args);
    return arena_printf(a, "%s%s", mark, m->name);
}

static void add(const struct sudo_conf *conf, const struct sudoers_member *m, bool negated,
                const char *tag, int depth, struct strings *ret)
{
    struct arena *a = conf->host->arena;
    if (ret->n >= GRANTED_MAX || depth > ALIAS_DEPTH)
        return;
    negated ^= m->negated;
    int alias = m->kind == SUDOERS_ALIAS ? sudo_alias_find(conf, ALIAS_CMND, m->name) : -1;
    if (alias < 0) {
        strings_add(a, ret, arena_printf(a, "%s%s", tag, member_text(a, m, negated)));
        return;
    }
    const struct sudoers_members *members = &conf->aliases.v[alias].alias->members;
    for (size_t i = 0; i < members->n; i++)
        add(conf, &members->v[i], negated, tag, depth + 1, ret);
}

static bool as_anybody(const struct sudoers_command *c)
{
    for (size_t i = 0; i < c->runas_users.n; i++)
        if (c->runas_users.v[i].kind == SUDOERS_ALL && !c->runas_users.v[i].negated)
            return true;
    return false;
}

bool sudo_takes_all(const struct sudoers_command *c, bool certain)
{
    return certain && c->command.kind == SUDOERS_ALL && c->command.negated && as_anybody(c) &&
           !c->timed;
}

int sudo_granted(const struct sudo_conf *conf, const char *user, struct strings *ret)
{
    struct arena *a = conf->host->arena;
    const struct account *account = accounts_find(root_accounts(conf->host->root), user);
    struct sudo_query q;
    if (!account)
        return -ENOENT;
    sudo_query_init(&q, conf, a, account, account);
    for (size_t i = 0; !conf->refuses && i < conf->entries.n; i++) {
        const struct sudoers_entry *e = conf->entries.v[i].entry;
        enum sudo_match who =
            e->kind == SUDOERS_SPEC ? sudo_match_user(&q, &e->users) : MATCH_UNSPEC;
        if (who != MATCH_ALLOW && who != MATCH_MAYBE)
            continue;
        for (size_t p = 0; p < e->privileges.n; p++) {
            enum sudo_match host = sudo_match_host(conf, &e->privileges.v[p].hosts);
            if (host != MATCH_ALLOW && host != MATCH_MAYBE)
                continue;
            for (size_t c = 0; c < e->privileges.v[p].commands.n; c++) {
                const struct sudoers_command *command = &e->privileges.v[p].commands.v[c];
                if (sudo_takes_all(command, who == MATCH_ALLOW && host == MATCH_ALLOW))
                    ret->n = 0;
                else
                    add(conf, &command->command, false,
                        command->nopasswd == TAG_YES ? "NOPASSWD: " : "", 0, ret);
            }
        }
    }
    return 0;
}
