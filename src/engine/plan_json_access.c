#include "engine/plan_json_access.h"

#include "engine/json_text.h"

static json_t *line_of(const struct where *w)
{
    return w->line ? json_integer(w->line) : json_null();
}

static const char *state_of(const struct access_account *a, int way)
{
    return a ? access_state_name(a->ways[way].state) : NULL;
}

static void add_way(struct arena *a, json_t *list, const struct access_change *c, int way)
{
    const struct access_account *any = c->after ? c->after : c->before;
    const struct access_fact none = {0}, *f = access_deciding(&any->ways[way]);
    const char *before = state_of(c->before, way), *after = state_of(c->after, way);
    if (cstr_eq(before, after))
        return;
    f = f ? f : &none;
    json_array_append_new(
        list, json_pack("{s:o, s:s, s:s?, s:s?, s:o, s:o, s:o, s:o}", "account",
                        json_of_text(a, any->name), "way", access_way_name((enum access_way)way),
                        "before", before, "after", after, "why", json_of_text(a, f->text.en),
                        "why_zh", json_of_text(a, f->text.zh), "path",
                        json_of_text(a, f->where.path), "line", line_of(&f->where)));
}

json_t *plan_access_json(const struct plan *plan)
{
    json_t *list = json_array();
    vec_each (c, &plan->access.changes)
        for (int way = 0; way < ACCESS_WAYS; way++)
            add_way(plan->host->arena, list, c, way);
    return list;
}

json_t *plan_refusal_json(const struct plan *plan)
{
    struct arena *a = plan->host->arena;
    const struct plan_access *access = &plan->access;
    if (!access->refused.en)
        return json_null();
    json_t *rules = json_array();
    vec_each (r, &access->rules)
        json_array_append_new(rules, json_string(*r));
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "reason", json_of_text(a, access->refused.en),
                     "reason_zh", json_of_text(a, access->refused.zh), "rules", rules, "path",
                     json_of_text(a, access->where.path), "line", line_of(&access->where));
}
