#include "engine/record.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/width.h"
#include "engine/estimate.h"

enum { SHOWN_FACTS = 4, SHOWN_PLACES = 2 };

struct recorder {
    struct arena *arena;
    const struct result *result;
    const struct units *units;
};

static const struct rule_result *rule_of(const struct recorder *r, const char *id)
{
    for (size_t i = 0; i < r->result->items.n; i++) {
        const struct item_result *item = &r->result->items.v[i];
        for (size_t k = 0; k < item->rules.n; k++)
            if (cstr_eq(item->rules.v[k].rule->id, id))
                return &item->rules.v[k];
    }
    return NULL;
}

/* A waiver accepts a failure, it does not make the answer yes. */
static enum answer answer_of_rule(const struct rule_result *r)
{
    if (!r)
        return ANSWER_OPEN;
    enum verdict v = r->verdict == VERDICT_WAIVED ? r->found : r->verdict;
    if (v == VERDICT_PASS)
        return ANSWER_YES;
    if (v == VERDICT_FAIL && r->rule->class != CLASS_EVIDENCE)
        return ANSWER_NO;
    return v == VERDICT_NOT_APPLICABLE ? ANSWER_NOT_APPLICABLE : ANSWER_OPEN;
}

struct tally {
    size_t yes, no, open, none;
};

static void count(struct tally *t, enum answer a)
{
    t->yes += a == ANSWER_YES;
    t->no += a == ANSWER_NO;
    t->open += a == ANSWER_OPEN;
    t->none += a == ANSWER_NOT_APPLICABLE;
}

static const struct settlement *paper_of(const struct recorder *r, const struct unit *u,
                                         size_t step)
{
    const struct settlements *all = &r->result->settlements;
    const struct settlement *s = settlement_find(all, SETTLEMENT_EVIDENCE,
                                                 arena_printf(r->arena, "%s.%zu", u->id, step + 1));
    return s ? s : settlement_find(all, SETTLEMENT_EVIDENCE, u->id);
}

static enum answer answer_step(const struct recorder *r, const struct unit *u, size_t k)
{
    const struct unit_step *s = &u->steps.v[k];
    struct tally all = {0}, any = {0};
    for (size_t i = 0; i < s->rules.n; i++)
        count(&all, answer_of_rule(rule_of(r, s->rules.v[i])));
    for (size_t i = 0; i < s->either.n; i++)
        count(&any, answer_of_rule(rule_of(r, s->either.v[i])));
    if (any.yes)
        all.yes++;
    else if (any.open)
        all.open++;
    else if (any.no)
        all.no++;
    if (s->needs.en)
        count(&all, paper_of(r, u, k) ? ANSWER_YES : ANSWER_OPEN);
    if (all.no)
        return ANSWER_NO;
    if (all.open)
        return ANSWER_OPEN;
    return all.yes ? ANSWER_YES : ANSWER_NOT_APPLICABLE;
}

/* ---- the wording ---- */

struct wording {
    struct arena *arena;
    struct buf en, zh;
    unsigned number;
};

__attribute__((format(printf, 2, 4), format(printf, 3, 4))) static void
say(struct wording *w, const char *en, const char *zh, ...)
{
    va_list args, again;
    va_start(args, zh);
    va_copy(again, args);
    buf_vprintf(&w->en, en, args);
    buf_vprintf(&w->zh, zh, again);
    va_end(again);
    va_end(args);
}

static void say_text(struct wording *w, struct text t)
{
    buf_puts(&w->en, text_in(t, LANG_EN));
    buf_puts(&w->zh, text_in(t, LANG_ZH));
}

static struct text said(struct wording *w)
{
    return (struct text){arena_strndup(w->arena, w->en.len ? w->en.data : "", w->en.len),
                         arena_strndup(w->arena, w->zh.len ? w->zh.data : "", w->zh.len)};
}

