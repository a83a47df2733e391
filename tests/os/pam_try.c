/*
 * pam_try: puts login attempts and password changes to the real libpam, for oracle-pam.  One
 * request a line, fields parted by tabs:
 *
 *   login|change SERVICE USER UID TTY RHOST RUSER SECRET NEWSECRET FAILURES SINCE FLAGS
 *
 * ("-": not set).  Answers one line: the code of authentication (or of the change), of account
 * management (-1: not asked), and the failures counted in each of the two stores.  Runs as root in
 * a root of its own, which it changes: the account files are set back before every request.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <security/pam_appl.h>

enum { FIELDS = 12, STORES = 2 };
static const char *const stores[STORES] = {"/var/run/faillock", "/var/lib/fl"};

struct request {
    char *f[FIELDS];
};

static int answer(int n, const struct pam_message **m, struct pam_response **ret, void *data)
{
    const struct request *q = data;
    struct pam_response *r = calloc((size_t)n, sizeof *r);
    for (int i = 0; r && i < n; i++) {
        const char *say = NULL;
        if (m[i]->msg_style == PAM_PROMPT_ECHO_ON)
            say = q->f[2];
        else if (m[i]->msg_style == PAM_PROMPT_ECHO_OFF)
            say = q->f[0][0] == 'c' && strncmp(m[i]->msg, "Current", 7) != 0 ? q->f[8] : q->f[7];
        if (say)
            r[i].resp = strdup(say);
    }
    *ret = r;
    return r ? PAM_SUCCESS : PAM_BUF_ERR;
}

static void no_delay(int status, unsigned microseconds, void *data)
{
    (void)status;
    (void)microseconds;
    (void)data;
}

static void copy(const char *from, const char *to)
{
    char bytes[1 << 16];
    int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0640);
    ssize_t n = in < 0 ? 0 : read(in, bytes, sizeof bytes);
    if (out < 0 || n < 0 || write(out, bytes, (size_t)n) != n)
        _exit(3);
    close(in);
    close(out);
}

/* struct tally of modules/pam_faillock/faillock.h */
struct record {
    char source[52];
    uint16_t reserved, status;
    uint64_t time;
};

static void set_failures(const char *user, int failures, int since)
{
    for (int s = 0; s < STORES; s++) {
        char path[256];
        mkdir(stores[s], 0755);
        snprintf(path, sizeof path, "%s/%s", stores[s], user);
        unlink(path);
        if (failures == 0)
            continue;
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        for (int i = 0; i < failures; i++) {
            struct record r = {.status = 1, .time = (uint64_t)(time(NULL) - since)};
            if (write(fd, &r, sizeof r) != sizeof r)
                _exit(3);
        }
        close(fd);
    }
}

static int count_failures(const char *store, const char *user)
{
    char path[256];
    struct record r;
    int n = 0;
    snprintf(path, sizeof path, "%s/%s", store, user);
    int fd = open(path, O_RDONLY);
    while (fd >= 0 && read(fd, &r, sizeof r) == sizeof r)
        n += r.status & 1;
    if (fd >= 0)
        close(fd);
    return n;
}

static void set_item(pam_handle_t *h, int item, const char *value)
{
    if (strcmp(value, "-") != 0)
        pam_set_item(h, item, value);
}

static void attempt(struct request *q, int out)
{
    struct pam_conv conv = {answer, q};
    pam_handle_t *h = NULL;
    int code[2] = {-2, -1}, flags = atoi(q->f[11]);
    alarm(20);
    if (setresuid((uid_t)atoi(q->f[3]), 0, 0) == 0 &&
        (code[0] = pam_start(q->f[1], q->f[2], &conv, &h)) == PAM_SUCCESS) {
        void (*delay)(int, unsigned, void *) = no_delay;
        pam_set_item(h, PAM_FAIL_DELAY, *(void **)&delay);
        set_item(h, PAM_TTY, q->f[4]);
        set_item(h, PAM_RHOST, q->f[5]);
        set_item(h, PAM_RUSER, q->f[6]);
        if (q->f[0][0] == 'c') {
            code[0] = pam_chauthtok(h, flags);
        } else {
            code[0] = pam_authenticate(h, flags);
            if (code[0] == PAM_SUCCESS)
                code[1] = pam_acct_mgmt(h, flags);
        }
        pam_end(h, code[0]);
    }
    if (write(out, code, sizeof code) != sizeof code)
        _exit(3);
}

static void serve(struct request *q)
{
    int pipes[2], code[2] = {-3, -1}, status;
    copy("/root/base/shadow", "/etc/shadow");
    copy("/root/base/opasswd", "/etc/security/opasswd");
    unlink("/etc/.pwd.lock");
    set_failures(q->f[2], atoi(q->f[9]), atoi(q->f[10]));
    if (pipe(pipes) < 0)
        exit(3);
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 0);
        dup2(null, 1);
        dup2(null, 2);
        attempt(q, pipes[1]);
        _exit(0);
    }
    close(pipes[1]);
    if (read(pipes[0], code, sizeof code) != sizeof code)
        code[0] = -3; /* it crashed or hung */
    close(pipes[0]);
    waitpid(child, &status, 0);
    char now[1 << 16] = {0}, then[1 << 16] = {0};
    int a = open("/etc/shadow", O_RDONLY), b = open("/root/base/shadow", O_RDONLY);
    ssize_t n = read(a, now, sizeof now), m = read(b, then, sizeof then);
    close(a);
    close(b);
    printf("%d %d %d %d %d\n", code[0], code[1], count_failures(stores[0], q->f[2]),
           count_failures(stores[1], q->f[2]), n != m || memcmp(now, then, (size_t)n) != 0);
    fflush(stdout);
}

int main(void)
{
    static char line[4096];
    while (fgets(line, sizeof line, stdin)) {
        struct request q;
        char *rest = line;
        line[strcspn(line, "\n")] = '\0';
        int n = 0;
        while (n < FIELDS && rest)
            q.f[n++] = strsep(&rest, "\t");
        if (n != FIELDS)
            return 2;
        serve(&q);
    }
    return 0;
}
