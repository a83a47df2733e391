#include "engine/score.h"

#include <inttypes.h>

enum { CLASSES = 64 };

struct score_2025 score_2025(const struct score_counts *c, unsigned majors, bool half)
{
    struct score_2025 s = {.part = 2 * c->conforming + (half ? c->partly : 0),
                           .whole = 2 * (c->conforming + c->partly + c->not_conforming)};
    if (!s.whole)
        return s;
    if (10 * s.part == 9 * s.whole)
        s.outcome = SCORE_AT_90;
    else if (10 * s.part == 6 * s.whole)
        s.outcome = SCORE_AT_60;
    else if (10 * s.part > 9 * s.whole)
        s.outcome = majors ? SCORE_BASICALLY : SCORE_CONFORMS;
    else
        s.outcome = 10 * s.part > 6 * s.whole ? SCORE_BASICALLY : SCORE_NOT;
    return s;
}

const char *score_percent(struct arena *a, const struct score_2025 *s)
{
    if (!s->whole)
        return "-";
    uint64_t hundredths = (s->part * 20000 + s->whole) / (2 * s->whole); /* half up */
    return arena_printf(a, "%" PRIu64 ".%02" PRIu64, hundredths / 100, hundredths % 100);
}

struct text score_outcome_text(enum score_outcome o)
{
    static const struct text texts[] = {
        [SCORE_NONE] = {"no figure", "无结果"},
        [SCORE_CONFORMS] = {"conforming", "符合"},
        [SCORE_BASICALLY] = {"basically conforming", "基本符合"},
        [SCORE_NOT] = {"not conforming", "不符合"},
        [SCORE_AT_90] = {"exactly 90 %: the letter leaves this open (conforming, or basically "
                         "conforming)",
                         "临界（恰为90%）：原文未明确，可能为符合或基本符合"},
        [SCORE_AT_60] = {"exactly 60 %: the letter leaves this open (basically conforming, or not "
                         "conforming)",
                         "临界（恰为60%）：原文未明确，可能为基本符合或不符合"},
    };
    return texts[o];
}

double score_2019(const struct score_item *v, size_t n)
{
    double lost[CLASSES] = {0}, weight[CLASSES] = {0}, sum = 0;
    unsigned classes = 0;
    for (size_t i = 0; i < n; i++) {
        if (v[i].class >= CLASSES)
            continue;
        lost[v[i].class] += v[i].weight * (1 - v[i].value);
        weight[v[i].class] += v[i].weight;
    }
    for (unsigned k = 0; k < CLASSES; k++) {
        if (weight[k] <= 0)
            continue;
        sum += lost[k] / weight[k];
        classes++;
    }
    return classes ? 100 - 100 * sum / classes : -1;
}

double score_2021(const struct score_item *v, size_t n, size_t n_all, double y)
{
    if (!n_all)
        return -1;
    double base = 100.0 / (double)n_all, technical = 100 * y, management = 100 * (1 - y);
    for (size_t i = 0; i < n; i++) {
        double lost = v[i].weight * (1 - v[i].value) * base;
        if (v[i].management)
            management -= lost;
        else
            technical -= lost;
    }
    return (technical > 0 ? technical : 0) + (management > 0 ? management : 0);
}
