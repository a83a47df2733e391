/* ask_confine ROOT WORK TIMEOUT_MS MOST_TASKS PROGRAM [ARGUMENT…]: runs a program of ROOT confined,
 * prints "status N", "timed out" or "too many", then what it said. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "root/confine.h"

int main(int argc, char **argv)
{
    static const char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
                                              NULL};
    _cleanup_arena_ struct arena *a = arena_new();
    struct err e = {.arena = a};
    struct confined r = {0};
    if (argc < 6)
        return 64;
    const struct confine c = {.root = argv[1],
                              .work = argv[2],
                              .environment = environment,
                              .timeout_ms = (unsigned)strtoul(argv[3], NULL, 10),
                              .most_tasks = (unsigned)strtoul(argv[4], NULL, 10)};
    if (confine_run(a, &c, (const char *const *)argv + 5, &r, &e) < 0) {
        printf("refused: %s\n", e.message.en ? e.message.en : "?");
        return 1;
    }
    if (r.timed_out || r.too_many)
        printf("%s\n", r.timed_out ? "timed out" : "too many");
    else
        printf("status %d\n", r.status);
    printf("%.*s", STR_ARG(r.said));
    return 0;
}
