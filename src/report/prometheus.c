#include <inttypes.h>

#include "base/str.h"
#include "base/width.h"
#include "report/report.h"

/*
 * For the textfile collector of the node exporter, in the text exposition format 0.0.4: HELP and
 * TYPE before the samples of a metric, label values with \\, \" and \n escaped.
 */

static void put_label(struct buf *b, const char *name, const char *value)
{
    _cleanup_buf_ struct buf safe = {0};
    if (b->data[b->len - 1] != '{')
        buf_putc(b, ',');
    buf_printf(b, "%s=\"", name);
    buf_put_safe(&safe, str_of(value ? value : ""));
    for (size_t i = 0; i < safe.len; i++) {
        if (safe.data[i] == '"' || safe.data[i] == '\\')
            buf_putc(b, '\\');
        buf_putc(b, safe.data[i]);
    }
    buf_putc(b, '"');
}

static void put_head(struct buf *b, const char *name, const char *help)
{
    buf_printf(b, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void put_counts(struct buf *b, const char *name, const char *help,
                       const unsigned counts[VERDICT_COUNT])
{
    put_head(b, name, help);
    for (unsigned v = 0; v < VERDICT_COUNT; v++)
        buf_printf(b, "%s{verdict=\"%s\"} %u\n", name, verdict_name((enum verdict)v), counts[v]);
}

static void put_info(struct buf *b, const struct result *r)
{
    put_head(b, "dengbao_check_info", "What was checked and by which policy.");
    buf_puts(b, "dengbao_check_info{");
    put_label(b, "version", r->tool_version);
    put_label(b, "host", r->host.name);
    put_label(b, "os_id", r->host.os_id);
    put_label(b, "os_version", r->host.os_version);
    put_label(b, "root", r->host.root);
    put_label(b, "preset", r->preset);
    put_label(b, "policy", r->policy_digest);
    buf_puts(b, "} 1\n");
    put_head(b, "dengbao_check_timestamp_seconds", "When the check started.");
    buf_printf(b, "dengbao_check_timestamp_seconds %" PRId64 "\n", (int64_t)r->started);
    put_head(b, "dengbao_check_duration_seconds", "How long the check took.");
    buf_printf(b, "dengbao_check_duration_seconds %.6f\n", (double)r->duration_us / 1e6);
}

static void put_rule(struct buf *b, const struct item_result *item, const struct rule_result *r)
{
    buf_printf(b, "dengbao_rule_verdict{item=\"%u\"", item->item->number);
    put_label(b, "rule", r->rule->id);
    put_label(b, "number", r->rule->number);
    put_label(b, "high_risk", r->rule->high_risk);
    put_label(b, "verdict", verdict_name(r->verdict));
    buf_puts(b, "} 1\n");
}

static int write_prometheus(const struct result *r, const struct report_options *o, struct buf *b)
{
    (void)o; /* metrics are English */
    put_info(b, r);
    put_counts(b, "dengbao_items", "Check items of MLPS 2.0 level 3 by verdict.", r->items_count);
    put_counts(b, "dengbao_rules", "Rules by verdict.", r->rules_count);
    put_head(b, "dengbao_item_verdict", "The verdict of an item; always 1.");
    vec_each (item, &r->items) {
        buf_printf(b, "dengbao_item_verdict{item=\"%u\"", item->item->number);
        put_label(b, "id", item->item->id);
        put_label(b, "verdict", verdict_name(item->verdict));
        buf_puts(b, "} 1\n");
    }
    put_head(b, "dengbao_rule_verdict", "The verdict of a rule; always 1.");
    vec_each (item, &r->items)
        vec_each (rule, &item->rules)
            put_rule(b, item, rule);
    return 0;
}

const struct report report_prometheus = {
    .name = "prometheus",
    .summary = {"for the textfile collector of the node exporter",
                "供 node exporter 的 textfile 收集器使用"},
    .write = write_prometheus,
};
