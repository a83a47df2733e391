/*
 * sudo: who can become root, without a password, or switch off the audit; and the Defaults options.
 */
#include "resource/resource.h"

#include <errno.h>

#include "effective/sudo.h"
#include "resource/sudo_role.h"
#include "root/accounts.h"

static const char drop_in[] = "/etc/sudoers.d/zz-dengbao";

static const char *const arg_names[] = {"admins", "auditors", NULL};

/* Is the account named in a list like "root,%wheel,ops"? */
static bool listed(struct arena *a, const struct accounts *accounts, const char *user,
                   const char *list)
{
    const struct account *account = accounts_find(accounts, user);
    struct strings groups = account ? account_groups(a, accounts, account) : (struct strings){0};
    struct str rest = str_of(list), item;
    while (str_next_field(&rest, ',', &item)) {
        item = str_trim(item);
        const char *name = str_dup(a, item);
        if (cstr_eq(name, user) || (name[0] == '%' && strings_find(&groups, name + 1) >= 0))
            return true;
    }
    return false;
}

static bool can_stop_audit(const struct sudo_conf *conf, const struct sudo_user *u,
                           struct where *ret)
{
    static const char *const commands[] = {"/usr/bin/systemctl stop auditd",
                                           "/bin/systemctl stop auditd",
                                           "/usr/bin/systemctl stop auditd.service",
                                           "/usr/bin/systemctl disable auditd",
                                           "/usr/sbin/service auditd stop",
                                           "/sbin/service auditd stop",
                                           "/usr/bin/kill -9 1",
                                           "/bin/kill -9 1",
                                           "/usr/bin/killall auditd",
                                           "/usr/bin/pkill auditd",
                                           "/usr/sbin/auditctl -e 0",
                                           "/sbin/auditctl -e 0",
                                           "/usr/sbin/auditctl -D",
                                           "/sbin/auditctl -D",
                                           "sudoedit /etc/audit/auditd.conf",
                                           "sudoedit /etc/audit/rules.d/audit.rules",
                                           "sudoedit /etc/audit/audit.rules"};
    struct sudo_answer answer;
    if (u->reach >= SUDO_REACH_ESCAPE) {
        *ret = u->where;
        return true;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (sudo_may(conf, u->name, "root", commands[i], &answer) < 0 ||
            answer.decision == SUDO_DENIED)
            continue;
        *ret = answer.where;
        return true;
    }
    return false;
}

/* Does this account belong in the list the key asks for? Sets the line that says so. */
static bool belongs(struct host *h, const struct want *w, const struct sudo_conf *conf,
                    const struct sudo_user *u, struct where *ret)
{
    const struct accounts *accounts = root_accounts(h->root);
    const char *admins = want_arg(w, "admins"), *auditors = want_arg(w, "auditors");
    *ret = u->where;
    if (cstr_eq(w->key_name, "nopasswd")) {
        *ret = u->nopasswd_at;
        return u->some_nopasswd;
    }
    if (cstr_eq(w->key_name, "root-users"))
        return u->reach == SUDO_REACH_UNRESTRICTED;
    if (cstr_eq(w->key_name, "root-capable"))
        return u->reach >= SUDO_REACH_ESCAPE;
    if (cstr_eq(w->key_name, "unrestricted-nonadmin"))
        return u->reach == SUDO_REACH_UNRESTRICTED &&
               !listed(h->arena, accounts, u->name, admins ? admins : "root,%wheel,%sudo,%admin");
    return can_stop_audit(conf, u, ret) &&
           !listed(h->arena, accounts, u->name, auditors ? auditors : "root");
}

