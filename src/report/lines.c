#include "base/arena.h"
#include "base/width.h"
#include "report/report.h"

/*
 * One line per rule and per judged fact, in a fixed order and always in English, for tests and for
 * grep; docs/lines.md. Times and digests are left out: two runs on one state give the same bytes.
 */

static void put_value(struct buf *b, struct arena *a, const struct fact *f, bool has,
                      const struct value *v)
{
    if (f->state != FACT_KNOWN || !has) {
        buf_putc(b, '-');
        return;
    }
    const char *shown = value_show(a, v);
    if (!shown)
        buf_puts(b, "unset");
    else if (v->kind == VALUE_LIST)
        buf_printf(b, "[%s]", safe_text(a, shown));
    else
        buf_puts(b, safe_text(a, shown));
}

static void put_judged(struct buf *b, struct arena *a, const struct judged *j)
{
    const struct want *w = j->want;
    const struct fact *f = &j->fact;
    const char *expected = value_show(a, &w->expected);
    buf_printf(b, "  %s [%s] %s.%s %s", verdict_name(j->verdict),
               f->subject ? safe_text(a, f->subject) : "", safe_text(a, w->resource),
               safe_text(a, w->key_name), want_op_name(w->op));
    if (expected)
        buf_printf(b, w->expected.kind == VALUE_LIST ? " [%s]" : " %s", safe_text(a, expected));
    buf_puts(b, " | configured=");
    put_value(b, a, f, f->has_configured, &f->configured);
    buf_puts(b, " running=");
    put_value(b, a, f, f->has_running, &f->running);
    buf_puts(b, " | ");
    for (size_t i = 0; i < f->where.n; i++) {
        buf_puts(b, i ? ", " : "");
        buf_put_safe(b, str_of(f->where.v[i].path));
        if (f->where.v[i].line)
            buf_printf(b, ":%u", f->where.v[i].line);
    }
    buf_puts(b, f->where.n ? " | " : "- | ");
    const char *reason = text_in(j->reason, LANG_EN);
    buf_put_safe(b, str_of(*reason ? reason : "-"));
    buf_putc(b, '\n');
}

static int write_lines(const struct result *r, const struct report_options *o, struct buf *ret)
{
    (void)o;
    _cleanup_arena_ struct arena *a = arena_new();
    for (size_t i = 0; i < r->items.n; i++) {
        const struct item_result *item = &r->items.v[i];
        for (size_t k = 0; k < item->rules.n; k++) {
            const struct rule_result *rule = &item->rules.v[k];
            buf_printf(ret, "%s %s\n", verdict_name(rule->verdict), rule->rule->id);
            /* Where no fact says why: conditions, evidence. */
            if (!rule->judged.n || rule->verdict == VERDICT_EVIDENCE_NEEDED ||
                rule->verdict == VERDICT_WAIVED) {
                buf_puts(ret, "  because ");
                buf_put_safe(ret, str_of(text_in(rule->reason, LANG_EN)));
                buf_putc(ret, '\n');
            }
            for (size_t m = 0; m < rule->judged.n; m++)
                put_judged(ret, a, &rule->judged.v[m]);
            if (rule->omitted)
                buf_printf(ret, "  omitted %zu\n", rule->omitted);
        }
        if (item->pending)
            buf_printf(ret, "%s %s (item: pending)\n", verdict_name(item->verdict), item->item->id);
    }
    for (size_t i = 0; i < r->settlements.n; i++) {
        const struct settlement *s = &r->settlements.v[i];
        buf_printf(ret, "%s %s %s%s\n", settlement_kind_name(s->kind),
                   settlement_state_name(s->state), safe_text(a, s->target),
                   s->used || !settlement_holds(s) ? "" : " (not used)");
        if (s->problem.en)
            buf_printf(ret, "  because %s\n", safe_text(a, s->problem.en));
    }
    return 0;
}

const struct report report_lines = {
    .name = "lines",
    .summary = {"one line per rule and observation, for tests and grep",
                "每条规则、每个观察结果一行，供测试和 grep 使用"},
    .write = write_lines,
};
