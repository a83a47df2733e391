/*
 * From an account to root: su(1) of util-linux and shadow, sudo(8) up to check.c and
 * auth/pam.c of 1.9.13.
 */
#include <errno.h>
#include <string.h>

#include "access/access_parts.h"

static bool is_open(struct access_run *run, const struct account *account, const char *const *paths,
                    struct access_answer *a)
{
    struct arena *arena = run->host->arena;
    const char *path;
    switch (access_program(run, paths, account, &path)) {
    case ACCESS_PROGRAM_OPEN:
        return true;
    case ACCESS_PROGRAM_MISSING:
        access_says(run, a, ACCESS_NO, (struct where){path, 0},
                    text_make(arena, "%s is not installed", "未安装 %s", path));
        return false;
    default:
        access_says(run, a, ACCESS_NO, (struct where){path, 0},
                    text_make(arena, "this account may not run %s as root",
                              "该账户不能以 root 权限运行 %s", path));
        return false;
    }
}

static struct pam_scenario asked_by(struct access_run *run, const struct account *account,
                                    const char *user)
{
    struct pam_scenario in = pam_scenario_user(run->host, user);
    struct strings groups = account_groups(run->host->arena, run->accounts, account);
    pam_scenario_caller(&in, account->name, account->uid, &groups);
    in.secret = PAM_SECRET_RIGHT;
    return in;
}

/* `su -` has a PAM service of its own, su-l; either opens the way. */
void access_su(struct access_run *run, const struct account *account, struct access_answer *a)
{
    static const char *const paths[] = {"/bin/su", "/usr/bin/su", NULL};
    static const char *const services[] = {"su", "su-l"};
    if (!is_open(run, account, paths, a))
        return;
    if (!run->root || !cstr_eq(run->root->name, "root")) {
        access_says(run, a, ACCESS_NO, (struct where){"/etc/passwd", 0},
                    TEXT("there is no account root", "没有 root 账户"));
        return;
    }
    if (!access_shell(run, run->root, a))
        return;
    struct access_answer best = {0};
    for (int i = 0; i < 2 && best.state != ACCESS_YES; i++) {
        struct access_answer one = {0};
        struct pam_scenario in = asked_by(run, account, "root");
        one.nothing = in.password == PASSWORD_EMPTY;
        access_pam_login(run, services[i], &in, &one);
        if (i == 0 || one.state > best.state)
            best = one;
    }
    *a = best;
}

void access_sudo_open(struct access_run *run)
{
    struct text why = {0};
    int r = sudo_load(run->host, &run->sudo, &why);
    if (r < 0) {
        run->sudo = NULL;
        run->sudo_state = r == -ENOENT ? ACCESS_NO : ACCESS_UNDECIDED;
        run->sudo_fact.text = r == -ENOENT ? TEXT("sudo is not installed", "未安装 sudo") : why;
    } else if (run->sudo->refuses) {
        run->sudo_fact = (struct access_fact){run->sudo->refused_at, run->sudo->refusal};
        run->sudo_state = ACCESS_NO;
        run->sudo = NULL;
    }
}

/* They stand in the order of passwd, in which they are asked for. */
static const struct sudo_user *sudo_user_of(struct access_run *run, const char *name)
{
    const struct sudo_users *users = sudo_users_root(run->sudo);
    for (size_t i = 0; i < users->n; i++) {
        size_t at = (run->sudo_next + i) % users->n;
        if (!cstr_eq(users->v[at].name, name))
            continue;
        run->sudo_next = at + 1;
        return &users->v[at];
    }
    return NULL;
}

static bool on(struct access_run *run, const char *user, const char *name)
{
    struct sudo_setting s = sudo_default(run->sudo, user, name);
    return s.set && s.on;
}

/* Whose password sudo asks for: rootpw, then runaspw and targetpw (here root's as well). */
static const char *asked_for(struct access_run *run, const char *user)
{
    bool root = on(run, user, "rootpw") || on(run, user, "runaspw") || on(run, user, "targetpw");
    return root && run->root ? run->root->name : user;
}

static void by_pam(struct access_run *run, const struct account *account, bool nopasswd,
                   struct access_answer *a)
{
    struct pam_scenario in = asked_by(run, account, asked_for(run, account->name));
    struct sudo_setting tries = sudo_default(run->sudo, account->name, "passwd_tries");
    struct sudo_setting set = sudo_default(run->sudo, account->name, "pam_service");
    const char *service = set.set && set.value ? set.value : "sudo";
    if (nopasswd) {
        a->nothing = true;
        access_pam_account(run, service, &in, true, a);
        return;
    }
    if (tries.set && (!tries.on || cstr_eq(tries.value, "0"))) {
        access_says(run, a, ACCESS_NO, tries.where,
                    TEXT("no try is allowed (passwd_tries)", "不允许尝试口令（passwd_tries）"));
        return;
    }
    a->nothing = in.password == PASSWORD_EMPTY;
    access_pam_login(run, service, &in, a);
}

