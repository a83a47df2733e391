#include "engine/policy_load.h"

#include <errno.h>

#include "base/vec.h"

static void parse_files(struct loader *l)
{
    vec_each (file, &l->files) {
        struct policy_data data = {file->path, file->bytes};
        if (file->origin == ORIGIN_DATA) /* read by those who ask for it */
            vec_push(l->arena, &l->policy->data, data);
        else if (yaml_read_in(l->values, l->arena, file->path, file->bytes, &file->top,
                              l->problems) < 0)
            l->broken = true;
    }
}

static int compare(const void *a, const void *b)
{
    const struct problem *x = a, *y = b;
    int order = strcmp(x->path ? x->path : "", y->path ? y->path : "");
    if (order)
        return order;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return x->column < y->column ? -1 : x->column > y->column;
}

static int finish(struct loader *l, int r, struct policy **ret)
{
    if (l->problems->n) {
        qsort(l->problems->v, l->problems->n, sizeof *l->problems->v, compare);
        return r < 0 ? r : -EINVAL;
    }
    l->policy->digest = source_digest(l);
    *ret = l->policy;
    return 0;
}

static int build(struct loader *l, const char *preset, struct policy **ret)
{
    _cleanup_arena_ struct arena *values = arena_new();
    l->values = values;
    parse_files(l);
    items_collect(l);
    int r = presets_apply(l, preset);
    rules_build(l);
    if (!l->policy->items.n && !l->problems->n)
        problems_add(l->problems, l->policy->source, 0, 0, "the policy %s has no items",
                     "策略 %s 中没有检查项", l->policy->source);
    return finish(l, r, ret);
}

int policy_load(struct arena *a, const struct policy_options *options, struct policy **ret,
                struct problems *problems)
{
    struct loader l = {.arena = a, .problems = problems, .policy = arena_make(a, struct policy)};
    l.policy->source = source_gather(&l, options);
    if (!l.policy->source)
        return finish(&l, -EINVAL, ret);
    return build(&l, options->preset, ret);
}

int policy_load_bytes(struct arena *a, const char *path, struct str bytes, struct policy **ret,
                      struct problems *problems)
{
    struct loader l = {.arena = a, .problems = problems, .policy = arena_make(a, struct policy)};
    l.policy->source = path;
    vec_push(a, &l.files, (struct policy_file){path, bytes, ORIGIN_POLICY, NULL});
    return build(&l, NULL, ret);
}

const struct item *policy_item_of(const struct policy *p, const struct rule *rule)
{
    vec_each (item, &p->items) {
        if (item->rules.n && rule >= item->rules.v && rule < item->rules.v + item->rules.n)
            return item;
    }
    return NULL;
}

int policy_select(struct arena *a, const struct policy *p, const char *name, struct selection *ret)
{
    size_t before = ret->n + ret->items.n;
    vec_each (item, &p->items) {
        char number[16];
        (void)snprintf(number, sizeof number, "%u", item->number);
        if (cstr_eq(name, number) || cstr_eq(name, item->id))
            vec_push(a, &ret->items, item);
        vec_each (rule, &item->rules) {
            if (cstr_eq(name, rule->id) || cstr_eq(name, rule->number))
                vec_push(a, ret, rule);
        }
    }
    return ret->n + ret->items.n > before ? 0 : -ENOENT;
}

struct strings policy_names(struct arena *a, const struct policy *p)
{
    struct strings names = {0};
    vec_each (item, &p->items) {
        strings_add(a, &names, item->id);
        vec_each (rule, &item->rules)
            strings_add(a, &names, rule->id);
    }
    return names;
}
