/*
 * ask_hosts: reads lines of "ROOT DAEMON ADDRESS NAME" between tabs, prints allow, deny or
 * undecided for each, for oracle-hosts-access.  NAME "?" is a name that is not known.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "effective/hosts_access.h"

static int answer(char *line)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct root *root = NULL;
    struct err e = {.arena = a};
    char *field[4], *at = line;
    for (size_t i = 0; i < 4; i++)
        if (!(field[i] = strsep(&at, "\t\n")))
            return -EINVAL;
    int r = root_open(a, field[0], 0, &root, &e);
    if (r < 0)
        return r;
    struct host *host = host_open(root, time(NULL));
    struct hosts_client client = {.address = field[2],
                                  .name = cstr_eq(field[3], "?") ? NULL : field[3]};
    struct hosts_answer answer;
    r = hosts_access(host, field[1], &client, &answer, &e);
    (void)printf("%s\n", r < 0 ? "undecided" : answer.allowed ? "allow" : "deny");
    root_close(root);
    return fflush(stdout);
}

int main(void)
{
    char line[4096];
    while (fgets(line, sizeof line, stdin))
        if (answer(line) < 0)
            return 1;
    return 0;
}
