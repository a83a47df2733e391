#include "engine/record.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/width.h"
#include "engine/score.h"

enum { SHOWN_FACTS = 4 };

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

/* "/etc/login.defs:12：max-days（alice）=99999，…" */
static void say_fact(struct wording *w, const struct judged *j)
{
    const struct fact *f = &j->fact;
    for (size_t i = 0; i < f->where.n && i < 2; i++) {
        const char *path = safe_text(w->arena, f->where.v[i].path);
        if (f->where.v[i].line)
            say(w, "%s%s:%u", "%s%s第%u行", i ? ", " : "", path, f->where.v[i].line);
        else
            say(w, "%s%s", "%s%s", i ? ", " : "", path);
    }
    if (f->where.n)
        say(w, " %s", "：%s", "");
    say(w, "%s %s", "%s %s", j->want->resource, safe_text(w->arena, j->want->key_name));
    if (f->subject)
        say(w, " (%s)", "（%s）", safe_text(w->arena, f->subject));
    if (f->state == FACT_KNOWN && (f->has_configured || f->has_running)) {
        const char *value = value_show(w->arena, f->has_running ? &f->running : &f->configured);
        if (value)
            say(w, "=%s", "=%s", safe_text(w->arena, value));
        else
            say(w, " is not set%s", "未设置%s", "");
    }
    if (j->reason.en) {
        say(w, ": %s", "，%s", "");
        say_text(w, j->reason);
    }
}

static bool is_bad(const struct judged *j)
{
    return j->verdict != VERDICT_PASS && j->verdict != VERDICT_NOT_APPLICABLE;
}

static void say_rule(struct wording *w, const struct rule_result *r)
{
    size_t shown = 0;
    w->number++;
    say(w, "%u. ", "%u、", w->number);
    say_text(w, r->rule->title);
    say(w, "%s: ", "%s：", "");
    for (int bad = 1; bad >= 0; bad--) {
        for (size_t i = 0; i < r->judged.n && shown < SHOWN_FACTS; i++) {
            if (is_bad(&r->judged.v[i]) != (bad == 1))
                continue;
            if (shown++)
                say(w, "%s; ", "%s；", "");
            say_fact(w, &r->judged.v[i]);
        }
    }
    if (r->judged.n + r->omitted > shown)
        say(w, " (and %zu more)", "（另有%zu处）", r->judged.n + r->omitted - shown);
    if (!shown || r->settled || r->verdict == VERDICT_EVIDENCE_NEEDED) {
        if (shown)
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
        say(&w, "%s%zu) ", "%s%zu) ", w.en.len ? "; " : "", k + 1);
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
    ru->strict = unit_judge(FORM_ALL, ru->answers, u->steps.n);
    ru->problem = problem_of(r, ru);
    if (ru->verdict == UNIT_PENDING && ru->problem.en) {
        say_text(&w, ru->problem);
        say(&w, "%s; ", "%s；", "");
    }
    say_text(&w, conclude(ru));
    if (u->strict_reading && ru->strict != ru->verdict) {
        say(&w, " Read strictly (all steps): %s", "（从严按全部步骤判定：%s", "");
        say_text(&w, unit_verdict_text(ru->strict));
        say(&w, "%s.", "%s。）", "");
    }
    ru->found = said(&w);
    buf_done(&w.en);
    buf_done(&w.zh);
}

static struct score_counts counts_of(const struct record *rec, bool pending_conforms)
{
    uint64_t pending = rec->counts[UNIT_PENDING];
    return (struct score_counts){
        .conforming = rec->counts[UNIT_CONFORMS] + (pending_conforms ? pending : 0),
        .partly = rec->counts[UNIT_PARTLY],
        .not_conforming = rec->counts[UNIT_NOT] + (pending_conforms ? 0 : pending),
        .not_applicable = rec->counts[UNIT_NOT_APPLICABLE]};
}

static double weight_of(const struct unit *u)
{
    if (cstr_eq(u->importance, "关键"))
        return 3;
    return cstr_eq(u->importance, "重要") ? 2 : 1;
}

/* All units as if those pending had failed: what is certain so far. */
static void old_scores(const struct recorder *r, const struct record *rec, double *ret_2019,
                       double *ret_2021)
{
    VEC(struct score_item) items = {0};
    for (size_t i = 0; i < rec->units.n; i++) {
        const struct record_unit *u = &rec->units.v[i];
        if (u->verdict == UNIT_NOT_APPLICABLE)
            continue;
        struct score_item one = {.weight = 1};
        one.value = u->verdict == UNIT_CONFORMS ? 1 : u->verdict == UNIT_PARTLY ? 0.5 : 0;
        vec_push(r->arena, &items, one);
    }
    *ret_2019 = score_2019(items.v, items.n);
    size_t n = 0;
    for (size_t i = 0; i < rec->units.n; i++)
        if (rec->units.v[i].verdict != UNIT_NOT_APPLICABLE)
            items.v[n++].weight = weight_of(rec->units.v[i].unit);
    *ret_2021 = score_2021(items.v, items.n, items.n, 1);
}

static struct text estimate(const struct recorder *r, const struct record *rec)
{
    struct arena *a = r->arena;
    struct score_counts worst = counts_of(rec, false), best = counts_of(rec, true);
    struct score_2025 low = score_2025(&worst, 0, false), high = score_2025(&best, 0, false),
                      half = score_2025(&worst, 0, true);
    double of_2019, of_2021;
    old_scores(r, rec, &of_2019, &of_2021);
    struct text outcome = rec->counts[UNIT_PENDING]
                              ? TEXT("undecided while units are pending", "尚有待定单元，未定")
                              : score_outcome_text(low.outcome);
    struct text rate =
        text_make(a,
                  "Estimate for the host's units only, not an assessment conclusion. 2025 rate: "
                  "%s %% so far, %s %% if all pending units conform, %s %% so far with partly "
                  "conforming as half: ",
                  "仅为主机部分测评单元的估算，不是测评结论。2025版符合率：目前 "
                  "%s%%，待定单元全部符合时 %s%%，部分符合按0.5计目前 %s%%：",
                  score_percent(a, &low), score_percent(a, &high), score_percent(a, &half));
    struct text older = text_make(
        a,
        "; major hidden dangers are judged by the assessor. 2019 formula with equal weights, "
        "pending as not conforming: %.2f. 2021 formula (not verified against the original; only "
        "technical items, weights that are not public taken as 1): %.2f.",
        "；重大风险隐患由测评机构判定。2019版公式（等权重，待定按不符合计）：%.2f。2021版公式"
        "（未与原文核实；仅技术项，未公开的权重按1计）：%.2f。",
        of_2019, of_2021);
    return text_concat(a, text_concat(a, rate, outcome), older);
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
    rec->estimate = estimate(&r, rec);
    return rec;
}
