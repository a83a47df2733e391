#include "base/str.h"
#include "report/compare.h"
#include "report/html_put.h"

static void put_note(struct page *p, const char *text)
{
    html_rawf(p, "<p class=\"note\"><strong>%s</strong></p>\n", text);
}

/* One bar of all rules; its key stands below. */
static void put_bar(struct page *p, const char *label, const struct result *r)
{
    unsigned total = 0;
    double x = 0;
    for (int v = 0; v < VERDICT_COUNT; v++)
        total += r->rules_count[v];
    html_rawf(p, "<h3>%s · %s</h3>\n", label, html_time(p, r->started));
    html_rawf(p, "<svg viewBox=\"0 0 1000 26\" role=\"img\" aria-label=\"%s\">",
              both(p, "rules by verdict", "规则判定分布"));
    for (unsigned v = 0; total && v < VERDICT_COUNT; v++) {
        double width = 1000.0 * r->rules_count[v] / total;
        html_rawf(p, "<rect class=\"f-%s\" x=\"%.1f\" y=\"0\" width=\"%.1f\" height=\"24\"></rect>",
                  verdict_name((enum verdict)v), x, width > 2 ? width - 1.5 : width);
        x += width;
    }
    html_raw(p, "</svg>\n");
    html_keys(p, r->rules_count);
}

static void put_side(struct page *p, const struct rule_result *r)
{
    if (r)
        html_verdict(p, r->verdict);
    else
        html_raw(p, both(p, "absent", "无"));
}

static void put_fact(struct page *p, const struct change_fact *f)
{
    const struct judged *j = f->after ? f->after : f->before;
    const char *absent = both(p, "nothing", "无");
    html_raw(p, "<br><small class=\"m\">");
    html_text(p, j->want->resource);
    html_raw(p, " ");
    html_text(p, j->want->key_name);
    if (j->fact.subject) {
        html_raw(p, " (");
        html_text(p, j->fact.subject);
        html_raw(p, ")");
    }
    html_raw(p, ": ");
    html_text(p, f->before ? judged_found(p->arena, f->before, p->lang) : absent);
    html_raw(p, " → ");
    html_text(p, f->after ? judged_found(p->arena, f->after, p->lang) : absent);
    html_raw(p, "</small>");
}

static void put_change(struct page *p, const struct change *c)
{
    const struct rule_result *any = c->after ? c->after : c->before;
    html_raw(p, "<tr><td>");
    html_text(p, any->rule->number);
    html_raw(p, "</td><td>");
    html_in(p, any->rule->title);
    vec_each (f, &c->facts)
        put_fact(p, f);
    if (c->omitted)
        html_rawf(p, "<br><small>%s</small>",
                  arena_printf(p->arena, both(p, "… and %zu more", "…… 另有 %zu 处"), c->omitted));
    html_raw(p, "</td><td>");
    put_side(p, c->before);
    html_raw(p, "</td><td>");
    put_side(p, c->after);
    html_raw(p, "</td></tr>\n");
}

static void put_changes(struct page *p, const struct changes_between *c)
{
    int kind = -1;
    vec_each (one, &c->list) {
        if ((int)one->kind != kind) {
            html_rawf(p,
                      "%s<section><h2>%s</h2><table class=\"diff\"><thead><tr><th "
                      "scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th "
                      "scope=\"col\">%s</th></tr></thead><tbody>\n",
                      kind < 0 ? "" : "</tbody></table></section>\n",
                      text_in(change_kind_text(one->kind), p->lang), both(p, "No", "序号"),
                      both(p, "Rule", "规则"), both(p, "Before", "之前"), both(p, "After", "之后"));
            kind = (int)one->kind;
        }
        put_change(p, one);
    }
    if (kind >= 0)
        html_raw(p, "</tbody></table></section>\n");
}

static void changes_html(const struct changes_between *c, const struct report_options *o,
                         struct buf *ret)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct page p = {.out = ret, .arena = a, .lang = o->lang};
    const struct host_facts *h = &c->after->host;
    const char *title = both(&p, "What changed between two checks", "两次检查的变化");
    html_begin(&p, title);
    html_rawf(&p, "<header><div class=\"in\"><h1>%s</h1><p>", title);
    html_text(&p, h->name ? h->name : h->root);
    html_raw(&p, " · ");
    html_text(&p, h->os_name);
    html_raw(&p, "</p></div></header>\n<main id=\"main\" class=\"in\"><section>\n");
    put_bar(&p, both(&p, "Before", "之前"), c->before);
    put_bar(&p, both(&p, "After", "之后"), c->after);
    html_rawf(&p, "<p>%s</p>\n",
              arena_printf(a,
                           both(&p, "%zu rules changed, %zu are the same.",
                                "%zu 条规则有变化，%zu 条相同。"),
                           c->list.n, c->same));
    if (c->before->altered || c->after->altered)
        put_note(&p,
                 both(&p, "A result file was changed after it was written: this proves nothing.",
                      "有结果文件在保存后被更改：本比较不能作为证据。"));
    if (c->other_policy)
        put_note(&p, both(&p,
                          "The two rest on different policies or presets: part of what changed may "
                          "come from that.",
                          "两次检查的策略或预设不同：部分变化可能由此引起。"));
    html_raw(&p, "</section>\n");
    put_changes(&p, c);
    html_raw(&p, "</main>\n");
    html_end(&p, false);
}

