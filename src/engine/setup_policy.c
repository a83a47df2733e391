/*
 * Answers as policy of the site: values of existing rules, and rules of its own for what a product
 * policy cannot know: the accounts by name. Names, groups and addresses were checked; everything
 * else is quoted.
 */
#include "engine/site_rule.h"

#include "effective/sshd.h"
#include "root/accounts.h"

/* AllowGroups of sshd cuts off who is in none of them: the first plain name is joined. */
static const char *ssh_group(struct host *h)
{
    const struct sshd *conf;
    struct sshd_answer answer;
    struct err e = {.arena = h->arena};
    if (sshd_load(h, &conf, &e) < 0 || sshd_query(conf, "AllowGroups", NULL, &answer) < 0)
        return NULL;
    for (size_t i = 0; i < answer.values.n; i++)
        if (accounts_find_group(root_accounts(h->root), answer.values.v[i]))
            return answer.values.v[i];
    return NULL;
}

/* Where sshd has a list of users of its own, the roles have to be on it, each with its sources. */
static bool names_users(struct host *h)
{
    const struct sshd *conf;
    struct sshd_answer answer;
    struct err e = {.arena = h->arena};
    if (sshd_load(h, &conf, &e) < 0 || sshd_query(conf, "AllowUsers", NULL, &answer) < 0)
        return false;
    for (size_t i = 0; i < answer.values.n; i++)
        if (answer.values.v[i][0] == '*')
            return false;
    return answer.values.n > 0;
}

static struct strings user_entries(struct arena *a, const struct setup_answers *o, const char *name)
{
    struct strings entries = {0};
    for (size_t i = 0; i < o->sources.n; i++)
        strings_add(a, &entries, arena_printf(a, "%s@%s", name, o->sources.v[i]));
    if (!o->sources.n)
        strings_add(a, &entries, name);
    return entries;
}

static struct strings groups_of(struct host *h, const struct setup_answers *o, enum setup_role role)
{
    struct strings groups = {0};
    const char *ssh = ssh_group(h);
    if (role == SETUP_ADMINISTRATOR && o->su_group)
        strings_add(h->arena, &groups, o->su_group);
    if (role == SETUP_AUDITOR)
        strings_add(h->arena, &groups, "adm");
    if (ssh)
        strings_add(h->arena, &groups, ssh);
    return groups;
}

static void put_person(struct host *h, const struct setup_answers *o, enum setup_role role,
                       struct buf *b)
{
    struct arena *a = h->arena;
    const struct setup_person *p = &o->people[role];
    const struct setup_role_row *row = &setup_roles[role];
    struct strings groups = groups_of(h, o, role);
    bool password = p->hash || p->password_fd >= 0 || setup_state_of(h, p->name).usable_password;
    site_put_rule(b, arena_printf(a, "setup-%s", row->id), "4.1", RISK_ACCESS,
                  (struct text){arena_printf(a, "%s is the %s", p->name, row->title.en),
                                arena_printf(a, "%s 为%s", p->name, row->title.zh)},
                  row->duty);
    buf_printf(b, "  - {account: exists, select: %s, is: yes}\n", p->name);
    if (password)
        buf_printf(b, "  - {account: usable-password, select: %s, is: yes}\n", p->name);
    if (p->keys.n) {
        buf_printf(b, "  - account: authorized-keys\n    select: %s\n    includes: ", p->name);
        site_put_list(b, &p->keys);
    }
    if (groups.n) {
        buf_printf(b, "  - account: groups\n    select: %s\n    includes: ", p->name);
        site_put_list(b, &groups);
    }
    if (names_users(h)) {
        struct strings entries = user_entries(a, o, p->name);
        buf_puts(b, "  - sshd: AllowUsers\n    includes: ");
        site_put_list(b, &entries);
    }
}

static struct str accounts_file(struct host *h, const struct setup_answers *o)
{
    _cleanup_buf_ struct buf b = {0};
    const char *auditors = arena_printf(h->arena, "root,%s", o->people[SETUP_AUDITOR].name);
    buf_puts(&b, SITE_RULES_HEAD);
    buf_puts(&b, "values:\n");
    buf_printf(&b, "  administrators-separated.auditors: '%s'\n", auditors);
    buf_printf(&b, "  audit-only-auditors.auditors: '%s'\n", auditors);
    if (o->sources.n) {
        buf_puts(&b, "  ssh-source-limited.sources: ");
        site_put_list(&b, &o->sources);
    }
    buf_puts(&b, "item: account-assignment\nrules:\n");
    for (int i = 0; i < SETUP_ROLES; i++)
        put_person(h, o, (enum setup_role)i, &b);
    /* Also where it was set before: a second setup asks for the same. */
    if (o->root.hash || o->root.password_fd >= 0 || setup_state_of(h, "root").usable_password) {
        site_put_rule(&b, "setup-root-password", "4.1", RISK_ACCESS,
                      TEXT("root has a password, for su", "root 设有口令，供 su 使用"),
                      TEXT("su asks for it; without it nobody becomes root",
                           "su 需要该口令，否则无人能成为 root"));
        buf_puts(&b, "  - {account: usable-password, select: root, is: yes}\n");
    }
    site_put_rule(&b, "setup-recorded", "4.1", RISK_ACCESS,
                  TEXT("What setup decided is recorded", "setup 的决定已记录"),
                  TEXT("so that every later check asks for the same", "以后每次检查都按此要求"));
    buf_puts(&b, "  - {setup: recorded, is: yes}\n");
    return site_text(h->arena, &b);
}

