#include "report/by_hand.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/str.h"

/*
 * %s subject, %k key, %p first place, %u the unit of the first place. A row whose word the fact
 * lacks is passed over; the first row that fits counts. A row that only packages of one kind answer
 * says so.
 */
enum packages { ANY_PACKAGES, DPKG, RPM };

static const struct row {
    const char *resource, *key; /* key NULL: all others */
    const char *command;
    enum packages packages;
} rows[] = {
    {"access-list", NULL, "cat /etc/hosts.allow /etc/hosts.deny; nft list ruleset", 0},
    {"account", "duplicate-uid", "cut -d: -f3 /etc/passwd | sort | uniq -d", 0},
    {"account", "duplicate-name", "cut -d: -f1 /etc/passwd | sort | uniq -d", 0},
    {"account", "duplicate-gid", "cut -d: -f3 /etc/group | sort | uniq -d", 0},
    {"account", "duplicate-group-name", "cut -d: -f1 /etc/group | sort | uniq -d", 0},
    {"account", "empty-password", "awk -F: '$2 == \"\" {print $1}' /etc/shadow", 0},
    {"account", "no-shadow", "awk -F: '$2 != \"x\" {print $1}' /etc/passwd", 0},
    {"account", "uid-zero", "awk -F: '$3 == 0 {print $1}' /etc/passwd", 0},
    {"account", "home-mode", "stat -c '%A %U:%G %n' %p", 0},
    {"account", "home-owned", "stat -c '%A %U:%G %n' %p", 0},
    {"account", "password-state", "passwd -S %s", 0},
    {"account", "login-shell", "getent passwd %s", 0},
    {"account", NULL, "chage -l %s", 0},
    {"account", NULL, "getent passwd; getent group", 0},
    {"audit-rule", NULL, "auditctl -l", 0},
    {"auditd", NULL, "grep -v '^#' /etc/audit/auditd.conf", 0},
    {"boot", NULL, "cat /proc/cmdline", 0},
    {"file", "exists", "ls -ld %s", 0},
    {"file", NULL, "stat -c '%A %a %U:%G %n' %s", 0},
    {"logindefs", NULL, "grep %k /etc/login.defs", 0},
    {"logrotate", NULL, "logrotate -d /etc/logrotate.conf", 0},
    {"mac", NULL, "cat /sys/kernel/security/lsm; sestatus", RPM},
    {"mac", NULL, "aa-status", DPKG},
    {"package", "installed", "dpkg-query -W %s", DPKG},
    {"package", "installed", "rpm -q %s", RPM},
    {"package", NULL, "dpkg-query -W", DPKG},
    {"package", NULL, "rpm -qa", RPM},
    {"pam", NULL, "grep -v '^#' /etc/pam.d/%s", 0},
    {"port", NULL, "ss -lntup", 0},
    {"product", NULL, "ps -eo user,comm,args", 0},
    {"shell", "umask", "su - %s -c umask", 0},
    {"shell", NULL, "su - %s -c 'echo $TMOUT'", 0},
    {"sshd", "protocol-1", "ssh -V", 0},
    {"sshd", "idle-disconnect", "sshd -T | grep -i '^clientalive'", 0},
    {"sshd", "weak-ciphers", "sshd -T | grep '^ciphers'", 0},
    {"sshd", "weak-macs", "sshd -T | grep '^macs'", 0},
    {"sshd", "weak-kex", "sshd -T | grep '^kexalgorithms'", 0},
    {"sshd", NULL, "sshd -T | grep -i %k", 0},
    {"sudo", NULL, "visudo -c; grep -rv '^#' /etc/sudoers /etc/sudoers.d", 0},
    {"sysctl", NULL, "sysctl %k", 0},
    {"syslog", "journal-persistent", "ls -ld /var/log/journal", 0},
    {"syslog", NULL, "grep -rv '^#' /etc/rsyslog.conf /etc/rsyslog.d", 0},
    {"time-sync", NULL, "timedatectl; chronyc sources -n", 0},
    {"tree", "unowned", "find / -xdev '(' -nouser -o -nogroup ')'", 0},
    {"tree", "world-writable", "find / -xdev -type f -perm -0002", 0},
    {"tree", "trust-files",
     "find / -xdev '(' -name .rhosts -o -name .shosts -o -name hosts.equiv ')'", 0},
    {"tree", NULL, "find / -xdev -type f -perm /6000", 0},
    {"unit", "starts-at-boot", "systemctl is-enabled %u", 0},
    {"unit", "enabled", "systemctl is-enabled %u", 0},
    {"unit", "active", "systemctl is-active %u", 0},
    {"unit", NULL, "systemctl show -p %k %u", 0},
    {"unit", NULL, "systemctl list-unit-files --state=enabled", 0},
    {"update", "release-supported", "cat /etc/os-release", 0},
    {"update", "running-newest-kernel", "uname -r; ls /boot", 0},
    {"update", "pending-security", "apt list --upgradable", DPKG},
    {"update", "pending-security", "dnf updateinfo list --security", RPM},
    {"update", NULL, "tail /var/log/dpkg.log", DPKG},
    {"update", NULL, "rpm -qa --last | head", RPM},
};

