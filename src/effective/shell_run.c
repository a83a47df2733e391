/* Running commands: what each does to the state. */
#include "effective/shell_state.h"

#include <errno.h>
#include <fnmatch.h>

static struct where here(struct sh *sh, const struct shell_command *c)
{
    return (struct where){sh->path, c->line};
}

static void run_list(struct sh *sh, const struct shell_command *c, size_t from)
{
    for (size_t i = from; i < c->children.n && sh->s->flow == FLOW_RUN; i++)
        sh_run(sh, c->children.v[i]);
}

/* After an undecided branch: a way that left (return, break …) is set aside, the other goes on. */
void sh_merge(struct sh *sh, struct sh_state *a, struct sh_state *b, struct where where)
{
    struct sh_state *gone = NULL;
    if (a->flow == b->flow) {
        sh->s = sh_join(sh, a, b, where);
        return;
    }
    sh->s = a->flow == FLOW_RUN ? a : b;
    gone = sh->s == a ? b : a;
    if (sh->s->flow != FLOW_RUN) { /* both leave, differently */
        sh_forget(sh, where.line);
        return;
    }
    sh->may_end = sh->may_end || gone->flow == FLOW_EXIT;
    if (gone->flow == FLOW_DISCARD) {
        sh_forget(sh, where.line);
    } else if (gone->flow == FLOW_RETURN) {
        gone->flow = FLOW_RUN;
        sh->left = sh_join(sh, sh->left, gone, where);
    } else if (gone->flow != FLOW_EXIT) {
        enum sh_flow flow = sh->s->flow;
        sh->s = sh_join(sh, sh->s, gone, where);
        sh->s->flow = flow;
    }
}

/* Runs `yes` where the last status was true, `no` (may be NULL) where it was false. */
static void branch(struct sh *sh, const struct shell_command *c, const struct shell_command *yes,
                   const struct shell_command *no)
{
    enum tri ok = sh->s->ok;
    if (ok != MAYBE) {
        const struct shell_command *way = ok == YES ? yes : no;
        if (way)
            sh_run(sh, way);
        return;
    }
    struct sh_state *other = sh_copy(sh, sh->s), *first;
    sh->s->ok = YES;
    if (yes)
        sh_run(sh, yes);
    first = sh->s;
    sh->s = other;
    sh->s->ok = NO;
    if (no)
        sh_run(sh, no);
    sh_merge(sh, first, sh->s, here(sh, c));
}

static void run_if(struct sh *sh, const struct shell_command *c, size_t i)
{
    sh_run(sh, c->children.v[i]);
    if (sh->s->flow != FLOW_RUN)
        return;
    enum tri ok = sh->s->ok;
    bool more = i + 2 < c->children.n, is_else = i + 3 == c->children.n;
    if (ok == YES) {
        sh_run(sh, c->children.v[i + 1]);
        return;
    }
    struct sh_state *first = NULL;
    if (ok == MAYBE) {
        struct sh_state *other = sh_copy(sh, sh->s);
        sh_run(sh, c->children.v[i + 1]);
        first = sh->s;
        sh->s = other;
    }
    sh->s->ok = YES;
    if (more && is_else)
        sh_run(sh, c->children.v[i + 2]);
    else if (more && sh->depth < SH_DEPTH && sh->steps) {
        sh->depth++;
        run_if(sh, c, i + 2);
        sh->depth--;
    } else if (more) {
        sh_forget(sh, c->line);
    }
    if (first)
        sh_merge(sh, first, sh->s, here(sh, c));
}

static bool loop_ends(struct sh *sh)
{
    if (sh->s->flow == FLOW_CONTINUE)
        sh->s->flow = FLOW_RUN;
    if (sh->s->flow == FLOW_BREAK) {
        sh->s->flow = FLOW_RUN;
        return true;
    }
    return sh->s->flow != FLOW_RUN || !sh->steps;
}

/* A body that runs an unknown number of times: twice is enough to see what it changes, a third
 * round still changing something means that it depends on the number. */