static void say_value(struct wording *w, const struct fact *f)
{
    const struct value *v = f->has_running ? &f->running : &f->configured;
    const char *value = value_show(w->arena, v);
    if (v->kind == VALUE_LIST && !v->list.n)
        say(w, ": none%s", "：无%s", "");
    else if (value)
        say(w, "=%s", "=%s", safe_text(w->arena, value));
    else
        say(w, " is not set%s", "未设置%s", "");
}

/* "查看/etc/shadow第12行：account max-days（alice）：当前为 99999，要求 至多 90" */
static void say_fact(struct wording *w, const struct judged *j)
{
    const struct fact *f = &j->fact;
    for (size_t i = 0; i < f->where.n && i < SHOWN_PLACES; i++) {
        const char *path = safe_text(w->arena, f->where.v[i].path);
        say(w, "%s", "%s", i ? ", " : "");
        if (!i)
            say(w, "%s", "查看%s", "");
        if (f->where.v[i].line)
            say(w, "%s:%u", "%s第%u行", path, f->where.v[i].line);
        else
            say(w, "%s", "%s", path);
    }
    if (f->where.n)
        say(w, ": %s", "：%s", "");
    say(w, "%s %s", "%s %s", j->want->resource, safe_text(w->arena, j->want->key_name));
    if (f->subject)
        say(w, " (%s)", "（%s）", safe_text(w->arena, f->subject));
    if (j->reason.en) { /* it names the value */
        say(w, ": %s", "：%s", "");
        say_text(w, j->reason);
    } else if (f->state == FACT_KNOWN && (f->has_configured || f->has_running)) {
        say_value(w, f);
    }
}

static bool is_bad(const struct judged *j)
{
    return j->verdict != VERDICT_PASS && j->verdict != VERDICT_NOT_APPLICABLE;
}

/* A maximum and a minimum of one setting are one fact where both hold. */
static bool says_the_same(const struct judged *a, const struct judged *b)
{
    return !is_bad(a) && !is_bad(b) && cstr_eq(a->want->resource, b->want->resource) &&
           cstr_eq(a->want->key_name, b->want->key_name) &&
           cstr_eq(a->fact.subject, b->fact.subject) && a->fact.state == b->fact.state &&
           value_equal(&a->fact.configured, &b->fact.configured) &&
           value_equal(&a->fact.running, &b->fact.running);
}

struct shown {
    const struct judged *v[SHOWN_FACTS];
    size_t n, more;
};

static void show_fact(struct wording *w, struct shown *shown, const struct judged *j)
{
    for (size_t i = 0; i < shown->n; i++)
        if (says_the_same(shown->v[i], j))
            return;
    if (shown->n == SHOWN_FACTS) {
        shown->more++;
        return;
    }
    if (shown->n)
        say(w, "%s; ", "%s；", "");
    say_fact(w, j);
    shown->v[shown->n++] = j;
}

static void say_rule(struct wording *w, const struct rule_result *r)
{
    struct shown shown = {.more = r->omitted};
    w->number++;
    say(w, "%u. ", "%u、", w->number);
    say_text(w, r->rule->title);
    say(w, "%s: ", "%s：", "");
    for (int bad = 1; bad >= 0; bad--)
        for (size_t i = 0; i < r->judged.n; i++)
            if (is_bad(&r->judged.v[i]) == (bad == 1))
                show_fact(w, &shown, &r->judged.v[i]);
    if (shown.more)
        say(w, " (and %zu more)", "（另有%zu处）", shown.more);
    if (!shown.n || r->settled || r->verdict == VERDICT_EVIDENCE_NEEDED) {
        if (shown.n)
            say(w, "%s; ", "%s；", "");
        say_text(w, r->reason.en ? r->reason : verdict_text(r->verdict));
    } else {
        say(w, "%s — ", "%s——", "");
        say_text(w, verdict_text(r->verdict));
    }
    say(w, "%s; ", "%s；", "");
}

