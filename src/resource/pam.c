/* What PAM really does to logins and new passwords, per service. */
#include "resource/resource.h"

#include <errno.h>
#include <string.h>

#include "effective/pam_password.h"
#include "effective/pam_su.h"
#include "effective/sshd.h"
#include "resource/pam.h"

#define KEY(name_, kind_, source_, en_, zh_)                                                       \
    {                                                                                              \
        .name = (name_), .kind = (kind_), .source = (source_), .doc = {(en_), (zh_) }              \
    }

static const struct key keys[] = {
    KEY("lockout-deny", VALUE_NUMBER, "pam_faillock(8)",
        "failures after which the right password is refused; never: no lock-out takes effect",
        "锁定前允许的连续失败次数（实际生效值）；never 表示锁定不生效"),
    KEY("lockout-unlock-time", VALUE_NUMBER, "pam_faillock(8)",
        "seconds until a locked account works again; never: until it is reset",
        "账户锁定时长（秒）；never 表示须人工解锁"),
    KEY("lockout-even-deny-root", VALUE_WORD, "pam_faillock(8)", "root is locked out too",
        "登录失败锁定是否对 root 生效"),
    KEY("min-length", VALUE_NUMBER, "pwquality.conf(5)",
        "shortest new password that can pass, credits counted",
        "新口令可通过的最短长度（已计入 credit）"),
    KEY("min-class", VALUE_NUMBER, "pwquality.conf(5)", "minclass in force", "生效的 minclass"),
    KEY("required-classes", VALUE_NUMBER, "pwquality.conf(5)",
        "character classes a new password must have: minclass or the negative credits",
        "新口令必须包含的字符种类数（minclass 或负 credit 个数）"),
    KEY("digit-required", VALUE_NUMBER, "pwquality.conf(5)", "digits a new password must have",
        "新口令必须包含的数字个数"),
    KEY("upper-required", VALUE_NUMBER, "pwquality.conf(5)",
        "upper-case letters a new password must have", "新口令必须包含的大写字母个数"),
    KEY("lower-required", VALUE_NUMBER, "pwquality.conf(5)",
        "lower-case letters a new password must have", "新口令必须包含的小写字母个数"),
    KEY("other-required", VALUE_NUMBER, "pwquality.conf(5)",
        "other characters a new password must have", "新口令必须包含的特殊字符个数"),
    KEY("different-characters", VALUE_NUMBER, "pwquality.conf(5)",
        "characters that must differ from the old password", "与旧口令必须不同的字符数（difok）"),
    KEY("quality-enforced", VALUE_WORD, "pam_pwquality(8)",
        "a poor password is really refused when a user sets it",
        "普通用户设置弱口令时是否确实被拒绝"),
    KEY("quality-enforced-for-root", VALUE_WORD, "pam_pwquality(8)",
        "a poor password is refused when root sets it too", "root 设置弱口令时是否也被拒绝"),
    KEY("remember", VALUE_NUMBER, "pam_pwhistory(8)", "former passwords that are refused; 0: none",
        "禁止重复使用的历史口令个数；0 表示不限制"),
    KEY("remember-enforced-for-root", VALUE_WORD, "pam_pwhistory(8)",
        "former passwords are refused when root sets them too", "历史口令限制是否对 root 生效"),
    KEY("su-restricted", VALUE_WORD, "pam_wheel(8)",
        "knowing root's password is not enough for su: a group is asked for",
        "使用 su 切换 root 是否限制在指定组内"),
    KEY("su-group", VALUE_TEXT, "pam_wheel(8)", "the group whose members may use su",
        "允许使用 su 的组"),
    KEY("wrong-password", VALUE_WORD, "pam(8)",
        "what becomes of a wrong password: accepted or refused",
        "错误口令的结果：accepted 或 refused"),
    KEY("right-password", VALUE_WORD, "pam(8)",
        "what becomes of the right password: accepted or refused",
        "正确口令的结果：accepted 或 refused"),
    KEY("empty-password", VALUE_WORD, "pam_unix(8)",
        "may an account without a password log in: accepted or refused",
        "空口令账户能否登录：accepted 或 refused"),
    {0},
};

struct question {
    struct host *host;
    const char *key, *service;
    struct facts *facts;
};

