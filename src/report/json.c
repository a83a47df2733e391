#include <time.h>

#include "base/arena.h"
#include "report/json_writer.h"
#include "report/report.h"

/* Result JSON, schema 1: docs/result.schema.json. Keys are only ever added. */
enum { SCHEMA = 1 };

static const char *or_null(struct text t, enum lang lang)
{
    const char *s = text_in(t, lang);
    return *s ? s : NULL;
}

static void put_both_or_null(struct json *j, const char *key, struct text t)
{
    if (t.en)
        json_both(j, key, t);
    else
        json_text(j, key, NULL);
}

static void put_value(struct json *j, struct arena *a, const char *key, bool has,
                      const struct value *v)
{
    if (has && v->kind == VALUE_LIST) {
        json_open(j, key, '[');
        for (size_t i = 0; i < v->list.n; i++)
            json_text(j, NULL, v->list.v[i]);
        json_close(j);
    } else if (has && v->kind == VALUE_NUMBER && v->number != NUMBER_NEVER) {
        json_number(j, key, v->number);
    } else {
        json_text(j, key, has ? value_show(a, v) : NULL);
    }
}

static void put_strings(struct json *j, const char *key, const struct strings *list)
{
    json_open(j, key, '[');
    for (size_t i = 0; i < list->n; i++)
        json_text(j, NULL, list->v[i]);
    json_close(j);
}

/* A rule on units rests on every unit directory: what a person can use is shown, the rest counted;
 * the digest of the rule is over the facts in any case. */
enum { SHOWN_PATHS = 64 };

static size_t put_paths(struct json *j, const char *key, const struct strings *list)
{
    struct strings shown = *list;
    if (shown.n > SHOWN_PATHS)
        shown.n = SHOWN_PATHS;
    put_strings(j, key, &shown);
    return list->n - shown.n;
}

static void put_counts(struct json *j, const char *key, const unsigned counts[VERDICT_COUNT])
{
    json_open_flat(j, key, '{');
    for (unsigned v = 0; v < VERDICT_COUNT; v++)
        json_number(j, verdict_name((enum verdict)v), counts[v]);
    json_close(j);
}

static void put_host(struct json *j, const struct host_facts *h)
{
    json_open(j, "host", '{');
    json_text(j, "id", h->id);
    json_text(j, "name", h->name);
    json_text(j, "os_id", h->os_id);
    json_text(j, "os_version", h->os_version);
    json_text(j, "os_name", h->os_name);
    json_text(j, "kernel", h->kernel);
    json_text(j, "root", h->root);
    json_bool(j, "live", h->live);
    json_bool(j, "privileged", h->privileged);
    json_close(j);
}

static void put_judged(struct json *j, struct arena *a, const struct judged *one)
{
    const struct fact *f = &one->fact;
    json_open(j, NULL, '{');
    json_text(j, "resource", one->want->resource);
    json_text(j, "key", one->want->key_name);
    json_text(j, "subject", f->subject);
    json_text(j, "operator", want_op_name(one->want->op));
    put_value(j, a, "expected", true, &one->want->expected);
    put_value(j, a, "configured", f->state == FACT_KNOWN && f->has_configured, &f->configured);
    put_value(j, a, "running", f->state == FACT_KNOWN && f->has_running, &f->running);
    json_open(j, "where", '[');
    for (size_t i = 0; i < f->where.n; i++) {
        json_open_flat(j, NULL, '{');
        json_text(j, "path", f->where.v[i].path);
        if (f->where.v[i].line)
            json_number(j, "line", f->where.v[i].line);
        else
            json_text(j, "line", NULL);
        json_close(j);
    }
    json_close(j);
    json_open_flat(j, "observed", '[');
    if (f->state == FACT_KNOWN && f->has_configured)
        json_text(j, NULL, "configured");
    if (f->state == FACT_KNOWN && f->has_running)
        json_text(j, NULL, "running");
    json_close(j);
    json_text(j, "verdict", verdict_name(one->verdict));
    json_text(j, "reason", or_null(one->reason, LANG_EN));
    json_text(j, "reason_zh", or_null(one->reason, LANG_ZH));
    put_both_or_null(j, "remark", f->state == FACT_KNOWN ? f->reason : (struct text){0});
    json_number(j, "group", one->want->group);
    json_number(j, "branch", one->want->branch);
    json_close(j);
}