static void add_rules(struct recorder *r, struct record_unit *u, struct wording *w, size_t step,
                      const struct strings *rules, struct strings *told)
{
    for (size_t i = 0; i < rules->n; i++) {
        const struct rule_result *rule = rule_of(r, rules->v[i]);
        if (!rule)
            continue;
        struct record_fact whole = {(unsigned)step + 1, rule, NULL};
        for (size_t k = 0; k < rule->judged.n; k++) {
            struct record_fact one = {(unsigned)step + 1, rule, &rule->judged.v[k]};
            vec_push(r->arena, &u->facts, one);
        }
        if (!rule->judged.n)
            vec_push(r->arena, &u->facts, whole);
        if (strings_find(told, rule->rule->id) < 0)
            say_rule(w, rule);
        strings_add(r->arena, told, rule->rule->id);
    }
}

static void add_paper(struct recorder *r, struct record_unit *u, const struct settlement *s,
                      struct wording *w)
{
    const char *line = arena_printf(r->arena, "%s sha256:%s", s->file, s->sha256);
    if (strings_find(&u->papers, line) >= 0)
        return;
    strings_add(r->arena, &u->papers, line);
    w->number++;
    say(w, "%u. %s (%s, by %s, until %s); ", "%u、%s（%s，提供人%s，有效期至%s）；", w->number,
        safe_text(r->arena, s->reason), safe_text(r->arena, s->file),
        safe_text(r->arena, s->person), s->until);
}

static void add_case(struct recorder *r, struct record_unit *u, const char *high_risk,
                     const char *trigger, bool open)
{
    if (!high_risk && !trigger)
        return;
    for (size_t i = 0; i < u->cases.n; i++) {
        struct record_case *c = &u->cases.v[i];
        if (!cstr_eq(c->high_risk, high_risk) || !cstr_eq(c->trigger, trigger))
            continue;
        c->open = c->open && open;
        return;
    }
    struct record_case c = {high_risk, trigger, open};
    vec_push(r->arena, &u->cases, c);
}

static void add_cases_of(struct recorder *r, struct record_unit *u, const struct strings *rules)
{
    for (size_t i = 0; i < rules->n; i++) {
        const struct rule_result *rule = rule_of(r, rules->v[i]);
        enum answer a = answer_of_rule(rule);
        if (rule && (a == ANSWER_NO || a == ANSWER_OPEN))
            add_case(r, u, rule->rule->high_risk, rule->rule->trigger, a == ANSWER_OPEN);
    }
}

static void add_cases(struct recorder *r, struct record_unit *ru)
{
    const struct unit *u = ru->unit;
    for (size_t k = 0; k < u->steps.n; k++) {
        const struct unit_step *s = &u->steps.v[k];
        add_cases_of(r, ru, &s->rules);
        add_cases_of(r, ru, &s->either);
        if (ru->answers[k] == ANSWER_NO || ru->answers[k] == ANSWER_OPEN)
            add_case(r, ru, s->high_risk, s->trigger, ru->answers[k] == ANSWER_OPEN);
    }
    if (ru->verdict == UNIT_NOT || ru->verdict == UNIT_PARTLY || ru->verdict == UNIT_PENDING)
        add_case(r, ru, u->high_risk, u->trigger, ru->verdict == UNIT_PENDING);
}

static struct text conclude(const struct record_unit *u)
{
    switch (u->verdict) {
    case UNIT_CONFORMS:
        return TEXT("conforming.", "符合要求。");
    case UNIT_PARTLY:
        return TEXT("partly conforming.", "部分符合要求。");
    case UNIT_NOT:
        return TEXT("not conforming.", "不符合要求。");
    case UNIT_NOT_APPLICABLE:
        return TEXT("not applicable.", "不适用。");
    case UNIT_PENDING:
        break;
    }
    return TEXT("pending.", "待定。");
}