static void where(const struct question *q, struct fact *fact, const char *path, unsigned line)
{
    if (path)
        fact_add_where(q->facts, fact, path, line);
}

static void unknown(const struct question *q, struct text why, const char *path, unsigned line)
{
    if (!why.en)
        why = TEXT("what this stack does cannot be told", "无法判定该 PAM 栈的行为");
    where(q, facts_unknown(q->facts, q->service, why), path, line);
}

static void known(const struct question *q, struct value v, struct text remark, const char *path,
                  unsigned line)
{
    struct fact *fact = facts_configured(q->facts, q->service, v);
    fact->reason = remark;
    where(q, fact, path, line);
}

static bool asks(const struct question *q, const char *key)
{
    return strcmp(q->key, key) == 0;
}

/* ---- lock-out ---- */

static void lockout(const struct question *q)
{
    struct pam_lockout k;
    struct pam_scenario s = pam_scenario_ordinary(q->host);
    if (cstr_starts(q->service, "su"))
        pam_scenario_by_user(q->host, q->service, true, &s);
    pam_lockout(q->host, q->service, &s, &k);
    if (k.effective == PAM_UNDECIDED) {
        unknown(q, k.why, k.path, k.line);
    } else if (k.effective == PAM_REFUSED) {
        struct value v = asks(q, "lockout-deny")             ? value_number(NUMBER_NEVER)
                         : asks(q, "lockout-even-deny-root") ? value_yes_no(false)
                                                             : VALUE_UNSET;
        known(q, v, k.why, k.path, k.line);
    } else if (asks(q, "lockout-deny")) {
        known(q, value_number(k.deny), k.why, k.path, k.line);
    } else if (asks(q, "lockout-unlock-time")) {
        known(q, value_number(k.unlock_time), k.why, k.unlock_path, k.unlock_line);
    } else if (k.root == PAM_UNDECIDED) {
        unknown(q, k.why, k.path, k.line);
    } else {
        known(q, value_yes_no(k.root == PAM_ACCEPTED), k.why, k.path, k.line);
    }
}

/* ---- new passwords ---- */

static void answer(const struct question *q, enum pam_decision d, const struct pam_password *p,
                   const char *path, unsigned line)
{
    if (d == PAM_UNDECIDED)
        unknown(q, p->why, path, line);
    else
        known(q, value_yes_no(d == PAM_ACCEPTED), p->why, path, line);
}

static void history(const struct question *q, const struct pam_password *p)
{
    const char *path = p->history_at.path ? p->history_at.path : p->path;
    unsigned line = p->history_at.path ? p->history_at.line : p->line;
    struct text none = TEXT("no module refuses a former password", "没有模块拒绝历史口令");
    if (p->history == PAM_UNDECIDED)
        unknown(q, p->why, path, line);
    else if (asks(q, "remember"))
        known(q, value_number(p->remember), p->remember ? (struct text){0} : none, path, line);
    else if (p->history_for_root == PAM_UNDECIDED)
        unknown(q, p->why, path, line);
    else
        known(q, value_yes_no(p->history_for_root == PAM_ACCEPTED), (struct text){0}, path, line);
}

static void number(const struct question *q, const struct pam_password *p,
                   const struct pam_setting *at, int64_t value)
{
    known(q, value_number(value), p->why, at ? at->path : p->path, at ? at->line : p->line);
}

static int64_t least(int64_t credit)
{
    return credit < 0 ? -credit : 0;
}

static void quality_number(const struct question *q, const struct pam_password *p)
{
    const struct pam_quality *r = p->rules;
    if (p->quality == PAM_UNDECIDED)
        unknown(q, p->why, p->path, p->line);
    else if (asks(q, "min-length"))
        number(q, p, r ? &r->minlen : NULL, p->min_length);
    else if (!r)
        number(q, p, NULL, 0);
    else if (asks(q, "min-class"))
        number(q, p, &r->minclass, r->minclass.value);
    else if (asks(q, "required-classes"))
        number(q, p, &r->minclass, p->required_classes);
    else if (asks(q, "digit-required"))
        number(q, p, &r->dcredit, least(r->dcredit.value));
    else if (asks(q, "upper-required"))
        number(q, p, &r->ucredit, least(r->ucredit.value));
    else if (asks(q, "lower-required"))
        number(q, p, &r->lcredit, least(r->lcredit.value));
    else if (asks(q, "other-required"))
        number(q, p, &r->ocredit, least(r->ocredit.value));
    else
        number(q, p, &r->difok, r->difok.value);
}

