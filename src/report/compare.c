#include "report/compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

static const struct {
    const char *name;
    struct text text;
} kinds[CHANGE_KINDS] = {
    [CHANGE_WORSE] = {"worse", {"Worse", "变差"}},
    [CHANGE_BETTER] = {"better", {"Better", "改善"}},
    [CHANGE_OTHER] = {"other", {"Other verdict", "判定变化"}},
    [CHANGE_FACTS] = {"facts", {"Same verdict, other facts", "判定相同，现状变化"}},
    [CHANGE_NEW] = {"new", {"Only in the later result", "仅后一次结果有"}},
    [CHANGE_GONE] = {"gone", {"Only in the earlier result", "仅前一次结果有"}},
};

struct text change_kind_text(enum change_kind k)
{
    return kinds[k].text;
}

const char *change_kind_name(enum change_kind k)
{
    return kinds[k].name;
}

const struct comparison *comparison_find(const char *name)
{
    static const struct comparison *const table[] = {&comparison_text, &comparison_html,
                                                     &comparison_csv};
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        if (cstr_eq(table[i]->name, name))
            return table[i];
    return NULL;
}

bool results_same_host(const struct brief *a, const struct brief *b)
{
    if (a->host_id || b->host_id)
        return cstr_eq(a->host_id, b->host_id);
    return cstr_eq(a->host_name, b->host_name) && cstr_eq(a->root, b->root);
}

const char *brief_host(const struct brief *b)
{
    return b->host_name ? b->host_name : b->root;
}

static int by_policy(const void *x, const void *y)
{
    const struct brief *a = *(const struct brief *const *)x, *b = *(const struct brief *const *)y;
    int r = strcmp(a->policy_digest, b->policy_digest);
    return r ? r : strcmp(a->preset, b->preset);
}

size_t briefs_policies(struct arena *a, const struct briefs *all)
{
    size_t n = 0;
    const struct brief **sorted = arena_new_array(a, const struct brief *, all->n + 1);
    for (size_t i = 0; i < all->n; i++)
        sorted[i] = &all->v[i];
    qsort(sorted, all->n, sizeof *sorted, by_policy);
    for (size_t i = 0; i < all->n; i++)
        n += !i || by_policy(&sorted[i - 1], &sorted[i]);
    return n;
}

const char *judged_found(struct arena *a, const struct judged *j, enum lang lang)
{
    const struct fact *f = &j->fact;
    const char *unset = lang == LANG_ZH ? "未设置" : "not set";
    if (f->state != FACT_KNOWN)
        return text_in(j->reason, lang);
    const char *configured = f->has_configured ? value_show(a, &f->configured) : NULL;
    const char *running = f->has_running ? value_show(a, &f->running) : NULL;
    configured = configured ? configured : unset;
    running = running ? running : unset;
    if (f->has_configured && f->has_running)
        return arena_printf(a, lang == LANG_ZH ? "%s（运行中 %s）" : "%s (running %s)", configured,
                            running);
    return f->has_configured ? configured : running;
}

struct index {
    const struct rule_result **v;
    size_t n;
};

static int by_id(const void *x, const void *y)
{
    const struct rule_result *a = *(const struct rule_result *const *)x,
                             *b = *(const struct rule_result *const *)y;
    return strcmp(a->rule->id, b->rule->id);
}

static struct index index_of(struct arena *a, const struct result *r)
{
    struct index index = {0};
    size_t n = 0;
    vec_each (item, &r->items)
        n += item->rules.n;
    index.v = arena_new_array(a, const struct rule_result *, n + 1);
    vec_each (item, &r->items)
        vec_each (rule, &item->rules)
            index.v[index.n++] = rule;
    qsort(index.v, index.n, sizeof *index.v, by_id);
    return index;
}

static const struct rule_result *look_up(const struct index *index, const struct rule_result *r)
{
    const struct rule_result **at = bsearch(&r, index->v, index->n, sizeof *index->v, by_id);
    return at ? *at : NULL;
}