static void run_some_times(struct sh *sh, const struct shell_command *body, struct where where)
{
    for (int i = 0; i < 2 && sh->s->flow == FLOW_RUN; i++) {
        struct sh_state *before = sh_copy(sh, sh->s);
        sh_run(sh, body);
        (void)loop_ends(sh);
        sh_merge(sh, before, sh->s, where);
    }
    struct sh_state *before = sh_copy(sh, sh->s);
    sh_run(sh, body);
    (void)loop_ends(sh);
    struct sh_state *after = sh->s;
    sh_merge(sh, before, after, where);
    sh->s->ok = MAYBE;
}

static void run_for(struct sh *sh, const struct shell_command *c)
{
    struct strings words = {0};
    bool known = c->has_in ? sh_expand_words(sh, &c->words, &words) : false;
    if (!c->has_in) {
        known = true;
        for (size_t i = 0; i < sh->s->args.n; i++) {
            known = known && sh->s->args.v[i].known;
            if (known)
                strings_add(sh->arena, &words, sh->s->args.v[i].text);
        }
    }
    if (!known) {
        sh_forget_name(sh, c->name, c->line);
        run_some_times(sh, c->children.v[0], here(sh, c));
        sh_forget_name(sh, c->name, c->line);
        return;
    }
    sh->s->ok = YES;
    for (size_t i = 0; i < words.n; i++) {
        if (sh_set(sh, c->name, sh_text(words.v[i]), c->line) < 0)
            return;
        sh_run(sh, c->children.v[0]);
        if (loop_ends(sh))
            return;
    }
}

/* "i=0; i<3; i++" */
static void run_for_counted(struct sh *sh, const struct shell_command *c)
{
    const char *part[3] = {"", "", ""};
    struct str rest = str_of(c->name), field;
    int64_t value;
    bool wrong = false;
    for (size_t i = 0; i < 3 && rest.n; i++) {
        (void)str_next_field(&rest, ';', &field);
        part[i] = str_dup(sh->arena, str_trim(field));
    }
    (void)sh_arithmetic(sh, part[0], &value, &wrong);
    for (int rounds = 0; !wrong && sh->s->flow == FLOW_RUN; rounds++) {
        enum tri more = *part[1] ? sh_arithmetic(sh, part[1], &value, &wrong) : YES;
        if (wrong || more == NO)
            break;
        if (more == MAYBE || rounds == 1000) {
            sh_forget_names_in(sh, part[2], c->line);
            run_some_times(sh, c->children.v[0], here(sh, c));
            sh_forget_names_in(sh, part[2], c->line);
            return;
        }
        sh_run(sh, c->children.v[0]);
        if (loop_ends(sh))
            return;
        (void)sh_arithmetic(sh, part[2], &value, &wrong);
    }
    sh->s->ok = wrong ? NO : YES;
}

static void run_while(struct sh *sh, const struct shell_command *c)
{
    for (int rounds = 0; rounds < 1000; rounds++) {
        sh_run(sh, c->children.v[0]);
        if (sh->s->flow != FLOW_RUN)
            break;
        enum tri ok = sh->s->ok;
        if (ok == MAYBE || c->reads_input || rounds == 999) {
            struct shell_command both = {.kind = SHELL_LIST, .line = c->line};
            const struct shell_command *parts[] = {c->children.v[1], c->children.v[0]};
            both.children.v = parts;
            both.children.n = 2;
            run_some_times(sh, &both, here(sh, c));
            return;
        }
        if ((ok == YES) != (c->kind == SHELL_WHILE))
            break;
        sh_run(sh, c->children.v[1]);
        if (loop_ends(sh))
            break;
    }
    if (sh->s->flow == FLOW_RUN)
        sh->s->ok = YES;
}

static enum tri case_matches(struct sh *sh, const struct shell_item *item, struct sh_value word)
{
    enum tri r = NO;
    for (size_t i = 0; i < item->patterns.n; i++) {
        struct sh_value pattern = sh_expand_pattern(sh, item->patterns.v[i]);
        if (pattern.known && cstr_eq(pattern.text, "*"))
            return YES;
        if (!pattern.known || !word.known)
            r = MAYBE;
        else if (fnmatch(pattern.text, word.text, 0) == 0)
            return YES;
    }
    return r;
}

