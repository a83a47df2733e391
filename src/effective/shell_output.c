/* $(…): the few commands whose output follows from the root and the account. */
#include "effective/shell_state.h"

static const char *base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static struct sh_value id(struct sh *sh, struct strings *w)
{
    bool name = false, group = false, user = false;
    for (size_t i = 1; i < w->n; i++) {
        const char *arg = w->v[i];
        if (arg[0] != '-' || arg[1] == '-' || strspn(arg + 1, "ugnr") != strlen(arg + 1))
            return sh_unknown();
        name = name || strchr(arg, 'n');
        group = group || strchr(arg, 'g');
        user = user || strchr(arg, 'u');
    }
    const struct accounts *accounts = root_accounts(sh->host->root);
    if (user == group)
        return sh_unknown();
    if (!name)
        return sh_text(arena_printf(sh->arena, "%lld",
                                    (long long)(user ? sh->account->uid : sh->account->gid)));
    if (user)
        return sh_text(sh->account->name);
    for (size_t i = 0; i < accounts->groups.n; i++)
        if (accounts->groups.v[i].gid == sh->account->gid)
            return sh_text(accounts->groups.v[i].name);
    return sh_unknown();
}

static struct sh_value echo(struct sh *sh, struct strings *w)
{
    struct strings rest = {0};
    size_t i = 1;
    if (w->n > 1 && cstr_eq(w->v[1], "-n"))
        i = 2;
    for (; i < w->n; i++) {
        if (strchr(w->v[i], '\\') || (w->v[i][0] == '-' && i == 1))
            return sh_unknown();
        strings_add(sh->arena, &rest, w->v[i]);
    }
    return sh_text(rest.n ? strings_join(sh->arena, &rest, " ", 0) : "");
}

static struct sh_value path_part(struct sh *sh, struct strings *w, bool directory)
{
    if (w->n != 2 || w->v[1][0] == '-')
        return sh_unknown();
    const char *slash = strrchr(w->v[1], '/');
    if (!directory)
        return sh_text(base(w->v[1]));
    return sh_text(!slash ? "."
                   : slash == w->v[1]
                       ? "/"
                       : arena_strndup(sh->arena, w->v[1], (size_t)(slash - w->v[1])));
}

static struct sh_value run_known(struct sh *sh, struct strings *w)
{
    const char *name = w->v[0][0] == '/' ? base(w->v[0]) : w->v[0];
    if (cstr_eq(name, "id"))
        return id(sh, w);
    if (cstr_eq(name, "whoami") && w->n == 1)
        return sh_text(sh->account->name);
    if (cstr_eq(name, "echo"))
        return echo(sh, w);
    if (cstr_eq(name, "umask") && w->n == 1 && sh->s->umask_known)
        return sh_text(arena_printf(sh->arena, "%04o", sh->s->umask));
    if (cstr_eq(name, "printf") && w->n > 1 && w->v[1][0] != '-') {
        struct sh_value *v = arena_new_array(sh->arena, struct sh_value, w->n);
        for (size_t i = 1; i < w->n; i++)
            v[i - 1] = sh_text(w->v[i]);
        return sh_printf(sh, v, w->n - 1);
    }
    if (cstr_eq(name, "uname") && (w->n == 1 || (w->n == 2 && cstr_eq(w->v[1], "-s"))))
        return sh_text("Linux");
    if (cstr_eq(name, "basename") || cstr_eq(name, "dirname"))
        return path_part(sh, w, name[0] == 'd');
    return sh_unknown();
}

struct sh_value sh_output(struct sh *sh, const struct shell_command *c)
{
    struct strings words = {0};
    const struct shell_command *only = c;
    while (only->kind == SHELL_LIST && only->children.n == 1)
        only = only->children.v[0];
    if (only->kind == SHELL_LIST && only->children.n == 0)
        return sh_text("");
    if (only->kind != SHELL_SIMPLE || only->assigns.n || sh->depth >= SH_DEPTH || !sh->steps)
        return sh_unknown();
    sh->steps--;
    sh->depth++;
    bool known = sh_expand_words(sh, &only->words, &words) && words.n;
    sh->depth--;
    for (size_t i = 0; known && i < sh->s->functions.n; i++)
        known = !cstr_eq(sh->s->functions.v[i].name, words.v[0]);
    return known ? run_known(sh, &words) : sh_unknown();
}