static bool same_question(const struct judged *a, const struct judged *b)
{
    return a->want->op == b->want->op && cstr_eq(a->want->key_name, b->want->key_name) &&
           cstr_eq(a->want->resource, b->want->resource) &&
           cstr_eq(a->fact.subject, b->fact.subject);
}

static const struct judged *counterpart(const struct rule_result *in, const struct judged *of)
{
    for (size_t i = 0; in && i < in->judged.n; i++)
        if (same_question(&in->judged.v[i], of))
            return &in->judged.v[i];
    return NULL;
}

static bool same_found(struct arena *a, const struct judged *x, const struct judged *y)
{
    if (!x || !y)
        return x == y;
    return cstr_eq(x->want->key_name, y->want->key_name) &&
           cstr_eq(x->want->resource, y->want->resource) &&
           cstr_eq(x->fact.subject, y->fact.subject) &&
           cstr_eq(judged_found(a, x, LANG_EN), judged_found(a, y, LANG_EN));
}

/* `min` and `max` on one key are two wants on one fact, of which one change is enough. */
static void add_fact(struct arena *a, struct change *c, struct change_fact fact)
{
    if (c->facts.n) {
        const struct change_fact *last = &c->facts.v[c->facts.n - 1];
        if (same_found(a, last->before, fact.before) && same_found(a, last->after, fact.after))
            return;
    }
    if (c->facts.n == CHANGE_FACT_LIMIT)
        c->omitted++;
    else
        vec_push(a, &c->facts, fact);
}

static void compare_facts(struct arena *a, struct change *c)
{
    for (size_t i = 0; i < c->after->judged.n; i++) {
        const struct judged *now = &c->after->judged.v[i], *was = counterpart(c->before, now);
        if (!was || was->verdict != now->verdict ||
            !cstr_eq(judged_found(a, was, LANG_EN), judged_found(a, now, LANG_EN)))
            add_fact(a, c, (struct change_fact){was, now});
    }
    for (size_t i = 0; i < c->before->judged.n; i++)
        if (!counterpart(c->after, &c->before->judged.v[i]))
            add_fact(a, c, (struct change_fact){&c->before->judged.v[i], NULL});
}

static enum change_kind kind_of(enum verdict before, enum verdict after)
{
    if (before == after)
        return CHANGE_FACTS;
    if (after == VERDICT_FAIL || before == VERDICT_PASS)
        return CHANGE_WORSE;
    if (after == VERDICT_PASS || before == VERDICT_FAIL)
        return CHANGE_BETTER;
    return CHANGE_OTHER;
}

static int by_kind(const void *x, const void *y)
{
    const struct change *a = x, *b = y;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    const struct rule_result *i = a->after ? a->after : a->before,
                             *j = b->after ? b->after : b->before;
    return strverscmp(i->rule->number, j->rule->number) ?: strcmp(i->rule->id, j->rule->id);
}

struct changes_between *changes_find(struct arena *a, const struct result *before,
                                     const struct result *after)
{
    struct changes_between *c = arena_make(a, struct changes_between);
    struct index was = index_of(a, before), is = index_of(a, after);
    *c = (struct changes_between){.before = before, .after = after};
    c->other_policy = !cstr_eq(before->policy_digest, after->policy_digest) ||
                      !cstr_eq(before->preset, after->preset);
    for (size_t i = 0; i < is.n; i++) {
        struct change one = {.kind = CHANGE_NEW, .after = is.v[i]};
        one.before = look_up(&was, is.v[i]);
        if (one.before && one.before->verdict == one.after->verdict &&
            cstr_eq(one.before->digest, one.after->digest)) {
            c->same++;
            continue;
        }
        if (one.before) {
            one.kind = kind_of(one.before->verdict, one.after->verdict);
            compare_facts(a, &one);
        }
        vec_push(a, &c->list, one);
    }
    for (size_t i = 0; i < was.n; i++)
        if (!look_up(&is, was.v[i]))
            vec_push(a, &c->list, (struct change){.kind = CHANGE_GONE, .before = was.v[i]});
    if (c->list.n)
        qsort(c->list.v, c->list.n, sizeof *c->list.v, by_kind);
    return c;
}
