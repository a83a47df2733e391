/* The builtins that can change the umask or a variable, and those a condition may ask. */
#include "effective/shell_state.h"

#include <errno.h>

/* Bits that stand for those of another: "g=u" (dash alone, whose setmode() is that of chmod). */
static unsigned copied(unsigned allowed, char from)
{
    unsigned bits = allowed >> (from == 'u' ? 6 : from == 'g' ? 3 : 0) & 7;
    return bits << 6 | bits << 3 | bits;
}

/* bash: u=rwx,g-w,… on the complement of the mask; who and permissions as chmod(1). dash takes
 * several operators after one who, copies, and the letters s and t, which no umask has. */
static bool symbolic(const char *text, unsigned *mask, bool dash)
{
    unsigned allowed = ~*mask & 0777, who = 0;
    bool again = false;
    if (dash && !*text)
        return false;
    while (*text) {
        unsigned bits = 0;
        for (who = again ? who : 0; !again && *text && strchr("ugoa", *text); text++)
            who |= *text == 'u' ? 0700 : *text == 'g' ? 0070 : *text == 'o' ? 0007 : 0777;
        who = who ? who : 0777;
        char op = *text;
        if (!op || !strchr("+-=", op))
            return false;
        for (text++; *text && *text != ','; text++) {
            static const char perms[] = "rwxX";
            static const unsigned values[] = {0444, 0222, 0111, 0111};
            const char *at = strchr(perms, *text);
            if (dash && strchr("+-=", *text))
                break;
            if (dash && strchr("ugo", *text))
                bits |= copied(allowed, *text);
            else if (!at && !(dash && strchr("st", *text)))
                return false;
            else
                bits |= at ? values[at - perms] : 0;
        }
        bits &= who;
        allowed = op == '+'   ? allowed | bits
                  : op == '-' ? allowed & ~bits
                              : (allowed & ~who) | bits;
        again = dash && *text && *text != ',';
        if (*text == ',' && !*++text)
            return false;
    }
    *mask = ~allowed & 0777;
    return true;
}

static void set_umask(struct sh *sh, const struct shell_command *c, struct sh_value v)
{
    struct where where = {sh->path, c->line};
    int64_t octal;
    if (!v.known || (!(v.text[0] >= '0' && v.text[0] <= '9') && !sh->s->umask_known)) {
        sh->s->umask_known = false;
        sh->s->umask_where = where;
        sh->s->ok = MAYBE;
        return;
    }
    unsigned mask = sh->s->umask;
    bool dash = sh->dialect == DIALECT_POSIX;
    sh->s->ok = NO;
    if (v.text[0] >= '0' && v.text[0] <= '9') {
        if (strspn(v.text, "01234567") != strlen(v.text))
            return;                /* "octal number out of range": unchanged */
        size_t n = strlen(v.text); /* dash takes any number of digits and keeps nine bits */
        const char *end = dash && n > 6 ? v.text + n - 6 : v.text;
        if (str_to_int64(str_of(end), 8, &octal) < 0 || (!dash && octal > 07777))
            return;
        mask = (unsigned)octal & 0777;
    } else if (!symbolic(v.text, &mask, dash)) {
        return;
    }
    sh->s->umask = mask;
    sh->s->umask_known = true;
    sh->s->umask_where = where;
    sh->s->ok = YES;
}

static void run_umask(struct sh *sh, const struct shell_command *c, struct sh_value *w, size_t n)
{
    sh->s->ok = YES;
    for (size_t i = 1; i < n; i++) {
        if (w[i].known && cstr_eq(w[i].text, "-p") && sh->dialect == DIALECT_POSIX) {
            sh->s->ok = NO; /* dash: "Illegal option -p" */
            return;
        }
        if (w[i].known &&
            (cstr_eq(w[i].text, "-S") || cstr_eq(w[i].text, "-p") || cstr_eq(w[i].text, "--")))
            continue;
        set_umask(sh, c, w[i]);
        return;
    }
}

static void run_unset(struct sh *sh, const struct shell_command *c, struct sh_value *w, size_t n)
{
    bool functions = false;
    sh->s->ok = YES;
    for (size_t i = 1; i < n; i++) {
        if (!w[i].known) {
            sh_forget_variables(sh, c->line);
            return;
        }
        if (w[i].text[0] == '-') {
            functions = strchr(w[i].text, 'f') != NULL;
            continue;
        }
        for (size_t k = 0; k < sh->s->functions.n; k++)
            if (cstr_eq(sh->s->functions.v[k].name, w[i].text) &&
                (functions || sh_get(sh, w[i].text).set == NO))
                sh->s->functions.v[k--] = sh->s->functions.v[--sh->s->functions.n];
        if (functions)
            continue;
        if (sh_set(sh, w[i].text, (struct sh_value){.set = NO}, c->line) < 0) {
            sh->s->ok = NO;
            if (sh->dialect == DIALECT_POSIX)
                sh->s->flow = FLOW_EXIT;
            continue;
        }
        struct sh_var *v = sh_var(sh, w[i].text);
        if (v->readonly == NO)
            v->exported = NO;
    }
}

