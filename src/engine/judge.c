#include "engine/judge.h"

#include <string.h>

#include "base/vec.h"
#include "resource/resource.h"

struct judge {
    struct host *h;
    struct arena *arena;
    struct rule_result *result;
    /* Several operators of one row ask the same question once. */
    const struct want *asked;
    struct facts answer;
    struct text unknown_condition; /* why it could not be told whether a row counts */
    struct text fallen;            /* why a row did not count */
};

static bool same_question(const struct want *a, const struct want *b)
{
    return a && a->line == b->line && a->column == b->column && a->args.v == b->args.v &&
           cstr_eq(a->resource, b->resource) && cstr_eq(a->key_name, b->key_name) &&
           a->key->kind == b->key->kind;
}

static const struct facts *observe(struct judge *j, const struct want *w)
{
    if (same_question(j->asked, w))
        return &j->answer;
    j->answer = (struct facts){.arena = j->arena};
    j->asked = w;
    const struct resource *r = resource_find(w->resource);
    if (r && r->observe)
        r->observe(j->h, w, &j->answer);
    if (!j->answer.n)
        (void)facts_unknown(&j->answer, NULL,
                            text_make(j->arena, "%s gave no answer for %s", "%s 未对 %s 给出结果",
                                      w->resource, w->key_name));
    return &j->answer;
}

enum holds { HOLDS, HOLDS_NOT, HOLDS_UNKNOWN };

static enum holds condition_holds(struct judge *j, const struct condition *c, struct text *ret_why)
{
    const struct facts *facts = observe(j, &c->want);
    unsigned counts[VERDICT_COUNT] = {0};
    const struct fact *against = NULL, *unknown = NULL;
    vec_each (f, facts) {
        enum verdict v = judge_fact(&c->want, f);
        counts[v]++;
        if (v == VERDICT_UNKNOWN && !unknown)
            unknown = f;
        else if (v != VERDICT_PASS && !against)
            against = f;
    }
    enum verdict v = verdict_all(counts);
    if (v == VERDICT_PASS)
        return HOLDS;
    if (v == VERDICT_UNKNOWN) {
        struct text why = unknown && unknown->reason.en ? unknown->reason : TEXT("unknown", "未知");
        *ret_why =
            (struct text){arena_printf(j->arena, "cannot tell whether this applies: %s", why.en),
                          arena_printf(j->arena, "无法判断是否适用：%s", why.zh)};
        return HOLDS_UNKNOWN;
    }
    *ret_why = reason_of_condition(j->arena, c, against);
    return HOLDS_NOT;
}

/* All conditions; one that does not hold decides, whatever is unknown beside it. */
static enum holds conditions_hold(struct judge *j, const struct condition *v, size_t n,
                                  struct text *ret_why)
{
    enum holds all = HOLDS;
    for (size_t i = 0; i < n; i++) {
        struct text why = {0};
        enum holds one = condition_holds(j, &v[i], &why);
        if (one == HOLDS)
            continue;
        if (one == HOLDS_NOT || all == HOLDS)
            *ret_why = why;
        all = one;
        if (one == HOLDS_NOT)
            break;
    }
    return all;
}

/* Judges one want on all its facts; false: the row does not count here. */
static bool judge_want(struct judge *j, const struct want *w, enum verdict *ret)
{
    struct text why = {0};
    enum holds holds = conditions_hold(j, w->when.v, w->when.n, &why);
    if (holds == HOLDS_NOT) {
        j->fallen = why;
        return false;
    }
    if (holds == HOLDS_UNKNOWN) {
        struct judged unknown = {.want = w, .verdict = VERDICT_UNKNOWN};
        unknown.fact = (struct fact){.state = FACT_UNKNOWN, .reason = why};
        vec_push(j->arena, &j->result->judged, unknown);
        *ret = VERDICT_UNKNOWN;
        return true;
    }
    unsigned counts[VERDICT_COUNT] = {0};
    const struct facts *facts = observe(j, w);
    vec_each (f, facts) {
        struct judged one = {.want = w, .fact = *f, .verdict = judge_fact(w, f)};
        counts[one.verdict]++;
        vec_push(j->arena, &j->result->judged, one);
    }
    *ret = verdict_all(counts);
    return true;
}

/* The wants of one `any` group from index i on: branches of which one must hold. Returns the index
 * behind the group; *ret_counts: some row of it counted. */
static size_t judge_group(struct judge *j, const struct wants *wants, size_t i, enum verdict *ret,
                          bool *ret_counts)
{
    unsigned group = wants->v[i].group, branches[VERDICT_COUNT] = {0};
    *ret_counts = false;
    while (i < wants->n && wants->v[i].group == group) {
        unsigned branch = wants->v[i].branch, counts[VERDICT_COUNT] = {0};
        bool any = false;
        for (; i < wants->n && wants->v[i].group == group && wants->v[i].branch == branch; i++) {
            enum verdict v;
            if (judge_want(j, &wants->v[i], &v)) {
                counts[v]++;
                any = true;
            }
        }
        if (any) {
            branches[verdict_all(counts)]++;
            *ret_counts = true;
        }
    }
    *ret = verdict_any(branches);
    return i;
}