static void put_grant(struct access_run *run, const struct sudo_user *u, struct access_answer *a)
{
    struct arena *arena = run->host->arena;
    if (u->reach == SUDO_REACH_UNRESTRICTED)
        access_says(run, a, ACCESS_YES, u->where,
                    TEXT("it may run everything as root", "可以 root 身份运行任何命令"));
    else
        access_says(run, a, ACCESS_YES, u->where,
                    text_make(arena, "it may run %s as root, which leads to a shell",
                              "可以 root 身份运行 %s，由此可得到 shell", u->command));
}

static const char *const shells[] = {"/bin/bash",    "/usr/bin/bash", "/bin/sh",
                                     "/usr/bin/sh",  "/bin/dash",     "/usr/bin/env",
                                     "/usr/bin/vim", "/bin/su",       "/usr/bin/su"};

static bool is_su(const char *command)
{
    return cstr_starts(command, "/bin/su") || cstr_starts(command, "/usr/bin/su");
}

/* A grant of su leads only where su lets root itself go: its account stage may find root expired
 * or ask for a new password, pam_rootok or not. */
static void through_su(struct access_run *run, struct access_answer *a)
{
    struct access_answer su = {0};
    if (!run->root)
        return;
    struct pam_scenario in = asked_by(run, run->root, run->root->name);
    access_pam_login(run, "su", &in, &su);
    a->must_change |= su.must_change;
    if (su.state != ACCESS_YES)
        access_says(run, a, su.state, (struct where){"/etc/pam.d/su", 0},
                    TEXT("su itself does not let root through", "su 本身不允许 root 通过"));
}

/* Does sudoers give this account another shell than su, for the same price? */
static bool has_other_shell(struct access_run *run, const struct account *account, bool nopasswd)
{
    struct sudo_answer may;
    for (size_t i = 0; i < sizeof shells / sizeof *shells && !is_su(shells[i]); i++)
        if (sudo_may(run->sudo, account->name, run->root->name, shells[i], &may) == 0 &&
            may.decision == SUDO_ALLOWED && (may.nopasswd || !nopasswd))
            return true;
    return false;
}

/* The widest grant asks for a password that the account cannot give; a narrower one may not ask. */
static void narrower(struct access_run *run, const struct account *account,
                     const struct sudo_user *u, struct access_answer *a)
{
    for (size_t i = 0; run->root && i < sizeof shells / sizeof *shells; i++) {
        struct sudo_answer may;
        if (sudo_may(run->sudo, account->name, run->root->name, shells[i], &may) < 0 ||
            may.decision != SUDO_ALLOWED || !may.nopasswd)
            continue;
        access_says(run, a, ACCESS_YES, may.where,
                    text_make(run->host->arena, "it may run %s as root without a password",
                              "可无需口令以 root 身份运行 %s", shells[i]));
        by_pam(run, account, true, a);
        if (is_su(shells[i]) && a->state == ACCESS_YES)
            through_su(run, a);
        return;
    }
    access_says(run, a, ACCESS_UNDECIDED, u->nopasswd_at,
                TEXT("some commands need no password; whether one leads to a shell is not known",
                     "部分命令无需口令；其中是否有可得到 shell 的命令无法判定"));
}

void access_sudo(struct access_run *run, const struct account *account, struct access_answer *a)
{
    static const char *const paths[] = {"/usr/bin/sudo", "/bin/sudo", "/usr/local/bin/sudo", NULL};
    if (!run->sudo) {
        access_says(run, a, run->sudo_state, run->sudo_fact.where, run->sudo_fact.text);
        return;
    }
    const struct sudo_user *u = sudo_user_of(run, account->name);
    if (!u || u->reach < SUDO_REACH_ESCAPE) {
        enum access_state state = u && u->undecided ? ACCESS_UNDECIDED : ACCESS_NO;
        if (!u && run->sudo->elsewhere)
            state = ACCESS_UNDECIDED;
        struct where where = u ? u->where : access_nowhere;
        access_says(run, a, state, where,
                    u ? TEXT("sudoers lets it run only commands that do not lead to a shell",
                             "sudoers 只允许不会得到 shell 的命令")
                      : TEXT("sudoers does not mention it", "sudoers 未授权该账户"));
        return;
    }
    if (!is_open(run, account, paths, a))
        return;
    put_grant(run, u, a);
    by_pam(run, account, u->nopasswd, a);
    if (a->state == ACCESS_YES && u->reach == SUDO_REACH_ESCAPE && is_su(u->command) && run->root &&
        !has_other_shell(run, account, u->nopasswd))
        through_su(run, a);
    if (a->state != ACCESS_YES && u->some_nopasswd && !u->nopasswd)
        narrower(run, account, u, a);
    if (u->undecided && a->state == ACCESS_YES)
        access_says(
            run, a, ACCESS_UNDECIDED, u->where,
            TEXT("whether this line applies cannot be decided here", "此行是否适用无法在此判定"));
}
