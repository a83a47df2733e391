/*
 * Commands from which their user gets anything he likes as root: shells, interpreters, editors and
 * pagers with a shell escape, tools that run or overwrite what they are told (their manual pages;
 * the collection GTFOBins lists each with an example).
 */
#include "effective/sudo_escape.h"

#include <fnmatch.h>

/* With any arguments, even fixed ones: they talk to the person. */
static const char *const interactive[] = {
    "ash",     "bash", "csh",     "dash",    "fish",     "ksh",      "mksh",    "rbash",
    "sh",      "tcsh", "zsh",     "su",      "sudo",     "pkexec",   "runuser", "doas",
    "vi",      "vim",  "vimdiff", "view",    "rvim",     "rview",    "nvim",    "emacs",
    "nano",    "pico", "joe",     "ed",      "ex",       "mcedit",   "mc",      "less",
    "more",    "most", "man",     "visudo",  "vipw",     "vigr",     "screen",  "tmux",
    "script",  "gdb",  "ftp",     "mail",    "mutt",     "irb",      "python",  "python2",
    "python3", "perl", "ruby",    "lua",     "node",     "php",      "tclsh",   "expect",
    "mysql",   "psql", "sqlite3", "crontab", "chpasswd", "sudoedit", "info",    "telnet",
    "rlwrap",  "top",  "fdisk",   "parted"};

/* Only where the arguments are left to the user (none given in sudoers, or a wildcard). */
static const char *const with_arguments[] = {
    "apt",      "apt-get", "aptitude",  "ar",      "at",         "awk",         "base64",
    "batch",    "busybox", "cat",       "chattr",  "chgrp",      "chmod",       "chown",
    "chroot",   "cp",      "cpio",      "ctr",     "curl",       "cut",         "date",
    "dd",       "debugfs", "dmesg",     "dnf",     "docker",     "dpkg",        "env",
    "find",     "flock",   "gawk",      "gcc",     "git",        "grep",        "groupmod",
    "head",     "install", "ionice",    "ip",      "journalctl", "kubectl",     "ld.so",
    "ldconfig", "ln",      "logrotate", "logsave", "machinectl", "make",        "mawk",
    "mount",    "mv",      "nawk",      "nc",      "ncat",       "nerdctl",     "nft",
    "nice",     "nmap",    "nohup",     "nsenter", "openssl",    "parallel",    "perf",
    "pip",      "pip3",    "podman",    "restic",  "rpm",        "rsync",       "run-parts",
    "runcon",   "rvi",     "scp",       "sed",     "service",    "setarch",     "setcap",
    "setfacl",  "setpriv", "setsid",    "sftp",    "snap",       "socat",       "sort",
    "ssh",      "stdbuf",  "strace",    "sysctl",  "systemctl",  "systemd-run", "tail",
    "tar",      "taskset", "tcpdump",   "tee",     "time",       "timeout",     "unshare",
    "unzip",    "usermod", "watch",     "wget",    "xargs",      "xxd",         "yum",
    "zip",      "zypper"};

/* They change accounts, root's too; bound by a name of somebody else they are no way to root. */
static const char *const accounts[] = {"passwd", "useradd"};

static const char *const directories[] = {"/usr/bin/", "/bin/",           "/usr/sbin/",
                                          "/sbin/",    "/usr/local/bin/", "/usr/local/sbin/"};

static bool named(const char *const list[], size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (cstr_eq(list[i], name) ||
            /* python3.11, perl5.36, php8.2 */
            (cstr_starts(name, list[i]) && name[strlen(list[i])] &&
             strspn(name + strlen(list[i]), "0123456789.") == strlen(name + strlen(list[i]))))
            return true;
    return false;
}

static bool free_arguments(const char *args)
{
    return !args || strpbrk(args, "*?[") || args[0] == '^';
}

/* Patterns that match exactly one word: classes of letters, nothing that also matches a blank. */
static bool one_word(const char *args)
{
    return !strpbrk(args, "*?^") && !strstr(args, "[!") && !strstr(args, "[:");
}

/* What changes accounts is bound by a name: one account, that is not root's. */
static bool changes_any_account(const char *base, const char *args)
{
    if (!args || cstr_eq(args, "\"\"") || !one_word(args))
        return true;
    const char *last = strrchr(args, ' ');
    last = last ? last + 1 : args;
    if (cstr_eq(base, "useradd")) /* no ids or groups of choice */
        return !cstr_starts(args, "-m -g users ") || strchr(args + 12, ' ');
    return *last == '-' || cstr_eq(last, "root");
}

/* A pattern for names covers root too, unless that is taken out again: look() asks sudo. */
static bool covers_root(struct sudo_query *q, const struct sudoers_member *m)
{
    const char *last = m->args ? strrchr(m->args, ' ') : NULL;
    struct sudo_answer answer;
    if (!m->args || !strchr(m->args, '['))
        return false;
    const char *command = arena_printf(q->arena, "%s %.*sroot", m->name,
                                       last ? (int)(last + 1 - m->args) : 0, m->args);
    struct sudoers_member one = *m;
    if (!sudo_command_covers(q->conf, &one, m->name, strchr(command, ' ') + 1))
        return false;
    return sudo_may(q->conf, q->user->name, "root", command, &answer) < 0 ||
           answer.decision != SUDO_DENIED;
}

static bool covers_any(struct sudo_query *q, const struct sudoers_member *m,
                       const char *const list[], size_t n, const char **ret)
{
    for (size_t d = 0; d < sizeof directories / sizeof *directories; d++)
        for (size_t i = 0; i < n; i++) {
            const char *path = arena_printf(q->arena, "%s%s", directories[d], list[i]);
            struct sudoers_member bare = *m;
            bare.args = NULL;
            if (!sudo_command_covers(q->conf, &bare, path, NULL))
                continue;
            *ret = path;
            return true;
        }
    return false;
}

static bool edits_anything(const char *args)
{
    static const char *const dangerous[] = {"/etc/sudoers", "/etc/sudoers.d/x", "/etc/passwd",
                                            "/etc/shadow",  "/etc/crontab",     "/etc/cron.d/x",
                                            "/etc/profile", "/root/.bashrc",    "/root/.ssh/"};
    if (!args)
        return true;
    for (size_t i = 0; i < sizeof dangerous / sizeof *dangerous; i++)
        if (strstr(args, dangerous[i]) || fnmatch(args, dangerous[i], FNM_PATHNAME) == 0)
            return true;
    return false;
}

bool sudo_command_escapes(struct sudo_query *q, const struct sudoers_member *m, const char **ret)
{
    const char *slash = strrchr(m->name, '/'), *base = slash ? slash + 1 : m->name;
    bool pattern = strpbrk(m->name, "*?[") || m->name[0] == '^' || !*base;
    *ret = m->name;
    if (cstr_eq(m->name, "sudoedit"))
        return edits_anything(m->args);
    if (m->name[0] != '/' && m->name[0] != '^')
        return false;
    if (!pattern && named(accounts, sizeof accounts / sizeof *accounts, base))
        return changes_any_account(base, m->args) || covers_root(q, m);
    if (!pattern)
        return named(interactive, sizeof interactive / sizeof *interactive, base) ||
               (free_arguments(m->args) &&
                named(with_arguments, sizeof with_arguments / sizeof *with_arguments, base));
    return covers_any(q, m, accounts, sizeof accounts / sizeof *accounts, ret) ||
           covers_any(q, m, interactive, sizeof interactive / sizeof *interactive, ret) ||
           (free_arguments(m->args) &&
            covers_any(q, m, with_arguments, sizeof with_arguments / sizeof *with_arguments, ret));
}
