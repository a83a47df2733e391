#include "engine/estimate.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "engine/score.h"

static enum unit_verdict end_of(const struct record_unit *u, bool best)
{
    if (u->verdict != UNIT_PENDING)
        return u->verdict;
    return best ? u->range.best : u->range.worst;
}

/* As if all open steps were answered with yes, or with no. */
static struct score_counts counts_of(const struct record *rec, bool best)
{
    struct score_counts c = {0};
    for (size_t i = 0; i < rec->units.n; i++) {
        enum unit_verdict v = end_of(&rec->units.v[i], best);
        c.conforming += v == UNIT_CONFORMS;
        c.partly += v == UNIT_PARTLY;
        c.not_conforming += v == UNIT_NOT;
        c.not_applicable += v == UNIT_NOT_APPLICABLE;
    }
    return c;
}

static double weight_of(const struct unit *u)
{
    if (cstr_eq(u->importance, "关键"))
        return 3;
    return cstr_eq(u->importance, "重要") ? 2 : 1;
}

/* With open steps answered with no: what is certain so far. */
static void old_scores(struct arena *a, const struct record *rec, double *ret_2019,
                       double *ret_2021)
{
    VEC(struct score_item) items = {0};
    for (size_t i = 0; i < rec->units.n; i++) {
        const struct record_unit *u = &rec->units.v[i];
        if (u->verdict == UNIT_NOT_APPLICABLE)
            continue;
        struct score_item one = {.weight = 1};
        enum unit_verdict v = end_of(u, false);
        one.value = v == UNIT_CONFORMS ? 1 : v == UNIT_PARTLY ? 0.5 : 0;
        vec_push(a, &items, one);
    }
    *ret_2019 = score_2019(items.v, items.n);
    size_t n = 0;
    for (size_t i = 0; i < rec->units.n; i++)
        if (rec->units.v[i].verdict != UNIT_NOT_APPLICABLE)
            items.v[n++].weight = weight_of(rec->units.v[i].unit);
    *ret_2021 = score_2021(items.v, items.n, items.n, 1);
}

/* "A-18, A-21": the triggers of major hidden dangers that are met, or only may be. */
static struct strings triggers_of(struct arena *a, const struct record *rec, bool open)
{
    struct strings list = {0};
    for (size_t i = 0; i < rec->units.n; i++) {
        const struct record_unit *u = &rec->units.v[i];
        for (size_t k = 0; k < u->cases.n; k++)
            if (u->cases.v[k].trigger && u->cases.v[k].open == open &&
                strings_find(&list, u->cases.v[k].trigger) < 0)
                strings_add(a, &list, u->cases.v[k].trigger);
    }
    strings_sort(&list);
    return list;
}

/* Over 90 % a major hidden danger decides; whether a trigger is one, an assessor does. */
static struct text outcome_of(struct arena *a, const struct score_counts *c, size_t triggers)
{
    struct score_2025 s = score_2025(c, 0, false);
    struct score_2025 with = score_2025(c, (unsigned)triggers, false);
    struct text t = score_outcome_text(s.outcome);
    if (with.outcome == s.outcome)
        return t;
    return text_concat(a, t,
                       TEXT(" (basically conforming if a trigger is judged a major hidden danger)",
                            "（触发项被判为重大风险隐患时为基本符合）"));
}

static struct text rate_2025(struct arena *a, const struct record *rec, size_t met, size_t may)
{
    struct score_counts worst = counts_of(rec, false), best = counts_of(rec, true);
    struct score_2025 low = score_2025(&worst, 0, false), high = score_2025(&best, 0, false),
                      half = score_2025(&worst, 0, true);
    struct text worse = outcome_of(a, &worst, met + may), better = outcome_of(a, &best, met);
    if (!rec->counts[UNIT_PENDING])
        return (struct text){
            arena_printf(a, "2025 rate: %s %%, %s; %s %% with partly conforming as half",
                         score_percent(a, &low), worse.en, score_percent(a, &half)),
            arena_printf(a, "2025版符合率：%s%%，%s；部分符合按0.5计为 %s%%",
                         score_percent(a, &low), worse.zh, score_percent(a, &half))};
    return (struct text){
        arena_printf(
            a,
            "2025 rate, open while units are pending: %s %% if all open steps are answered "
            "with no (%s), %s %% if all with yes (%s); %s %% at least with partly "
            "conforming as half",
            score_percent(a, &low), worse.en, score_percent(a, &high), better.en,
            score_percent(a, &half)),
        arena_printf(a,
                     "2025版符合率（尚有待定单元，未定）：待定步骤均为否定时 "
                     "%s%%（%s），均为肯定时 %s%%（%s）；部分符合按0.5计最低 %s%%",
                     score_percent(a, &low), worse.zh, score_percent(a, &high), better.zh,
                     score_percent(a, &half))};
}

static struct text trigger_text(struct arena *a, const struct strings *met,
                                const struct strings *may)
{
    const char *sure = met->n ? strings_join(a, met, ", ", 0) : NULL;
    const char *open = may->n ? strings_join(a, may, ", ", 0) : NULL;
    return (struct text){
        arena_printf(a,
                     "Triggers of major hidden dangers: %s met, %s may be; whether they are one is "
                     "judged by the assessor",
                     sure ? sure : "none", open ? open : "none"),
        arena_printf(a,
                     "重大风险隐患触发项：涉及 %s，可能涉及 "
                     "%s；是否构成重大风险隐患由测评机构判定",
                     sure ? sure : "无", open ? open : "无")};
}

struct text estimate_text(struct arena *a, const struct record *rec)
{
    struct strings met = triggers_of(a, rec, false), may = triggers_of(a, rec, true), only = {0};
    double of_2019, of_2021;
    for (size_t i = 0; i < may.n; i++) /* met in one unit is met */
        if (strings_find(&met, may.v[i]) < 0)
            strings_add(a, &only, may.v[i]);
    old_scores(a, rec, &of_2019, &of_2021);
    struct text rate = rate_2025(a, rec, met.n, only.n), dangers = trigger_text(a, &met, &only);
    struct text figures = {
        arena_printf(
            a,
            "Estimate for the host's units only, not an assessment conclusion. %s. %s. 2019 "
            "formula with equal weights, open steps as no: %.2f. 2021 formula (not verified "
            "against the original; only technical items, weights that are not public taken as 1): "
            "%.2f.",
            rate.en, dangers.en, of_2019, of_2021),
        arena_printf(
            a,
            "仅为主机部分测评单元的估算，不是测评结论。%s。%s。2019版公式（等权重，待定步骤"
            "按否定计）：%.2f。2021版公式（未与原文核实；仅技术项，未公开的权重按1计）：%"
            ".2f。",
            rate.zh, dangers.zh, of_2019, of_2021)};
    if (!rec->result->altered)
        return figures;
    return text_concat(a,
                       TEXT("The result file was changed after it was written: what follows proves "
                            "nothing. ",
                            "结果文件在保存后被更改，以下内容不能作为证据。"),
                       figures);
}