static void run_case(struct sh *sh, const struct shell_command *c, size_t i, struct sh_value word)
{
    for (; i < c->items.n && sh->s->flow == FLOW_RUN; i++) {
        const struct shell_item *item = &c->items.v[i];
        enum tri match = case_matches(sh, item, word);
        if (match == NO)
            continue;
        struct sh_state *other = match == MAYBE ? sh_copy(sh, sh->s) : NULL;
        sh_run(sh, item->body);
        if (item->end == '&' && i + 1 < c->items.n)
            sh_run(sh, c->items.v[i + 1].body);
        else if (item->end == 'c')
            continue;
        if (!other)
            return;
        struct sh_state *first = sh->s;
        sh->s = other;
        if (++sh->depth < SH_DEPTH && sh->steps)
            run_case(sh, c, i + 1, word);
        else
            sh_forget(sh, c->line);
        sh->depth--;
        sh_merge(sh, first, sh->s, here(sh, c));
        return;
    }
}

static void run_cond(struct sh *sh, const struct shell_command *c)
{
    struct sh_value *w = arena_new_array(sh->arena, struct sh_value, c->words.n + 1);
    for (size_t i = 0; i < c->words.n; i++) {
        const char *before = i ? shell_word_plain(c->words.v[i - 1]) : NULL;
        bool pattern =
            before && (cstr_eq(before, "==") || cstr_eq(before, "=") || cstr_eq(before, "!="));
        w[i] = pattern ? sh_expand_pattern(sh, c->words.v[i]) : sh_expand(sh, c->words.v[i]);
    }
    sh->s->ok = sh_test(sh, w, c->words.n, true);
}

/* A process of its own: nothing it does comes back but its status. */
static void run_apart(struct sh *sh, const struct shell_command *c)
{
    struct sh_state *mine = sh->s, *left = sh->left;
    sh->s = sh_copy(sh, mine);
    sh->left = NULL;
    run_list(sh, c, 0);
    enum tri ok = sh->s->flow == FLOW_RUN && !sh->left ? sh->s->ok : MAYBE;
    sh->s = mine;
    sh->left = left;
    sh->s->ok = c->kind == SHELL_PIPE ? MAYBE : c->kind == SHELL_BACKGROUND ? YES : ok;
}

static void define(struct sh *sh, const struct shell_command *c)
{
    struct sh_function f = {c->name, c->children.v[0], sh->path};
    sh->s->ok = YES;
    for (size_t i = 0; i < sh->s->functions.n; i++)
        if (cstr_eq(sh->s->functions.v[i].name, c->name)) {
            sh->s->functions.v[i] = f;
            return;
        }
    if (sh->s->functions.n > SH_VARS)
        sh_forget(sh, c->line);
    else
        vec_push(sh->arena, &sh->s->functions, f);
}

/* A file that cannot be opened: the command is left out, and in dash a special builtin then ends
 * the shell (POSIX 2.8.1). */
static void not_opened(struct sh *sh, const struct shell_command *c)
{
    const char *name =
        c->kind == SHELL_SIMPLE && c->words.n ? shell_word_plain(c->words.v[0]) : NULL;
    sh->s->ok = NO;
    if (sh->dialect == DIALECT_POSIX && sh_is_special(name))
        sh->s->flow = FLOW_EXIT;
}

static void dispatch(struct sh *sh, const struct shell_command *c)
{
    int64_t n;
    bool wrong;
    switch (c->kind) {
    case SHELL_SIMPLE:
        sh_simple(sh, c);
        break;
    case SHELL_LIST:
    case SHELL_GROUP:
        run_list(sh, c, 0);
        break;
    case SHELL_AND:
    case SHELL_OR:
        sh_run(sh, c->children.v[0]);
        if (sh->s->flow == FLOW_RUN)
            branch(sh, c, c->kind == SHELL_AND ? c->children.v[1] : NULL,
                   c->kind == SHELL_OR ? c->children.v[1] : NULL);
        break;
    case SHELL_NOT:
        sh_run(sh, c->children.v[0]);
        sh->s->ok = sh->s->ok == MAYBE ? MAYBE : sh->s->ok == YES ? NO : YES;
        break;
    case SHELL_PIPE:
    case SHELL_BACKGROUND:
    case SHELL_SUBSHELL:
        run_apart(sh, c);
        break;
    case SHELL_IF:
        run_if(sh, c, 0);
        break;
    case SHELL_WHILE:
    case SHELL_UNTIL:
        run_while(sh, c);
        break;
    case SHELL_FOR:
        run_for(sh, c);
        break;
    case SHELL_CASE:
        sh->s->ok = YES;
        run_case(sh, c, 0, sh_expand(sh, c->words.v[0]));
        break;
    case SHELL_FUNCTION:
        define(sh, c);
        break;
    case SHELL_COND:
        run_cond(sh, c);
        break;
    case SHELL_ARITHMETIC:
        sh->s->ok = sh_arithmetic(sh, c->name, &n, &wrong);
        sh->s->ok = wrong ? NO : sh->s->ok;
        break;
    case SHELL_FOR_COUNTED:
        run_for_counted(sh, c);
        break;
    case SHELL_OPAQUE:
        for (size_t i = 0; i < c->children.n; i++)
            run_some_times(sh, c->children.v[i], here(sh, c));
        break;
    }
}