static void password(const struct question *q)
{
    struct pam_password p;
    pam_password(q->host, q->service, &p);
    if (p.good_refused && !p.why.en)
        p.why = TEXT("good passwords are refused too", "合格口令也会被拒绝");
    if (cstr_starts(q->key, "remember"))
        history(q, &p);
    else if (asks(q, "quality-enforced"))
        answer(q, p.quality, &p, p.path, p.line);
    else if (asks(q, "quality-enforced-for-root"))
        answer(q, p.for_root, &p, p.path, p.line);
    else
        quality_number(q, &p);
}

/* ---- su ---- */

static void su(const struct question *q)
{
    struct pam_su s;
    pam_su(q->host, q->service, &s);
    if (s.restricted == PAM_UNDECIDED)
        unknown(q, s.why, s.path, s.line);
    else if (asks(q, "su-restricted"))
        known(q, value_yes_no(s.restricted == PAM_ACCEPTED), s.why, s.path, s.line);
    else
        known(q, s.restricted == PAM_ACCEPTED ? value_text(s.group) : VALUE_UNSET, s.why, s.path,
              s.line);
}

/* ---- attempts ---- */

/* The worst of several attempts: accepted, else undecided, else refused. */
static void attempt(const struct question *q, struct pam_scenario s, struct pam_outcome *worst)
{
    struct pam_outcome out;
    static const int badness[] = {[PAM_REFUSED] = 0, [PAM_UNDECIDED] = 1, [PAM_ACCEPTED] = 2};
    pam_login_outcome(q->host, q->service, &s, &out);
    if (worst->code == -2 || badness[out.decision] > badness[worst->decision])
        *worst = out;
}

static bool ssh_takes_empty(struct host *h)
{
    const struct sshd *conf;
    struct sshd_answer permit;
    struct err why = {.arena = h->arena};
    return sshd_load(h, &conf, &why) == 0 &&
           sshd_query(conf, "PermitEmptyPasswords", NULL, &permit) == 0 && permit.values.n &&
           cstr_eq_nocase(permit.values.v[0], "yes");
}

static struct pam_scenario user(const struct question *q)
{
    struct pam_scenario s = pam_scenario_ordinary(q->host);
    pam_scenario_service(&s, q->service);
    if (s.refuse_null && ssh_takes_empty(q->host))
        s.refuse_null = false;
    if (cstr_starts(q->service, "su"))
        pam_scenario_by_user(q->host, q->service, true, &s);
    return s;
}

static void wrong_password(const struct question *q, struct pam_outcome *worst)
{
    struct pam_scenario s = user(q);
    s.secret = PAM_SECRET_WRONG;
    attempt(q, s, worst);
    s.secret = PAM_SECRET_EMPTY;
    attempt(q, s, worst);
    s.secret = PAM_SECRET_WRONG;
    s.uid = s.gid = 0;
    s.user = "root";
    attempt(q, s, worst);
    s.exists = false;
    s.uid = s.gid = -1;
    s.user = "dengbao-nobody";
    attempt(q, s, worst);
}

static void outcome(const struct question *q)
{
    struct pam_outcome worst = {.code = -2};
    struct pam_scenario s = user(q);
    if (asks(q, "wrong-password")) {
        wrong_password(q, &worst);
    } else if (asks(q, "right-password")) {
        s.secret = PAM_SECRET_RIGHT;
        attempt(q, s, &worst);
    } else {
        s.password = PASSWORD_EMPTY;
        s.secret = PAM_SECRET_EMPTY;
        attempt(q, s, &worst);
    }
    if (worst.decision == PAM_UNDECIDED)
        unknown(q, worst.why, worst.path, worst.line);
    else
        known(q, value_word(worst.decision == PAM_ACCEPTED ? "accepted" : "refused"),
              (struct text){0}, worst.path, worst.line);
}

/* ---- which services ---- */

