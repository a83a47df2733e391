#include "engine/check.h"

#include <time.h>

#include "base/vec.h"
#include "engine/digest.h"
#include "engine/identity.h"
#include "engine/judge.h"

static int64_t now_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void digest_value(struct arena *a, struct digest *d, bool has, const struct value *v)
{
    if (!has) {
        digest_field(d, "-");
        return;
    }
    digest_field(d, v->kind == VALUE_LIST ? "list" : "value");
    if (v->kind != VALUE_LIST) {
        digest_field(d, value_show(a, v));
        return;
    }
    digest_field(
        d, value_show(a, &(struct value){.kind = VALUE_NUMBER, .number = (int64_t)v->list.n}));
    for (size_t i = 0; i < v->list.n; i++)
        digest_field(d, v->list.v[i]);
}

/* Verdict and facts: what a watcher compares. Not the times, not the places, not the sentences. */
static const char *rule_digest(struct arena *a, const struct rule_result *r)
{
    static const char *const states[] = {"known", "unknown", "not-applicable"};
    struct digest *d = digest_new(DIGEST_SHA256);
    digest_field(d, r->rule->id);
    digest_field(d, verdict_name(r->verdict));
    digest_field(d, arena_printf(a, "%zu", r->omitted));
    vec_each (j, &r->judged) {
        digest_field(d, j->want->resource);
        digest_field(d, j->want->key_name);
        digest_field(d, want_op_name(j->want->op));
        digest_value(a, d, true, &j->want->expected);
        digest_field(d, j->fact.subject);
        digest_field(d, states[j->fact.state]);
        digest_field(d, verdict_name(j->verdict));
        digest_value(a, d, j->fact.has_configured, &j->fact.configured);
        digest_value(a, d, j->fact.has_running, &j->fact.running);
    }
    return digest_hex(a, d);
}

/* Which part of an item a selection names. */
enum part { PART_NONE, PART_SOME, PART_WHOLE };

static bool names_rule(const struct selection *s, const struct rule *rule)
{
    for (size_t i = 0; s && i < s->n; i++)
        if (s->v[i] == rule)
            return true;
    return false;
}

static bool names_item(const struct selection *s, const struct item *item)
{
    for (size_t i = 0; s && i < s->items.n; i++)
        if (s->items.v[i] == item)
            return true;
    return false;
}

static enum part part_of(const struct selection *s, const struct item *item)
{
    if (!s || (!s->n && !s->items.n) || names_item(s, item))
        return PART_WHOLE;
    vec_each (rule, &item->rules) {
        if (names_rule(s, rule))
            return PART_SOME;
    }
    return PART_NONE;
}

static bool wanted(const struct selection *s, enum part part, const struct rule *rule)
{
    return names_rule(s, rule) || (part == PART_WHOLE && !rule->skipped);
}

static void conclude(struct item_result *r, enum part part)
{
    unsigned counts[VERDICT_COUNT];
    memcpy(counts, r->counts, sizeof counts);
    /* Nothing judged is nothing known: an item must not pass because all its rules are skipped. */
    r->pending = part == PART_WHOLE && (r->item->pending.en || !r->rules.n);
    counts[VERDICT_UNKNOWN] += r->pending;
    r->verdict = verdict_all(counts);
    r->conclusion = conclusion_text(counts);
}

struct progress {
    const struct check_options *options;
    struct result *result;
    size_t done, total;
};

static void check_item(struct host *h, const struct item *item, enum part part,
                       struct progress *progress, struct item_result *ret)
{
    const struct check_options *o = progress->options;
    *ret = (struct item_result){.item = item};
    vec_each (rule, &item->rules) {
        if (!wanted(o->selection, part, rule)) {
            if (rule->skipped && part == PART_WHOLE)
                strings_add(h->arena, &ret->skipped, rule->id);
            continue;
        }
        if (o->progress)
            o->progress(o->context, progress->done, progress->total);
        progress->done++;
        struct rule_result r;
        int64_t start = now_us();
        judge_rule(h, item, rule, &progress->result->settlements, &r);
        r.duration_us = now_us() - start;
        r.digest = rule_digest(h->arena, &r);
        ret->counts[r.verdict]++;
        vec_push(h->arena, &ret->rules, r);
    }
    conclude(ret, part);
}

static const char *state_digest(struct arena *a, const struct result *r)
{
    struct digest *d = digest_new(DIGEST_SHA256);
    vec_each (item, &r->items) {
        digest_field(d, item->item->id);
        digest_field(d, verdict_name(item->verdict));
        vec_each (rule, &item->rules)
            digest_field(d, rule->digest);
    }
    return digest_hex(a, d);
}

struct result *check_run(struct host *h, const struct policy *p,
                         const struct check_options *options)
{
    static const struct check_options defaults = {0};
    struct progress progress = {.options = options ? options : &defaults};
    const struct selection *selection = progress.options->selection;
    int64_t start = now_us();
    struct result *r = arena_make(h->arena, struct result);
    progress.result = r;
    vec_each (s, progress.options->settlements ? progress.options->settlements : &r->settlements)
        vec_push(h->arena, &r->settlements, *s);
    r->tool_version = DENGBAO_VERSION;
    r->started = h->now;
    r->preset = p->preset;
    r->policy_digest = p->digest;
    r->host = host_identity(h);
    vec_each (item, &p->items) {
        enum part part = part_of(selection, item);
        vec_each (rule, &item->rules)
            progress.total += part != PART_NONE && wanted(selection, part, rule);
    }
    vec_each (item, &p->items) {
        enum part part = part_of(selection, item);
        if (part == PART_NONE)
            continue;
        struct item_result one;
        check_item(h, item, part, &progress, &one);
        r->items_count[one.verdict]++;
        for (int v = 0; v < VERDICT_COUNT; v++)
            r->rules_count[v] += one.counts[v];
        vec_push(h->arena, &r->items, one);
    }
    r->conclusion = conclusion_text(r->items_count);
    r->state_digest = state_digest(h->arena, r);
    r->duration_us = now_us() - start;
    return r;
}

int check_exit_code(const struct result *r)
{
    if (r->items_count[VERDICT_FAIL])
        return 2;
    vec_each (s, &r->settlements) {
        if (!settlement_holds(s))
            return 3;
    }
    return r->items_count[VERDICT_UNKNOWN] || r->items_count[VERDICT_EVIDENCE_NEEDED] ? 3 : 0;
}
