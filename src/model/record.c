#include "model/record.h"

struct text answer_text(enum answer a)
{
    static const struct text texts[] = {
        [ANSWER_YES] = {"yes", "肯定"},
        [ANSWER_NO] = {"no", "否定"},
        [ANSWER_OPEN] = {"unanswered", "待定"},
        [ANSWER_NOT_APPLICABLE] = {"not applicable", "不适用"},
    };
    return texts[a];
}

struct text unit_verdict_text(enum unit_verdict v)
{
    static const struct text texts[UNIT_VERDICTS] = {
        [UNIT_CONFORMS] = {"conforming", "符合"},
        [UNIT_PARTLY] = {"partly conforming", "部分符合"},
        [UNIT_NOT] = {"not conforming", "不符合"},
        [UNIT_NOT_APPLICABLE] = {"not applicable", "不适用"},
        [UNIT_PENDING] = {"pending", "待定"},
    };
    return texts[v];
}

struct text unit_form_text(struct arena *a, const struct unit *u)
{
    switch (u->form) {
    case FORM_ONE:
        return TEXT("conforms if the answer is yes, otherwise does not",
                    "如果以上测评实施内容为肯定，则符合本测评单元指标要求，否则不符合");
    case FORM_OR:
        return TEXT("conforms if 1) or 2) is yes",
                    "如果1)或2)为肯定，则符合，否则不符合或部分符合");
    case FORM_13_23:
        return TEXT("conforms if 1) and 3), or 2) and 3) are yes",
                    "如果1)、3)或2)、3)均为肯定，则符合，否则不符合或部分符合");
    case FORM_ALL:
        break;
    }
    return text_make(a, "conforms if 1) to %zu) are all yes",
                     "如果1)~%zu)均为肯定，则符合，否则不符合或部分符合", u->steps.n);
}

/* Of steps that are all answered; those that do not apply ask for nothing. */
static bool conforms(enum unit_form form, const enum answer *v, size_t n)
{
    size_t yes = 0, no = 0;
    if (form == FORM_13_23 && n == 3)
        return (v[0] == ANSWER_YES || v[1] == ANSWER_YES) && v[2] != ANSWER_NO;
    for (size_t i = 0; i < n; i++) {
        yes += v[i] == ANSWER_YES;
        no += v[i] == ANSWER_NO;
    }
    return form == FORM_OR ? yes > 0 : !no;
}

enum unit_verdict unit_judge(enum unit_form form, const enum answer *answers, size_t n)
{
    size_t yes = 0, none = 0;
    for (size_t i = 0; i < n; i++) {
        if (answers[i] == ANSWER_OPEN)
            return UNIT_PENDING;
        yes += answers[i] == ANSWER_YES;
        none += answers[i] == ANSWER_NOT_APPLICABLE;
    }
    if (none == n)
        return UNIT_NOT_APPLICABLE;
    if (conforms(form, answers, n))
        return UNIT_CONFORMS;
    return yes && form != FORM_ONE ? UNIT_PARTLY : UNIT_NOT;
}

static enum unit_verdict judge_open_as(enum unit_form form, const enum answer *answers, size_t n,
                                       enum answer open)
{
    enum answer v[UNIT_STEPS] = {0};
    n = n < UNIT_STEPS ? n : UNIT_STEPS;
    for (size_t i = 0; i < n; i++)
        v[i] = answers[i] == ANSWER_OPEN ? open : answers[i];
    return unit_judge(form, v, n);
}

struct unit_range unit_range(enum unit_form form, const enum answer *answers, size_t n)
{
    return (struct unit_range){.worst = judge_open_as(form, answers, n, ANSWER_NO),
                               .best = judge_open_as(form, answers, n, ANSWER_YES)};
}

struct text unit_range_text(struct arena *a, const struct record_unit *u)
{
    struct text worst = unit_verdict_text(u->range.worst), best = unit_verdict_text(u->range.best);
    if (u->verdict != UNIT_PENDING ||
        (u->range.worst == UNIT_NOT && u->range.best == UNIT_CONFORMS))
        return (struct text){0};
    if (u->range.worst == u->range.best)
        return (struct text){
            arena_printf(a, "%s however the open steps are answered", text_in(best, LANG_EN)),
            arena_printf(a, "无论待定步骤结论如何均为%s", text_in(best, LANG_ZH))};
    if (u->range.best != UNIT_CONFORMS)
        return (struct text){arena_printf(a, "%s at best, because a step is answered with no",
                                          text_in(best, LANG_EN)),
                             arena_printf(a, "已有步骤为否定，最好为%s", text_in(best, LANG_ZH))};
    return (struct text){
        arena_printf(a, "between %s and %s", text_in(worst, LANG_EN), text_in(best, LANG_EN)),
        arena_printf(a, "最终为%s至%s", text_in(worst, LANG_ZH), text_in(best, LANG_ZH))};
}
