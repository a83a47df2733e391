/*
 * Who gets in through sshd from an address: allowed_user() of auth.c, auth2.c, auth-passwd.c,
 * auth-pam.c and auth-shadow.c of OpenSSH 9.2 in their order.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "access/access_parts.h"
#include "effective/hosts_access.h"

static const char *const programs[] = {"/usr/sbin/sshd", NULL};

/* What an account meets on this connection. */
struct door {
    struct access_run *run;
    const struct account *account;
    struct sshd_context who;
    bool pam;
    bool listed; /* AuthenticationMethods names lists of methods */
    const char *service;
};

static const char *value(const struct door *d, const char *keyword, const char *otherwise)
{
    return sshd_value(d->run->sshd, keyword, &d->who, otherwise);
}

static bool is(const struct door *d, const char *keyword, const char *otherwise, const char *wanted)
{
    return cstr_eq_nocase(value(d, keyword, otherwise), wanted);
}

static struct where line_of(const struct door *d, const char *keyword)
{
    struct sshd_answer answer;
    if (sshd_query(d->run->sshd, keyword, &d->who, &answer) < 0 || !answer.where.path)
        return (struct where){sshd_main_file(d->run->sshd), 0};
    return answer.where;
}

static bool shut(const struct door *d, struct access_answer *a, enum access_state state,
                 const char *keyword, struct text text)
{
    access_says(d->run, a, state, line_of(d, keyword), text);
    return false;
}

/* ---- the daemon ---- */

static void ssh_is(struct access_run *run, enum access_state state, struct where where,
                   struct text text)
{
    run->sshd = NULL;
    run->ssh_state = state;
    run->ssh_fact = (struct access_fact){where, text};
}

static bool has_letters(const char *pattern)
{
    const char *at = strrchr(pattern, '@');
    for (const char *p = at ? at + 1 : ""; *p; p++)
        if ((*p >= 'g' && *p <= 'z') || (*p >= 'G' && *p <= 'Z'))
            return true;
    return false;
}

/* Whether the name of the client could matter: it is not looked up here. */
static bool names_matter(const struct sshd *conf)
{
    static const char *const lists[] = {"AllowUsers", "DenyUsers"};
    if (!cstr_eq(sshd_value(conf, "UseDNS", NULL, "no"), "yes"))
        return false;
    for (size_t i = 0; i < 2; i++) {
        struct sshd_uses uses = {0};
        if (sshd_uses(conf, lists[i], &uses) < 0)
            continue;
        vec_each (u, &uses)
            for (size_t k = 0; k < u->values.n; k++)
                if (has_letters(u->values.v[k]))
                    return true;
    }
    return false;
}

static void wrappers(struct access_run *run)
{
    bool linked;
    const char *at;
    struct hosts_answer answer;
    struct err why = {.arena = run->host->arena};
    if (hosts_access_linked(run->host, programs, &linked, &at) < 0 || !linked)
        return;
    struct hosts_client client = {.address = run->address};
    int r = hosts_access(run->host, "sshd", &client, &answer, &why);
    if (r < 0)
        ssh_is(run, ACCESS_UNDECIDED, (struct where){why.path, why.line},
               why.message.en ? why.message : errno_text(r));
    else if (!answer.allowed)
        ssh_is(run, ACCESS_NO, answer.where,
               text_make(run->host->arena, "sshd is linked with libwrap, which refuses %s",
                         "sshd 链接了 libwrap，其拒绝 %s", run->address));
}

void access_ssh_open(struct access_run *run)
{
    struct err why = {.arena = run->host->arena};
    int r = sshd_load(run->host, &run->sshd, &why);
    if (r < 0) {
        bool gone = !sshd_program(run->host)->installed;
        struct text text = why.message.en ? why.message : errno_text(r);
        if (gone)
            text = TEXT("sshd is not installed", "未安装 sshd");
        ssh_is(run, gone || r == -EINVAL || r == -ENOENT ? ACCESS_NO : ACCESS_UNDECIDED,
               (struct where){why.path, why.line}, text);
        return;
    }
    run->by_name = names_matter(run->sshd);
    if (!access_listen(run)) {
        struct sshd_answer answer;
        struct where where = {0};
        if (sshd_query(run->sshd, "ListenAddress", NULL, &answer) == 0)
            where = answer.where;
        ssh_is(run, ACCESS_NO, where,
               text_make(run->host->arena, "sshd does not listen where %s could reach it",
                         "sshd 的监听地址无法从 %s 访问", run->address));
        return;
    }
    wrappers(run);
}

/* ---- allowed_user() ---- */

