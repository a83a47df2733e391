#include <inttypes.h>

#include "base/str.h"
#include "base/width.h"
#include "base/wrap.h"
#include "cli/commands.h"
#include "model/guide.h"
#include "cli/session.h"

struct page {
    const struct invocation *i;
    struct buf *out;
    unsigned columns;
};

/* A macro, so that the compiler sees both formats. */
#define both(p, en, zh) ((p)->i->lang == LANG_ZH ? (zh) : (en))

static void put_labelled(struct page *p, const char *label, const char *text)
{
    if (!text || !*text)
        return;
    buf_puts(p->out, "  ");
    buf_put_padded(p->out, label, 10);
    buf_put_wrapped(p->out, safe_text(p->i->arena, text), 12, p->columns);
    buf_putc(p->out, '\n');
}

static const char *want_line(struct page *p, const struct want *w)
{
    struct arena *a = p->i->arena;
    _cleanup_buf_ struct buf b = {0};
    buf_printf(&b, "%s %s", w->resource, w->key_name);
    for (size_t n = 0; n < w->args.n; n++)
        buf_printf(&b, " %s=%s", w->args.v[n].name, w->args.v[n].value);
    struct text expected = want_expected_text(a, w);
    buf_printf(&b, both(p, ": %s", "：%s"), text_in(expected, p->i->lang));
    if (w->target.kind != VALUE_NULL)
        buf_printf(&b, both(p, " (a fix sets %s)", "（修复时设为 %s）"), value_show(a, &w->target));
    for (size_t n = 0; n < w->when.n; n++) {
        const struct want *c = &w->when.v[n].want;
        buf_printf(&b, both(p, ", where %s %s is %s", "，当 %s %s 为 %s 时"), c->resource,
                   c->key_name, text_in(want_expected_text(a, c), p->i->lang));
    }
    return arena_strndup(a, b.data, b.len);
}

static void put_wants(struct page *p, const struct rule *rule)
{
    unsigned group = 0, branch = 0;
    for (size_t n = 0; n < rule->wants.n; n++) {
        const struct want *w = &rule->wants.v[n];
        const char *label = n ? "" : both(p, "wanted", "要求");
        if (w->group && w->group != group) {
            put_labelled(p, label, both(p, "one of:", "以下之一："));
            label = "";
        }
        const char *mark = !w->group                                  ? ""
                           : w->group != group || w->branch != branch ? "- "
                                                                      : "  + ";
        group = w->group;
        branch = w->branch;
        buf_puts(p->out, "  ");
        buf_put_padded(p->out, label, 10);
        buf_puts(p->out, mark);
        buf_put_wrapped(p->out, safe_text(p->i->arena, want_line(p, w)),
                        12 + (unsigned)strlen(mark), p->columns);
        buf_putc(p->out, '\n');
    }
}

static void put_params(struct page *p, const struct rule *rule)
{
    struct arena *a = p->i->arena;
    for (size_t n = 0; n < rule->params.n; n++) {
        const struct rule_param *param = &rule->params.v[n];
        _cleanup_buf_ struct buf b = {0};
        buf_printf(&b, "%s.%s = %s", rule->id, param->name, value_show(a, &param->value));
        if (!value_equal(&param->value, &param->initial))
            buf_printf(&b, both(p, ", default %s", "，默认 %s"), value_show(a, &param->initial));
        if (param->ranged)
            buf_printf(&b, both(p, ", allowed %" PRId64 "..%s", "，允许 %" PRId64 "..%s"),
                       param->min, value_show(a, &(struct value){VALUE_NUMBER, param->max}));
        put_labelled(p, n ? "" : both(p, "values", "参数"), b.data);
    }
}

static void put_high_risk(struct page *p, const struct rule *rule)
{
    struct arena *a = p->i->arena;
    const struct guide_case *known = guide_case_find(rule->high_risk);
    const char *trigger =
        rule->trigger ? arena_printf(a, both(p, ", trigger %s", "，触发项 %s"), rule->trigger) : "";
    if (rule->high_risk)
        put_labelled(p, both(p, "high risk", "高风险"),
                     arena_printf(a, both(p, "case %s%s: %s", "判例 %s%s：%s"), rule->high_risk,
                                  trigger, known ? text_in(known->title, p->i->lang) : "-"));
}

