#include "base/str.h"
#include "report/by_hand.h"
#include "report/html_put.h"

/* Per rule: open facts first, so that what is left out is what passes. The JSON has them all. */
enum {
    SHOWN_FACTS = 24,
    SHOWN_PASSING = 12,
    SHOWN_NAMES = 12,
    SHOWN_PLACES = 4,
    SHOWN_COMMANDS = 3
};

static bool is_open(enum verdict v)
{
    return v == VERDICT_FAIL || v == VERDICT_UNKNOWN || v == VERDICT_EVIDENCE_NEEDED;
}

static const char *shown(struct page *p, const struct value *v)
{
    if (v->kind == VALUE_LIST)
        return v->list.n ? strings_join(p->arena, &v->list, ", ", SHOWN_NAMES)
                         : both(p, "none", "无");
    const char *text = value_show(p->arena, v);
    return text ? text : both(p, "not set", "未设置");
}

static void put_value(struct page *p, const char *label, const struct value *v)
{
    if (label)
        html_rawf(p, "<small>%s</small>", label);
    html_raw(p, "<span class=\"m\">");
    html_text(p, shown(p, v));
    html_raw(p, "</span>");
}

static void put_found(struct page *p, const struct judged *j)
{
    const struct fact *f = &j->fact;
    html_raw(p, "<td>");
    if (f->state == FACT_KNOWN) {
        bool both_sides = f->has_configured && f->has_running;
        if (f->has_configured)
            put_value(p, both_sides ? both(p, "configured", "配置") : NULL, &f->configured);
        if (f->has_running)
            put_value(p, both(p, "running", "运行中"), &f->running);
        if (f->reason.en && *f->reason.en) {
            html_raw(p, "<small>");
            html_in(p, f->reason);
            html_raw(p, "</small>");
        }
    } else {
        html_in(p, j->reason);
    }
    html_raw(p, "</td>");
}

static void put_places(struct page *p, const struct fact *f)
{
    html_raw(p, "<td class=\"m\">");
    for (size_t i = 0; i < f->where.n && i < SHOWN_PLACES; i++) {
        html_raw(p, i ? "<br>" : "");
        html_text(p, f->where.v[i].path);
        if (f->where.v[i].line)
            html_rawf(p, ":%u", f->where.v[i].line);
    }
    if (f->where.n > SHOWN_PLACES)
        html_rawf(p, "<br>… (+%zu)", f->where.n - SHOWN_PLACES);
    html_raw(p, "</td>");
}

static void put_fact(struct page *p, const struct judged *j)
{
    html_raw(p, "<tr><td><span class=\"m\">");
    html_text(p, j->want->resource);
    html_raw(p, " ");
    html_text(p, j->want->key_name);
    html_raw(p, "</span>");
    if (j->fact.subject) {
        html_raw(p, "<small>");
        html_text(p, j->fact.subject);
        html_raw(p, "</small>");
    }
    html_raw(p, "</td><td>");
    html_in(p, want_expected_text(p->arena, j->want));
    html_raw(p, "</td>");
    put_found(p, j);
    put_places(p, &j->fact);
    html_raw(p, "<td>");
    html_verdict(p, j->verdict);
    html_raw(p, "</td></tr>\n");
}

static void put_facts(struct page *p, const struct rule_result *r)
{
    size_t done = 0, passing = 0, left = r->omitted;
    unsigned group = 0;
    if (!r->judged.n)
        return;
    html_rawf(p,
              "<table class=\"facts\"><thead><tr><th scope=\"col\">%s</th><th "
              "scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th "
              "scope=\"col\">%s</th></tr></thead><tbody>\n",
              both(p, "Checked", "检查点"), both(p, "Wanted", "要求"), both(p, "Found", "现状"),
              both(p, "Where", "位置"), both(p, "Verdict", "判定"));
    for (size_t i = 0; i < r->judged.n; i++) {
        const struct judged *j = &r->judged.v[i];
        bool open = is_open(j->verdict);
        if (done == SHOWN_FACTS || (!open && passing == SHOWN_PASSING)) {
            left++;
            continue;
        }
        if (j->want->group && j->want->group != group)
            html_rawf(p, "<tr class=\"g\"><td colspan=\"5\">%s</td></tr>\n",
                      both(p, "one of these must hold", "以下须至少满足一项"));
        group = j->want->group;
        put_fact(p, j);
        done++;
        passing += !open;
    }
    if (left)
        html_rawf(p, "<tr class=\"g\"><td colspan=\"5\">%s</td></tr>\n",
                  arena_printf(p->arena,
                               both(p, "… and %zu more; the JSON result lists up to 200",
                                    "…… 另有 %zu 处，JSON 结果最多列出 200 处"),
                               left));
    html_raw(p, "</tbody></table>\n");
}

static void put_pair(struct page *p, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    html_rawf(p, "<dt>%s</dt><dd>", name);
    html_text(p, value);
    html_raw(p, "</dd>");
}

/* The sub-item's own line for the record: which host, when, and what the facts hash to. */
static void put_stamp(struct page *p, const struct result *r, const struct rule_result *rule)
{
    html_raw(p, "<p class=\"st\">");
    html_text(p, r->host.name ? r->host.name : r->host.root);
    html_rawf(p, " · %s · SHA-256 <span class=\"m\">", html_time(p, r->started));
    html_text(p, rule->digest);
    html_raw(p, "</span></p>\n");
}

