/* Every account's reach through sudo. */
#include "effective/sudo_escape.h"

/* A path nobody names: who may run it may run anything. */
#define ANY_COMMAND "/.any/command"

struct survey {
    const struct sudo_conf *conf;
    struct sudo_query q;
    struct sudo_user *user;
    bool *seen; /* command aliases already looked into, for this line */
};

static void raise_reach(struct survey *s, enum sudo_reach reach, const char *command,
                        struct where where, bool maybe, bool nopasswd)
{
    struct sudo_user *u = s->user;
    if (reach < u->reach || (reach == u->reach && (maybe || (u->nopasswd && !u->undecided))))
        return;
    if (reach == u->reach && !u->undecided && !nopasswd)
        return;
    u->reach = reach;
    u->command = command;
    u->where = where;
    u->undecided = maybe;
    u->nopasswd = nopasswd;
}

static bool confirmed(struct survey *s, const char *command, bool *ret_maybe, bool *ret_nopasswd)
{
    struct sudo_answer answer;
    if (sudo_may(s->conf, s->user->name, "root", command, &answer) < 0)
        return false;
    *ret_maybe = answer.decision == SUDO_UNDECIDED;
    *ret_nopasswd = answer.nopasswd;
    return answer.decision != SUDO_DENIED;
}

static bool literal(const struct sudoers_member *m)
{
    return m->name[0] == '/' && !strpbrk(m->name, "*?[\\") &&
           (!m->args || !strpbrk(m->args, "*?["));
}

/* Looks at one granted member; aliases are opened once per line. */
static void look(struct survey *s, const struct sudoers_member *m, const char *path, bool maybe,
                 bool nopasswd)
{
    struct where where = {path, m->line};
    const char *command = m->name;
    int alias;
    if (m->negated || m->kind == SUDOERS_ALL)
        return;
    if (m->kind == SUDOERS_ALIAS) {
        alias = sudo_alias_find(s->conf, ALIAS_CMND, m->name);
        if (alias < 0 || s->seen[alias])
            return;
        s->seen[alias] = true;
        const struct sudo_alias *a = &s->conf->aliases.v[alias];
        for (size_t i = 0; i < a->alias->members.n; i++)
            look(s, &a->alias->members.v[i], a->path, maybe, nopasswd);
        return;
    }
    enum sudo_reach reach =
        sudo_command_escapes(&s->q, m, &command) ? SUDO_REACH_ESCAPE : SUDO_REACH_COMMANDS;
    if (literal(m)) {
        bool none = m->args && cstr_eq(m->args, "\"\"");
        const char *line =
            m->args && !none ? arena_printf(s->q.arena, "%s %s", m->name, m->args) : m->name;
        if (!confirmed(s, line, &maybe, &nopasswd))
            return;
        command = line;
    }
    raise_reach(s, reach, command, where, maybe, nopasswd);
}

static bool possible(enum sudo_match m)
{
    return m == MATCH_ALLOW || m == MATCH_MAYBE;
}

static bool without_password(struct survey *s, const struct sudoers_command *c)
{
    if (c->nopasswd != TAG_UNSET)
        return c->nopasswd == TAG_YES;
    struct sudo_setting setting = sudo_default(s->conf, s->user->name, "authenticate");
    return setting.set && !setting.on;
}

static void look_at_entry(struct survey *s, const struct sudo_entry *e)
{
    enum sudo_match user = sudo_match_user(&s->q, &e->entry->users);
    for (size_t p = 0; possible(user) && p < e->entry->privileges.n; p++) {
        const struct sudoers_privilege *v = &e->entry->privileges.v[p];
        enum sudo_match host = sudo_match_host(s->conf, &v->hosts);
        for (size_t c = 0; possible(host) && c < v->commands.n; c++) {
            const struct sudoers_command *command = &v->commands.v[c];
            enum sudo_match runas = sudo_match_runas(&s->q, command);
            bool maybe = user == MATCH_MAYBE || host == MATCH_MAYBE || runas == MATCH_MAYBE;
            bool nopasswd = without_password(s, command);
            if (sudo_takes_all(command, user == MATCH_ALLOW && host == MATCH_ALLOW))
                s->user->some_nopasswd = false;
            if (nopasswd && !command->command.negated && !s->user->some_nopasswd) {
                s->user->some_nopasswd = true;
                s->user->nopasswd_at = (struct where){e->path, command->command.line};
            }
            if (!possible(runas))
                continue;
            memset(s->seen, 0, s->conf->aliases.n * sizeof *s->seen);
            look(s, &command->command, e->path, maybe || command->timed, nopasswd);
        }
    }
}

/* seen is written through the survey. */
static void survey_user(const struct sudo_conf *conf, const struct account *account,
                        const struct account *root,
                        bool *seen, // NOLINT(readability-non-const-parameter)
                        struct sudo_users *ret)
{
    struct arena *a = conf->host->arena;
    struct sudo_user user = {.name = account->name};
    struct survey s = {.conf = conf, .user = &user, .seen = seen};
    struct sudo_answer any;
    bool some = false;
    sudo_query_init(&s.q, conf, a, account, root);
    sudo_query_command(&s.q, ANY_COMMAND);
    for (size_t i = 0; i < conf->entries.n; i++)
        if (conf->entries.v[i].entry->kind == SUDOERS_SPEC) {
            some = some || possible(sudo_match_user(&s.q, &conf->entries.v[i].entry->users));
            look_at_entry(&s, &conf->entries.v[i]);
        }
    if (!some)
        return;
    if (sudo_may(conf, account->name, root->name, ANY_COMMAND, &any) == 0 &&
        any.decision != SUDO_DENIED)
        raise_reach(&s, SUDO_REACH_UNRESTRICTED, "ALL", any.where, any.decision == SUDO_UNDECIDED,
                    any.nopasswd);
    vec_push(a, ret, user);
}

static void *make(struct root *root, void *context)
{
    const struct sudo_conf *conf = context, *again;
    (void)sudo_load(conf->host, &again, NULL); /* it rests on the same files */
    const struct accounts *accounts = root_accounts(root);
    struct arena *a = conf->host->arena;
    struct sudo_users *users = arena_make(a, struct sudo_users);
    const struct account *super = accounts_find_uid(accounts, 0);
    bool *seen = arena_new_array(a, bool, conf->aliases.n + 1);
    for (size_t i = 0; super && !conf->refuses && i < accounts->users.n; i++)
        if (accounts->users.v[i].uid != 0)
            survey_user(conf, &accounts->users.v[i], super, seen, users);
    return users;
}

const struct sudo_users *sudo_users_root(const struct sudo_conf *conf)
{
    static const char key;
    return root_memo(conf->host->root, &key, make, (void *)(uintptr_t)conf);
}