static void run_set(struct sh *sh, const struct shell_command *c, struct sh_value *w, size_t n)
{
    size_t i = 1;
    sh->s->ok = YES;
    for (size_t k = 1; k < n && w[k].known && strchr("-+", w[k].text[0]) && w[k].text[0]; k++) {
        bool named = strchr(w[k].text, 'o') && k + 1 < n && w[k + 1].known &&
                     cstr_eq(w[k + 1].text, "allexport");
        if (strchr(w[k].text, 'a') || named)
            sh->s->all_exported = w[k].text[0] == '-' ? YES : NO;
    }
    for (; i < n && w[i].known && (w[i].text[0] == '-' || w[i].text[0] == '+'); i++) {
        if (cstr_eq(w[i].text, "--")) {
            i++;
            break;
        }
        /* -e and -u can end the shell, -n stops it: what follows may not happen. */
        if (w[i].text[0] == '-' && strpbrk(w[i].text + 1, "enu") && w[i].text[1] != 'o')
            sh_forget(sh, c->line);
        if (strchr(w[i].text, 'o') && i + 1 < n)
            i++;
    }
    if (i >= n && !(n > 1 && w[n - 1].known && cstr_eq(w[n - 1].text, "--")))
        return;
    sh->s->args.v = NULL;
    sh->s->args.n = sh->s->args.cap = 0;
    for (; i < n; i++)
        vec_push(sh->arena, &sh->s->args, w[i]);
}

/* Builtins that put something from outside into the variables they name. */
static void run_reader(struct sh *sh, const struct shell_command *c, struct sh_value *w, size_t n)
{
    bool printf_v = w[0].known && cstr_eq(w[0].text, "printf");
    sh->s->ok = MAYBE;
    if (printf_v && !(n > 2 && w[1].known && cstr_eq(w[1].text, "-v")))
        return;
    if (printf_v && sh->dialect == DIALECT_POSIX)
        return; /* "Illegal option -v" */
    struct sh_value text = printf_v ? sh_printf(sh, w + 3, n - 3) : sh_unknown();
    if (printf_v && w[2].known && text.known) {
        sh->s->ok = sh_set(sh, w[2].text, text, c->line) < 0 ? NO : YES;
        return;
    }
    for (size_t i = printf_v ? 2 : 1; i < (printf_v && n > 3 ? 3 : n); i++) {
        if (!w[i].known) {
            sh_forget_variables(sh, c->line);
            return;
        }
        if (w[i].text[0] != '-')
            sh_forget_name(sh, w[i].text, c->line);
    }
}

/* Programs made for eval "$(…)" and the variables that their output sets, nothing else (their
 * manual pages). */
static const struct {
    const char *program, *names[4];
} printers[] = {
    {"dircolors", {"LS_COLORS"}},
    {"lesspipe", {"LESSOPEN", "LESSCLOSE"}},
    {"lessfile", {"LESSOPEN", "LESSCLOSE"}},
    {"ssh-agent", {"SSH_AUTH_SOCK", "SSH_AGENT_PID"}},
    {"locale-check", {"LANG", "LC_ALL"}},
    {"resize", {"COLUMNS", "LINES"}},
};

static bool eval_of_printer(struct sh *sh, const struct shell_command *c)
{
    const struct shell_word *w = c->words.n == 2 ? c->words.v[1] : NULL;
    const struct shell_command *only = NULL;
    for (size_t i = 0; w && i < w->parts.n; i++) {
        const struct shell_part *part = &w->parts.v[i];
        if (part->kind == PART_COMMANDS && !only)
            only = part->commands;
        else if (part->kind != PART_TEXT || *part->text)
            return false;
    }
    if (!only)
        return false;
    while (only->kind == SHELL_LIST && only->children.n == 1)
        only = only->children.v[0];
    const char *path =
        only->kind == SHELL_SIMPLE && only->words.n ? shell_word_plain(only->words.v[0]) : NULL;
    const char *slash = path ? strrchr(path, '/') : NULL, *name = slash ? slash + 1 : path;
    for (size_t i = 0; name && i < sh->s->functions.n; i++)
        if (cstr_eq(sh->s->functions.v[i].name, name))
            return false;
    for (size_t i = 0; name && i < sizeof printers / sizeof *printers; i++) {
        if (!cstr_eq(name, printers[i].program))
            continue;
        for (size_t k = 0; k < 4 && printers[i].names[k]; k++)
            sh_forget_name(sh, printers[i].names[k], c->line);
        sh->s->ok = MAYBE;
        return true;
    }
    return false;
}