static void put_rule(struct page *p, const struct rule *rule)
{
    struct arena *a = p->i->arena;
    enum lang lang = p->i->lang;
    buf_printf(p->out, "%s %s  %s\n", rule->number, rule->id, text_in(rule->title, lang));
    put_labelled(p, both(p, "why", "依据"), text_in(rule->why, lang));
    put_wants(p, rule);
    for (size_t n = 0; n < rule->applies.n; n++) {
        const struct want *c = &rule->applies.v[n].want;
        put_labelled(p, n ? "" : both(p, "applies", "适用"),
                     arena_printf(a, both(p, "where %s %s is %s", "%s %s 为 %s 时"), c->resource,
                                  c->key_name, text_in(want_expected_text(a, c), lang)));
    }
    put_params(p, rule);
    put_labelled(p, both(p, "evidence", "举证"), text_in(rule->evidence, lang));
    put_labelled(p, both(p, "class", "类别"),
                 arena_printf(a, both(p, "%s, risk of a change: %s", "%s，修改风险：%s"),
                              rule_class_name(rule->class), risk_name(rule->risk)));
    put_high_risk(p, rule);
    put_labelled(p, both(p, "sources", "来源"), strings_join(a, &rule->sources, ", ", 0));
    if (rule->skipped)
        put_labelled(
            p, both(p, "note", "说明"),
            both(p, "the preset in force does not ask for this rule", "当前预设未选用该规则"));
    put_labelled(p, both(p, "defined", "定义"), arena_printf(a, "%s:%u", rule->path, rule->line));
}

static void put_item(struct page *p, const struct item *item)
{
    enum lang lang = p->i->lang;
    buf_printf(p->out, "%u %s  ", item->number, item->id);
    buf_put_wrapped(p->out, text_in(item->name, lang), 2, p->columns);
    buf_putc(p->out, '\n');
    put_labelled(p, both(p, "clause", "条款"),
                 arena_printf(p->i->arena, "GB/T 22239-2019 %s, %s, %s", item->clause, item->unit,
                              text_in(item->domain, lang)));
    put_labelled(p, both(p, "pending", "待定"), text_in(item->pending, lang));
    for (size_t n = 0; n < item->rules.n; n++) {
        buf_putc(p->out, '\n');
        put_rule(p, &item->rules.v[n]);
    }
}

static int explain(struct invocation *i)
{
    struct policy *policy;
    struct selection selection = {0};
    if (!i->args.n)
        return complain(
            i, EXIT_USAGE,
            TEXT("which rule or item? see: dengbao list", "缺少规则或检查项；参见：dengbao list"));
    int r = session_policy(i, &policy);
    if (!r)
        r = session_select(i, policy, &selection);
    if (r)
        return r;
    _cleanup_buf_ struct buf b = {0};
    struct page p = {.i = i, .out = &b, .columns = i->columns ? i->columns : 100};
    for (size_t n = 0; n < selection.items.n; n++)
        put_item(&p, selection.items.v[n]);
    for (size_t n = 0; n < selection.n; n++) {
        if (b.len)
            buf_putc(&b, '\n');
        put_rule(&p, selection.v[n]);
    }
    return put_output(i, &b);
}

const struct command command_explain = {
    .name = "explain",
    .arguments = "RULE|ITEM…",
    .summary = {"what a rule wants, why, and whose values are in force",
                "说明规则的要求、依据和当前取值"},
    .about = {"Explains rules and items: what must hold, why, where it applies, the values in "
              "force with their allowed range, and the sources.",
              "说明规则和检查项：要求、依据、适用范围、当前取值及允许范围和来源。"},
    .set = COMMAND_EXPLAIN,
    .run = explain,
};
