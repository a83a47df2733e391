/* Which start-up files a session's shell reads, and what they leave behind. */
#include "effective/shell_state.h"

#include <errno.h>

#include "effective/shell_pam.h"
#include "root/live.h"

enum { INHERITED_UMASK = 022 }; /* of init, sshd and login, where nobody sets another */

enum program { PROGRAM_BASH, PROGRAM_BASH_AS_SH, PROGRAM_DASH, PROGRAM_OTHER };

const char *session_kind_name(enum session_kind k)
{
    static const char *const names[] = {"login", "nonlogin", "ssh-command", "su-login"};
    return names[k];
}

struct text session_kind_text(enum session_kind k)
{
    static const struct text texts[] = {{"login shell", "登录 shell"},
                                        {"non-login shell", "非登录 shell"},
                                        {"ssh command", "ssh 远程命令"},
                                        {"su -l command", "su -l 执行命令"}};
    return texts[k];
}

static const char *base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* What the account's shell really is: /bin/sh is dash on Debian and bash on the RPM family. */
static enum program program(struct host *h, const struct account *account, const char **ret)
{
    const char *shell = account->shell && *account->shell ? account->shell : "/bin/sh", *real;
    if (root_resolve(h->root, shell, &real) < 0)
        real = shell;
    *ret = real;
    const char *name = base(real), *called = base(shell);
    if (cstr_eq(name, "sh"))
        name = h->release->family == FAMILY_DEBIAN ? "dash"
               : h->release->family == FAMILY_RPM  ? "bash"
                                                   : "sh";
    if (cstr_eq(name, "bash") || cstr_eq(name, "rbash"))
        return cstr_eq(called, "sh") ? PROGRAM_BASH_AS_SH : PROGRAM_BASH;
    return cstr_eq(name, "dash") ? PROGRAM_DASH : PROGRAM_OTHER;
}

static void set_var(struct sh *sh, const char *name, const char *value, bool exported)
{
    struct sh_var *v = sh_var(sh, name);
    v->value = value ? sh_text(value) : sh_unknown();
    v->value.nonempty = !value; /* PATH, BASH_VERSION, … always hold something */
    v->exported = exported ? YES : NO;
}

static void maybe_var(struct sh *sh, const char *name)
{
    struct sh_var *v = sh_var(sh, name);
    v->value = (struct sh_value){.set = MAYBE};
    v->exported = MAYBE;
}

/* The environment that login programs give, and what the shell sets before it reads a file. */
static void environment(struct sh *sh, bool bash)
{
    static const char *const open[] = {"LANG",      "LANGUAGE",  "LC_ALL",        "LC_CTYPE",
                                       "TERM",      "DISPLAY",   "MAIL",          "XDG_SESSION_ID",
                                       "TZ",        "COLORTERM", "SSH_TTY",       "XDG_RUNTIME_DIR",
                                       "SUDO_USER", "SUDO_UID",  "SSH_AUTH_SOCK", "XAUTHORITY",
                                       "PPID",      "RANDOM",    "SECONDS",       "LC_MESSAGES",
                                       "LINENO",    "_"};
    const char *uid = arena_printf(sh->arena, "%lld", (long long)sh->account->uid), *host = NULL;
    bool ssh = sh->kind == SESSION_SSH_COMMAND;
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        maybe_var(sh, open[i]);
    set_var(sh, "HOME", sh->account->home, true);
    set_var(sh, "USER", sh->account->name, true);
    set_var(sh, "LOGNAME", sh->account->name, true);
    set_var(sh, "SHELL", sh->account->shell, true);
    set_var(sh, "PATH", NULL, true);
    set_var(sh, "PWD", sh->kind == SESSION_NONLOGIN ? NULL : sh->account->home, true);
    set_var(sh, "IFS", " \t\n", false);
    if (sh->kind == SESSION_LOGIN) {
        maybe_var(sh, "SSH_CLIENT");
        maybe_var(sh, "SSH_CONNECTION");
    } else if (ssh) {
        set_var(sh, "SSH_CLIENT", NULL, true);
        set_var(sh, "SSH_CONNECTION", NULL, true);
    }
    if (sh->interactive)
        set_var(sh, "PS1", NULL, false);
    if (sh->interactive && !bash)
        sh_var(sh, "PS1")->value = sh_text(sh->account->uid == 0 ? "# " : "$ ");
    if (sh->interactive && bash)
        sh_var(sh, "PS1")->value = sh_text("\\s-\\v\\$ ");
    if (!bash) {
        set_var(sh, "PS1", sh->account->uid == 0 ? "# " : "$ ", false);
        return;
    }
    set_var(sh, "UID", uid, false);
    set_var(sh, "EUID", uid, false);
    sh_var(sh, "UID")->readonly = sh_var(sh, "EUID")->readonly = YES;
    set_var(sh, "BASH", sh->account->shell, false);
    set_var(sh, "BASH_VERSION", NULL, false);
    set_var(sh, "BASH_VERSINFO", NULL, false);
    set_var(sh, "SHLVL", "1", true);
    set_var(sh, "OSTYPE", NULL, false);
    set_var(sh, "MACHTYPE", NULL, false);
    set_var(sh, "HOSTTYPE", NULL, false);
    set_var(sh, "HOSTNAME", live_hostname(sh->host->root, &host) == 0 ? host : NULL, false);
    set_var(sh, "OPTIND", "1", false);
    static const char *const changing[] = {"BASHPID",       "BASH_COMMAND", "BASH_SUBSHELL",
                                           "EPOCHREALTIME", "EPOCHSECONDS", "SRANDOM"};
    for (size_t i = 0; i < sizeof changing / sizeof *changing; i++)
        set_var(sh, changing[i], NULL, false);
}