static void run_eval(struct sh *sh, const struct shell_command *c, struct sh_value *w, size_t n)
{
    struct strings parts = {0};
    if (n == 2 && !w[1].known && eval_of_printer(sh, c))
        return;
    for (size_t i = 1; i < n; i++) {
        if (!w[i].known) {
            sh_forget(sh, c->line);
            return;
        }
        strings_add(sh->arena, &parts, w[i].text);
    }
    sh_eval(sh, strings_join(sh->arena, &parts, " ", 0), c->line);
}

static void run_source(struct sh *sh, const struct shell_command *c, struct sh_value *w, size_t n)
{
    if (n < 2)
        return;
    if (!w[1].known || (w[1].text[0] != '/' && !strchr(w[1].text, '/'))) {
        sh_forget(sh, c->line);
        return;
    }
    /* In dash a file that cannot be opened is an error of a special builtin (POSIX 2.8.1). */
    if (sh->dialect == DIALECT_POSIX && sh_readable(sh, w[1].text) == NO) {
        sh->s->ok = NO;
        sh->s->flow = FLOW_EXIT;
        return;
    }
    struct sh_state *caller = sh->s;
    VEC(struct sh_value) args = {0};
    for (size_t i = 2; i < n; i++)
        vec_push(sh->arena, &args, w[i]);
    if (!args.n) {
        sh_source(sh, w[1].text, c->line, false);
        return;
    }
    struct sh_value *v = caller->args.v;
    size_t old_n = caller->args.n, old_cap = caller->args.cap;
    caller->args.v = args.v;
    caller->args.n = args.n;
    caller->args.cap = args.cap;
    sh_source(sh, w[1].text, c->line, false);
    sh->s->args.v = v;
    sh->s->args.n = old_n;
    sh->s->args.cap = old_cap;
}

static void run_test(struct sh *sh, struct sh_value *w, size_t n)
{
    bool bracket = cstr_eq(w[0].text, "[");
    if (bracket && n > 1 && w[n - 1].known && cstr_eq(w[n - 1].text, "]"))
        n--;
    else if (bracket) {
        sh->s->ok = NO;
        return;
    }
    sh->s->ok = sh_test(sh, w + 1, n - 1, false);
}

static enum sh_flow flow_of(const char *name)
{
    static const struct {
        const char *name;
        enum sh_flow flow;
    } flows[] = {{"return", FLOW_RETURN},
                 {"break", FLOW_BREAK},
                 {"continue", FLOW_CONTINUE},
                 {"exit", FLOW_EXIT},
                 {"logout", FLOW_EXIT}};
    for (size_t i = 0; i < sizeof flows / sizeof *flows; i++)
        if (cstr_eq(name, flows[i].name))
            return flows[i].flow;
    return FLOW_RUN;
}

static bool is_one_of(const char *name, const char *const list[])
{
    for (size_t i = 0; list[i]; i++)
        if (cstr_eq(name, list[i]))
            return true;
    return false;
}

static const char *const declares[] = {"export", "readonly", "declare", "typeset", "local", NULL};
static const char *const bash_only[] = {"function", "select",   "declare",   "typeset", "source",
                                        "shopt",    "mapfile",  "readarray", "let",     "builtin",
                                        "logout",   "complete", "compgen",   "history", "disown",
                                        "bind",     "pushd",    "popd",      "dirs",    NULL};
static const char *const readers[] = {"read", "mapfile", "readarray", "getopts", "printf", NULL};
/* Builtins that leave the umask and the variables alone; their status is not known. */
static const char *const harmless[] = {
    "echo",   "alias",  "unalias", "shopt", "complete", "compgen", "compopt", "hash",
    "bind",   "type",   "cd",      "pushd", "popd",     "dirs",    "jobs",    "kill",
    "disown", "ulimit", "history", "fc",    "trap",     "wait",    "times",   "suspend",
    "caller", "help",   "set",     "shift", "pwd",      "fg",      "bg",      NULL};

