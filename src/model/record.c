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

static enum answer both_of(enum answer a, enum answer b)
{
    if (a == ANSWER_NO || b == ANSWER_NO)
        return ANSWER_NO;
    return a == ANSWER_OPEN || b == ANSWER_OPEN ? ANSWER_OPEN : ANSWER_YES;
}

static enum answer either_of(enum answer a, enum answer b)
{
    if (a == ANSWER_YES || b == ANSWER_YES)
        return ANSWER_YES;
    return a == ANSWER_OPEN || b == ANSWER_OPEN ? ANSWER_OPEN : ANSWER_NO;
}

static enum answer conforms(enum unit_form form, const enum answer *v, size_t n)
{
    if (form == FORM_13_23 && n == 3)
        return both_of(either_of(v[0], v[1]), v[2]);
    enum answer all = form == FORM_OR ? ANSWER_NO : ANSWER_YES;
    for (size_t i = 0; i < n; i++) {
        if (v[i] == ANSWER_NOT_APPLICABLE)
            continue;
        all = form == FORM_OR ? either_of(all, v[i]) : both_of(all, v[i]);
    }
    return all;
}

enum unit_verdict unit_judge(enum unit_form form, const enum answer *answers, size_t n)
{
    size_t yes = 0, open = 0, none = 0;
    for (size_t i = 0; i < n; i++) {
        yes += answers[i] == ANSWER_YES;
        open += answers[i] == ANSWER_OPEN;
        none += answers[i] == ANSWER_NOT_APPLICABLE;
    }
    if (none == n)
        return UNIT_NOT_APPLICABLE;
    enum answer decided = conforms(form, answers, n);
    if (decided == ANSWER_YES)
        return UNIT_CONFORMS;
    if (decided == ANSWER_OPEN)
        return UNIT_PENDING;
    if (form == FORM_ONE)
        return UNIT_NOT;
    if (yes)
        return UNIT_PARTLY;
    return open ? UNIT_PENDING : UNIT_NOT; /* an unanswered step may yet make it 部分符合 */
}