/* pam_env(8) reads /etc/environment: KEY=value, optional export and quotes. */
static void etc_environment(struct sh *sh)
{
    struct str bytes, line;
    sh->path = "/etc/environment";
    if (root_read(sh->host->root, sh->path, &bytes) < 0)
        return;
    for (unsigned n = 1; str_next_line(&bytes, &line); n++) {
        line = str_trim(line);
        if (str_starts(line, "export "))
            line = str_trim(str_slice(line, 7, line.n));
        int equals = str_index(line, '=');
        if (line.n == 0 || line.p[0] == '#' || equals <= 0)
            continue;
        struct str value = str_slice(line, (size_t)equals + 1, line.n);
        if (value.n > 1 && (value.p[0] == '"' || value.p[0] == '\'') &&
            value.p[value.n - 1] == value.p[0])
            value = str_slice(value, 1, value.n - 1);
        const char *name = str_dup(sh->arena, str_slice(line, 0, (size_t)equals));
        (void)sh_set(sh, name, sh_text(str_dup(sh->arena, value)), n);
        sh_var(sh, name)->exported = YES;
    }
}

static bool home_file(struct sh *sh, const char *name)
{
    const char *home = sh->account->home;
    if (!home || home[0] != '/')
        return false;
    const char *path = arena_printf(sh->arena, "%s/%s", cstr_eq(home, "/") ? "" : home, name);
    struct file_info info;
    int r = root_stat(sh->host->root, path, &info);
    if (r < 0 && r != -EACCES)
        return false;
    if (sh->s->flow == FLOW_RUN)
        sh_source(sh, path, 0, true);
    return true;
}

static void system_file(struct sh *sh, const char *path)
{
    if (sh->s->flow == FLOW_RUN)
        sh_source(sh, path, 0, true);
}

static void login_files(struct sh *sh, enum program program)
{
    system_file(sh, "/etc/profile");
    if (program == PROGRAM_BASH && (home_file(sh, ".bash_profile") || home_file(sh, ".bash_login")))
        return;
    (void)home_file(sh, ".profile");
}

/* bash(1), INVOCATION; Debian compiles SYS_BASHRC in, both families NON_INTERACTIVE_LOGIN_SHELLS
 * and SSH_SOURCE_BASHRC. A shell called sh reads $ENV instead, which nobody has set here. */
static void startup_files(struct sh *sh, enum program program)
{
    if (sh->login) {
        login_files(sh, program);
    } else if (program == PROGRAM_BASH) {
        if (sh->host->release->family == FAMILY_DEBIAN)
            system_file(sh, "/etc/bash.bashrc");
        (void)home_file(sh, ".bashrc");
    } else if (sh->interactive && sh_get(sh, "ENV").set == YES && sh_get(sh, "ENV").known) {
        system_file(sh, sh_get(sh, "ENV").text);
    }
}

static const char *service(struct host *h, enum session_kind kind)
{
    if (kind == SESSION_NONLOGIN)
        return "su";
    if (kind == SESSION_SU_LOGIN)
        return root_exists(h->root, "/etc/pam.d/su-l") ? "su-l" : "su";
    return root_exists(h->root, "/etc/pam.d/sshd") || kind == SESSION_SSH_COMMAND ? "sshd"
                                                                                  : "login";
}