/* Without PAM sshd looks at the lock mark and the expiry itself, for keys as well. */
static bool locked_out(const struct door *d, struct access_answer *a)
{
    const struct account *u = d->account;
    int64_t today = (int64_t)d->run->host->now / 86400;
    if (d->pam)
        return false;
    if (u->hash && *u->hash == '!') {
        access_says(d->run, a, ACCESS_NO, access_shadow(u),
                    TEXT("UsePAM is no and the account is locked", "UsePAM 为 no 且账户已锁定"));
        return true;
    }
    if (u->in_shadow && u->expire_date != ACCOUNT_UNSET && today > u->expire_date) {
        access_says(d->run, a, ACCESS_NO, access_shadow(u),
                    TEXT("the account has expired", "账户已过期"));
        return true;
    }
    struct file_info info;
    if (u->uid != 0 && root_stat(d->run->host->root, "/etc/nologin", &info) == 0) {
        access_says(d->run, a, ACCESS_NO, (struct where){"/etc/nologin", 0},
                    TEXT("nobody but root may log in", "仅 root 可登录"));
        return true;
    }
    return false;
}

static bool listed(const struct door *d, struct access_answer *a)
{
    struct arena *arena = d->run->host->arena;
    struct sshd_answer why = {0};
    bool allowed = sshd_user_allowed(d->run->sshd, &d->who, &why);
    if (d->run->by_name) {
        access_says(d->run, a, ACCESS_UNDECIDED, why.where,
                    TEXT("UseDNS is yes and a line names hosts: the client's name decides",
                         "UseDNS 为 yes 且配置以主机名限制：取决于客户端的主机名"));
        return false;
    }
    if (allowed)
        return true;
    access_says(d->run, a, ACCESS_NO, why.where,
                text_make(arena, "sshd does not let this account in from %s",
                          "sshd 不允许该账户从 %s 登录", d->run->address));
    return false;
}

/* What becomes of the session. */
static bool session(const struct door *d, struct access_answer *a)
{
    const char *command = value(d, "ForceCommand", "none");
    if (!cstr_eq_nocase(command, "none")) {
        bool sftp = cstr_starts(command, "internal-sftp");
        return shut(d, a, sftp ? ACCESS_NO : ACCESS_UNDECIDED, "ForceCommand",
                    text_make(d->run->host->arena, "only %s is run", "只能运行 %s", command));
    }
    if (!is(d, "ChrootDirectory", "none", "none"))
        return shut(
            d, a, ACCESS_UNDECIDED, "ChrootDirectory",
            TEXT("the session is in a root directory of its own", "会话位于单独的根目录中"));
    if (is(d, "MaxSessions", "10", "0"))
        return shut(d, a, ACCESS_NO, "MaxSessions", TEXT("no session is allowed", "不允许会话"));
    if (is(d, "MaxAuthTries", "6", "0"))
        return shut(d, a, ACCESS_NO, "MaxAuthTries", TEXT("no try is allowed", "不允许尝试"));
    return true;
}

/* sshd wants a shell that exists; nologin(8) ends the session. */
static bool let_in(const struct door *d, struct access_answer *a)
{
    return !locked_out(d, a) && access_shell(d->run, d->account, a) && listed(d, a) &&
           session(d, a);
}

/* ---- methods ---- */

/* auth_root_allowed() */
static bool root_may(const struct door *d, bool key, struct access_answer *a)
{
    const char *permit = value(d, "PermitRootLogin", "without-password");
    if (d->account->uid != 0 || cstr_eq(permit, "yes") ||
        (key && (cstr_eq(permit, "without-password") || cstr_eq(permit, "prohibit-password"))))
        return true;
    return shut(
        d, a, ACCESS_NO, "PermitRootLogin",
        text_make(d->run->host->arena, "PermitRootLogin is %s", "PermitRootLogin 为 %s", permit));
}

static struct pam_scenario scenario(const struct door *d)
{
    struct pam_scenario in = pam_scenario_user(d->run->host, d->account->name);
    in.tty = "ssh";
    in.rhost = d->run->address;
    in.secret = PAM_SECRET_RIGHT;
    in.refuse_null = !is(d, "PermitEmptyPasswords", "no", "yes");
    return in;
}

/* sys_auth_passwd() and auth_shadow_pwexpired() */
static void own_password(const struct door *d, struct access_answer *a)
{
    struct pam_scenario in = scenario(d);
    switch (in.password) {
    case PASSWORD_SET:
        break;
    case PASSWORD_EMPTY:
        if (!in.refuse_null)
            break;
        access_says(d->run, a, ACCESS_NO, access_shadow(d->account),
                    TEXT("its password is empty", "口令为空"));
        return;
    case PASSWORD_UNKNOWN:
        access_says(d->run, a, ACCESS_UNDECIDED, access_shadow(d->account),
                    TEXT("its password field cannot be read", "无法读取口令字段"));
        return;
    default:
        access_says(d->run, a, ACCESS_NO, access_shadow(d->account),
                    TEXT("it has no password that anything matches", "没有可用的口令"));
        return;
    }
    a->must_change = in.aging == PAM_AGING_CHANGE_NOW || in.aging == PAM_AGING_PASSWORD_EXPIRED;
    access_says(
        d->run, a, ACCESS_YES, access_shadow(d->account),
        TEXT("sshd itself compares the password (UsePAM no)", "由 sshd 自行比对口令（UsePAM no）"));
}

