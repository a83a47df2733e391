/* ask_shell ROOT: for each line "USER KIND" prints "UMASK TMOUT exported readonly" of that session,
 * with "?" for what is not known; for oracle-shell;
 * "ends" behind it: or the shell is gone. */
#include <string.h>

#include "base/cleanup.h"
#include "effective/shell.h"

static void answer(struct host *h, const char *user, const char *kind)
{
    const struct account *a = accounts_find(root_accounts(h->root), user);
    struct shell_session s;
    for (unsigned k = 0; a && k < SESSION_KINDS; k++) {
        if (strcmp(session_kind_name((enum session_kind)k), kind) != 0)
            continue;
        shell_session(h, a, (enum session_kind)k, &s);
        if (s.umask_known)
            (void)printf("%04o ", s.umask);
        else
            (void)printf("? ");
        if (s.tmout_known)
            (void)printf("[%s] %s %s%s\n", s.tmout ? s.tmout : "unset",
                         !s.exported_known             ? "?"
                         : s.tmout && s.tmout_exported ? "exported"
                                                       : "own",
                         !s.readonly_known  ? "?"
                         : s.tmout_readonly ? "readonly"
                                            : "free",
                         s.may_end ? " ends" : "");
        else
            (void)printf("? ? ?%s\n", s.may_end ? " ends" : "");
        return;
    }
    (void)printf("no such user or kind\n");
}

int main(int argc, char **argv)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct err e = {.arena = a};
    struct root *root;
    char line[256];
    if (argc != 2 || root_open(a, argv[1], 0, &root, &e) < 0) {
        (void)fprintf(stderr, "%s\n", text_in(e.message, LANG_EN));
        return 1;
    }
    struct host *h = host_open(root, 0);
    while (fgets(line, sizeof line, stdin)) {
        char *rest = line, *user = strsep(&rest, " \n"), *kind = strsep(&rest, " \n");
        answer(h, user, kind ? kind : "");
    }
    root_close(root);
    return 0;
}