static struct text decided_by(struct arena *a, struct where where)
{
    if (!where.path)
        return TEXT("cannot be decided", "无法判定");
    return text_make(a, "depends on what %s:%u does, which cannot be decided here",
                     "取决于 %s:%u 的行为，此处无法判定", where.path, where.line);
}

static void conclude(struct sh *sh, struct shell_session *ret)
{
    struct sh_state *s = sh->s;
    struct sh_value v = sh_get(sh, "TMOUT");
    const struct sh_var *var = sh_var(sh, "TMOUT");
    ret->umask_known = s->umask_known;
    ret->umask = s->umask;
    ret->umask_where = s->umask_where;
    ret->tmout_known = v.set == NO || (v.set == YES && v.known);
    ret->tmout = ret->tmout_known && v.set == YES ? v.text : NULL;
    ret->tmout_exported = var->exported == YES;
    ret->tmout_readonly = var->readonly == YES;
    ret->exported_known = ret->tmout_known && var->exported != MAYBE;
    ret->readonly_known = ret->tmout_known && var->readonly != MAYBE;
    ret->tmout_where = var->where;
    ret->remark = sh->remark;
    ret->may_end = sh->may_end;
    if (!ret->umask_known && !ret->umask_why.en)
        ret->umask_why = decided_by(sh->arena, s->umask_where);
    if (!ret->tmout_known)
        ret->tmout_why = decided_by(sh->arena, var->where.path ? var->where : s->lost);
    if (s->trapped) {
        ret->umask_known = ret->tmout_known = ret->exported_known = ret->readonly_known = false;
        ret->umask_why = ret->tmout_why =
            TEXT("a start-up file sets a trap that runs between commands",
                 "启动文件设置了在命令之间执行的 trap");
    }
    if (s->flow == FLOW_EXIT) {
        ret->umask_known = ret->tmout_known = false;
        ret->exported_known = ret->readonly_known = false;
        ret->umask_why = ret->tmout_why =
            TEXT("a start-up file ends the shell", "启动文件会使 shell 退出");
    }
}

void shell_session(struct host *h, const struct account *account, enum session_kind kind,
                   struct shell_session *ret)
{
    struct sh_state state = {.umask_known = true, .umask = INHERITED_UMASK, .ok = YES};
    struct account copy = *account;
    struct sh sh = {.host = h, .arena = h->arena, .account = &copy, .kind = kind, .s = &state};
    struct pam_mask pam;
    *ret = (struct shell_session){0};
    copy.home = account->home ? account->home : "/";
    copy.shell = account->shell && *account->shell ? account->shell : "/bin/sh";
    copy.gecos = account->gecos ? account->gecos : "";
    enum program prog = program(h, &copy, &ret->shell);
    sh.groups = account_groups(h->arena, root_accounts(h->root), account);
    sh.dialect = prog == PROGRAM_DASH ? DIALECT_POSIX : DIALECT_BASH;
    sh.interactive = kind == SESSION_LOGIN || kind == SESSION_NONLOGIN;
    sh.login = kind == SESSION_LOGIN || kind == SESSION_SU_LOGIN;
    sh.steps = SH_STEPS;
    state.expand_aliases = sh.interactive || sh.dialect == DIALECT_POSIX ? YES : NO;
    ret->honours_tmout = prog == PROGRAM_BASH || prog == PROGRAM_BASH_AS_SH;
    shell_pam_umask(h, &copy, service(h, kind), INHERITED_UMASK, &pam);
    if (pam.set) {
        state.umask_known = pam.known;
        state.umask = pam.mask;
        state.umask_where = pam.where;
        ret->umask_why = pam.why;
    }
    environment(&sh, prog != PROGRAM_DASH);
    if (pam.reads_environment)
        etc_environment(&sh);
    if (prog == PROGRAM_OTHER) {
        ret->umask_why = ret->tmout_why =
            text_make(h->arena, "the start-up files of %s are not modelled",
                      "未对 %s 的启动文件建模", ret->shell);
        return;
    }
    startup_files(&sh, prog);
    conclude(&sh, ret);
}

int64_t shell_tmout_seconds(const char *value)
{
    int64_t n = value ? strtoll(value, NULL, 10) : 0;
    return n > 0 ? n : NUMBER_NEVER;
}