void sh_run(struct sh *sh, const struct shell_command *c)
{
    if (sh->steps == 0 || sh->depth >= SH_DEPTH) {
        sh_forget(sh, c->line);
        return;
    }
    sh->steps--;
    sh->depth++;
    sh->line = c->line;
    enum tri opened = c->redirects.n ? sh_redirects(sh, c) : YES;
    struct sh_state *other = opened == MAYBE ? sh_copy(sh, sh->s) : NULL, *first;
    if (opened != NO && sh->s->flow == FLOW_RUN)
        dispatch(sh, c);
    else if (sh->s->flow == FLOW_RUN)
        not_opened(sh, c);
    if (other) {
        first = sh->s;
        sh->s = other;
        not_opened(sh, c);
        sh_merge(sh, first, sh->s, here(sh, c));
    }
    sh->depth--;
}

static void run_script(struct sh *sh, const struct shell_script *s)
{
    for (size_t i = 0; i < s->commands.n && sh->s->flow == FLOW_RUN; i++) {
        sh_run(sh, s->commands.v[i]);
        if (sh->s->flow == FLOW_DISCARD)
            sh->s->flow = FLOW_RUN;
    }
    if (sh->s->flow != FLOW_RUN || !s->error_line)
        return;
    if (s->too_deep)
        sh_forget(sh, s->error_line);
    else if (!sh->remark.en)
        sh->remark = text_make(sh->arena, "syntax error at %s:%u: the shell stops reading there",
                               "%s:%u 处语法错误：shell 读到此处即停止", sh->path, s->error_line);
    if (sh->dialect == DIALECT_POSIX)
        sh->s->flow = FLOW_EXIT;
}

void sh_eval(struct sh *sh, const char *text, unsigned line)
{
    const struct shell_script *s = shell_parse(sh->arena, str_of(text), sh->dialect);
    if (s->error_line || sh->depth >= SH_DEPTH)
        sh_forget(sh, line);
    else
        run_script(sh, s);
}

void sh_source(struct sh *sh, const char *path, unsigned line, bool optional)
{
    struct str bytes;
    int r = path[0] == '/' && sh_readable(sh, path) == NO
                ? -ENOENT /* or not for this account: the shell goes on without it */
                : root_read(sh->host->root, path, &bytes);
    if (r == -ENOENT || r == -ENOTDIR || r == -ELOOP || r == -EISDIR ||
        (r < 0 && optional && r != -EACCES && r != -EPERM && r != -EFBIG)) {
        sh->s->ok = NO;
        return;
    }
    if (r < 0 || sh->depth >= SH_DEPTH) {
        if (!sh->remark.en && r < 0)
            sh->remark = root_error_text(sh->host->root, path, r);
        sh_forget(sh, line);
        return;
    }
    struct sh_state *left = sh->left;
    const char *before = sh->path;
    sh->left = NULL;
    sh->path = path;
    sh->s->ok = YES;
    run_script(sh, shell_parse(sh->arena, bytes, sh->dialect));
    if (sh->s->flow == FLOW_RETURN)
        sh->s->flow = FLOW_RUN;
    if (sh->left)
        sh->s = sh_join(sh, sh->s, sh->left, (struct where){path, 0});
    sh->left = left;
    sh->path = before;
}
