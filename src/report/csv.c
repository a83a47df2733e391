#include "report/csv_writer.h"

#include <time.h>

#include "base/arena.h"
#include "base/str.h"
#include "report/report.h"

/* One row per judged fact; a rule without facts has one row all the same. */

static const char *const columns[] = {
    "host",     "host_id",  "started",      "item",      "item_id", "clause",   "unit",   "number",
    "rule",     "title",    "rule_verdict", "high_risk", "trigger", "resource", "key",    "subject",
    "operator", "expected", "configured",   "running",   "where",   "verdict",  "reason", "digest",
};

struct sheet {
    struct csv csv;
    struct arena *arena;
    const struct result *result;
    const char *started;
    enum lang lang;
};

static const char *places(struct arena *a, const struct fact *f)
{
    _cleanup_buf_ struct buf b = {0};
    for (size_t i = 0; i < f->where.n; i++) {
        buf_printf(&b, "%s%s", i ? " " : "", f->where.v[i].path);
        if (f->where.v[i].line)
            buf_printf(&b, ":%u", f->where.v[i].line);
    }
    return arena_strndup(a, b.len ? b.data : "", b.len);
}

static void put_rule_cells(struct sheet *s, const struct item_result *item,
                           const struct rule_result *r)
{
    csv_cell(&s->csv, s->result->host.name);
    csv_cell(&s->csv, s->result->host.id);
    csv_cell(&s->csv, s->started);
    csv_number(&s->csv, item->item->number);
    csv_cell(&s->csv, item->item->id);
    csv_cell(&s->csv, item->item->clause);
    csv_cell(&s->csv, item->item->unit);
    csv_cell(&s->csv, r->rule->number);
    csv_cell(&s->csv, r->rule->id);
    csv_cell(&s->csv, text_in(r->rule->title, s->lang));
    csv_cell(&s->csv, verdict_name(r->verdict));
    csv_cell(&s->csv, r->rule->high_risk);
    csv_cell(&s->csv, r->rule->trigger);
}

static void put_fact_cells(struct sheet *s, const struct judged *j)
{
    const struct fact *f = &j->fact;
    bool known = f->state == FACT_KNOWN;
    csv_cell(&s->csv, j->want->resource);
    csv_cell(&s->csv, j->want->key_name);
    csv_cell(&s->csv, f->subject);
    csv_cell(&s->csv, want_op_name(j->want->op));
    csv_cell(&s->csv, value_show(s->arena, &j->want->expected));
    csv_cell(&s->csv, known && f->has_configured ? value_show(s->arena, &f->configured) : NULL);
    csv_cell(&s->csv, known && f->has_running ? value_show(s->arena, &f->running) : NULL);
    csv_cell(&s->csv, places(s->arena, f));
    csv_cell(&s->csv, verdict_name(j->verdict));
    csv_cell(&s->csv, text_in(j->reason, s->lang));
}

static void put_rule(struct sheet *s, const struct item_result *item, const struct rule_result *r)
{
    vec_each (j, &r->judged) {
        put_rule_cells(s, item, r);
        put_fact_cells(s, j);
        csv_cell(&s->csv, r->digest);
        csv_end_row(&s->csv);
    }
    if (r->judged.n)
        return;
    put_rule_cells(s, item, r);
    for (int i = 0; i < 8; i++) /* resource … where */
        csv_cell(&s->csv, NULL);
    csv_cell(&s->csv, verdict_name(r->verdict));
    csv_cell(&s->csv, text_in(r->reason, s->lang));
    csv_cell(&s->csv, r->digest);
    csv_end_row(&s->csv);
}

static int write_csv(const struct result *r, const struct report_options *o, struct buf *ret)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct sheet s = {.csv = {.out = ret}, .arena = a, .result = r, .lang = o->lang};
    struct tm t;
    char started[sizeof "+000000000-00-00T00:00:00Z"] = "";
    if (gmtime_r(&r->started, &t))
        (void)strftime(started, sizeof started, "%Y-%m-%dT%H:%M:%SZ", &t);
    s.started = started;
    csv_begin(&s.csv);
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        csv_cell(&s.csv, columns[i]);
    csv_end_row(&s.csv);
    vec_each (item, &r->items)
        vec_each (rule, &item->rules)
            put_rule(&s, item, rule);
    return 0;
}

const struct report report_csv = {
    .name = "csv",
    .summary = {"one row per observation, for spreadsheets", "每个观察结果一行，供电子表格使用"},
    .write = write_csv,
};