/* userauth_none(): where PermitEmptyPasswords is yes, the first attempt of every connection is an
 * empty password. auth2_method_allowed(): a list of methods does not name it. */
static bool tries_empty(const struct door *d)
{
    return !d->listed && is(d, "PermitEmptyPasswords", "no", "yes") &&
           is(d, "PasswordAuthentication", "yes", "yes");
}

/* plain, interactive: of the two methods that ask for a password, which are offered. */
static void password(const struct door *d, bool plain, bool interactive, struct access_answer *a)
{
    bool offered = (plain && is(d, "PasswordAuthentication", "yes", "yes")) ||
                   (interactive && d->pam && sshd_kbdint_enabled(d->run->sshd, &d->who));
    if (!offered) {
        (void)shut(d, a, ACCESS_NO, "PasswordAuthentication",
                   TEXT("sshd does not ask for passwords", "sshd 不接受口令认证"));
        return;
    }
    if (!root_may(d, false, a))
        return;
    a->nothing = account_password(d->account) == PASSWORD_EMPTY;
    struct pam_scenario in = scenario(d);
    if (!d->pam)
        own_password(d, a);
    else if (tries_empty(d))
        access_pam_after_empty(d->run, d->service, &in, line_of(d, "PermitEmptyPasswords"), a);
    else
        access_pam_login(d->run, d->service, &in, a);
}

/* auth_password() looks whether the password has expired, the empty one too; what it finds holds
 * for the connection. */
static void own_ageing(const struct door *d, const struct pam_scenario *in, struct access_answer *a)
{
    if (a->state == ACCESS_NO || !tries_empty(d) ||
        (in->aging != PAM_AGING_CHANGE_NOW && in->aging != PAM_AGING_PASSWORD_EXPIRED))
        return;
    a->must_change = true;
    access_says(d->run, a, a->state, access_shadow(d->account),
                TEXT("its password has expired and must be changed", "口令已过期，须先修改"));
}

/* A session whose password must be changed first runs passwd(1), which asks for the old one. */
static void key(const struct door *d, struct access_answer *a)
{
    if (!is(d, "PubkeyAuthentication", "yes", "yes")) {
        (void)shut(d, a, ACCESS_NO, "PubkeyAuthentication",
                   TEXT("sshd does not take keys", "sshd 不接受密钥认证"));
        return;
    }
    if (!root_may(d, true, a))
        return;
    access_key(d->run, d->account, &d->who, a);
    if (a->state == ACCESS_NO)
        return;
    enum access_state found = a->state;
    struct pam_scenario in = scenario(d);
    if (d->pam)
        access_pam_account(d->run, d->service, &in, false, a);
    else
        own_ageing(d, &in, a);
    if (a->state == ACCESS_YES && a->must_change && in.password != PASSWORD_SET)
        access_says(d->run, a, ACCESS_NO, access_shadow(d->account),
                    TEXT("the password must be changed first and there is none",
                         "须先修改口令，但该账户没有可用口令"));
    if (found < a->state)
        a->state = found;
}

/* ---- AuthenticationMethods ---- */

struct wants {
    bool key, plain, interactive, other;
    unsigned keys, passwords;
};

static struct wants wants_of(const char *list)
{
    struct wants w = {0};
    struct str rest = str_of(list), one;
    while (str_next_field(&rest, ',', &one)) {
        if (str_is(one, "publickey")) {
            w.key = true;
            w.keys++;
        } else if (str_is(one, "password")) {
            w.plain = true;
            w.passwords++;
        } else if (str_is(one, "keyboard-interactive") || str_is(one, "keyboard-interactive:pam")) {
            w.interactive = true;
            w.passwords++;
        } else {
            w.other = true;
        }
    }
    return w;
}

/* sshd leaves out a list with a method that is switched off. */
static void by_list(const struct door *d, struct wants w, struct access_answer *a)
{
    struct access_answer second = {0};
    if ((w.plain && !is(d, "PasswordAuthentication", "yes", "yes")) ||
        (w.interactive && !(d->pam && sshd_kbdint_enabled(d->run->sshd, &d->who)))) {
        (void)shut(d, a, ACCESS_NO, "AuthenticationMethods",
                   TEXT("a method of the list is switched off", "列表中的某方法未启用"));
        return;
    }
    if (w.key)
        key(d, a);
    if (!w.passwords || (w.key && a->state == ACCESS_NO))
        return;
    password(d, w.plain, w.interactive, w.key ? &second : a);
    if (!w.key)
        return;
    vec_each (f, &second.facts)
        vec_push(d->run->host->arena, &a->facts, *f);
    a->must_change |= second.must_change;
    if (second.state < a->state)
        a->state = second.state;
}

