#include "engine/redact.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdbool.h>

#include "base/cleanup.h"
#include "engine/redact_value.h"

/* Patterns of fnmatch(3) with FNM_PATHNAME unless they end in "**"; the first that fits counts. */
static const struct {
    const char *pattern;
    enum evidence_kind kind;
} kinds[] = {
    {"/etc/passwd", EVIDENCE_ACCOUNTS},
    {"/etc/passwd-", EVIDENCE_ACCOUNTS},
    {"/etc/group", EVIDENCE_ACCOUNTS},
    {"/etc/group-", EVIDENCE_ACCOUNTS},
    {"/etc/shadow", EVIDENCE_SHADOW},
    {"/etc/shadow-", EVIDENCE_SHADOW},
    {"/etc/gshadow", EVIDENCE_SHADOW},
    {"/etc/gshadow-", EVIDENCE_SHADOW},
    {"/etc/security/opasswd", EVIDENCE_OPASSWD},
    {"/etc/os-release", EVIDENCE_PLAIN},
    {"/usr/lib/os-release", EVIDENCE_PLAIN},
    {"/etc/hostname", EVIDENCE_PLAIN},
    {"/etc/debian_version", EVIDENCE_PLAIN},
    {"/etc/*-release", EVIDENCE_PLAIN},
    {"/etc/ssh/sshd_config", EVIDENCE_CONFIG},
    {"/etc/ssh/sshd_config.d/*.conf", EVIDENCE_CONFIG},
    {"/etc/crypto-policies/back-ends/*.config", EVIDENCE_CONFIG},
    {"/etc/login.defs", EVIDENCE_CONFIG},
    {"/etc/default/useradd", EVIDENCE_CONFIG},
    {"/etc/nsswitch.conf", EVIDENCE_PAM},
    {"/etc/pam.d/*", EVIDENCE_PAM},
    {"/usr/lib/pam.d/*", EVIDENCE_PAM},
    {"/etc/authselect/*", EVIDENCE_PAM},
    {"/etc/security/*.conf", EVIDENCE_CONFIG},
    {"/etc/security/*.conf.d/*.conf", EVIDENCE_CONFIG},
    {"/etc/security/*.d/*.conf", EVIDENCE_CONFIG},
    {"/etc/libuser.conf", EVIDENCE_CONFIG},
    {"/etc/sudoers", EVIDENCE_SUDOERS},
    {"/etc/sudoers.d/*", EVIDENCE_SUDOERS},
    {"/etc/audit/auditd.conf", EVIDENCE_CONFIG},
    {"/etc/audit/audit.rules", EVIDENCE_CONFIG},
    {"/etc/audit/rules.d/*.rules", EVIDENCE_CONFIG},
    {"/etc/rsyslog.conf", EVIDENCE_CONFIG},
    {"/etc/rsyslog.d/*.conf", EVIDENCE_CONFIG},
    {"/etc/logrotate.conf", EVIDENCE_CONFIG},
    {"/etc/logrotate.d/*", EVIDENCE_CONFIG},
    {"/etc/chrony.conf", EVIDENCE_CONFIG},
    {"/etc/chrony/**", EVIDENCE_CONFIG},
    {"/etc/ntp.conf", EVIDENCE_CONFIG},
    {"/etc/sysctl.conf", EVIDENCE_CONFIG},
    {"/etc/sysctl.d/*.conf", EVIDENCE_CONFIG},
    {"/usr/lib/sysctl.d/*.conf", EVIDENCE_CONFIG},
    {"/etc/hosts.allow", EVIDENCE_CONFIG},
    {"/etc/hosts.deny", EVIDENCE_CONFIG},
    {"/etc/nftables.conf", EVIDENCE_CONFIG},
    {"/etc/nftables/*.nft", EVIDENCE_CONFIG},
    {"/etc/sysconfig/nftables.conf", EVIDENCE_CONFIG},
    {"/etc/sysconfig/iptables", EVIDENCE_CONFIG},
    {"/etc/sysconfig/ip6tables", EVIDENCE_CONFIG},
    {"/etc/iptables/rules.v[46]", EVIDENCE_CONFIG},
    {"/etc/selinux/config", EVIDENCE_CONFIG},
    {"/etc/systemd/*.conf", EVIDENCE_CONFIG},
    {"/etc/systemd/*.conf.d/*.conf", EVIDENCE_CONFIG},
    {"/etc/systemd/system/**", EVIDENCE_UNIT},
    {"/etc/profile", EVIDENCE_SHELL},
    {"/etc/profile.d/*", EVIDENCE_SHELL},
    {"/etc/bashrc", EVIDENCE_SHELL},
    {"/etc/bash.bashrc", EVIDENCE_SHELL},
    {"/etc/csh.cshrc", EVIDENCE_SHELL},
    {"/etc/csh.login", EVIDENCE_SHELL},
    {"/etc/environment", EVIDENCE_SHELL},
    {"/etc/default/ssh", EVIDENCE_SHELL},
    {"/etc/sysconfig/sshd", EVIDENCE_SHELL},
    {"/root/.bash*rc", EVIDENCE_SHELL},
    {"/root/.bash_profile", EVIDENCE_SHELL},
    {"/root/.profile", EVIDENCE_SHELL},
    {"/home/*/.bashrc", EVIDENCE_SHELL},
    {"/home/*/.bash_profile", EVIDENCE_SHELL},
    {"/home/*/.profile", EVIDENCE_SHELL},
    {"/etc/crontab", EVIDENCE_CRONTAB},
    {"/etc/cron.d/*", EVIDENCE_CRONTAB},
};

