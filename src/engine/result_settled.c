#include "base/str.h"
#include "engine/result_reader.h"

static void read_names(struct reader *r, const char *kind, const char *state, struct settlement *s)
{
    unsigned k = 0, n = 0;
    while (k < 2 && !cstr_eq(kind, settlement_kind_name((enum settlement_kind)k)))
        k++;
    while (n < SETTLEMENT_STATES &&
           !cstr_eq(state, settlement_state_name((enum settlement_state)n)))
        n++;
    if (k == 2 || n == SETTLEMENT_STATES) {
        reader_refuse(r, "the kind or state of a waiver is unknown", "豁免或举证的类型或状态未知");
        return;
    }
    s->kind = (enum settlement_kind)k;
    s->state = (enum settlement_state)n;
}

static void read_settlement(struct reader *r, struct settlement *s)
{
    const char *kind = NULL, *state = NULL;
    const struct {
        const char *name;
        const char **to;
    } texts[] = {
        {"kind", &kind},        {"state", &state},      {"target", &s->target},
        {"reason", &s->reason}, {"person", &s->person}, {"created", &s->created},
        {"until", &s->until},   {"file", &s->file},     {"sha256", &s->sha256},
        {"record", &s->record},
    };
    struct str key;
    json_scan_enter(&r->scan, '{');
    while (json_scan_key(&r->scan, &key)) {
        size_t i = 0, n = sizeof texts / sizeof texts[0];
        while (i < n && !str_is(key, texts[i].name))
            i++;
        if (i < n)
            reader_text(r, texts[i].to);
        else if (str_is(key, "used"))
            json_scan_bool(&r->scan, &s->used);
        else if (str_is(key, "problem"))
            reader_languages(r, &s->problem);
        else
            json_scan_skip(&r->scan);
    }
    reader_need(r, s->target, "target");
    read_names(r, kind, state, s);
    if (settlement_holds(s) && (!s->reason || !s->person || !s->until))
        reader_refuse(r, "a waiver in force has no reason, person or term",
                      "有效的豁免或举证缺少原因、责任人或期限");
}

void reader_settlements(struct reader *r, struct settlements *ret)
{
    json_scan_enter(&r->scan, '[');
    while (json_scan_element(&r->scan)) {
        struct settlement one = {0};
        read_settlement(r, &one);
        vec_push(r->arena, ret, one);
    }
}

static const struct settlement *settled_by(const struct result *r, const struct item *item,
                                           const struct rule_result *rule)
{
    const struct settlements *all = &r->settlements;
    if (rule->verdict == rule->found)
        return NULL;
    if (rule->verdict == VERDICT_WAIVED)
        return settlement_find(all, SETTLEMENT_WAIVER, rule->rule->id);
    if (rule->verdict != VERDICT_PASS)
        return NULL;
    const char *const targets[] = {rule->rule->id, item->id, item->unit};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        const struct settlement *s = settlement_find(all, SETTLEMENT_EVIDENCE, targets[i]);
        if (s)
            return s;
    }
    return NULL;
}

void reader_link_settlements(struct result *r)
{
    vec_each (item, &r->items) {
        vec_each (rule, &item->rules)
            rule->settled = settled_by(r, item->item, rule);
    }
}