/* UsePAM no: sshd compares passwords itself, without any of this. True: the fact is written. */
static bool sshd_without_pam(const struct question *q)
{
    const struct sshd *conf;
    struct err why = {.arena = q->host->arena};
    struct text text;
    if (strcmp(q->service, "sshd") != 0)
        return false;
    int r = sshd_load(q->host, &conf, &why);
    if (r < 0)
        return false; /* no sshd, or what sshd would do is not PAM's affair */
    struct sshd_answer use;
    if (sshd_query(conf, "UsePAM", NULL, &use) < 0 || use.values.n == 0 ||
        !cstr_eq_nocase(use.values.v[0], "no"))
        return false;
    text = TEXT("UsePAM is no: sshd checks passwords itself and PAM decides nothing about ssh",
                "UsePAM 为 no：sshd 自行校验口令，PAM 配置对 ssh 无效");
    if (asks(q, "lockout-deny"))
        known(q, value_number(NUMBER_NEVER), text, use.where.path, use.where.line);
    else
        where(q, facts_not_applicable(q->facts, q->service, text), use.where.path, use.where.line);
    return true;
}

static bool has_file(struct host *h, const char *service)
{
    struct arena *a = h->arena;
    static const char *const dirs[] = {"/etc/pam.d", "/usr/lib/pam.d", "/usr/share/pam.d"};
    for (size_t i = 0; i < 3; i++) {
        struct file_info info;
        if (root_lstat(h->root, arena_printf(a, "%s/%s", dirs[i], service), &info) != -ENOENT)
            return true;
    }
    return false;
}

const char *const *pam_services_of(const char *key)
{
    static const char *const logins[] = {"login", "sshd", "su", "sudo", NULL};
    static const char *const change[] = {"passwd", "login", "sshd", NULL};
    static const char *const change_su[] = {"su", NULL};
    static const char *const lock[] = {"login", "sshd", NULL};
    if (cstr_starts(key, "su-"))
        return change_su;
    if (cstr_starts(key, "lockout-"))
        return lock;
    if (cstr_ends(key, "-password"))
        return logins;
    return change;
}

static void observe_one(struct question *q)
{
    if (sshd_without_pam(q))
        return;
    if (cstr_starts(q->key, "lockout-"))
        lockout(q);
    else if (cstr_starts(q->key, "su-"))
        su(q);
    else if (cstr_ends(q->key, "-password"))
        outcome(q);
    else
        password(q);
}

void pam_each_service(struct host *h, const struct want *w, struct strings *ret)
{
    const char *given = want_arg(w, "service");
    struct str rest = str_of(given ? given : want_arg(w, "stack")), name;
    const char *const *usual = pam_services_of(w->key_name);
    if (!given && !want_arg(w, "stack")) {
        for (size_t i = 0; usual[i]; i++)
            if (has_file(h, usual[i]))
                strings_add(h->arena, ret, usual[i]);
        return;
    }
    for (size_t i = 0; i < rest.n; i++)
        if (rest.p[i] == ',') { /* "login,sshd" and "login sshd" */
            char *blanks = str_dup(h->arena, rest);
            for (char *p = blanks; *p; p++)
                *p = *p == ',' ? ' ' : *p;
            rest = str_of(blanks);
        }
    while (str_next_word(&rest, &name)) {
        const char *service = str_dup(h->arena, name);
        if (given || has_file(h, service))
            strings_add(h->arena, ret, service);
    }
}

static void observe(struct host *h, const struct want *w, struct facts *ret)
{
    struct strings services = {0};
    struct question q = {.host = h, .key = w->key_name, .facts = ret};
    pam_each_service(h, w, &services);
    vec_each (s, &services) {
        q.service = *s;
        observe_one(&q);
    }
    if (services.n == 0)
        where(&q,
              facts_unknown(ret, NULL,
                            TEXT("there is no PAM configuration for these services",
                                 "没有这些服务的 PAM 配置")),
              "/etc/pam.d", 0);
}

static const char *const args[] = {"service", "stack", NULL};

const struct resource resource_pam = {
    .name = "pam",
    .summary = {"what PAM does to logins and new passwords", "PAM 对登录与口令修改的实际效果"},
    .keys = keys,
    .args = args,
    .observe = observe,
    .plan = pam_plan,
};
