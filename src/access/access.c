#include "access/access.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "access/access_parts.h"

/* RFC 5737: nobody's rule should name it. */
static const char stand_in[] = "203.0.113.254";

static const struct {
    const char *name;
    struct text text;
} ways[ACCESS_WAYS] = {
    [ACCESS_SSH_PASSWORD] = {"ssh-password", {"ssh, password", "ssh 口令"}},
    [ACCESS_SSH_KEY] = {"ssh-key", {"ssh, key", "ssh 密钥"}},
    [ACCESS_SSH_BOTH] = {"ssh-both", {"ssh, key and password", "ssh 密钥加口令"}},
    [ACCESS_CONSOLE] = {"console", {"console", "控制台"}},
    [ACCESS_SU] = {"su", {"su to root", "su 到 root"}},
    [ACCESS_SUDO] = {"sudo", {"sudo to root", "sudo 到 root"}},
};

const char *access_way_name(enum access_way w)
{
    return ways[w].name;
}

struct text access_way_text(enum access_way w)
{
    return ways[w].text;
}

const char *access_state_name(enum access_state s)
{
    static const char *const names[] = {"no", "undecided", "yes"};
    return names[s];
}

const struct access_fact *access_deciding(const struct access_answer *a)
{
    return a->facts.n ? &a->facts.v[a->facts.n - 1] : NULL;
}

void access_says(struct access_run *run, struct access_answer *a, enum access_state state,
                 struct where where, struct text text)
{
    struct access_fact fact = {where, text};
    vec_push(run->host->arena, &a->facts, fact);
    a->state = state;
}

struct where access_passwd(const struct account *a)
{
    return (struct where){"/etc/passwd", a->passwd_line};
}

struct where access_shadow(const struct account *a)
{
    return a->in_shadow ? (struct where){"/etc/shadow", a->shadow_line} : access_passwd(a);
}

bool access_may(struct access_run *run, const struct account *account, const struct file_info *info,
                unsigned bits)
{
    if (account->uid == 0)
        return true;
    if (info->uid == (uid_t)account->uid)
        return (info->mode >> 6 & bits) == bits;
    bool member = info->gid == (gid_t)account->gid;
    const struct group *g = member ? NULL : accounts_find_gid(run->accounts, info->gid);
    if (g)
        member = strings_find(&g->members, account->name) >= 0;
    return ((member ? info->mode >> 3 : info->mode) & bits) == bits;
}

bool access_shell(struct access_run *run, const struct account *account, struct access_answer *a)
{
    struct arena *arena = run->host->arena;
    const char *shell = *account->shell ? account->shell : "/bin/sh";
    struct file_info info;
    if (!account_has_login_shell(account)) {
        access_says(run, a, ACCESS_NO, access_passwd(account),
                    text_make(arena, "its shell is %s", "登录 shell 为 %s", shell));
        return false;
    }
    int r = root_stat(run->host->root, shell, &info);
    if (r == 0 && S_ISREG(info.mode) && (info.mode & 0111))
        return true;
    if (r == -EACCES) {
        access_says(run, a, ACCESS_UNDECIDED, access_passwd(account),
                    root_error_text(run->host->root, shell, r));
        return false;
    }
    access_says(run, a, ACCESS_NO, access_passwd(account),
                text_make(arena, "its shell %s does not exist or cannot be run",
                          "登录 shell %s 不存在或不可执行", shell));
    return false;
}

enum access_setuid access_program(struct access_run *run, const char *const *paths,
                                  const struct account *who, const char **ret_path)
{
    struct file_info info;
    *ret_path = paths[0];
    for (size_t i = 0; paths[i]; i++) {
        if (root_stat(run->host->root, paths[i], &info) < 0)
            continue;
        *ret_path = paths[i];
        if (!S_ISREG(info.mode) || !(info.mode & 0111))
            return ACCESS_PROGRAM_CLOSED;
        if (who && (info.uid != 0 || !(info.mode & S_ISUID) || !access_may(run, who, &info, 1)))
            return ACCESS_PROGRAM_CLOSED;
        return ACCESS_PROGRAM_OPEN;
    }
    return ACCESS_PROGRAM_MISSING;
}

/* login(1) takes "/" where the home is missing, unless login.defs says DEFAULT_HOME no. */
void access_console(struct access_run *run, const struct account *account, struct access_answer *a)
{
    static const char *const login[] = {"/bin/login", "/usr/bin/login", NULL};
    const char *path;
    if (access_program(run, login, NULL, &path) != ACCESS_PROGRAM_OPEN) {
        access_says(run, a, ACCESS_NO, (struct where){path, 0},
                    TEXT("there is no login program", "没有 login 程序"));
        return;
    }
    if (!access_shell(run, account, a))
        return;
    struct pam_scenario in = pam_scenario_user(run->host, account->name);
    in.secret = PAM_SECRET_RIGHT;
    a->nothing = in.password == PASSWORD_EMPTY;
    access_pam_login(run, "login", &in, a);
}

static void one_account(struct access_run *run, const struct account *account, struct access *ret)
{
    struct access_account row = {.name = account->name, .uid = account->uid};
    access_ssh(run, account, &row);
    access_console(run, account, &row.ways[ACCESS_CONSOLE]);
    if (account->uid != 0) {
        access_su(run, account, &row.ways[ACCESS_SU]);
        access_sudo(run, account, &row.ways[ACCESS_SUDO]);
    }
    vec_push(run->host->arena, &ret->accounts, row);
}

static bool is_address(const char *s)
{
    unsigned char bytes[16];
    return inet_pton(AF_INET, s, bytes) == 1 || inet_pton(AF_INET6, s, bytes) == 1;
}

int access_table(struct host *h, const char *from, struct access *ret)
{
    struct access table = {.host = h, .from = from};
    struct access_run run = {.host = h,
                             .accounts = root_accounts(h->root),
                             .from = from,
                             .address = from ? from : stand_in};
    *ret = table;
    if (from && !is_address(from))
        return -EINVAL;
    run.root = accounts_find(run.accounts, "root");
    if (!run.root || run.root->uid != 0)
        run.root = accounts_find_uid(run.accounts, 0);
    if (run.accounts->passwd_error < 0)
        table.unknown = root_error_text(h->root, "/etc/passwd", run.accounts->passwd_error);
    access_ssh_open(&run);
    access_sudo_open(&run);
    vec_each (account, &run.accounts->users)
        if (account->uid == 0 || (account->uid > 0 && account_has_login_shell(account)))
            one_account(&run, account, &table);
    access_services(h, &table);
    *ret = table;
    return 0;
}