static const char *const others[] = {
    "umask", "unset", "set",    "eval", ".",     "test",   "[",        "read", "getopts", "printf",
    ":",     "true",  "false",  "exec", "break", "return", "continue", "exit", "command", "if",
    "case",  "for",   "while",  "echo", "cd",    "alias",  "type",     "hash", "trap",    "wait",
    "shift", "times", "ulimit", "jobs", "kill",  "fg",     "bg",       "pwd",  NULL};

/* Is there such a command?  What is not in the usual places may still be in another PATH. */
static enum tri command_exists(struct sh *sh, const char *name)
{
    static const char *const dirs[] = {"/usr/bin", "/bin", "/usr/local/bin", NULL};
    for (size_t i = 0; i < sh->s->functions.n; i++)
        if (cstr_eq(sh->s->functions.v[i].name, name))
            return YES;
    if (is_one_of(name, others) || cstr_eq(name, "export") || cstr_eq(name, "readonly") ||
        cstr_eq(name, "local") || (sh->dialect == DIALECT_BASH && is_one_of(name, bash_only)))
        return YES;
    if (strchr(name, '/'))
        return sh_executable(sh, name);
    for (size_t i = 0; dirs[i]; i++)
        if (sh_executable(sh, arena_printf(sh->arena, "%s/%s", dirs[i], name)) == YES)
            return YES;
    return MAYBE;
}

static void run_command_v(struct sh *sh, struct sh_value *w, size_t n)
{
    bool asks = n > 2 && w[1].known && (cstr_eq(w[1].text, "-v") || cstr_eq(w[1].text, "-V"));
    sh->s->ok = asks && n == 3 && w[2].known ? command_exists(sh, w[2].text) : MAYBE;
}

/* shopt -q: options as the shell starts with them, where no file has been seen to change them. */
static void run_shopt(struct sh *sh, struct sh_value *w, size_t n)
{
    sh->s->ok = MAYBE;
    bool sets = n > 2 && w[1].known && (cstr_eq(w[1].text, "-s") || cstr_eq(w[1].text, "-u"));
    for (size_t i = 2; sets && i < n; i++)
        if (!w[i].known || cstr_eq(w[i].text, "expand_aliases"))
            sh->s->expand_aliases = !w[i].known ? MAYBE : w[1].text[1] == 's' ? YES : NO;
    if (n != 3 || !w[1].known || !w[2].known)
        return;
    if (cstr_eq(w[1].text, "-q") && cstr_eq(w[2].text, "login_shell"))
        sh->s->ok = sh->login ? YES : NO;
    bool posix = cstr_eq(w[1].text, "-oq") || cstr_eq(w[1].text, "-qo");
    if (posix && cstr_eq(w[2].text, "posix") && !cstr_ends(sh->account->shell, "/sh"))
        sh->s->ok = NO;
}

static void run_let(struct sh *sh, const struct shell_command *c, struct sh_value *w, size_t n)
{
    int64_t value;
    bool wrong;
    sh->s->ok = NO;
    for (size_t i = 1; i < n; i++) {
        if (!w[i].known) {
            sh_forget_variables(sh, c->line);
            sh->s->ok = MAYBE;
            return;
        }
        sh->s->ok = sh_arithmetic(sh, w[i].text, &value, &wrong);
        if (wrong) {
            sh->s->ok = NO;
            return;
        }
    }
}

/* What is not there to shift: bash leaves the arguments alone, dash gives up. */
static void run_shift(struct sh *sh, struct sh_value *w, size_t n)
{
    int64_t by = 1;
    bool number = n < 2 || (w[1].known && str_to_int64(str_of(w[1].text), 10, &by) == 0);
    if (n > 1 && !w[1].known) {
        for (size_t i = 0; i < sh->s->args.n; i++)
            sh->s->args.v[i] = (struct sh_value){.set = MAYBE};
        sh->s->ok = MAYBE;
        return;
    }
    sh->s->ok = NO;
    if (!number || by < 0 || (uint64_t)by > sh->s->args.n) {
        if (sh->dialect == DIALECT_POSIX)
            sh->s->flow = FLOW_EXIT;
        return;
    }
    sh->s->ok = YES;
    sh->s->args.v += by;
    sh->s->args.n -= (size_t)by;
    sh->s->args.cap = sh->s->args.n;
}

