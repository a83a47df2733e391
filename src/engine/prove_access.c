#include "engine/prove_access.h"

#include "engine/prove.h"

static bool changes_files(const struct plan *plan)
{
    vec_each (s, &plan->steps)
        if (s->change)
            return true;
    return false;
}

static void add_rules(struct plan *plan, const struct step *s)
{
    struct plan_access *access = &plan->access;
    for (size_t i = 0; i < s->rules.n; i++)
        if (strings_find(&access->rules, s->rules.v[i]) < 0)
            strings_add(plan->host->arena, &access->rules, s->rules.v[i]);
}

/* The rules that change the file which decides; where none does (a line that is gone), those that
 * may affect who can log in. */
static void name_rules(struct plan *plan)
{
    const char *path = plan->access.where.path, *real = NULL;
    if (path && root_resolve(plan->staged->root, path, &real) < 0)
        real = path;
    vec_each (s, &plan->steps)
        if (s->change && real && cstr_eq(s->target, real))
            add_rules(plan, s);
    if (plan->access.rules.n)
        return;
    vec_each (s, &plan->steps)
        if (s->change && s->risk == RISK_ACCESS)
            add_rules(plan, s);
}

/* With the place that decides and the rules that put it there. */
static struct text refusal(const struct plan *plan)
{
    struct arena *a = plan->host->arena;
    const struct plan_access *access = &plan->access;
    const char *at = "", *rules = strings_join(a, &access->rules, ", ", 5);
    if (access->where.path)
        at = access->where.line
                 ? arena_printf(a, " (%s:%u)", access->where.path, access->where.line)
                 : arena_printf(a, " (%s)", access->where.path);
    return (struct text){
        arena_printf(a, "%s%s%s%s", access->refused.en, at, *rules ? "; because of " : "", rules),
        arena_printf(a, "%s%s%s%s", access->refused.zh, at, *rules ? "；原因在于 " : "", rules)};
}

static struct text refused_with(const struct plan_access *access, const struct access *after,
                                const struct plan_options *options, struct where *ret)
{
    struct text why = access_refusal(&access->before, after, access->paths, ret);
    if (!why.en && options->needs_operator && !access_operator_keeps_root(after, access->paths))
        why = access_nobody_text(after, access->paths);
    if (!why.en && options->administrator)
        why = access_kept_out(after, options->administrator, access->paths, ret);
    return why;
}

struct question {
    const struct plan_access *access;
    const struct plan_options *options;
};

static bool keeps_access(struct host *staged, void *context)
{
    const struct question *q = context;
    struct access after = {0};
    struct where where = {0};
    (void)access_table(staged, q->access->from, &after);
    return !refused_with(q->access, &after, q->options, &where).en;
}

void prove_access(struct plan *plan, const struct plan_options *options)
{
    struct plan_access *access = &plan->access;
    if (!changes_files(plan))
        return;
    access->proved = true;
    access->from = options->from;
    access->paths = options->paths ? options->paths : ACCESS_BY_SSH | ACCESS_BY_CONSOLE;
    if (access_table(plan->host, access->from, &access->before) < 0) {
        access->from = NULL; /* not an address: a link-local one with its zone */
        (void)access_table(plan->host, NULL, &access->before);
    }
    (void)access_table(plan->staged, access->from, &access->after);
    access_compare(&access->before, &access->after, &access->changes);
    access->refused = refused_with(access, &access->after, options, &access->where);
    if (!access->refused.en)
        return;
    const char *by = prove_blame(plan, keeps_access, &(struct question){access, options});
    if (by)
        strings_add(plan->host->arena, &access->rules, by);
    else
        name_rules(plan);
    struct refusal row = {refusal(plan), by};
    vec_push(plan->host->arena, &plan->refusals, row);
}