/* What the steps lack: the host's failing ones, then papers. */
static struct text problem_of(struct recorder *r, const struct record_unit *ru)
{
    struct wording w = {.arena = r->arena};
    const struct unit *u = ru->unit;
    for (size_t k = 0; k < u->steps.n; k++) {
        const struct unit_step *s = &u->steps.v[k];
        if (ru->answers[k] != ANSWER_NO && ru->answers[k] != ANSWER_OPEN)
            continue;
        if (w.en.len)
            say(&w, "%s; ", "%s；", "");
        say(&w, "%zu) ", "%zu) ", k + 1);
        say_text(&w, s->text);
        say(&w, "%s: ", "%s：", "");
        say_text(&w, answer_text(ru->answers[k]));
        if (ru->answers[k] == ANSWER_OPEN && s->needs.en) {
            say(&w, ", needed: %s", "，需提供：%s", "");
            say_text(&w, s->needs);
        }
    }
    struct text t = w.en.len ? said(&w) : (struct text){0};
    buf_done(&w.en);
    buf_done(&w.zh);
    return t;
}

static void record_steps(struct recorder *r, struct record_unit *ru)
{
    struct wording w = {.arena = r->arena};
    const struct unit *u = ru->unit;
    struct strings told = {0};
    say(&w, "On-site check: %s", "经现场核查：%s", "");
    for (size_t k = 0; k < u->steps.n; k++) {
        const struct unit_step *s = &u->steps.v[k];
        ru->answers[k] = answer_step(r, u, k);
        add_rules(r, ru, &w, k, &s->rules, &told);
        add_rules(r, ru, &w, k, &s->either, &told);
        add_rules(r, ru, &w, k, &s->shows, &told);
        const struct settlement *paper = s->needs.en ? paper_of(r, u, k) : NULL;
        if (paper)
            add_paper(r, ru, paper, &w);
    }
    vec_each (f, &ru->facts) {
        const struct settlement *s = f->rule->settled;
        const char *line =
            s && s->file ? arena_printf(r->arena, "%s sha256:%s", s->file, s->sha256) : NULL;
        if (line && strings_find(&ru->papers, line) < 0)
            strings_add(r->arena, &ru->papers, line);
    }
    ru->verdict = unit_judge(u->form, ru->answers, u->steps.n);
    ru->range = unit_range(u->form, ru->answers, u->steps.n);
    ru->strict = unit_judge(FORM_ALL, ru->answers, u->steps.n);
    ru->problem = problem_of(r, ru);
    if (ru->verdict == UNIT_PENDING && ru->problem.en) {
        say_text(&w, ru->problem);
        say(&w, "%s; ", "%s；", "");
    }
    say_text(&w, conclude(ru));
    struct text range = unit_range_text(r->arena, ru);
    if (range.en) {
        say(&w, " (%s", "（%s", "");
        say_text(&w, range);
        say(&w, "%s)", "%s）", "");
    }
    if (u->strict_reading && ru->strict != ru->verdict) {
        say(&w, " Read strictly (all steps): %s", "（从严按全部步骤判定：%s", "");
        say_text(&w, unit_verdict_text(ru->strict));
        say(&w, "%s.", "%s。）", "");
    }
    ru->found = said(&w);
    buf_done(&w.en);
    buf_done(&w.zh);
}

struct record *record_make(struct arena *a, const struct result *result, const struct units *units)
{
    struct recorder r = {a, result, units};
    struct record *rec = arena_make(a, struct record);
    rec->result = result;
    for (size_t i = 0; i < units->all.n; i++) {
        struct record_unit u = {.unit = &units->all.v[i]};
        if (u.unit->applies) {
            record_steps(&r, &u);
            add_cases(&r, &u);
        } else {
            u.verdict = UNIT_NOT_APPLICABLE;
            u.found = units->not_applicable;
        }
        rec->counts[u.verdict]++;
        vec_push(a, &rec->units, u);
    }
    rec->estimate = estimate_text(a, rec);
    return rec;
}
