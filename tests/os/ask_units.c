/* ask_units ROOT: reads questions, one a line, and prints one answer a line, for the oracles. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "effective/audit.h"
#include "effective/sysctl.h"
#include "effective/unit.h"

static void answer(struct host *h, const char *what, const char *name, const char *more)
{
    struct err e = {.arena = h->arena};
    struct unit_view v;
    struct where where;
    const char *value = NULL;
    if (strcmp(what, "state") == 0) {
        int r = host_unit(h, name, &v, &e);
        (void)printf("%s\n", r == 0 ? v.state : r == -ENOENT ? "not-found" : "error");
        if (r < 0 && r != -ENOENT)
            (void)fprintf(stderr, "%s: %s\n", name, e.message.en ? e.message.en : "");
    } else if (strcmp(what, "setting") == 0) {
        int r = unit_setting(h, name, more, &value, &where, &e);
        (void)printf("%s\n", r < 0 ? "error" : value ? value : "");
    } else if (strcmp(what, "starts") == 0) {
        enum unit_start s;
        int r = unit_starts(h, name, &s, &value, &e);
        (void)printf("%s\n", r < 0 ? "error" : s == UNIT_STARTS_NOT ? "no" : "yes");
    } else if (strcmp(what, "preset") == 0) {
        static const char *const words[] = {"enable", "disable", "ignore"};
        (void)printf("%s\n", words[unit_preset(h, name, &where)]);
    } else if (strcmp(what, "sysctl") == 0) {
        struct sysctl_answer s;
        int r = sysctl_at_boot(h, name, &s, &e);
        (void)printf("%s\n", r < 0 ? "error" : s.value && !s.kernel_default ? s.value : "(unset)");
    } else if (strcmp(what, "audit") == 0) {
        const struct audit_set *set = audit_on_disk(h);
        for (size_t i = 0; i < set->rules.n; i++)
            (void)printf("%s\n", audit_rule_text(h->arena, set->rules.v[i].rule));
        if (set->stopped)
            (void)fprintf(stderr, "stopped at %s:%u: %s\n", set->stopped_at.path,
                          set->stopped_at.line, set->stopped_why.en);
    } else {
        (void)printf("?\n");
    }
}

int main(int argc, char **argv)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct err e = {.arena = a};
    struct root *root = NULL;
    char line[8192];
    if (argc != 2 || root_open(a, argv[1], 0, &root, &e) < 0) {
        (void)fprintf(stderr, "%s\n", e.message.en ? e.message.en : "ask_units ROOT");
        return 1;
    }
    struct host *h = host_open(root, time(NULL));
    while (fgets(line, sizeof line, stdin)) {
        struct str rest = str_trim(str_of(line)), word[3] = {0};
        for (size_t i = 0; i < 3; i++)
            (void)str_next_word(&rest, &word[i]);
        answer(h, str_dup(a, word[0]), str_dup(a, word[1]), str_dup(a, word[2]));
    }
    root_close(root);
    return 0;
}
