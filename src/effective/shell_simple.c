/* Simple commands: assignments, aliases, functions, builtins; another program changes nothing. */
#include "effective/shell_state.h"

static void run_function(struct sh *sh, const struct sh_function *f, struct sh_value *w, size_t n,
                         unsigned line)
{
    if (!f->body || sh->depth >= SH_DEPTH) {
        sh_forget(sh, line);
        return;
    }
    struct sh_state *left = sh->left;
    struct sh_value *args = sh->s->args.v;
    size_t args_n = sh->s->args.n, args_cap = sh->s->args.cap;
    const char *path = sh->path;
    sh->left = NULL;
    sh->path = f->path;
    sh->s->args.v = NULL;
    sh->s->args.n = sh->s->args.cap = 0;
    for (size_t i = 1; i < n; i++)
        vec_push(sh->arena, &sh->s->args, w[i]);
    sh->calls++;
    sh_run(sh, f->body);
    if (sh->s->flow == FLOW_RETURN)
        sh->s->flow = FLOW_RUN;
    if (sh->left)
        sh->s = sh_join(sh, sh->s, sh->left, (struct where){f->path, f->body->line});
    sh_leave_call(sh);
    sh->calls--;
    sh->left = left;
    sh->path = path;
    sh->s->args.v = args;
    sh->s->args.n = args_n;
    sh->s->args.cap = args_cap;
}

static void run_assigns(struct sh *sh, const struct shell_command *c)
{
    sh->s->ok = YES;
    for (size_t i = 0; i < c->assigns.n && sh->s->flow == FLOW_RUN; i++) {
        const struct shell_assign *a = &c->assigns.v[i];
        struct sh_value v = a->array ? sh_unknown() : sh_expand(sh, a->value);
        struct sh_value old = sh_get(sh, a->name);
        if (sh->s->flow != FLOW_RUN) /* a mistake in $((…)) */
            return;
        const char *sum = sh_var(sh, a->name)->attribute == 'i' ? "(%s)+(%s)" : "%s%s";
        if (a->append && old.set != NO)
            v = v.known && old.known && old.set == YES
                    ? sh_text(*sum == '(' && *old.text
                                  ? arena_printf(sh->arena, "(%s)+(%s)", old.text, v.text)
                                  : arena_printf(sh->arena, "%s%s", old.text, v.text))
                    : sh_unknown();
        if (a->array)
            sh_var(sh, a->name)->attribute = '?';
        for (size_t k = 0; k < a->value->parts.n; k++)
            if (a->value->parts.v[k].kind == PART_COMMANDS)
                sh->s->ok = MAYBE;
        /* bash then gives up the command line, dash the whole start (see SHELL EXECUTION). */
        if (sh_set(sh, a->name, v, c->line) < 0)
            sh->s->flow = sh->dialect == DIALECT_BASH ? FLOW_DISCARD : FLOW_EXIT;
    }
}

static struct sh_value *words_of(struct sh *sh, const struct shell_command *c, size_t *ret_n)
{
    struct strings list = {0};
    struct sh_value *w;
    if (sh_expand_words(sh, &c->words, &list)) {
        w = arena_new_array(sh->arena, struct sh_value, list.n + 1);
        for (size_t i = 0; i < list.n; i++)
            w[i] = sh_text(list.v[i]);
        *ret_n = list.n;
        return w;
    }
    w = arena_new_array(sh->arena, struct sh_value, c->words.n + 1);
    for (size_t i = 0; i < c->words.n; i++) {
        w[i] = sh_expand(sh, c->words.v[i]);
        const struct shell_word *word = c->words.v[i];
        if (word->parts.n == 1 && word->parts.v[0].kind == PART_PARAMETER &&
            cstr_eq(word->parts.v[0].text, "@"))
            w[i] = sh_unknown();
    }
    *ret_n = c->words.n;
    return w;
}

bool sh_is_special(const char *name)
{
    static const char *const special[] = {":",     ".",      "eval",  "export",   "readonly",
                                          "set",   "unset",  "shift", "trap",     "times",
                                          "break", "return", "exit",  "continue", "exec"};
    for (size_t i = 0; name && i < sizeof special / sizeof *special; i++)
        if (cstr_eq(name, special[i]))
            return true;
    return false;
}