/* false: no row counts on this host. */
static bool judge_wants(struct judge *j, const struct wants *wants, enum verdict *ret)
{
    unsigned counts[VERDICT_COUNT] = {0};
    bool any = false;
    for (size_t i = 0; i < wants->n;) {
        enum verdict v;
        bool counted;
        if (wants->v[i].group)
            i = judge_group(j, wants, i, &v, &counted);
        else
            counted = judge_want(j, &wants->v[i++], &v);
        if (counted) {
            counts[v]++;
            any = true;
        }
    }
    *ret = verdict_all(counts);
    return any;
}

/* Keeps JUDGED_CAP facts, those that did not pass before those that did, in their order. */
static void cap_judged(struct rule_result *r)
{
    if (r->judged.n <= JUDGED_CAP)
        return;
    size_t failing = 0, kept = 0;
    vec_each (j, &r->judged)
        failing += j->verdict != VERDICT_PASS && j->verdict != VERDICT_NOT_APPLICABLE;
    size_t room_failing = failing < JUDGED_CAP ? failing : JUDGED_CAP;
    size_t room_passing = JUDGED_CAP - room_failing;
    for (size_t i = 0; i < r->judged.n; i++) {
        enum verdict v = r->judged.v[i].verdict;
        size_t *room =
            v != VERDICT_PASS && v != VERDICT_NOT_APPLICABLE ? &room_failing : &room_passing;
        if (!*room)
            continue;
        (*room)--;
        r->judged.v[kept++] = r->judged.v[i];
    }
    r->omitted = r->judged.n - kept;
    r->judged.n = kept;
}

/* What a person has settled, or must settle, outside the host. Evidence answers only what the host
 * cannot show; a rule that fails on the host can be waived, never proved away. */
static enum verdict settle(const struct item *item, const struct rule *rule,
                           const struct settlements *all, struct rule_result *r)
{
    if (r->found != VERDICT_FAIL && r->found != VERDICT_UNKNOWN &&
        r->found != VERDICT_EVIDENCE_NEEDED)
        return r->found;
    bool needs_evidence = rule->class == CLASS_EVIDENCE;
    struct settlement *s = NULL;
    if (needs_evidence) {
        s = settlement_find(all, SETTLEMENT_EVIDENCE, rule->id);
        if (!s)
            s = settlement_find(all, SETTLEMENT_EVIDENCE, item->id);
        if (!s)
            s = settlement_find(all, SETTLEMENT_EVIDENCE, item->unit);
    }
    if (!s)
        s = settlement_find(all, SETTLEMENT_WAIVER, rule->id);
    if (!s)
        return needs_evidence ? VERDICT_EVIDENCE_NEEDED : r->found;
    s->used = true;
    r->settled = s;
    return s->kind == SETTLEMENT_WAIVER ? VERDICT_WAIVED : VERDICT_PASS;
}

static struct text settled_reason(struct arena *a, const struct rule_result *r, struct text why)
{
    const struct settlement *s = r->settled;
    struct text head = r->rule->evidence;
    if (!s && r->verdict == r->found)
        return why;
    if (s && s->kind == SETTLEMENT_WAIVER)
        head = text_make(a, "waived until %s, approved by %s: %s", "豁免至 %s，批准人 %s：%s",
                         s->until, s->person, s->reason);
    else if (s)
        head = text_make(a, "evidence valid until %s, by %s: %s; sha256 %.12s",
                         "举证有效期至 %s，提供人 %s：%s；sha256 %.12s", s->until, s->person,
                         s->reason, s->sha256);
    if (!why.en || !*why.en)
        return head;
    return (struct text){arena_printf(a, "%s (%s)", text_in(head, LANG_EN), why.en),
                         arena_printf(a, "%s（%s）", text_in(head, LANG_ZH), why.zh)};
}

void judge_rule(struct host *h, const struct item *item, const struct rule *rule,
                const struct settlements *settlements, struct rule_result *ret)
{
    struct judge j = {.h = h, .arena = h->arena, .result = ret};
    struct root_trace trace = {0};
    struct text why = {0};
    enum verdict v = VERDICT_EVIDENCE_NEEDED;
    *ret = (struct rule_result){.rule = rule};
    root_trace_begin(h->root);
    enum holds holds = conditions_hold(&j, rule->applies.v, rule->applies.n, &why);
    if (holds == HOLDS_NOT) {
        v = VERDICT_NOT_APPLICABLE;
    } else if (holds == HOLDS_UNKNOWN) {
        v = VERDICT_UNKNOWN;
    } else if (!rule->wants.n) {
        why = rule->evidence;
    } else if (!judge_wants(&j, &rule->wants, &v)) {
        v = VERDICT_NOT_APPLICABLE;
        why = j.fallen;
    }
    root_trace_end(h->root, &trace);
    ret->paths_read = trace.read;
    ret->paths_absent = trace.absent;
    ret->verdict = v; /* as found: the sentence is about that */
    cap_judged(ret);
    vec_each (one, &ret->judged)
        one->reason = reason_of_fact(h->arena, one);
    if (!why.en && v != VERDICT_PASS)
        why = reason_of_rule(h->arena, ret);
    ret->found = v;
    ret->verdict = settle(item, rule, settlements, ret);
    ret->reason = settled_reason(h->arena, ret, why);
}