/* Lines of other things can be in files of any name. */
static bool is_key_store(const char *path)
{
    return strstr(path, "chrony.keys") || cstr_ends(path, ".key") || cstr_ends(path, ".keys") ||
           cstr_ends(path, ".pem");
}

enum evidence_kind evidence_kind_of(const char *path)
{
    if (is_key_store(path))
        return EVIDENCE_NONE;
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        const char *pattern = kinds[i].pattern;
        size_t n = strlen(pattern);
        if (n > 2 && cstr_eq(pattern + n - 2, "**") ? strncmp(path, pattern, n - 2) == 0
                                                    : fnmatch(pattern, path, FNM_PATHNAME) == 0)
            return kinds[i].kind;
    }
    return EVIDENCE_NONE;
}

/* ---- account files ---- */

static size_t put_field(unsigned number, unsigned secret, struct str field, struct buf *ret)
{
    if (number == secret)
        return redact_password_field(field, ret);
    buf_append(ret, field.p, field.n);
    return 0;
}

static size_t redact_colons(struct str line, unsigned secret, struct buf *ret)
{
    size_t removed = 0, colons = 0;
    struct str field;
    for (size_t i = 0; i < line.n; i++)
        colons += line.p[i] == ':';
    if (colons < 3 && line.n) { /* no entry: nobody knows what it holds */
        buf_puts(ret, REDACTED);
        return 1;
    }
    for (unsigned k = 1; str_next_field(&line, ':', &field); k++) {
        if (k > 1)
            buf_putc(ret, ':');
        removed += put_field(k, secret, field, ret);
    }
    return removed;
}

/* ---- everything else ---- */

static bool is_key_border(struct str line, const char *which)
{
    return str_starts(line, which) && memmem(line.p, line.n, "PRIVATE KEY", 11);
}

/* In sudoers "#1000" is a user and "#include" a directive. */
static bool keeps_hash(enum evidence_kind kind, struct str s, size_t at)
{
    struct str rest = str_slice(s, at + 1, s.n);
    if (kind != EVIDENCE_SUDOERS)
        return false;
    return str_starts(rest, "include") || (rest.n && isdigit((unsigned char)rest.p[0]));
}

/* Up to the comment; the mark stays. */
static struct str without_comment(enum evidence_kind kind, struct str line, size_t *removed)
{
    for (size_t i = 0; i < line.n; i++) {
        bool begins = i == 0 || line.p[i - 1] == ' ' || line.p[i - 1] == '\t';
        bool semicolon = kind == EVIDENCE_UNIT && line.p[i] == ';' && i == 0;
        if (!begins || (line.p[i] != '#' && !semicolon) || keeps_hash(kind, line, i))
            continue;
        *removed += str_trim(str_slice(line, i + 1, line.n)).n != 0;
        return str_slice(line, 0, i + 1);
    }
    return line;
}

static enum redact_words words_of(enum evidence_kind kind)
{
    if (kind == EVIDENCE_PAM)
        return WORDS_PAM;
    return kind == EVIDENCE_SUDOERS ? WORDS_SUDOERS : WORDS_FREE;
}

static size_t redact_line(enum evidence_kind kind, struct str line, struct buf *ret)
{
    size_t removed = 0;
    if (kind == EVIDENCE_ACCOUNTS || kind == EVIDENCE_SHADOW)
        return redact_colons(line, 2, ret);
    if (kind == EVIDENCE_OPASSWD)
        return redact_colons(line, 4, ret);
    line = without_comment(kind, line, &removed);
    if (kind == EVIDENCE_SHELL)
        return removed + redact_shell(line, ret);
    if (kind == EVIDENCE_CRONTAB)
        return removed + redact_cron(line, ret);
    if (kind == EVIDENCE_UNIT)
        return removed + redact_unit(line, ret);
    return removed + redact_values(line, words_of(kind), ret);
}

size_t evidence_redact(enum evidence_kind kind, struct str bytes, struct buf *ret)
{
    size_t removed = 0;
    bool inside_key = false;
    struct str line;
    if (kind == EVIDENCE_NONE || memchr(bytes.p ? bytes.p : "", 0, bytes.n))
        return 0;
    while (str_next_line(&bytes, &line)) {
        struct str trimmed = str_trim(line);
        if (is_key_border(trimmed, "-----BEGIN ")) {
            inside_key = true;
            removed++;
        }
        if (inside_key)
            buf_puts(ret, REDACTED);
        else
            removed += redact_line(kind, line, ret);
        if (inside_key && is_key_border(trimmed, "-----END "))
            inside_key = false;
        buf_putc(ret, '\n');
    }
    return removed;
}

void diff_redact(const char *path, struct str diff, struct buf *ret)
{
    enum evidence_kind kind = evidence_kind_of(path);
    bool accounts =
        kind == EVIDENCE_ACCOUNTS || kind == EVIDENCE_SHADOW || kind == EVIDENCE_OPASSWD;
    struct str line;
    while (str_next_line(&diff, &line)) {
        bool head = str_starts(line, "--- ") || str_starts(line, "+++ ") || str_starts(line, "@@");
        size_t mark = line.n && !head && strchr(" +-", line.p[0]) ? 1 : 0;
        struct str rest = str_slice(line, mark, line.n);
        buf_append(ret, line.p, mark);
        if (head)
            buf_append(ret, rest.p, rest.n);
        else if (accounts)
            (void)redact_line(kind, rest, ret);
        else
            (void)redact_values(rest, words_of(kind), ret);
        buf_putc(ret, '\n');
    }
}