/* "NAME=value command": for the command alone, but in dash a special builtin keeps it (POSIX
 * 2.14), and a readonly name ends the shell. */
static void run_prefix(struct sh *sh, const struct shell_command *c, const char *command)
{
    bool keeps = sh_is_special(command) && !cstr_eq(command, "exec");
    if (sh->dialect != DIALECT_POSIX)
        return;
    if (keeps) {
        run_assigns(sh, c);
        return;
    }
    for (size_t i = 0; i < c->assigns.n; i++)
        if (sh_var(sh, c->assigns.v[i].name)->readonly == YES)
            sh->s->flow = FLOW_EXIT;
}

/* Is it one command of its own that leaves the shell alone, whatever arguments follow? */
static bool runs_a_program(struct sh *sh, const char *text)
{
    const struct shell_script *s = shell_parse(sh->arena, str_of(text), sh->dialect);
    const struct shell_command *only = s->commands.n == 1 ? s->commands.v[0] : NULL;
    while (only && only->kind == SHELL_LIST && only->children.n == 1)
        only = only->children.v[0];
    const char *name = !s->error_line && only && only->kind == SHELL_SIMPLE && only->words.n
                           ? shell_word_plain(only->words.v[0])
                           : NULL;
    for (size_t i = 0; name && i < sh->s->functions.n; i++)
        if (cstr_eq(sh->s->functions.v[i].name, name))
            return false;
    return name && !sh_is_builtin(name);
}

/* An alias is put in when a line is read (bash(1) ALIASES): one that stands on the same line or in
 * the same compound command does not count yet, so both ways are followed. */
static bool run_alias(struct sh *sh, const struct shell_command *c)
{
    const char *name = shell_word_plain(c->words.v[0]), *text = NULL;
    size_t i = 0;
    while (name && i < sh->s->aliases.n && !cstr_eq(sh->s->aliases.v[i].name, name))
        i++;
    if (!name || i == sh->s->aliases.n || sh->s->expand_aliases == NO || sh->aliases > 4)
        return false;
    text = sh->s->aliases.v[i].text;
    struct sh_state *other = sh_copy(sh, sh->s), *first;
    sh->aliases += 5;
    if (text && runs_a_program(sh, text))
        sh->s->ok = MAYBE;
    else if (text && c->words.n == 1 && c->assigns.n == 0)
        sh_eval(sh, text, c->line);
    else
        sh_forget(sh, c->line);
    first = sh->s;
    sh->s = other;
    sh_run(sh, c);
    sh->aliases -= 5;
    sh_merge(sh, first, sh->s, (struct where){sh->path, c->line});
    return true;
}

void sh_simple(struct sh *sh, const struct shell_command *c)
{
    size_t n;
    if (c->words.n == 0) {
        run_assigns(sh, c);
        return;
    }
    if (sh->s->aliases.n && run_alias(sh, c))
        return;
    struct sh_value *w = words_of(sh, c, &n);
    if (sh->s->flow != FLOW_RUN)
        return;
    while (n && w[0].known &&
           ((cstr_eq(w[0].text, "builtin") && sh->dialect == DIALECT_BASH) ||
            (cstr_eq(w[0].text, "command") && !(n > 1 && w[1].known && w[1].text[0] == '-')))) {
        w++;
        n--;
    }
    if (n == 0) {
        sh->s->ok = MAYBE;
        return;
    }
    if (!w[0].known) { /* any command at all */
        sh_forget(sh, c->line);
        return;
    }
    run_prefix(sh, c, w[0].text);
    if (sh->s->flow != FLOW_RUN)
        return;
    for (size_t i = 0; i < sh->s->functions.n; i++)
        if (cstr_eq(sh->s->functions.v[i].name, w[0].text)) {
            struct sh_function f = sh->s->functions.v[i];
            run_function(sh, &f, w, n, c->line);
            return;
        }
    if (!sh_builtin(sh, c, w, n))
        sh->s->ok = MAYBE; /* another program: it has its own umask and variables */
}