static enum access_way way_of(struct wants w)
{
    return w.key && w.passwords ? ACCESS_SSH_BOTH : w.key ? ACCESS_SSH_KEY : ACCESS_SSH_PASSWORD;
}

static void methods(struct door *d, struct access_account *ret)
{
    struct sshd_answer lists = {0};
    static const struct text other = {"AuthenticationMethods asks for something else",
                                      "AuthenticationMethods 要求其他方式"};
    if (sshd_query(d->run->sshd, "AuthenticationMethods", &d->who, &lists) < 0 || !lists.values.n ||
        cstr_eq(lists.values.v[0], "any")) {
        password(d, true, true, &ret->ways[ACCESS_SSH_PASSWORD]);
        key(d, &ret->ways[ACCESS_SSH_KEY]);
        return;
    }
    d->listed = true;
    for (size_t i = 0; i < lists.values.n; i++) {
        struct wants w = wants_of(lists.values.v[i]);
        struct access_answer answer = {0}, *best = &ret->ways[way_of(w)];
        if (w.other || (!w.key && !w.passwords))
            continue;
        by_list(d, w, &answer);
        if (w.keys > 1 && answer.state == ACCESS_YES)
            (void)shut(d, &answer, ACCESS_UNDECIDED, "AuthenticationMethods",
                       TEXT("more than one key is asked for", "要求多个密钥"));
        if (answer.state > best->state || !best->facts.n)
            *best = answer;
    }
    for (int w = 0; w <= ACCESS_SSH_KEY; w++)
        if (!ret->ways[w].facts.n)
            (void)shut(d, &ret->ways[w], ACCESS_NO, "AuthenticationMethods", other);
}

/* One connection to one of the sockets. */
static void connect_to(struct access_run *run, const struct account *account,
                       const struct access_socket *socket, const struct access_place *place,
                       struct access_account *ret)
{
    struct door d = {.run = run, .account = account};
    struct access_answer closed = {0};
    struct sshd_answer probe;
    d.who = (struct sshd_context){.user = account->name,
                                  .host = run->address,
                                  .address = run->address,
                                  .local_address = socket->local ? socket->local : place->local,
                                  .rdomain = place->rdomain,
                                  .local_port = socket->port};
    int r = sshd_query(run->sshd, "PermitRootLogin", &d.who, &probe);
    d.pam = is(&d, "UsePAM", "no", "yes");
    d.service = value(&d, "PAMServiceName", "sshd");
    if (r == -EINVAL)
        access_says(run, &closed, ACCESS_NO, access_nowhere,
                    TEXT("sshd drops such a connection", "sshd 会断开此类连接"));
    else if (let_in(&d, &closed))
        methods(&d, ret);
    for (int w = 0; closed.facts.n && w <= ACCESS_SSH_KEY; w++)
        ret->ways[w] = closed;
}

/* An address of the host that only the running system knows decides. */
static void by_socket(struct access_run *run, const struct account *account,
                      const struct access_socket *socket, struct access_account *ret)
{
    static const struct access_place anywhere;
    connect_to(run, account, socket, &anywhere, ret);
    vec_each (place, &run->places) {
        struct access_account there = {0};
        connect_to(run, account, socket, place, &there);
        for (int w = 0; w <= ACCESS_SSH_BOTH; w++)
            if (there.ways[w].state != ret->ways[w].state)
                access_says(run, &ret->ways[w], ACCESS_UNDECIDED,
                            (struct where){sshd_main_file(run->sshd), 0},
                            TEXT("it depends on the address of this host that is connected to "
                                 "(Match LocalAddress or RDomain)",
                                 "取决于所连接的本机地址（Match LocalAddress 或 RDomain）"));
    }
}

void access_ssh(struct access_run *run, const struct account *account, struct access_account *ret)
{
    if (!run->sshd) {
        for (int w = 0; w <= ACCESS_SSH_KEY; w++)
            access_says(run, &ret->ways[w], run->ssh_state, run->ssh_fact.where,
                        run->ssh_fact.text);
        return;
    }
    vec_each (socket, &run->sockets) { /* the client chooses */
        struct access_account one = {0};
        by_socket(run, account, socket, &one);
        for (int w = 0; w <= ACCESS_SSH_BOTH; w++)
            if (!ret->ways[w].facts.n || one.ways[w].state > ret->ways[w].state)
                ret->ways[w] = one.ways[w];
    }
}