static const char *const signs[VERDICT_COUNT] = {
    [VERDICT_PASS] = "✓",           [VERDICT_FAIL] = "✗",
    [VERDICT_WAIVED] = "◇",         [VERDICT_EVIDENCE_NEEDED] = "✎",
    [VERDICT_NOT_APPLICABLE] = "–", [VERDICT_UNKNOWN] = "?",
};

static void put_row(struct page *p, const struct brief *b)
{
    html_raw(p, "<tr><th scope=\"row\">");
    html_text(p, brief_host(b));
    html_raw(p, "<small>");
    html_text(p, b->started);
    html_raw(p, "</small></th>");
    /* Short on purpose: there may be ten thousand rows of these. */
    for (int i = 0; i < BRIEF_ITEMS; i++)
        if (b->has_item[i])
            html_rawf(p, "<td class=%s>%s", verdict_name(b->items[i]), signs[b->items[i]]);
        else
            html_raw(p, "<td>");
    html_rawf(p, "<td>%u<td>", b->items_count[VERDICT_FAIL]);
    html_in(p, b->conclusion);
    html_raw(p, "</tr>\n");
}

static void put_totals(struct page *p, const struct briefs *all)
{
    unsigned failing[BRIEF_ITEMS] = {0}, sum = 0;
    vec_each (b, all) {
        for (int i = 0; i < BRIEF_ITEMS; i++)
            failing[i] += b->has_item[i] && b->items[i] == VERDICT_FAIL;
        sum += b->items_count[VERDICT_FAIL];
    }
    html_rawf(p, "<tr class=\"tot\"><th scope=\"row\">%s</th>",
              both(p, "hosts that fail", "不通过的主机数"));
    for (int i = 0; i < BRIEF_ITEMS; i++)
        html_rawf(p, "<td>%u", failing[i]);
    html_rawf(p, "<td>%u<td></tr>\n", sum);
}

static void put_key(struct page *p)
{
    html_raw(p, "<p class=\"note\">");
    for (unsigned v = 0; v < VERDICT_COUNT; v++) {
        html_verdict(p, (enum verdict)v);
        html_raw(p, " ");
    }
    html_raw(p, "</p>\n");
}

static void table_html(const struct briefs *all, const struct report_options *o, struct buf *ret)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct page p = {.out = ret, .arena = a, .lang = o->lang};
    size_t policies = briefs_policies(a, all);
    const char *title = both(&p, "MLPS 2.0 level 3: all hosts", "等级保护三级检查：主机总表");
    html_begin(&p, title);
    html_rawf(&p, "<header><div class=\"wide\"><h1>%s</h1><p>%s</p></div></header>\n", title,
              arena_printf(a, both(&p, "%zu results", "共 %zu 份结果"), all->n));
    html_raw(&p, "<main id=\"main\" class=\"wide\"><section>\n");
    if (policies > 1)
        put_note(&p, arena_printf(a,
                                  both(&p,
                                       "They rest on %zu different policies or presets and do not "
                                       "compare exactly.",
                                       "这些结果使用了 %zu 种不同的策略或预设，不能直接比较。"),
                                  policies));
    put_key(&p);
    html_rawf(&p,
              "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"%s\"><table "
              "class=\"fleet\"><thead><tr><th scope=\"col\">%s</th>",
              title, both(&p, "Host", "主机"));
    for (int i = 1; i <= BRIEF_ITEMS; i++)
        html_rawf(&p, "<th scope=\"col\">%d</th>", i);
    html_rawf(&p, "<th scope=\"col\">%s</th><th scope=\"col\">%s</th></tr></thead><tbody>\n",
              both(&p, "Fail", "不通过"), both(&p, "Conclusion", "结论"));
    put_totals(&p, all);
    vec_each (b, all)
        put_row(&p, b);
    html_raw(&p, "</tbody></table></div></section></main>\n");
    html_end(&p, false);
}

const struct comparison comparison_html = {"html", changes_html, table_html};
