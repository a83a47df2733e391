/*
 * ask_pam ROOT: what our model says, for oracle-pam.  One question a line, fields parted by tabs,
 * as pam_try.c takes them with words for the secrets:
 *
 *   login|change SERVICE USER CALLER TTY RHOST RUSER right|wrong|empty good|poor|used FAILURES
 * SINCE FLAGS
 *
 * Answers: decision, code of authentication, code of account management (-1: not asked or several,
 * then "?" stands), bits of sure and of possible events.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "effective/pam.h"

enum { FIELDS = 12 };

static const char *given(const char *field)
{
    return strcmp(field, "-") == 0 ? NULL : field;
}

static struct pam_scenario scenario(struct host *h, char **f)
{
    struct pam_scenario s = pam_scenario_user(h, f[2]);
    const struct accounts *all = root_accounts(h->root);
    const struct account *caller = accounts_find(all, f[3]);
    struct strings groups = {0};
    if (caller)
        groups = account_groups(h->arena, all, caller);
    pam_scenario_caller(&s, f[3], caller ? caller->uid : 0, &groups);
    s.tty = given(f[4]);
    s.rhost = given(f[5]);
    s.ruser = given(f[6]);
    s.secret = f[7][0] == 'r'   ? PAM_SECRET_RIGHT
               : f[7][0] == 'w' ? PAM_SECRET_WRONG
                                : PAM_SECRET_EMPTY;
    s.new_secret = f[8][0] == 'g' ? PAM_NEW_GOOD : f[8][0] == 'p' ? PAM_NEW_POOR : PAM_NEW_USED;
    for (int i = 0; i < PAM_STORES_MAX; i++)
        s.failures[i] = strtol(f[9], NULL, 10);
    s.since_failure = strtol(f[10], NULL, 10);
    s.refuse_null = strtol(f[11], NULL, 10) & 1;
    s.expired_change = strtol(f[11], NULL, 10) & 0x20;
    return s;
}

static void answer(struct host *h, char **f)
{
    static const char *const words[] = {"refused", "accepted", "undecided"};
    struct pam_scenario s = scenario(h, f);
    const struct pam_service *service;
    struct pam_outcome first, whole;
    struct text why;
    if (pam_service(h, f[1], &service, &why) < 0) {
        (void)printf("unknown -1 0 0 %s\n", why.en);
        return;
    }
    bool change = f[0][0] == 'c';
    (void)pam_evaluate(h, service, change ? PAM_GROUP_PASSWORD : PAM_GROUP_AUTH, &s, &first);
    whole = first;
    if (!change)
        pam_login_outcome(h, f[1], &s, &whole);
    (void)printf("%s %d %d %u %u\n", words[whole.decision], first.code, whole.code, whole.sure,
                 whole.possible);
}

int main(int argc, char **argv)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct err e = {.arena = a};
    struct root *root = NULL;
    static char line[4096];
    if (argc != 2 || root_open(a, argv[1], 0, &root, &e) < 0) {
        (void)fprintf(stderr, "%s\n", e.message.en ? e.message.en : "ask_pam ROOT");
        return 1;
    }
    struct host *h = host_open(root, time(NULL));
    while (fgets(line, sizeof line, stdin)) {
        char *f[FIELDS], *rest = line;
        int n = 0;
        line[strcspn(line, "\n")] = '\0';
        while (n < FIELDS && rest)
            f[n++] = strsep(&rest, "\t");
        if (n == FIELDS)
            answer(h, f);
        (void)fflush(stdout);
    }
    root_close(root);
    return 0;
}