static void put_rule(struct json *j, struct arena *a, const struct rule_result *r)
{
    json_open(j, NULL, '{');
    json_text(j, "id", r->rule->id);
    json_text(j, "number", r->rule->number);
    json_both(j, "title", r->rule->title);
    json_both(j, "why", r->rule->why);
    put_both_or_null(j, "evidence", r->rule->evidence);
    put_strings(j, "sources", &r->rule->sources);
    json_text(j, "high_risk", r->rule->high_risk);
    json_text(j, "trigger", r->rule->trigger);
    json_text(j, "class", rule_class_name(r->rule->class));
    json_text(j, "risk", risk_name(r->rule->risk));
    json_text(j, "verdict", verdict_name(r->verdict));
    json_text(j, "found", verdict_name(r->found));
    json_text(j, "settled", r->settled ? settlement_kind_name(r->settled->kind) : NULL);
    json_text(j, "reason", or_null(r->reason, LANG_EN));
    json_text(j, "reason_zh", or_null(r->reason, LANG_ZH));
    json_number(j, "duration_us", r->duration_us);
    json_text(j, "digest", r->digest);
    json_open(j, "wants", '[');
    for (size_t i = 0; i < r->judged.n; i++)
        put_judged(j, a, &r->judged.v[i]);
    json_close(j);
    json_number(j, "omitted", (int64_t)r->omitted);
    json_open(j, "paths", '{');
    size_t left = put_paths(j, "read", &r->paths_read);
    left += put_paths(j, "absent", &r->paths_absent);
    json_number(j, "omitted", (int64_t)(left + r->paths_omitted));
    json_close(j);
    json_close(j);
}

static void put_settlements(struct json *j, const struct settlements *all)
{
    json_open(j, "settlements", '[');
    for (size_t i = 0; i < all->n; i++) {
        const struct settlement *s = &all->v[i];
        json_open(j, NULL, '{');
        json_text(j, "kind", settlement_kind_name(s->kind));
        json_text(j, "state", settlement_state_name(s->state));
        json_text(j, "target", s->target);
        json_text(j, "reason", s->reason);
        json_text(j, "person", s->person);
        json_text(j, "created", s->created);
        json_text(j, "until", s->until);
        json_text(j, "file", s->file);
        json_text(j, "sha256", s->sha256);
        json_text(j, "record", s->record);
        json_bool(j, "used", s->used);
        put_both_or_null(j, "problem", s->problem);
        json_close(j);
    }
    json_close(j);
}

static void put_item(struct json *j, struct arena *a, const struct item_result *r)
{
    json_open(j, NULL, '{');
    json_number(j, "number", r->item->number);
    json_text(j, "id", r->item->id);
    json_text(j, "domain", or_null(r->item->domain, LANG_EN));
    json_text(j, "domain_zh", or_null(r->item->domain, LANG_ZH));
    json_text(j, "clause", r->item->clause);
    json_text(j, "unit", r->item->unit);
    json_both(j, "name", r->item->name);
    json_text(j, "verdict", verdict_name(r->verdict));
    json_text(j, "conclusion", or_null(r->conclusion, LANG_EN));
    json_text(j, "conclusion_zh", or_null(r->conclusion, LANG_ZH));
    put_both_or_null(j, "pending", r->pending ? r->item->pending : (struct text){0});
    put_strings(j, "skipped", &r->skipped);
    json_open(j, "rules", '[');
    for (size_t i = 0; i < r->rules.n; i++)
        put_rule(j, a, &r->rules.v[i]);
    json_close(j);
    json_close(j);
}

static void put_summary(struct json *j, const struct result *r)
{
    json_open(j, "summary", '{');
    put_counts(j, "items", r->items_count);
    put_counts(j, "rules", r->rules_count);
    json_text(j, "conclusion", or_null(r->conclusion, LANG_EN));
    json_text(j, "conclusion_zh", or_null(r->conclusion, LANG_ZH));
    json_close(j);
}

static int write_json(const struct result *r, const struct report_options *o, struct buf *ret)
{
    (void)o; /* both languages are in it */
    _cleanup_arena_ struct arena *a = arena_new();
    struct json j = {.out = ret};
    struct tm t;
    char started[sizeof "+000000000-00-00T00:00:00Z"] = "";
    if (gmtime_r(&r->started, &t))
        (void)strftime(started, sizeof started, "%Y-%m-%dT%H:%M:%SZ", &t);
    json_open(&j, NULL, '{');
    json_number(&j, "schema", SCHEMA);
    json_open_flat(&j, "tool", '{');
    json_text(&j, "name", "dengbao");
    json_text(&j, "version", r->tool_version);
    json_close(&j);
    json_text(&j, "started", started);
    json_number(&j, "duration_us", r->duration_us);
    put_host(&j, &r->host);
    json_text(&j, "preset", r->preset);
    json_text(&j, "policy_digest", r->policy_digest);
    json_text(&j, "state_digest", r->state_digest);
    put_summary(&j, r);
    json_open(&j, "items", '[');
    for (size_t i = 0; i < r->items.n; i++)
        put_item(&j, a, &r->items.v[i]);
    json_close(&j);
    put_settlements(&j, &r->settlements);
    json_close(&j);
    return 0;
}

const struct report report_json = {
    .name = "json",
    .summary = {"everything, for programs (docs/result.schema.json)",
                "全部结果，供程序读取（docs/result.schema.json）"},
    .write = write_json,
};
