#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "engine/redact.h"

static void becomes(const char *path, const char *line, const char *expected)
{
    _cleanup_buf_ struct buf b = {0};
    enum evidence_kind kind = evidence_kind_of(path);
    (void)evidence_redact(kind, str_of(line), &b);
    buf_putc(&b, '\0');
    b.data[strcspn(b.data, "\n")] = 0;
    assert_string_equal(b.data, expected);
}

static void password_fields(void **state)
{
    (void)state;
    becomes("/etc/shadow",
            "a:$6$salt$hashhashhash:1:0:99999:7:::", "a:$6$[removed]:1:0:99999:7:::");
    becomes("/etc/shadow", "a:!$y$j9T$x$hashhash:1::::::", "a:!$y$[removed]:1::::::");
    becomes("/etc/shadow", "a:ab01234567890:1::::::", "a:[removed]:1::::::");
    becomes("/etc/shadow", "a::1::::::", "a::1::::::");
    becomes("/etc/shadow", "a:!!:1::::::", "a:!!:1::::::");
    becomes("/etc/shadow", "just words", "[removed]");
    becomes("/etc/passwd", "a:x:0:0:n:/:/bin/sh", "a:x:0:0:n:/:/bin/sh");
    becomes("/etc/passwd", "a:$1$salt$hashhash:0:0:n:/:/bin/sh", "a:$1$[removed]:0:0:n:/:/bin/sh");
    becomes("/etc/gshadow", "g:!::", "g:!::");
    becomes("/etc/security/opasswd", "a:1:2:$6$x$hashhashhash,$6$y", "a:1:2:$6$[removed]");
}

static void what_decides_stays(void **state)
{
    static const char *const lines[][2] = {
        {"/etc/ssh/sshd_config", "PasswordAuthentication no"},
        {"/etc/ssh/sshd_config", "PermitEmptyPasswords=no"},
        {"/etc/ssh/sshd_config", "AuthenticationMethods publickey,password publickey"},
        {"/etc/pam.d/x",
         "auth [success=1 new_authtok_reqd=done authtok_err=die default=ignore] a.so"},
        {"/etc/pam.d/x", "password requisite pam_pwquality.so retry=3 use_authtok"},
        {"/etc/pam.d/x", "-password [success=1 default=ignore] pam_unix.so yescrypt"},
        {"/etc/nsswitch.conf", "passwd: files systemd"},
        {"/etc/sudoers", "%wheel ALL=(ALL) NOPASSWD: ALL"},
        {"/etc/sudoers", "Defaults passwd_tries=3,rootpw,!targetpw"},
        {"/etc/sudoers", "#includedir /etc/sudoers.d"},
        {"/etc/sudoers", "#1000 ALL=(ALL) ALL"},
        {"/etc/login.defs", "PASS_MAX_DAYS\t90"},
        {"/etc/audit/rules.d/a.rules", "-w /etc/passwd -p wa -k passwd_changes"},
        {"/etc/audit/rules.d/a.rules", "-a always,exit -F path=/etc/shadow -F key=identity"},
        {"/etc/systemd/system/a.service", "ExecStart=/usr/sbin/sshd -D -o Port=22 $SSHD_OPTS"},
        {"/etc/profile", "umask 027"},
        {"/etc/profile", "TMOUT=600; readonly TMOUT; export TMOUT"},
        {"/etc/profile", "  export PATH=/usr/bin:/bin"},
        {"/etc/crontab", "17 * * * * root /usr/sbin/logrotate"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
        becomes(lines[i][0], lines[i][1], lines[i][1]);
}

static void secrets_go(void **state)
{
    static const char *const lines[][3] = {
        {"/etc/ssh/sshd_config", "# the password is x", "#"},
        {"/etc/ssh/sshd_config", "Port 22 # x", "Port 22 #"},
        {"/etc/pam.d/x", "auth required pam_mysql.so passwd=x db=y",
         "auth required pam_mysql.so passwd=[removed] db=y"},
        {"/etc/pam.d/x", "auth required pam_x.so [secret=a b] c",
         "auth required pam_x.so [secret=[removed]] c"},
        {"/etc/rsyslog.conf", "*.* action(type=\"ommysql\" pwd=\"x\" port=\"1\")",
         "*.* action(type=\"ommysql\" pwd=[removed] port=\"1\")"},
        {"/etc/rsyslog.conf", "*.* :ommysql:h,d,u,x", "*.* :ommysql:[removed]"},
        {"/etc/login.defs", "ROOT_PASSWORD x", "ROOT_PASSWORD [removed]"},
        {"/etc/sysctl.conf", "http://u:x@h/", "http://u:[removed]@h/"},
        {"/etc/sysctl.conf", "https://x@h/", "https://[removed]@h/"},
        {"/etc/sudoers", "a ALL=(root) /bin/mysql -px, /bin/y --token x --z",
         "a ALL=(root) /bin/mysql -p[removed] /bin/y --token [removed] --z"},
        {"/etc/systemd/system/a.service", "Environment=A=x \"B=x y\" LANG=C",
         "Environment=A=[removed] B=[removed] LANG=C"},
        {"/etc/systemd/system/a.service", "  continued x", "[removed]"},
        {"/etc/profile", "export A=x PATH=/bin", "export A=[removed] PATH=/bin"},
        {"/etc/profile", "umask 022; curl x", "umask 022;[removed]"},
        {"/etc/profile", "A='x", "A=[removed]"},
        {"/etc/crontab", "1 1 * * * root dump -p x", "1 1 * * * root dump [removed]"},
        {"/etc/crontab", "@daily root A=x y", "@daily root [removed]"},
        {"/etc/grub.cfg", "x", ""},
        {"/etc/ssh/ssh_host_rsa_key", "x", ""},
        {"/etc/chrony/chrony.keys", "1 MD5 x", ""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
        becomes(lines[i][0], lines[i][1], lines[i][2]);
}

/* Whatever the bytes are: as many lines as before. */
static void lines_keep_their_numbers(void **state)
{
    (void)state;
    static const char text[] = "A=1\r\n-----BEGIN RSA PRIVATE KEY-----\nsecret\n"
                               "-----END RSA PRIVATE KEY-----\n\xff\xfe=\"\n$6$\n{\n://@\n-p\n=\n";
    for (int kind = EVIDENCE_ACCOUNTS; kind <= EVIDENCE_CRONTAB; kind++) {
        _cleanup_buf_ struct buf b = {0};
        (void)evidence_redact((enum evidence_kind)kind, str_of(text), &b);
        size_t before = 0, after = 0;
        for (size_t i = 0; text[i]; i++)
            before += text[i] == '\n';
        for (size_t i = 0; i < b.len; i++)
            after += b.data[i] == '\n';
        assert_int_equal(before, after);
        assert_null(strstr(b.data, "secret"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(password_fields),
        cmocka_unit_test(what_decides_stays),
        cmocka_unit_test(secrets_go),
        cmocka_unit_test(lines_keep_their_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