/* What an assessor would run to see the same. */
static void put_by_hand(struct page *p, const struct result *all, const struct rule_result *r)
{
    struct strings commands = by_hand_all(p->arena, &all->host, r, SHOWN_COMMANDS);
    for (size_t i = 0; i < commands.n; i++) {
        if (i)
            html_raw(p, "<br>");
        else
            html_rawf(p, "<dt>%s</dt><dd>", both(p, "By hand", "人工核对"));
        html_raw(p, "<code>");
        html_text(p, commands.v[i]);
        html_raw(p, "</code>");
    }
    html_raw(p, commands.n ? "</dd>" : "");
}

static void put_rule(struct page *p, const struct result *all, const struct rule_result *r)
{
    const char *mark = r->verdict == VERDICT_FAIL ? " x" : is_open(r->verdict) ? " o" : "";
    html_rawf(p, "<article class=\"rule%s\" data-v=\"%s\" id=\"r-", mark, verdict_name(r->verdict));
    html_text(p, r->rule->id);
    html_raw(p, "\"><div class=\"rt\"><span class=\"m\">");
    html_text(p, r->rule->number);
    html_raw(p, "</span><h4>");
    html_in(p, r->rule->title);
    html_raw(p, "</h4>");
    if (r->rule->high_risk && is_open(r->verdict)) {
        html_rawf(p, "<span class=\"b hr\">%s ", both(p, "high risk", "高风险"));
        html_text(p, r->rule->high_risk);
        html_raw(p, "</span>");
    }
    html_raw(p, "<code class=\"m\">");
    html_text(p, r->rule->id);
    html_raw(p, "</code>");
    html_verdict(p, r->verdict);
    html_raw(p, "</div>\n<dl class=\"kv\">");
    if (r->verdict != VERDICT_PASS)
        put_pair(p, both(p, "Reason", "原因"), text_in(r->reason, p->lang));
    if (r->verdict == VERDICT_EVIDENCE_NEEDED)
        put_pair(p, both(p, "Needed", "需要"), text_in(r->rule->evidence, p->lang));
    put_pair(p, both(p, "Why", "依据"), text_in(r->rule->why, p->lang));
    if (r->verdict == VERDICT_FAIL && r->rule->class != CLASS_EVIDENCE)
        put_pair(p, both(p, "Fix", "整改"), arena_printf(p->arena, "dengbao plan %s", r->rule->id));
    put_by_hand(p, all, r);
    html_raw(p, "</dl>\n");
    put_facts(p, r);
    put_stamp(p, all, r);
    html_raw(p, "</article>\n");
}

static void put_item(struct page *p, const struct result *all, const struct item_result *r)
{
    html_rawf(p, "<details class=\"item\" id=\"i-%u\"%s><summary><h3>%u. ", r->item->number,
              is_open(r->verdict) ? " open" : "", r->item->number);
    html_in(p, r->item->name);
    html_raw(p, "<small>");
    html_text(p, r->item->clause);
    html_raw(p, " · ");
    html_text(p, r->item->unit);
    html_raw(p, " · ");
    html_text(p, r->item->id);
    html_raw(p, "</small></h3>");
    html_badge(p, r->verdict, text_in(r->conclusion, p->lang));
    html_raw(p, "</summary>\n");
    if (r->pending) {
        html_rawf(p, "<div class=\"rule o\"><dl class=\"kv\"><dt>%s</dt><dd>",
                  both(p, "Pending", "待定"));
        html_text(p, r->item->pending.en
                         ? text_in(r->item->pending, p->lang)
                         : both(p, "no rule of this item is selected", "该检查项没有启用任何规则"));
        html_raw(p, "</dd></dl></div>\n");
    }
    vec_each (rule, &r->rules)
        put_rule(p, all, rule);
    if (r->skipped.n) {
        html_rawf(p, "<p class=\"rule note\">%s",
                  both(p, "Not asked for by this preset: ", "本预设未选用："));
        html_text(p, strings_join(p->arena, &r->skipped, ", ", 0));
        html_raw(p, "</p>\n");
    }
    html_raw(p, "</details>\n");
}

static void put_bar(struct page *p, const struct result *r)
{
    html_rawf(p, "<div class=\"bar\" id=\"bar\" role=\"search\" aria-label=\"%s\" hidden>",
              both(p, "Filter", "筛选"));
    for (unsigned v = 0; v < VERDICT_COUNT; v++)
        if (r->rules_count[v])
            html_rawf(p,
                      "<button type=\"button\" data-v=\"%s\" aria-pressed=\"false\">%s %u</button>",
                      verdict_name((enum verdict)v),
                      v == VERDICT_FAIL ? both(p, "fail", "不通过")
                                        : text_in(verdict_text((enum verdict)v), p->lang),
                      r->rules_count[v]);
    html_rawf(p,
              "<input id=\"find\" type=\"search\" placeholder=\"%s\" aria-label=\"%s\">"
              "<button type=\"button\" id=\"open\">%s</button><button type=\"button\" "
              "id=\"close\">%s</button><span id=\"said\" role=\"status\"></span></div>\n",
              both(p, "rule, file, account …", "规则、文件、账户……"),
              both(p, "Search in the rules", "在规则中查找"), both(p, "Unfold", "全部展开"),
              both(p, "Fold", "全部收起"));
}

void html_items(struct page *p, const struct result *r)
{
    const char *domain = NULL;
    html_rawf(p,
              "<section id=\"detail\" aria-labelledby=\"h-detail\"><h2 id=\"h-detail\">%s</h2>\n",
              both(p, "The items in clause order", "逐项检查结果"));
    put_bar(p, r);
    vec_each (item, &r->items) {
        const char *own = text_in(item->item->domain, p->lang);
        if (!cstr_eq(domain, own)) {
            html_raw(p, "<h2 class=\"dom\">");
            html_text(p, own);
            html_raw(p, "</h2>\n");
        }
        domain = own;
        put_item(p, r, item);
    }
    html_raw(p, "</section>\n");
}
