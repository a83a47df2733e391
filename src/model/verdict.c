#include "model/verdict.h"

#include <errno.h>

static const struct {
    const char *name;
    struct text text;
} names[VERDICT_COUNT] = {
    [VERDICT_PASS] = {"pass", {"pass", "通过"}},
    [VERDICT_FAIL] = {"fail", {"FAIL", "不通过"}},
    [VERDICT_WAIVED] = {"waived", {"waived", "豁免"}},
    [VERDICT_EVIDENCE_NEEDED] = {"evidence-needed", {"evidence needed", "需举证"}},
    [VERDICT_NOT_APPLICABLE] = {"not-applicable", {"not applicable", "不适用"}},
    [VERDICT_UNKNOWN] = {"unknown", {"unknown", "未知"}},
};

const char *verdict_name(enum verdict v)
{
    return names[v].name;
}

int verdict_from_name(struct str s, enum verdict *ret)
{
    for (unsigned i = 0; i < VERDICT_COUNT; i++) {
        if (str_is(s, names[i].name)) {
            *ret = (enum verdict)i;
            return 0;
        }
    }
    return -EINVAL;
}

struct text verdict_text(enum verdict v)
{
    return names[v].text;
}

struct text conclusion_text(const unsigned counts[VERDICT_COUNT])
{
    unsigned good = counts[VERDICT_PASS] + counts[VERDICT_WAIVED];
    unsigned open = counts[VERDICT_UNKNOWN] + counts[VERDICT_EVIDENCE_NEEDED];
    if (counts[VERDICT_FAIL])
        return good ? TEXT("partly conforming", "部分符合") : TEXT("not conforming", "不符合");
    if (open)
        return TEXT("pending", "待定");
    return good ? TEXT("conforming", "符合") : TEXT("not applicable", "不适用");
}

enum verdict judge_fact(const struct want *w, const struct fact *f)
{
    if (f->state == FACT_UNKNOWN)
        return VERDICT_UNKNOWN;
    if (f->state == FACT_NOT_APPLICABLE)
        return VERDICT_NOT_APPLICABLE;
    if (f->has_configured && !want_accepts(w, &f->configured))
        return VERDICT_FAIL;
    if (f->has_running && !want_accepts(w, &f->running))
        return VERDICT_FAIL;
    return f->has_configured || f->has_running ? VERDICT_PASS : VERDICT_UNKNOWN;
}

enum verdict verdict_all(const unsigned counts[VERDICT_COUNT])
{
    static const enum verdict order[] = {VERDICT_FAIL, VERDICT_UNKNOWN, VERDICT_EVIDENCE_NEEDED,
                                         VERDICT_WAIVED, VERDICT_PASS};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        if (counts[order[i]])
            return order[i];
    return VERDICT_NOT_APPLICABLE;
}

enum verdict verdict_any(const unsigned counts[VERDICT_COUNT])
{
    static const enum verdict order[] = {VERDICT_PASS, VERDICT_WAIVED, VERDICT_UNKNOWN,
                                         VERDICT_EVIDENCE_NEEDED, VERDICT_FAIL};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        if (counts[order[i]])
            return order[i];
    return VERDICT_NOT_APPLICABLE;
}
