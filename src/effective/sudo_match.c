/* Lists of users, hosts, runas users and commands: the last member that matches decides
 * (sudo's match.c). An alias that does not exist, or contains itself, is an ordinary name. */
#include "effective/sudo_match.h"

#include <arpa/inet.h>
#include <fnmatch.h>

typedef enum sudo_match (*member_match)(struct sudo_query *q, const struct sudoers_member *m);

int sudo_alias_find(const struct sudo_conf *conf, enum sudoers_alias_kind kind, const char *name)
{
    size_t from = 0, to = conf->aliases.n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        const struct sudoers_alias *alias = conf->aliases.v[middle].alias;
        int order = alias->kind != kind ? (int)alias->kind - (int)kind : strcmp(alias->name, name);
        if (order == 0)
            return (int)middle;
        if (order < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return -1;
}

static enum sudo_match negate(enum sudo_match m, bool negated)
{
    if (!negated || m == MATCH_UNSPEC || m == MATCH_MAYBE)
        return m;
    return m == MATCH_ALLOW ? MATCH_DENY : MATCH_ALLOW;
}

static enum sudo_match match_list(struct sudo_query *q, const struct sudoers_members *list,
                                  enum sudoers_alias_kind kind, int32_t *memo, member_match one);

/* Sudo follows every path through aliases that name each other; what is beyond these is undecided.
 */
enum { MOST_DEPTH = 200, MOST_STEPS = 100000 };

/* An answer that hangs on an alias further out being asked for is not the same from elsewhere. */
static enum sudo_match match_alias(struct sudo_query *q, int index, enum sudoers_alias_kind kind,
                                   int32_t *memo, member_match one)
{
    if (memo[index] != MEMO_EMPTY)
        return (enum sudo_match)memo[index];
    if (q->depth >= MOST_DEPTH || q->steps >= MOST_STEPS) {
        q->outermost = -1;
        return MATCH_MAYBE;
    }
    int before = q->outermost;
    memo[index] = MEMO_BUSY - q->depth++;
    q->steps++;
    q->outermost = q->depth;
    enum sudo_match m = match_list(q, &q->conf->aliases.v[index].alias->members, kind, memo, one);
    q->depth--;
    memo[index] = q->outermost < q->depth ? MEMO_EMPTY : (int32_t)m;
    if (before < q->outermost)
        q->outermost = before;
    return m;
}

static enum sudo_match match_member(struct sudo_query *q, const struct sudoers_member *m,
                                    enum sudoers_alias_kind kind, int32_t *memo, member_match one)
{
    if (m->kind == SUDOERS_ALL)
        return m->negated ? MATCH_DENY : MATCH_ALLOW;
    int index = m->kind == SUDOERS_ALIAS ? sudo_alias_find(q->conf, kind, m->name) : -1;
    if (index < 0)
        return negate(one(q, m), m->negated);
    if (memo[index] > MEMO_BUSY)
        return negate(match_alias(q, index, kind, memo, one), m->negated);
    if (MEMO_BUSY - memo[index] < q->outermost)
        q->outermost = MEMO_BUSY - memo[index];
    return negate(one(q, m), m->negated);
}

/* An undecided member leaves the outcome open unless the members before it agree with it. */
static enum sudo_match match_list(struct sudo_query *q, const struct sudoers_members *list,
                                  enum sudoers_alias_kind kind, int32_t *memo, member_match one)
{
    bool maybe = false;
    for (size_t i = list->n; i-- > 0;) {
        enum sudo_match m = match_member(q, &list->v[i], kind, memo, one);
        if (m == MATCH_MAYBE)
            maybe = true;
        else if (m != MATCH_UNSPEC)
            return maybe ? MATCH_MAYBE : m;
    }
    return maybe ? MATCH_MAYBE : MATCH_UNSPEC;
}

static bool same_name(bool fold, const char *a, const char *b)
{
    return fold ? cstr_eq_nocase(a, b) : cstr_eq(a, b);
}

static bool same_account(const struct sudo_conf *conf, const char *name, const struct account *a)
{
    int64_t id;
    if (name[0] == '#' && str_to_int64(str_of(name + 1), 10, &id) == 0)
        return a->uid == id;
    return same_name(conf->fold_users, name, a->name);
}

static bool in_group(struct sudo_query *q, const char *name, const struct account *a,
                     const struct strings *groups)
{
    const struct accounts *accounts = root_accounts(q->conf->host->root);
    int64_t id;
    if (name[0] != '#' || str_to_int64(str_of(name + 1), 10, &id) < 0) {
        for (size_t i = 0; i < groups->n; i++)
            if (same_name(q->conf->fold_groups, name, groups->v[i]))
                return true;
        return false;
    }
    if (a->gid == id)
        return true;
    for (size_t i = 0; i < accounts->groups.n; i++)
        if (accounts->groups.v[i].gid == id &&
            strings_find(groups, accounts->groups.v[i].name) >= 0)
            return true;
    return false;
}

static enum sudo_match match_account(struct sudo_query *q, const struct sudoers_member *m,
                                     const struct account *a, const struct strings *groups)
{
    bool same = false;
    switch (m->kind) {
    case SUDOERS_NETGROUP:
        /* Without a netgroup source in nsswitch.conf no netgroup has members. */
        return root_exists(q->conf->host->root, "/etc/netgroup") || q->conf->remote_users
                   ? MATCH_MAYBE
                   : MATCH_UNSPEC;
    case SUDOERS_GROUP:
        if (m->name[1] == ':')
            return sudo_default(q->conf, NULL, "group_plugin").set ? MATCH_MAYBE : MATCH_UNSPEC;
        same = in_group(q, m->name + 1, a, groups);
        break;
    case SUDOERS_MYSELF:
        same = q->user && cstr_eq(q->user->name, a->name);
        break;
    case SUDOERS_WORD:
    case SUDOERS_ALIAS:
        same = same_account(q->conf, m->name, a);
        break;
    case SUDOERS_ALL:
    case SUDOERS_NETWORK:
    case SUDOERS_COMMAND:
        break;
    }
    return same ? MATCH_ALLOW : MATCH_UNSPEC;
}

static enum sudo_match one_user(struct sudo_query *q, const struct sudoers_member *m)
{
    return match_account(q, m, q->user, &q->user_groups);
}

static enum sudo_match one_runas(struct sudo_query *q, const struct sudoers_member *m)
{
    return match_account(q, m, q->runas, &q->runas_groups);
}

static enum sudo_match one_command(struct sudo_query *q, const struct sudoers_member *m)
{
    if (m->kind != SUDOERS_COMMAND || !sudo_command_covers(q->conf, m, q->path, q->args))
        return MATCH_UNSPEC;
    /* With CHROOT= the command is looked for below it; "*" is no directory (sudo's match.c). */
    if (q->chroot && q->path && !cstr_eq(q->chroot, "/") &&
        !(q->chroot[0] == '/' &&
          root_exists(q->conf->host->root, arena_printf(q->arena, "%s%s", q->chroot, q->path))))
        return MATCH_UNSPEC;
    /* Bound to a digest: whether the file has it changes with every update. */
    return m->digest ? MATCH_MAYBE : MATCH_ALLOW;
}

static bool has_wildcard(const char *s)
{
    return strpbrk(s, "*?[]\\") != NULL;
}

static enum sudo_match one_host(struct sudo_query *q, const struct sudoers_member *m)
{
    const struct sudo_conf *conf = q->conf;
    if (m->kind == SUDOERS_NETWORK || m->kind == SUDOERS_NETGROUP)
        return m->kind == SUDOERS_NETWORK || conf->remote_users ? MATCH_MAYBE : MATCH_UNSPEC;
    if (!conf->short_name)
        return MATCH_MAYBE;
    const char *name = strchr(m->name, '.') ? conf->long_name : conf->short_name;
    bool same = has_wildcard(m->name) ? fnmatch(m->name, name, FNM_CASEFOLD) == 0
                                      : cstr_eq_nocase(m->name, name);
    return same ? MATCH_ALLOW : MATCH_UNSPEC;
}

static void forget_commands(struct sudo_query *q)
{
    for (size_t i = 0; i < q->conf->aliases.n; i++)
        q->command_memo[i] = MEMO_EMPTY;
}

enum sudo_match sudo_match_user(struct sudo_query *q, const struct sudoers_members *users)
{
    return match_list(q, users, ALIAS_USER, q->user_memo, one_user);
}

enum sudo_match sudo_match_host(const struct sudo_conf *conf, const struct sudoers_members *hosts)
{
    struct sudo_query q = {.conf = conf};
    return match_list(&q, hosts, ALIAS_HOST, conf->host_memo, one_host);
}

enum sudo_match sudo_match_runas(struct sudo_query *q, const struct sudoers_command *c)
{
    if (c->runas_users.n)
        return match_list(q, &c->runas_users, ALIAS_RUNAS, q->runas_memo, one_runas);
    if (c->runas_groups.n)
        return MATCH_UNSPEC; /* (:group) keeps the user and changes the group only */
    struct sudo_setting s = sudo_default(q->conf, q->user ? q->user->name : NULL, "runas_default");
    const char *name = s.set && s.value ? s.value : "root";
    return same_account(q->conf, name, q->runas) ? MATCH_ALLOW : MATCH_UNSPEC;
}

enum sudo_match sudo_match_one_command(struct sudo_query *q, const struct sudoers_member *m)
{
    if (!cstr_eq(q->chroot, q->memo_chroot)) {
        q->memo_chroot = q->chroot;
        forget_commands(q);
    }
    return match_member(q, m, ALIAS_CMND, q->command_memo, one_command);
}

enum sudo_match sudo_match_command(struct sudo_query *q, const struct sudoers_members *commands)
{
    return match_list(q, commands, ALIAS_CMND, q->command_memo, one_command);
}

static int32_t *memo_new(struct arena *a, size_t n)
{
    int32_t *memo = arena_new_array(a, int32_t, n + 1);
    for (size_t i = 0; i < n; i++)
        memo[i] = MEMO_EMPTY;
    return memo;
}

void sudo_query_init(struct sudo_query *q, const struct sudo_conf *conf, struct arena *a,
                     const struct account *user, const struct account *runas)
{
    const struct accounts *accounts = root_accounts(conf->host->root);
    *q = (struct sudo_query){.conf = conf, .arena = a, .user = user, .runas = runas};
    if (user)
        q->user_groups = account_groups(a, accounts, user);
    if (runas)
        q->runas_groups = account_groups(a, accounts, runas);
    q->user_memo = memo_new(a, conf->aliases.n);
    q->runas_memo = memo_new(a, conf->aliases.n);
    q->command_memo = memo_new(a, conf->aliases.n);
}

void sudo_query_command(struct sudo_query *q, const char *command)
{
    const char *space = strchr(command, ' ');
    q->path = space ? arena_strndup(q->arena, command, (size_t)(space - command)) : command;
    q->args = space ? space + 1 : NULL;
    q->steps = 0;
    q->chroot = q->memo_chroot = NULL;
    forget_commands(q);
}
