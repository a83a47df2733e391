#include <stdio.h>
#include <time.h>

#include "base/str.h"
#include "base/width.h"
#include "base/wrap.h"
#include "report/compare.h"

#define both(o, en, zh) ((o)->lang == LANG_ZH ? (zh) : (en))

enum { HOST_COLUMNS = 24, CELL_COLUMNS = 4, DEFAULT_COLUMNS = 100 };

static const char *time_text(struct arena *a, time_t when)
{
    struct tm t;
    char text[64] = "";
    if (gmtime_r(&when, &t))
        (void)strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &t);
    return arena_strdup(a, text);
}

static const char *name_of(const struct rule_result *r, const struct report_options *o)
{
    return r ? text_in(verdict_text(r->verdict), o->lang) : both(o, "absent", "无");
}

static void put_side(struct buf *b, struct arena *a, const char *label, const struct result *r,
                     const struct report_options *o)
{
    buf_put_padded(b, label, 8);
    buf_put_safe(b, str_of(arena_printf(a, "%s · %s · sha256 %.12s · ", time_text(a, r->started),
                                        r->preset, r->policy_digest)));
    for (unsigned v = 0, n = 0; v < VERDICT_COUNT; v++)
        if (r->rules_count[v])
            buf_printf(b, "%s%s %u", n++ ? ", " : "",
                       text_in(verdict_text((enum verdict)v), o->lang), r->rules_count[v]);
    buf_putc(b, '\n');
}

static void put_fact(struct buf *b, struct arena *a, const struct change_fact *f,
                     const struct report_options *o, unsigned columns)
{
    const struct judged *j = f->after ? f->after : f->before;
    const char *absent = both(o, "nothing", "无");
    const char *line = arena_printf(
        a, "%s %s%s%s%s: %s → %s", j->want->resource, j->want->key_name,
        j->fact.subject ? " (" : "", j->fact.subject ? j->fact.subject : "",
        j->fact.subject ? ")" : "", f->before ? judged_found(a, f->before, o->lang) : absent,
        f->after ? judged_found(a, f->after, o->lang) : absent);
    buf_puts(b, "      - ");
    buf_put_wrapped(b, safe_text(a, line), 8, columns);
    buf_putc(b, '\n');
}

static void put_change(struct buf *b, struct arena *a, const struct change *c,
                       const struct report_options *o, unsigned columns)
{
    const struct rule_result *any = c->after ? c->after : c->before;
    const char *line = arena_printf(a, "%s %s  %s  (%s → %s)", any->rule->number, any->rule->id,
                                    text_in(any->rule->title, o->lang), name_of(c->before, o),
                                    name_of(c->after, o));
    buf_puts(b, "  ");
    buf_put_wrapped(b, safe_text(a, line), 4, columns);
    buf_putc(b, '\n');
    vec_each (f, &c->facts)
        put_fact(b, a, f, o, columns);
    if (c->omitted)
        buf_printf(b, both(o, "      - … and %zu more\n", "      - …… 另有 %zu 处\n"), c->omitted);
}

static void changes_text(const struct changes_between *c, const struct report_options *o,
                         struct buf *b)
{
    _cleanup_arena_ struct arena *a = arena_new();
    unsigned columns = o->columns && o->columns < DEFAULT_COLUMNS ? o->columns : DEFAULT_COLUMNS;
    const struct host_facts *h = &c->after->host;
    int kind = -1;
    buf_put_padded(b, both(o, "host", "主机"), 8);
    buf_put_safe(b, str_of(h->name ? h->name : h->root));
    buf_putc(b, '\n');
    put_side(b, a, both(o, "before", "之前"), c->before, o);
    put_side(b, a, both(o, "after", "之后"), c->after, o);
    if (c->other_policy)
        buf_puts(b, both(o,
                         "The two rest on different policies or presets: part of what changed may "
                         "come from that.\n",
                         "两次检查的策略或预设不同：部分变化可能由此引起。\n"));
    vec_each (one, &c->list) {
        if ((int)one->kind != kind) {
            kind = (int)one->kind;
            buf_printf(b, "\n%s%s%s\n", o->colour ? "\033[1m" : "",
                       text_in(change_kind_text(one->kind), o->lang), o->colour ? "\033[0m" : "");
        }
        put_change(b, a, one, o, columns);
    }
    buf_printf(
        b, both(o, "\n%zu rules changed, %zu are the same\n", "\n%zu 条规则有变化，%zu 条相同\n"),
        c->list.n, c->same);
}

static const char *cell(const struct brief *b, int item)
{
    static const char *const signs[VERDICT_COUNT] = {
        [VERDICT_PASS] = "+",           [VERDICT_FAIL] = "X",
        [VERDICT_WAIVED] = "w",         [VERDICT_EVIDENCE_NEEDED] = "e",
        [VERDICT_NOT_APPLICABLE] = "-", [VERDICT_UNKNOWN] = "?",
    };
    return b->has_item[item] ? signs[b->items[item]] : "";
}

static void put_cell(struct buf *b, const char *s)
{
    buf_fill(b, ' ', CELL_COLUMNS - width_of(str_of(s)));
    buf_puts(b, s);
}

static void table_text(const struct briefs *all, const struct report_options *o, struct buf *b)
{
    _cleanup_arena_ struct arena *a = arena_new();
    unsigned failing[BRIEF_ITEMS] = {0};
    size_t policies = briefs_policies(a, all);
    buf_put_padded(b, both(o, "host", "主机"), HOST_COLUMNS);
    for (int i = 1; i <= BRIEF_ITEMS; i++)
        buf_printf(b, "%*d", CELL_COLUMNS, i);
    buf_putc(b, '\n');
    vec_each (one, all) {
        _cleanup_buf_ struct buf name = {0};
        buf_put_safe(&name, str_of(brief_host(one)));
        buf_put_cut(b, name.len ? name.data : "", HOST_COLUMNS - 1);
        unsigned width = width_of(str_of(name.data));
        buf_fill(b, ' ', width < HOST_COLUMNS - 1 ? HOST_COLUMNS - width : 1);
        for (int i = 0; i < BRIEF_ITEMS; i++) {
            put_cell(b, cell(one, i));
            failing[i] += one->has_item[i] && one->items[i] == VERDICT_FAIL;
        }
        buf_printf(b, "  %s\n", safe_text(a, text_in(one->conclusion, o->lang)));
    }
    buf_put_padded(b, both(o, "hosts that fail", "不通过的主机数"), HOST_COLUMNS);
    for (int i = 0; i < BRIEF_ITEMS; i++)
        put_cell(b, failing[i] > 99 ? "99+" : arena_printf(a, "%u", failing[i]));
    buf_printf(b,
               both(o,
                    "\n%zu results; + pass, X fail, w waived, e evidence needed, - not "
                    "applicable, ? unknown\n",
                    "\n共 %zu 份结果；+ 通过，X 不通过，w 豁免，e 需举证，- 不适用，? 未知\n"),
               all->n);
    if (policies > 1)
        buf_printf(b,
                   both(o,
                        "They rest on %zu different policies or presets and do not compare "
                        "exactly.\n",
                        "这些结果使用了 %zu 种不同的策略或预设，不能直接比较。\n"),
                   policies);
}

const struct comparison comparison_text = {"text", changes_text, table_text};
