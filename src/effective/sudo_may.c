/* Who may run what: the last line that matches decides (sudo's parse.c). */
#include "effective/sudo_match.h"

#include <errno.h>

struct hit {
    const struct sudo_entry *entry;
    const struct sudoers_command *command;
    enum sudo_match match;
};

/* Collects, from the last line backwards, what may decide, up to the one that does. */
static struct hit decide(struct sudo_query *q, bool *ret_open, struct hit *ret_open_at)
{
    const struct sudo_conf *conf = q->conf;
    *ret_open = false;
    for (size_t i = conf->entries.n; i-- > 0;) {
        const struct sudo_entry *e = &conf->entries.v[i];
        enum sudo_match user =
            e->entry->kind == SUDOERS_SPEC ? sudo_match_user(q, &e->entry->users) : MATCH_UNSPEC;
        if (user != MATCH_ALLOW && user != MATCH_MAYBE)
            continue;
        for (size_t p = e->entry->privileges.n; p-- > 0;) {
            const struct sudoers_privilege *v = &e->entry->privileges.v[p];
            enum sudo_match host = sudo_match_host(conf, &v->hosts);
            if (host != MATCH_ALLOW && host != MATCH_MAYBE)
                continue;
            for (size_t c = v->commands.n; c-- > 0;) {
                const struct sudoers_command *command = &v->commands.v[c];
                enum sudo_match runas = sudo_match_runas(q, command);
                if (runas != MATCH_ALLOW && runas != MATCH_MAYBE)
                    continue;
                q->chroot = command->chroot;
                struct hit hit = {e, command, sudo_match_one_command(q, &command->command)};
                if (hit.match == MATCH_UNSPEC)
                    continue;
                if (hit.match != MATCH_MAYBE && user == MATCH_ALLOW && host == MATCH_ALLOW &&
                    runas == MATCH_ALLOW && !command->timed)
                    return hit;
                if (!*ret_open)
                    *ret_open_at = hit;
                *ret_open = true;
            }
        }
    }
    return (struct hit){.match = MATCH_DENY};
}

static bool flag(const struct sudo_conf *conf, const char *user, const char *name, bool otherwise)
{
    struct sudo_setting s = sudo_default(conf, user, name);
    return s.set ? s.on : otherwise;
}

/* A NOPASSWD or PASSWD tag wins over the authenticate option. */
static bool asks_no_password(struct sudo_query *q, const struct sudoers_command *c)
{
    if (c->nopasswd != TAG_UNSET)
        return c->nopasswd == TAG_YES;
    const struct sudo_conf *conf = q->conf;
    bool on = flag(conf, q->user->name, "authenticate", true);
    struct sudo_setting exempt = sudo_default(conf, q->user->name, "exempt_group");
    if (exempt.set && exempt.value && strings_find(&q->user_groups, exempt.value) >= 0)
        return true;
    for (size_t i = 0; i < conf->entries.n; i++) {
        const struct sudoers_entry *e = conf->entries.v[i].entry;
        if (e->kind != SUDOERS_DEFAULTS || (e->scope != SCOPE_CMND && e->scope != SCOPE_RUNAS))
            continue;
        struct sudoers_command runas = {.has_runas = true, .runas_users = e->users};
        enum sudo_match m = e->scope == SCOPE_CMND
                                ? (q->path ? sudo_match_command(q, &e->users) : MATCH_UNSPEC)
                                : sudo_match_runas(q, &runas);
        for (size_t k = 0; m == MATCH_ALLOW && k < e->settings.n; k++)
            if (cstr_eq(e->settings.v[k].name, "authenticate"))
                on = e->settings.v[k].op != '!';
    }
    return !on;
}

static enum sudo_password whose_password(const struct sudo_conf *conf, const char *user)
{
    if (flag(conf, user, "rootpw", false))
        return SUDO_ROOT_PASSWORD;
    if (flag(conf, user, "runaspw", false))
        return SUDO_RUNAS_PASSWORD;
    return flag(conf, user, "targetpw", false) ? SUDO_TARGET_PASSWORD : SUDO_OWN_PASSWORD;
}