/* Debian's family by name; everything else that we know has rpm. */
static enum packages packages_of(const struct host_facts *host)
{
    static const char *const dpkg[] = {"debian", "ubuntu", "deepin", "uos"};
    for (size_t i = 0; i < ARRAY_SIZE(dpkg); i++)
        if (cstr_eq(host->os_id, dpkg[i]))
            return DPKG;
    return RPM;
}

static bool plain(const char *s)
{
    for (const char *c = s; *c; c++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+=,-", *c))
            return false;
    return *s && *s != '-';
}

/* As one word of a shell, whatever it is; one that looks like an option is led by "./". */
static void put_word(struct buf *b, const char *s)
{
    if (plain(s)) {
        buf_puts(b, s);
        return;
    }
    buf_puts(b, *s == '-' ? "'./" : "'");
    for (; *s; s++) {
        if (*s == '\'')
            buf_puts(b, "'\\''");
        else
            buf_putc(b, *s);
    }
    buf_putc(b, '\'');
}

static const char *unit_of(const struct judged *j)
{
    const char *path = j->fact.where.n ? j->fact.where.v[0].path : NULL;
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash && slash[1] ? slash + 1 : NULL;
}

static const char *word_of(const struct judged *j, char which)
{
    switch (which) {
    case 's':
        return j->fact.subject;
    case 'k':
        return j->want->key_name;
    case 'p':
        return j->fact.where.n ? j->fact.where.v[0].path : NULL;
    default:
        return unit_of(j);
    }
}

/* false: a word is missing. Other signs after "%" are the command's own. */
static bool fill(struct buf *b, const char *command, const struct judged *j)
{
    for (const char *c = command; *c; c++) {
        if (*c != '%' || !c[1] || !strchr("skpu", c[1])) {
            buf_putc(b, *c);
            continue;
        }
        const char *word = word_of(j, *++c);
        if (!word)
            return false;
        put_word(b, word);
    }
    return true;
}

const char *by_hand(struct arena *a, const struct host_facts *host, const struct judged *j)
{
    enum packages own = packages_of(host);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct row *row = &rows[i];
        _cleanup_buf_ struct buf b = {0};
        if (!cstr_eq(row->resource, j->want->resource) ||
            (row->key && !cstr_eq(row->key, j->want->key_name)) ||
            (row->packages != ANY_PACKAGES && row->packages != own))
            continue;
        if (fill(&b, row->command, j))
            return arena_strndup(a, b.data, b.len);
    }
    return NULL;
}

struct strings by_hand_all(struct arena *a, const struct host_facts *host,
                           const struct rule_result *r, size_t most)
{
    struct strings all = {0};
    for (size_t i = 0; i < r->judged.n && all.n < most; i++) {
        const char *command = by_hand(a, host, &r->judged.v[i]);
        if (command && strings_find(&all, command) < 0)
            strings_add(a, &all, command);
    }
    return all;
}
