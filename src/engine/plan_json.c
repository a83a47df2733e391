#include "engine/plan_json.h"

#include <errno.h>

#include "engine/json_text.h"
#include "engine/plan_json_access.h"

static json_t *steps_json(const struct plan *plan)
{
    struct arena *a = plan->host->arena;
    json_t *list = json_array();
    vec_each (s, &plan->steps)
        json_array_append_new(
            list, json_pack("{s:s, s:o, s:s?, s:o, s:s, s:o}", "kind", step_kind_name(s->kind),
                            "target", json_of_text(a, s->target ? s->target : ""), "action",
                            s->verb, "rules", json_of_strings(a, &s->rules), "risk",
                            risk_name(s->risk), "diff", json_of_text(a, s->diff)));
    return list;
}

static json_t *not_planned_json(const struct plan *plan)
{
    struct arena *a = plan->host->arena;
    json_t *list = json_array();
    vec_each (n, &plan->not_planned)
        json_array_append_new(list,
                              json_pack("{s:s, s:o, s:o}", "rule", n->rule->id, "reason",
                                        json_of_text(a, text_in(n->reason, LANG_EN)), "reason_zh",
                                        json_of_text(a, text_in(n->reason, LANG_ZH))));
    return list;
}

static json_t *notes_json(const struct plan *plan)
{
    struct arena *a = plan->host->arena;
    json_t *list = json_array();
    vec_each (n, &plan->notes)
        json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "rule", n->rule->id, "note",
                                              json_of_text(a, text_in(n->text, LANG_EN)), "note_zh",
                                              json_of_text(a, text_in(n->text, LANG_ZH))));
    return list;
}

static json_t *host_json(const struct plan *plan)
{
    struct arena *a = plan->host->arena;
    const struct host_facts *h = &plan->before->host;
    return json_pack("{s:s?, s:o?, s:s?, s:s?, s:o, s:b}", "id", h->id, "name",
                     h->name ? json_of_text(a, h->name) : json_null(), "os_id", h->os_id,
                     "os_version", h->os_version, "root", json_of_text(a, h->root), "live",
                     h->live);
}

static json_t *proof_json(const struct plan *plan)
{
    struct arena *a = plan->host->arena;
    json_t *conflicts = json_array(), *refusals = json_array();
    vec_each (c, &plan->conflicts)
        json_array_append_new(conflicts, json_pack("{s:s, s:s?}", "rule", c->broken, "by", c->by));
    vec_each (refusal, &plan->refusals)
        json_array_append_new(refusals, json_of_both(a, refusal->why));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "rules_fixed",
                     json_of_strings(a, &plan->rules_fixed), "regressions",
                     json_of_strings(a, &plan->regressions), "conflicts", conflicts, "refusals",
                     refusals, "tools",
                     plan->proved.en ? json_of_both(a, plan->proved) : json_null(), "access",
                     plan_access_json(plan), "access_refused", plan_refusal_json(plan));
}

int plan_json(const struct plan *plan, struct buf *ret)
{
    _cleanup_json_ json_t *j = json_pack(
        "{s:i, s:o, s:s, s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:o}", "schema", 1, "host",
        host_json(plan), "preset", plan->policy->preset, "policy_digest", plan->policy->digest,
        "digest", plan->digest, "packages", plan->packages == PACKAGES_YES, "proof",
        proof_json(plan), "rules", json_of_strings(plan->host->arena, &plan->rules_planned),
        "steps", steps_json(plan), "not_planned", not_planned_json(plan), "notes",
        notes_json(plan));
    _cleanup_free_ char *text = j ? json_dumps(j, JSON_INDENT(2)) : NULL;
    if (!text)
        return -EILSEQ;
    buf_puts(ret, text);
    buf_putc(ret, '\n');
    return 0;
}

static const char *member_text(struct arena *a, const json_t *j, const char *name)
{
    const char *s = json_string_value(json_object_get(j, name));
    return s ? arena_strdup(a, s) : NULL;
}

int plan_json_read(struct arena *a, struct str bytes, struct saved_plan *ret, struct err *e)
{
    json_error_t error;
    _cleanup_json_ json_t *j = json_loadb(bytes.p, bytes.n, JSON_REJECT_DUPLICATES, &error);
    if (!j) {
        (void)err_set(e, -EINVAL, "not a plan: %s", "不是计划文件：%s",
                      arena_strdup(a, error.text));
        return err_at(e, -EINVAL, NULL, (unsigned)error.line, (unsigned)error.column);
    }
    struct saved_plan plan = {.preset = member_text(a, j, "preset"),
                              .digest = member_text(a, j, "digest"),
                              .packages = json_is_true(json_object_get(j, "packages"))};
    size_t i;
    json_t *v;
    json_array_foreach(json_object_get(j, "rules"), i, v)
    {
        if (json_is_string(v))
            strings_add(a, &plan.rules, arena_strdup(a, json_string_value(v)));
    }
    if (json_integer_value(json_object_get(j, "schema")) != 1 || !plan.preset || !plan.digest)
        return err_set(e, -EINVAL,
                       "not a plan of schema 1; make one with: dengbao plan --format json",
                       "不是 schema 1 的计划；请用 dengbao plan --format json 生成");
    *ret = plan;
    return 0;
}
