#include <inttypes.h>
#include <time.h>

#include "base/arena.h"
#include "report/markup.h"
#include "report/report.h"

/*
 * JUnit XML as CI systems read it (the Jenkins xunit schema): a suite per item, a case per rule.
 * What is not known is skipped with its reason: it must break no build and count as no success.
 */

static void put(struct buf *b, const char *before, const char *s, const char *after)
{
    buf_puts(b, before);
    markup_text(b, s);
    buf_puts(b, after);
}

static void put_facts(struct buf *b, struct arena *a, const struct rule_result *r, enum lang lang)
{
    vec_each (j, &r->judged) {
        if (j->verdict != VERDICT_FAIL)
            continue;
        put(b, "\n", arena_printf(a, "%s %s", j->want->resource, j->want->key_name), "");
        if (j->fact.subject)
            put(b, " (", j->fact.subject, ")");
        put(b, ": ", text_in(j->reason, lang), "");
        for (size_t i = 0; i < j->fact.where.n; i++) {
            put(b, " [", j->fact.where.v[i].path, "");
            if (j->fact.where.v[i].line)
                buf_printf(b, ":%u", j->fact.where.v[i].line);
            buf_puts(b, "]");
        }
    }
    buf_putc(b, '\n');
}

static void put_case(struct buf *b, struct arena *a, const struct item_result *item,
                     const struct rule_result *r, enum lang lang)
{
    put(b, "    <testcase classname=\"dengbao.", item->item->id, "\" name=\"");
    put(b, "", r->rule->number, " ");
    put(b, "", r->rule->id, "");
    buf_printf(b, "\" time=\"%.6f\"", (double)r->duration_us / 1e6);
    if (r->verdict == VERDICT_PASS) {
        buf_puts(b, "/>\n");
        return;
    }
    buf_puts(b, ">\n      ");
    if (r->verdict == VERDICT_FAIL) {
        put(b, "<failure type=\"", verdict_name(r->verdict), "\" message=\"");
        put(b, "", text_in(r->reason, lang), "\">");
        put(b, "", text_in(r->rule->title, lang), "");
        put_facts(b, a, r, lang);
        buf_puts(b, "</failure>\n");
    } else {
        put(b, "<skipped message=\"", text_in(verdict_text(r->verdict), lang), ": ");
        put(b, "", text_in(r->reason, lang), "\"/>\n");
    }
    buf_puts(b, "    </testcase>\n");
}

static void put_counts(struct buf *b, const unsigned counts[VERDICT_COUNT])
{
    unsigned all = 0;
    for (int v = 0; v < VERDICT_COUNT; v++)
        all += counts[v];
    buf_printf(b, " tests=\"%u\" failures=\"%u\" errors=\"0\"", all, counts[VERDICT_FAIL]);
}

static int write_junit(const struct result *r, const struct report_options *o, struct buf *b)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct tm t;
    char when[sizeof "+000000000-00-00T00:00:00"] = "";
    if (gmtime_r(&r->started, &t))
        (void)strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &t);
    buf_puts(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"dengbao\"");
    put_counts(b, r->rules_count);
    buf_printf(b, " time=\"%.6f\">\n", (double)r->duration_us / 1e6);
    vec_each (item, &r->items) {
        int64_t us = 0;
        vec_each (rule, &item->rules)
            us += rule->duration_us;
        put(b, "  <testsuite name=\"", arena_printf(a, "%u %s", item->item->number, item->item->id),
            "\"");
        put_counts(b, item->counts);
        buf_printf(b, " skipped=\"%u\" time=\"%.6f\" timestamp=\"%s\"",
                   item->counts[VERDICT_WAIVED] + item->counts[VERDICT_EVIDENCE_NEEDED] +
                       item->counts[VERDICT_NOT_APPLICABLE] + item->counts[VERDICT_UNKNOWN],
                   (double)us / 1e6, when);
        put(b, " hostname=\"", r->host.name ? r->host.name : r->host.root, "\">\n");
        vec_each (rule, &item->rules)
            put_case(b, a, item, rule, o->lang);
        buf_puts(b, "  </testsuite>\n");
    }
    buf_puts(b, "</testsuites>\n");
    return 0;
}

const struct report report_junit = {
    .name = "junit",
    .summary = {"JUnit XML, for CI systems", "JUnit XML，供持续集成系统使用"},
    .write = write_junit,
};