/* Whose passwords and locks are not the officer's business. */
static const char *not_by_officer(struct arena *a, const struct setup_answers *o)
{
    return arena_printf(a, "root %s %s", o->people[SETUP_ADMINISTRATOR].name,
                        o->people[SETUP_AUDITOR].name);
}

/* One row an account: cloud images bring a user who may do everything without a password. */
static void put_others(struct host *h, const struct setup_answers *o, struct buf *b)
{
    struct strings list = setup_others(h, o, true), now = {0};
    if (o->take_sudo)
        now = setup_others(h, o, false);
    for (size_t i = 0; i < now.n; i++)
        if (strings_find(&list, now.v[i]) < 0)
            strings_add(h->arena, &list, now.v[i]);
    if (!list.n)
        return;
    site_put_rule(b, "setup-others-no-sudo", "8.4", RISK_ACCESS,
                  TEXT("Who has none of the three roles has no rights by sudo",
                       "不属于三类管理员的账户没有 sudo 权限"),
                  TEXT("who may do everything by sudo is system, audit and security administrator "
                       "in one",
                       "能用 sudo 执行一切的账户同时拥有系统、审计和安全管理权限"));
    for (size_t i = 0; i < list.n; i++)
        buf_printf(b, "  - sudo: role\n    user: %s\n    is: none\n",
                   site_quoted(h->arena, list.v[i]));
}

static struct str roles_file(struct host *h, const struct setup_answers *o)
{
    _cleanup_buf_ struct buf b = {0};
    struct arena *a = h->arena;
    buf_puts(&b, SITE_RULES_HEAD);
    buf_puts(&b, "item: least-privilege\nrules:\n");
    for (int i = 0; i < SETUP_ROLES; i++) {
        const char *name = o->people[i].name;
        /* Where there is no list of commands, "nothing" is what sudo leaves. */
        site_put_rule(
            &b, arena_printf(a, "setup-%s-rights", setup_roles[i].id), "8.4", RISK_ACCESS,
            (struct text){
                arena_printf(a, "%s may do by sudo what the %s needs, and no more", name,
                             setup_roles[i].title.en),
                arena_printf(a, "%s 的 sudo 权限恰为%s所需", name, setup_roles[i].title.zh)},
            setup_roles[i].duty);
        buf_printf(&b, "  - sudo: role\n    user: %s\n    is: %s\n", name, setup_roles[i].id);
        if (i == SETUP_OFFICER)
            buf_printf(&b, "    except: '%s'\n", not_by_officer(a, o));
    }
    put_others(h, o, &b);
    if (root_exists(h->root, "/etc/audit/auditd.conf")) {
        site_put_rule(
            &b, "setup-audit-readable", "8.4", RISK_NONE,
            TEXT("The auditor''s group reads the audit records", "审计员所在的组可读取审计记录"),
            TEXT("auditd gives its log to the group log_group; without it root alone "
                 "reads it",
                 "auditd 按 log_group 设置日志的属组；否则只有 root 可读"));
        buf_printf(&b, "  - {auditd: log_group, is: adm}\n");
    }
    if (o->su_group) {
        site_put_rule(
            &b, "setup-su-group", "8.1", RISK_ACCESS,
            (struct text){arena_printf(a, "Only the group %s may use su", o->su_group),
                          arena_printf(a, "只有 %s 组可以使用 su", o->su_group)},
            TEXT("knowing root''s password must not be enough", "仅知道 root 口令还不够"));
        buf_printf(&b, "  - {pam: su-group, is: %s}\n", o->su_group);
    }
    return site_text(a, &b);
}

size_t setup_policy(struct host *h, const struct setup_answers *o,
                    struct site_file ret[SETUP_FILES])
{
    size_t n = 0;
    ret[n++] = (struct site_file){SETUP_ACCOUNTS_PATH, accounts_file(h, o)};
    ret[n++] = (struct site_file){SETUP_ROLES_PATH, roles_file(h, o)};
    return n + setup_site_policy(h, o, ret + n);
}

/* Asked for unless an answer says otherwise; whether they can be planned is the plan's business. */
void setup_rules(struct arena *a, const struct policy *p, const struct setup_answers *o,
                 struct strings *ret)
{
    static const char *const asked[] = {"three-roles", "administrators-separated",
                                        "audit-only-auditors"};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        strings_add(a, ret, asked[i]);
    if (!o->keep_root_ssh)
        strings_add(a, ret, "no-root-ssh");
    if (o->sources.n)
        strings_add(a, ret, "ssh-source-limited");
    if (!o->keep_nopasswd)
        strings_add(a, ret, "sudo-needs-password");
    vec_each (item, &p->items)
        vec_each (rule, &item->rules)
            if (cstr_starts(rule->id, "setup-"))
                strings_add(a, ret, rule->id);
}

const char *setup_password(void *answers, const char *account)
{
    const struct setup_answers *o = answers;
    for (int i = 0; i < SETUP_ROLES; i++)
        if (cstr_eq(o->people[i].name, account))
            return o->people[i].hash;
    return cstr_eq(account, "root") ? o->root.hash : NULL;
}