static bool is_list(const struct want *w)
{
    static const char *const names[] = {"root-users", "root-capable", "nopasswd",
                                        "unrestricted-nonadmin", "can-stop-audit"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (cstr_eq(w->key_name, names[i]))
            return true;
    return false;
}

/* Remarks a person should read beside the value: what sudo passes over, what lies elsewhere. */
static struct text remark(struct host *h, const struct sudo_conf *conf)
{
    if (conf->refuses)
        return text_make(h->arena, "sudo refuses to run: %s", "sudo 拒绝运行：%s",
                         conf->refusal.en);
    if (conf->problems.n) {
        const struct sudo_problem *p = &conf->problems.v[0];
        return text_make(h->arena, "sudo passes over %zu mistakes, the first at %s:%u",
                         "sudo 跳过了 %zu 处错误，第一处在 %s:%u", conf->problems.n, p->where.path,
                         p->where.line);
    }
    return (struct text){0};
}

static void observe_list(struct host *h, const struct want *w, const struct sudo_conf *conf,
                         struct facts *ret)
{
    const struct sudo_users *users = sudo_users_root(conf);
    const struct accounts *accounts = root_accounts(h->root);
    struct strings names = {0};
    VEC(struct where) places = {0};
    if (accounts->passwd_error || accounts->group_error) {
        int code = accounts->passwd_error ? accounts->passwd_error : accounts->group_error;
        const char *path = accounts->passwd_error ? "/etc/passwd" : "/etc/group";
        (void)facts_unknown(ret, NULL, root_error_text(h->root, path, code));
        return;
    }
    if (conf->elsewhere && !conf->refuses) {
        (void)facts_unknown(
            ret, NULL,
            text_make(h->arena,
                      "sudo also takes rules from \"%s\" "
                      "(/etc/nsswitch.conf), which cannot be seen here",
                      "sudo 还从 \"%s\" 读取规则（/etc/nsswitch.conf），此处无法看到",
                      conf->elsewhere));
        return;
    }
    for (size_t i = 0; i < users->n; i++) {
        struct where where;
        if (!belongs(h, w, conf, &users->v[i], &where))
            continue;
        if (users->v[i].undecided && !cstr_eq(w->key_name, "nopasswd")) {
            struct fact *f = facts_unknown(
                ret, users->v[i].name,
                TEXT("a netgroup, network address, time or digest decides, not known here",
                     "取决于此处无法得知的网络组、网络地址、时间或摘要"));
            fact_add_where(ret, f, where.path, where.line);
            continue;
        }
        strings_add(h->arena, &names, users->v[i].name);
        vec_push(h->arena, &places, where);
    }
    struct fact *f = facts_configured(ret, NULL, value_list(names));
    f->reason = remark(h, conf);
    for (size_t i = 0; i < places.n; i++)
        fact_add_where(ret, f, places.v[i].path, places.v[i].line);
    if (places.n == 0)
        fact_add_where(ret, f, "/etc/sudoers", 0);
}

static const char *option_name(struct arena *a, const char *key)
{
    char *name = arena_strdup(a, key);
    for (char *c = name; *c; c++)
        if (*c == '-')
            *c = '_';
    return name;
}

static struct value option_value(struct arena *a, const struct want *w, bool on, const char *text)
{
    struct value v;
    if (!text)
        return w->key->kind == VALUE_TEXT ? value_text(on ? "yes" : "no") : value_yes_no(on);
    if (value_parse(a, w->key->kind, str_of(text), &v) < 0)
        return value_text(text);
    return v;
}

/* A line scoped to users, hosts, commands or runas users makes another value for some. */
static void observe_scoped(struct host *h, const struct want *w, const struct sudo_conf *conf,
                           const char *name, struct facts *ret)
{
    for (size_t i = 0; i < conf->entries.n; i++) {
        const struct sudoers_entry *e = conf->entries.v[i].entry;
        if (e->kind != SUDOERS_DEFAULTS || e->scope == SCOPE_ALL || e->scope == SCOPE_HOST)
            continue;
        for (size_t k = 0; k < e->settings.n; k++) {
            const struct sudoers_setting *s = &e->settings.v[k];
            if (!cstr_eq(s->name, name) || s->op == '+' || s->op == '-')
                continue;
            struct fact *f = facts_configured(ret, sudoers_scope_text(h->arena, e),
                                              option_value(h->arena, w, s->op != '!', s->value));
            fact_add_where(ret, f, conf->entries.v[i].path, s->line);
        }
    }
}

static void observe_option(struct host *h, const struct want *w, const struct sudo_conf *conf,
                           struct facts *ret)
{
    const char *name = option_name(h->arena, w->key_name);
    struct sudo_setting s = sudo_default(conf, NULL, name);
    const char *builtin = sudo_builtin(conf, name);
    struct fact *f;
    if (s.set) {
        f = facts_configured(ret, NULL, option_value(h->arena, w, s.on, s.value));
        fact_add_where(ret, f, s.where.path, s.where.line);
    } else if (!builtin && cstr_eq(name, "use_pty")) {
        f = facts_unknown(ret, NULL,
                          TEXT("not set; the default is yes from sudo 1.9.14 on, and the version "
                               "of sudo is not known",
                               "未设置；自 sudo 1.9.14 起默认为 yes，而 sudo 版本未知"));
    } else {
        f = facts_configured(ret, NULL,
                             builtin ? option_value(h->arena, w, cstr_eq(builtin, "yes"), NULL)
                                     : VALUE_UNSET);
        fact_add_where(ret, f, "/etc/sudoers", 0);
    }
    f->reason = f->reason.en ? f->reason : remark(h, conf);
    observe_scoped(h, w, conf, name, ret);
}

static void observe(struct host *h, const struct want *w, struct facts *ret)
{
    const struct sudo_conf *conf;
    struct text why = {0};
    int r = sudo_load(h, &conf, &why);
    if (r == -ENOENT && is_list(w)) {
        struct fact *f = facts_configured(ret, NULL, value_list((struct strings){0}));
        f->reason = why;
    } else if (r == -ENOENT) {
        (void)facts_not_applicable(ret, NULL, why);
    } else if (r < 0) {
        (void)facts_unknown(ret, NULL, why);
    } else if (is_list(w)) {
        observe_list(h, w, conf, ret);
    } else if (cstr_eq(w->key_name, "role")) {
        sudo_role_observe(h, w, conf, ret);
    } else {
        observe_option(h, w, conf, ret);
    }
}

/* ---- plan ---- */

static int refuse(struct changes *ret, int code, struct text why)
{
    ret->why = why;
    return code;
}

/* After staging, the same code must say what was wanted, and somebody must still become root. */
static int verify(struct host *h, const struct want *w, bool had_users, struct changes *ret)
{
    const struct sudo_conf *conf;
    struct facts facts = {.arena = h->arena};
    struct text why = {0};
    int r = sudo_load(h, &conf, &why);
    if (r < 0 || conf->refuses || (had_users && conf->problems.n))
        return refuse(ret, -EINVAL,
                      TEXT("the changed sudoers would not be read without mistakes; nothing is "
                           "changed",
                           "修改后的 sudoers 无法被正确读取，不作修改"));
    observe(h, w, &facts);
    for (size_t i = 0; i < facts.n; i++)
        if (facts.v[i].state != FACT_KNOWN || !want_accepts(w, &facts.v[i].configured))
            return refuse(ret, -ENOTSUP,
                          text_make(h->arena, "another line decides (%s)", "由另一处配置决定（%s）",
                                    facts.v[i].where.n ? facts.v[i].where.v[0].path : "sudoers"));
    return 0;
}

static bool included(const struct sudo_conf *conf, const char *path)
{
    for (size_t i = 0; i < conf->entries.n; i++)
        if (cstr_eq(conf->entries.v[i].path, path))
            return true;
    return false;
}

/* Appends to the bytes of a file whatever is needed so that `line` is its last line. */
static void stage_appended(struct host *h, const char *path, struct str old, const char *line,
                           const struct attributes *attributes)
{
    struct buf out __attribute__((cleanup(buf_done))) = {0};
    buf_append(&out, old.p, old.n);
    if (old.n && old.p[old.n - 1] != '\n')
        buf_putc(&out, '\n');
    buf_puts(&out, line);
    struct str bytes = {arena_strndup(h->arena, out.data, out.len), out.len};
    (void)stage_write(h->root, path, bytes, attributes);
}

static int plan_option(struct host *h, const struct want *w, const struct sudo_conf *conf,
                       struct changes *ret)
{
    const char *name = option_name(h->arena, w->key_name);
    struct facts facts = {.arena = h->arena};
    observe_option(h, w, conf, &facts);
    struct value target = want_target(h->arena, w, &facts.v[0].configured);
    const char *text = value_show(h->arena, &target), *line;
    if (!text || strpbrk(text, "\"\n\\"))
        return refuse(ret, -ENOTSUP,
                      TEXT("removing an option is left to a person", "删除选项需由人工完成"));
    if (cstr_eq(text, "yes") || cstr_eq(text, "no"))
        line = arena_printf(h->arena, "Defaults %s%s\n", cstr_eq(text, "no") ? "!" : "", name);
    else
        line = arena_printf(h->arena, "Defaults %s=\"%s\"\n", name, text);
    struct str old = {0}, main_file = {0}, ours = {0};
    bool had = root_read(h->root, drop_in, &ours) == 0;
    const struct attributes attributes = {.set = true, .mode = 0440};
    if (root_read(h->root, drop_in, &old) < 0)
        old = STR("# Written by dengbao. Sorted last: it has the last word.\n");
    stage_appended(h, drop_in, old, line, &attributes);
    const struct sudo_conf *again;
    struct text why;
    if (sudo_load(h, &again, &why) == 0 && !included(again, drop_in)) {
        /* No includedir reads the drop-in: the main file gets the line instead. */
        (void)stage_remove(h->root, drop_in);
        if (root_read(h->root, "/etc/sudoers", &old) < 0)
            return refuse(ret, -ENOENT,
                          TEXT("/etc/sudoers cannot be read", "无法读取 /etc/sudoers"));
        main_file = old;
        stage_appended(h, "/etc/sudoers", old, line, NULL);
    }
    int r = verify(h, w, conf->problems.n == 0, ret);
    if (r == 0)
        return 0;
    if (had)
        (void)stage_write(h->root, drop_in, ours, NULL);
    else if (root_exists(h->root, drop_in))
        (void)stage_remove(h->root, drop_in);
    if (main_file.p)
        (void)stage_write(h->root, "/etc/sudoers", main_file, NULL);
    return r;
}

static int plan_nopasswd(struct host *h, const struct want *w, const struct sudo_conf *conf,
                         struct changes *ret)
{
    const struct sudo_users *before = sudo_users_root(conf);
    const struct accounts *accounts = root_accounts(h->root);
    bool somebody = false;
    for (size_t i = 0; i < before->n; i++) {
        const struct account *a = accounts_find(accounts, before->v[i].name);
        somebody = somebody || (before->v[i].reach == SUDO_REACH_UNRESTRICTED && a &&
                                account_password(a) == PASSWORD_SET);
    }
    bool any = false;
    for (size_t i = 0; i < before->n; i++)
        any = any || before->v[i].some_nopasswd;
    if (!any)
        return 0;
    if (!somebody)
        return refuse(
            ret, -EPERM,
            TEXT("no account that may become root through sudo has a password: without "
                 "NOPASSWD nobody could; set a password first",
                 "可通过 sudo 成为 root 的账户都没有口令：去掉 NOPASSWD 后无人能成为 root，"
                 "请先设置口令"));
    for (size_t i = 0; i < conf->files.n; i++) {
        struct str bytes;
        struct buf out __attribute__((cleanup(buf_done))) = {0};
        if (root_read(h->root, conf->files.v[i], &bytes) < 0)
            continue;
        const struct sudoers *doc = sudoers_parse(h->arena, bytes, conf->syntax);
        if (doc->nopasswd.n == 0)
            continue;
        sudoers_drop_nopasswd(doc, NULL, 0, &out);
        struct str edited = {arena_strndup(h->arena, out.data, out.len), out.len};
        (void)stage_write(h->root, conf->files.v[i], edited, NULL);
    }
    return verify(h, w, conf->problems.n == 0, ret);
}

static int plan(struct host *h, const struct want *w, struct changes *ret)
{
    const struct sudo_conf *conf;
    int r = sudo_load(h, &conf, &ret->why);
    if (r < 0)
        return r;
    if (conf->refuses)
        return refuse(ret, -EINVAL, remark(h, conf));
    if (cstr_eq(w->key_name, "role"))
        return sudo_role_plan(h, w, ret);
    if (!is_list(w))
        return plan_option(h, w, conf, ret);
    if (cstr_eq(w->key_name, "nopasswd") && w->op == WANT_NONE)
        return plan_nopasswd(h, w, conf, ret);
    return refuse(ret, -ENOTSUP,
                  TEXT("whom sudo should trust is for the administrator to decide",
                       "sudo 授权给谁需由管理员决定"));
}

static const char *const role_args[] = {"user", "except", NULL};

static const struct key keys[] = {
    {"role",
     VALUE_WORD,
     NULL,
     "docs/setup.md",
     {"the role whose commands `user` has and no others: administrator, auditor, officer; none, "
      "other",
      "user 所拥有命令恰好对应的角色：administrator、auditor、officer；none、other"},
     role_args},
    {"root-users",
     VALUE_LIST,
     NULL,
     "sudoers(5)",
     {"accounts that may run any command as root", "可以 root 身份执行任意命令的账户"},
     NULL},
    {"root-capable",
     VALUE_LIST,
     NULL,
     "sudoers(5)",
     {"the same, and those with a command that gives a root shell",
      "同上，另含可借某命令得到 root shell 的账户"},
     NULL},
    {"nopasswd",
     VALUE_LIST,
     NULL,
     "sudoers(5)",
     {"accounts that may run something without a password", "可免口令执行某些命令的账户"},
     NULL},
    {"unrestricted-nonadmin",
     VALUE_LIST,
     NULL,
     "sudoers(5)",
     {"accounts with unrestricted sudo that are not in `admins`",
      "不在 admins 之列却有不受限 sudo 权限的账户"},
     NULL},
    {"can-stop-audit",
     VALUE_LIST,
     NULL,
     "sudoers(5)",
     {"accounts, beside `auditors`, that can stop auditd or change its rules through sudo",
      "除 auditors 外，可通过 sudo 停止 auditd 或更改审计规则的账户"},
     NULL},
    {"use-pty",
     VALUE_WORD,
     "yes since 1.9.14, else no",
     "sudoers(5)",
     {"commands run in a pseudo-terminal of their own", "命令在独立伪终端中运行"},
     NULL},
    {"authenticate",
     VALUE_WORD,
     "yes",
     "sudoers(5)",
     {"a password is asked for", "要求输入口令"},
     NULL},
    {"rootpw",
     VALUE_WORD,
     "no",
     "sudoers(5)",
     {"root's password is asked for", "要求 root 的口令"},
     NULL},
    {"targetpw",
     VALUE_WORD,
     "no",
     "sudoers(5)",
     {"the target account's password is asked for", "要求目标账户的口令"},
     NULL},
    {"runaspw",
     VALUE_WORD,
     "no",
     "sudoers(5)",
     {"the password of runas_default is asked for", "要求 runas_default 账户的口令"},
     NULL},
    {"secure-path",
     VALUE_TEXT,
     NULL,
     "sudoers(5)",
     {"PATH of commands run through sudo", "sudo 执行命令时的 PATH"},
     NULL},
    {"logfile",
     VALUE_TEXT,
     NULL,
     "sudoers(5)",
     {"a log file of sudo's own beside syslog", "syslog 之外的 sudo 日志文件"},
     NULL},
    {"timestamp-timeout",
     VALUE_NUMBER,
     NULL,
     "sudoers(5)",
     {"minutes until the password is asked for again", "再次要求口令前的分钟数"},
     NULL},
    {"passwd-tries",
     VALUE_NUMBER,
     NULL,
     "sudoers(5)",
     {"attempts at the password", "口令尝试次数"},
     NULL},
    {0},
};

const struct resource resource_sudo = {
    .name = "sudo",
    .summary = {"sudoers: who may become root, and its options", "sudoers：谁可成为 root 及其选项"},
    .keys = keys,
    .args = arg_names,
    .any_key = true,
    .observe = observe,
    .plan = plan,
};
