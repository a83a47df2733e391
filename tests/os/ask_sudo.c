/* ask_sudo ROOT: reads questions, one a line, and prints one answer a line, for oracle-sudo. */
#include <string.h>

#include "base/cleanup.h"
#include "effective/sudo.h"

static void may(const struct sudo_conf *conf, char *rest)
{
    static const char *const words[] = {"denied", "allowed", "undecided"};
    struct sudo_answer a;
    char *user = strsep(&rest, " "), *runas = strsep(&rest, " ");
    if (!runas || !rest || sudo_may(conf, user, runas, rest, &a) < 0)
        (void)printf("?\n");
    else
        (void)printf("%s%s\n", words[a.decision], a.allowed && a.nopasswd ? " nopasswd" : "");
}

static void users(const struct sudo_conf *conf)
{
    static const char *const words[] = {"none", "commands", "escape", "unrestricted"};
    const struct sudo_users *u = sudo_users_root(conf);
    for (size_t i = 0; i < u->n; i++)
        (void)printf("%s=%s ", u->v[i].name, words[u->v[i].reach]);
    (void)printf("\n");
}

static void answer(const struct sudo_conf *conf, char *line)
{
    char *what = strsep(&line, " ");
    if (strcmp(what, "may") == 0 && line) {
        may(conf, line);
    } else if (strcmp(what, "users") == 0) {
        users(conf);
    } else if (strcmp(what, "default") == 0 && line) {
        struct sudo_setting s = sudo_default(conf, NULL, line);
        (void)printf("%s\n", !s.set ? "(unset)" : s.value ? s.value : s.on ? "on" : "off");
    } else if (strcmp(what, "problems") == 0) {
        (void)printf("%zu%s", conf->problems.n, conf->refuses ? " refuses" : "");
        for (size_t i = 0; i < conf->problems.n; i++)
            (void)printf(" %s:%u: %s;", conf->problems.v[i].where.path,
                         conf->problems.v[i].where.line, conf->problems.v[i].text.en);
        (void)printf("\n");
    } else {
        (void)printf("?\n");
    }
}

int main(int argc, char **argv)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct err e = {.arena = a};
    struct root *root;
    const struct sudo_conf *conf;
    struct text why = {0};
    char line[4096];
    if (argc != 2 || root_open(a, argv[1], 0, &root, &e) < 0) {
        (void)fprintf(stderr, "%s\n", text_in(e.message, LANG_EN));
        return 1;
    }
    if (sudo_load(host_open(root, 0), &conf, &why) < 0) {
        (void)fprintf(stderr, "%s\n", text_in(why, LANG_EN));
        root_close(root);
        return 2;
    }
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        answer(conf, line);
    }
    root_close(root);
    return 0;
}