static void run_alias(struct sh *sh, struct sh_value *w, size_t n, bool sets)
{
    sh->s->ok = sets ? YES : MAYBE;
    for (size_t i = 1; i < n; i++) {
        const char *equals = w[i].known ? strchr(w[i].text, '=') : NULL;
        if (!w[i].known || (!sets && cstr_eq(w[i].text, "-a"))) {
            for (size_t k = 0; !sets && k < sh->s->aliases.n; k++)
                sh->s->aliases.v[k].text = NULL;
            continue;
        }
        if (sets && !equals)
            continue;
        const char *name =
            sets ? arena_strndup(sh->arena, w[i].text, (size_t)(equals - w[i].text)) : w[i].text;
        size_t k = 0;
        while (k < sh->s->aliases.n && !cstr_eq(sh->s->aliases.v[k].name, name))
            k++;
        if (k == sh->s->aliases.n && sets)
            vec_push(sh->arena, &sh->s->aliases, (struct sh_alias){.name = name});
        if (k < sh->s->aliases.n)
            sh->s->aliases.v[k].text = sets ? equals + 1 : NULL;
    }
}

/* bash runs the action of DEBUG, RETURN and ERR between commands. */
static void run_trap(struct sh *sh, struct sh_value *w, size_t n)
{
    sh->s->ok = MAYBE;
    for (size_t i = 2; i < n && sh->dialect == DIALECT_BASH; i++)
        if (!w[i].known || cstr_eq(w[i].text, "DEBUG") || cstr_eq(w[i].text, "RETURN") ||
            cstr_eq(w[i].text, "ERR"))
            sh->s->trapped = sh->s->trapped || !(w[1].known && cstr_eq(w[1].text, "-"));
}

bool sh_is_builtin(const char *name)
{
    return is_one_of(name, declares) || is_one_of(name, readers) || is_one_of(name, harmless) ||
           is_one_of(name, others) || is_one_of(name, bash_only);
}

bool sh_builtin(struct sh *sh, const struct shell_command *c, struct sh_value *w, size_t n)
{
    const char *name = w[0].text;
    /* dash has none of these: commands that are not found. */
    if (sh->dialect == DIALECT_POSIX && (is_one_of(name, bash_only) || cstr_eq(name, "[["))) {
        sh->s->ok = NO;
        return true;
    }
    if (cstr_eq(name, "umask"))
        run_umask(sh, c, w, n);
    else if (cstr_eq(name, "local") && !sh->calls) {
        /* Outside a function: an error, which in dash ends the shell. */
        sh->s->ok = NO;
        if (sh->dialect == DIALECT_POSIX)
            sh->s->flow = FLOW_EXIT;
    } else if (is_one_of(name, declares))
        sh_declare(sh, c, w, n);
    else if (cstr_eq(name, "unset"))
        run_unset(sh, c, w, n);
    else if (cstr_eq(name, "set"))
        run_set(sh, c, w, n);
    else if (cstr_eq(name, ".") || (cstr_eq(name, "source") && sh->dialect == DIALECT_BASH))
        run_source(sh, c, w, n);
    else if (cstr_eq(name, "eval"))
        run_eval(sh, c, w, n);
    else if (cstr_eq(name, "test") || cstr_eq(name, "["))
        run_test(sh, w, n);
    else if (cstr_eq(name, "command"))
        run_command_v(sh, w, n);
    else if (is_one_of(name, readers))
        run_reader(sh, c, w, n);
    else if (cstr_eq(name, ":") || cstr_eq(name, "true"))
        sh->s->ok = YES;
    else if (cstr_eq(name, "false"))
        sh->s->ok = NO;
    else if (cstr_eq(name, "let"))
        run_let(sh, c, w, n);
    else if (cstr_eq(name, "exec") && n > 1)
        sh_forget(sh, c->line); /* another program takes the shell's place */
    else if (flow_of(name) != FLOW_RUN) {
        int64_t status;
        if (n > 1 && flow_of(name) == FLOW_RETURN)
            sh->s->ok = !w[1].known                                                        ? MAYBE
                        : str_to_int64(str_of(w[1].text), 10, &status) == 0 && status == 0 ? YES
                                                                                           : NO;
        sh->s->flow = flow_of(name);
    } else if (is_one_of(name, harmless)) {
        sh->s->ok = cstr_eq(name, "echo") ? YES : MAYBE;
        if (cstr_eq(name, "shopt"))
            run_shopt(sh, w, n);
        if (cstr_eq(name, "shift"))
            run_shift(sh, w, n);
        if (cstr_eq(name, "alias") || cstr_eq(name, "unalias"))
            run_alias(sh, w, n, name[0] == 'a');
        if (cstr_eq(name, "trap"))
            run_trap(sh, w, n);
    } else
        return false;
    return true;
}