static void answer(struct sudo_query *q, struct sudo_answer *ret)
{
    bool open;
    struct hit open_at = {.match = MATCH_DENY}, hit = decide(q, &open, &open_at);
    struct sudo_answer a = {.decision = hit.match == MATCH_ALLOW ? SUDO_ALLOWED : SUDO_DENIED};
    /* What could come before the deciding line matters only where it says something else. */
    if (open && (hit.match != MATCH_ALLOW || open_at.match != MATCH_ALLOW) &&
        open_at.match != MATCH_DENY) {
        a.decision = SUDO_UNDECIDED;
        hit = open_at;
        a.why = TEXT("depends on a netgroup, network address, time or host name not known here",
                     "取决于此处无法得知的网络组、网络地址、时间或主机名");
    } else if (open && hit.match == MATCH_ALLOW && open_at.match == MATCH_DENY) {
        a.decision = SUDO_UNDECIDED;
        hit = open_at;
        a.why = TEXT("a line that may take the right away cannot be decided here",
                     "存在可能撤销该权限、但此处无法判定的行");
    }
    if (hit.command) {
        a.where = (struct where){hit.entry->path, hit.command->command.line};
        a.nopasswd = asks_no_password(q, hit.command);
    }
    a.allowed = a.decision == SUDO_ALLOWED;
    a.nopasswd = a.nopasswd || q->user->uid == 0 || q->user->uid == q->runas->uid;
    a.password = whose_password(q->conf, q->user->name);
    *ret = a;
}

int sudo_may(const struct sudo_conf *conf, const char *user, const char *runas, const char *command,
             struct sudo_answer *ret)
{
    const struct accounts *accounts = root_accounts(conf->host->root);
    const struct account *u = accounts_find(accounts, user), *r = accounts_find(accounts, runas);
    struct sudo_query q;
    if (!u || !r)
        return -ENOENT;
    if (conf->refuses) {
        *ret = (struct sudo_answer){.decision = SUDO_DENIED, .where = conf->refused_at};
        return 0;
    }
    sudo_query_init(&q, conf, conf->host->arena, u, r);
    sudo_query_command(&q, command);
    answer(&q, ret);
    return 0;
}

static enum sudo_match in_scope(const struct sudo_conf *conf, const struct account *user,
                                const struct sudoers_entry *e)
{
    struct sudo_query q;
    if (e->scope == SCOPE_ALL)
        return MATCH_ALLOW;
    if (e->scope == SCOPE_HOST)
        return sudo_match_host(conf, &e->users);
    if (e->scope != SCOPE_USER || !user)
        return MATCH_UNSPEC;
    sudo_query_init(&q, conf, conf->host->arena, user, NULL);
    return sudo_match_user(&q, &e->users);
}

/* += adds a word to a list, -= removes one (sudoers(5), list operators). */
static const char *edit_list(struct arena *a, const char *old, char op, const char *words)
{
    struct strings kept = {0};
    struct str rest = str_of(old), word;
    while (str_next_word(&rest, &word)) {
        struct str other = str_of(words), w;
        bool named = false;
        while (str_next_word(&other, &w))
            named = named || str_eq(w, word);
        if (!named)
            strings_add(a, &kept, str_dup(a, word));
    }
    if (op == '+')
        strings_add(a, &kept, words);
    return strings_join(a, &kept, " ", 0);
}

struct sudo_setting sudo_default(const struct sudo_conf *conf, const char *user, const char *name)
{
    const struct accounts *accounts = root_accounts(conf->host->root);
    const struct account *account = user ? accounts_find(accounts, user) : NULL;
    struct sudo_setting ret = {0};
    for (size_t i = 0; i < conf->entries.n; i++) {
        const struct sudoers_entry *e = conf->entries.v[i].entry;
        for (size_t k = 0; e->kind == SUDOERS_DEFAULTS && k < e->settings.n; k++) {
            const struct sudoers_setting *s = &e->settings.v[k];
            if (!cstr_eq(s->name, name) || in_scope(conf, account, e) != MATCH_ALLOW)
                continue;
            ret.set = true;
            ret.on = s->op != '!';
            ret.where = (struct where){conf->entries.v[i].path, s->line};
            if (s->op == '+' || s->op == '-')
                ret.value =
                    edit_list(conf->host->arena, ret.value ? ret.value : "", s->op, s->value);
            else
                ret.value = s->value;
        }
    }
    return ret;
}

const char *sudo_builtin(const struct sudo_conf *conf, const char *name)
{
    static const char *const on[] = {
        "authenticate", "env_reset",   "case_insensitive_user", "case_insensitive_group",
        "set_logname",  "pam_setcred", "pam_session",           "lecture"};
    bool new_enough = conf->version[0] > 1 ||
                      (conf->version[0] == 1 &&
                       (conf->version[1] > 9 || (conf->version[1] == 9 && conf->version[2] >= 14)));
    /* use_pty is on by default since 1.9.14 (NEWS). */
    if (cstr_eq(name, "use_pty"))
        return !conf->version_known ? NULL : new_enough ? "yes" : "no";
    for (size_t i = 0; i < sizeof on / sizeof *on; i++)
        if (cstr_eq(name, on[i]))
            return "yes";
    return NULL;
}
