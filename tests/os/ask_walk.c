/*
 * ask_walk ROOT [THREADS]: one walk; each hit as "KINDS PATH" and NUL (u unowned, w world-writable,
 * s set-id, t trust file), what was left out as "- PATH" and NUL, and last the numbers:
 * directories, others, unreadable directories, hits of each kind, kilobytes of memory at most.
 */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "base/cleanup.h"
#include "root/walk.h"

static const char letters[] = "uwst";

static void print(const struct walk *w)
{
    struct rusage usage = {0};
    (void)getrusage(RUSAGE_SELF, &usage);
    vec_each (hit, &w->hits) {
        for (unsigned k = 0; k < WALK_KINDS; k++)
            if (hit->kinds >> k & 1)
                (void)putchar(letters[k]);
        (void)printf(" %s%c", hit->path, '\0');
    }
    vec_each (s, &w->skipped)
        (void)printf("- %s%c", s->path, '\0');
    (void)printf("= %llu %llu %llu", (unsigned long long)w->directories,
                 (unsigned long long)w->others, (unsigned long long)w->unreadable);
    for (unsigned k = 0; k < WALK_KINDS; k++)
        (void)printf(" %llu", (unsigned long long)w->counts[k]);
    (void)printf(" %ld%c", usage.ru_maxrss, '\0');
}

int main(int argc, char **argv)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct err e = {.arena = a};
    struct root *root = NULL;
    const struct walk *walk;
    struct walk_options options = {0};
    int64_t threads = 0;
    if (argc == 3 && str_to_int64(str_of(argv[2]), 10, &threads) == 0)
        options.threads = (unsigned)threads;
    if (argc < 2 || root_open(a, argv[1], 0, &root, &e) < 0) {
        (void)fprintf(stderr, "%s\n", e.message.en ? e.message.en : "ask_walk ROOT [THREADS]");
        return 1;
    }
    int code = root_walk(root, &options, &walk);
    if (code == 0)
        print(walk);
    else
        (void)fprintf(stderr, "%s\n", strerror(-code));
    root_close(root);
    return code < 0;
}
