#include "base/str.h"
#include "model/guide.h"
#include "report/html_put.h"
#include "report/report.h"

/*
 * One file that needs nothing else: style and charts are in it, nothing is loaded, and without its
 * few lines of script only filtering and "unfold all" are missing.
 */

static const char *host_name(const struct result *r)
{
    return r->host.name ? r->host.name : r->host.root;
}

static void put_head(struct page *p, const struct result *r)
{
    const struct host_facts *h = &r->host;
    const char *title =
        both(p, "MLPS 2.0 level 3 check report", "网络安全等级保护三级主机检查报告");
    html_begin(p, arena_printf(p->arena, "%s · %s", title, host_name(r)));
    html_rawf(p, "<header><div class=\"in\"><h1>%s</h1><p>%s</p>\n<dl class=\"meta\">\n", title,
              both(p,
                   "GB/T 22239-2019, level 3, secure computing environment: 19 check items of a "
                   "Linux host",
                   "GB/T 22239-2019 第三级 安全计算环境，Linux 主机 19 个检查项"));
    html_meta(p, both(p, "Host", "主机"), host_name(r));
    html_meta(p, both(p, "System", "操作系统"),
              h->os_name ? h->os_name : both(p, "unknown", "未知"));
    html_meta(p, both(p, "Checked as", "检查对象"),
              h->live ? both(p, "running system", "运行中的系统")
                      : arena_printf(p->arena, both(p, "image %s", "镜像 %s"), h->root));
    html_meta(p, both(p, "Kernel", "内核"), h->kernel);
    html_meta(p, both(p, "Time", "检查时间"), html_time(p, r->started));
    html_meta(p, both(p, "Preset", "预设"), r->preset);
    html_meta(p, both(p, "Tool", "工具"), arena_printf(p->arena, "dengbao %s", r->tool_version));
    html_meta(p, both(p, "Policy (SHA-256)", "策略摘要（SHA-256）"), r->policy_digest);
    html_meta(p, both(p, "State (SHA-256)", "状态摘要（SHA-256）"), r->state_digest);
    html_meta(p, both(p, "Host id", "主机标识"), h->id);
    html_raw(p, "</dl></div></header>\n<main id=\"main\" class=\"in\">\n");
}

static enum verdict worst(const unsigned counts[VERDICT_COUNT])
{
    return verdict_all(counts);
}

static void put_summary(struct page *p, const struct result *r)
{
    html_rawf(
        p, "<section aria-labelledby=\"h-sum\"><h2 id=\"h-sum\">%s</h2>\n<p class=\"big\"><strong>",
        both(p, "Summary", "总体结果"));
    html_badge(p, worst(r->items_count), text_in(r->conclusion, p->lang));
    html_rawf(
        p, "</strong><span>%s</span></p>\n",
        arena_printf(p->arena,
                     both(p, "%u items fail, %u are open; of the rules %u fail, %u are open",
                          "检查项：%u 项不通过，%u 项待定；规则：%u 条不通过，%u 条待定"),
                     r->items_count[VERDICT_FAIL],
                     r->items_count[VERDICT_UNKNOWN] + r->items_count[VERDICT_EVIDENCE_NEEDED],
                     r->rules_count[VERDICT_FAIL],
                     r->rules_count[VERDICT_UNKNOWN] + r->rules_count[VERDICT_EVIDENCE_NEEDED]));
    html_raw(p, "<div class=\"sum\"><div>\n");
    html_donut(p, r);
    html_keys(p, r->items_count);
    html_rawf(p, "</div><div><h3>%s</h3>\n", both(p, "Rules by domain", "各控制点的规则"));
    html_domains(p, r);
    html_keys(p, r->rules_count);
    html_raw(p, "</div></div>\n");
    if (r->altered)
        html_rawf(p, "<p class=\"alarm\" role=\"alert\">%s</p>\n",
                  both(p,
                       "The result file was changed after it was written: its digests are not "
                       "those of its contents. This report proves nothing.",
                       "结果文件在保存后被更改：摘要与内容不符。本报告不能作为证据。"));
    if (!r->host.privileged)
        html_rawf(p, "<p class=\"note\">%s</p>\n",
                  both(p, "Not run as root: what could not be read is unknown.",
                       "检查时不是 root：无法读取的内容判为未知。"));
    html_raw(p, "</section>\n");
}

static unsigned rules_of(const struct item_result *r, unsigned *ret_good)
{
    unsigned n = 0;
    for (int v = 0; v < VERDICT_COUNT; v++)
        n += r->counts[v];
    *ret_good =
        r->counts[VERDICT_PASS] + r->counts[VERDICT_WAIVED] + r->counts[VERDICT_NOT_APPLICABLE];
    return n;
}

static void put_overview(struct page *p, const struct result *r)
{
    const char *domain = NULL;
    html_rawf(p,
              "<section aria-labelledby=\"h-over\"><h2 id=\"h-over\">%s</h2>\n<table "
              "class=\"over\"><thead><tr><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th "
              "scope=\"col\">%s</th><th scope=\"col\">%s</th><th "
              "scope=\"col\">%s</th></tr></thead><tbody>\n",
              both(p, "All items", "检查项总览"), both(p, "No", "序号"),
              both(p, "Requirement", "控制项"), both(p, "Clause", "条款"), both(p, "Rules", "规则"),
              both(p, "Conclusion", "结论"));
    vec_each (item, &r->items) {
        unsigned good, all = rules_of(item, &good);
        const char *own = text_in(item->item->domain, p->lang);
        if (!cstr_eq(domain, own)) {
            html_raw(p, "<tr class=\"d\"><th colspan=\"5\" scope=\"colgroup\">");
            html_text(p, own);
            html_raw(p, "</th></tr>\n");
        }
        domain = own;
        html_rawf(p, "<tr><td>%u</td><td><a href=\"#i-%u\">", item->item->number,
                  item->item->number);
        html_in(p, item->item->name);
        html_raw(p, "</a></td><td>");
        html_text(p, item->item->clause);
        html_rawf(p, "</td><td>%u/%u</td><td>", good, all);
        html_badge(p, item->verdict, text_in(item->conclusion, p->lang));
        html_raw(p, "</td></tr>\n");
    }
    html_raw(p, "</tbody></table></section>\n");
}

static void put_link(struct page *p, const struct rule_result *r)
{
    html_text(p, r->rule->number);
    html_raw(p, " <a href=\"#r-");
    html_text(p, r->rule->id);
    html_raw(p, "\">");
    html_in(p, r->rule->title);
    html_raw(p, "</a>");
}

static void put_labelled(struct page *p, const char *label, const char *value)
{
    if (!value || !*value)
        return;
    html_rawf(p, "<p class=\"note\">%s", label);
    html_text(p, value);
    html_raw(p, "</p>");
}

static void put_high_risk_rule(struct page *p, const struct rule_result *r)
{
    const struct guide_case *known = guide_case_find(r->rule->high_risk);
    const struct guide_trigger *trigger = guide_trigger_find(r->rule->trigger);
    html_raw(p, r->verdict == VERDICT_FAIL ? "<li>" : "<li class=\"q\">");
    html_raw(p, "<div class=\"rt\"><h4>");
    put_link(p, r);
    html_raw(p, "</h4>");
    html_verdict(p, r->verdict);
    html_raw(p, "</div><p>");
    html_in(p, r->reason);
    html_raw(p, "</p>");
    put_labelled(
        p, both(p, "High-risk case ", "高风险判例 "),
        known ? arena_printf(p->arena, "%s %s", r->rule->high_risk, text_in(known->title, p->lang))
              : r->rule->high_risk);
    if (r->rule->trigger)
        put_labelled(p, both(p, "Trigger of a major hidden danger ", "重大风险隐患触发项 "),
                     trigger ? arena_printf(p->arena, "%s %s", r->rule->trigger,
                                            text_in(trigger->title, p->lang))
                             : r->rule->trigger);
    if (known)
        put_labelled(p, both(p, "May be mitigated by: ", "可能的缓解措施："),
                     text_in(known->mitigation, p->lang));
    html_raw(p, "</li>\n");
}

/* Failed first; then what is not yet known not to be one. */
static void put_high_risk(struct page *p, const struct result *r)
{
    static const enum verdict order[] = {VERDICT_FAIL, VERDICT_UNKNOWN, VERDICT_EVIDENCE_NEEDED};
    unsigned n = 0;
    html_rawf(p, "<section aria-labelledby=\"h-high\"><h2 id=\"h-high\">%s</h2>\n",
              both(p, "High-risk findings", "高风险问题"));
    html_rawf(p, "<p class=\"note\">%s</p><ul class=\"cards\">\n",
              both(p,
                   "Findings that meet a case of the 2025 high-risk guide, and those where that "
                   "could not be ruled out. Whether the risk is high is for the assessor to judge.",
                   "符合 2025 年高风险判定实施指引（试行）判例描述的问题，以及尚不能排除的问题；"
                   "是否判为高风险由测评机构判定。"));
    for (size_t k = 0; k < sizeof order / sizeof order[0]; k++)
        vec_each (item, &r->items) {
            vec_each (rule, &item->rules) {
                if (!rule->rule->high_risk || rule->verdict != order[k])
                    continue;
                put_high_risk_rule(p, rule);
                n++;
            }
        }
    html_raw(p, "</ul>\n");
    if (!n)
        html_rawf(p, "<p>%s</p>\n", both(p, "None was found.", "未发现。"));
    html_raw(p, "</section>\n");
}

static void put_open_rule(struct page *p, const struct result *all, const struct rule_result *r)
{
    bool evidence = r->verdict == VERDICT_EVIDENCE_NEEDED;
    html_rawf(p, "<li class=\"q\"><div class=\"rt\"><h4>");
    put_link(p, r);
    html_raw(p, "</h4>");
    html_verdict(p, r->verdict);
    html_raw(p, "</div>");
    if (evidence) {
        put_labelled(p, both(p, "What settles it: ", "需要的证据："),
                     text_in(r->rule->evidence, p->lang));
    } else {
        put_labelled(p, both(p, "Why it is unknown: ", "未知的原因："),
                     text_in(r->reason, p->lang));
        put_labelled(
            p, both(p, "What settles it: ", "如何确定："),
            !all->host.privileged ? both(p, "run the check as root", "以 root 运行检查")
            : !all->host.live
                ? both(p, "check the running system as well", "在运行中的系统上再次检查")
                : both(p, "look at it by hand and record what was found", "人工核查并记录结果"));
    }
    html_raw(p, "</li>\n");
}

static void put_open(struct page *p, const struct result *r)
{
    if (!r->rules_count[VERDICT_UNKNOWN] && !r->rules_count[VERDICT_EVIDENCE_NEEDED])
        return;
    html_rawf(
        p, "<section aria-labelledby=\"h-open\"><h2 id=\"h-open\">%s</h2>\n<ul class=\"cards\">\n",
        both(p, "What is still open", "待补充证据与未能确定的内容"));
    for (int k = 0; k < 2; k++)
        vec_each (item, &r->items) {
            vec_each (rule, &item->rules) {
                if (rule->verdict == (k ? VERDICT_UNKNOWN : VERDICT_EVIDENCE_NEEDED))
                    put_open_rule(p, r, rule);
            }
        }
    html_raw(p, "</ul></section>\n");
}

static void put_settlement(struct page *p, const struct settlement *s)
{
    html_rawf(p, "<li%s><div class=\"rt\"><h4>", settlement_holds(s) ? " class=\"w\"" : "");
    html_in(p, settlement_kind_text(s->kind));
    html_raw(p, " <span class=\"m\">");
    html_text(p, s->target);
    html_raw(p, "</span></h4>");
    html_badge(p, settlement_holds(s) ? VERDICT_WAIVED : VERDICT_FAIL,
               text_in(settlement_state_text(s->state), p->lang));
    html_raw(p, "</div>");
    put_labelled(p, both(p, "Reason: ", "说明："), s->reason);
    put_labelled(p, both(p, "Person: ", "责任人："), s->person);
    put_labelled(p, both(p, "Until: ", "有效期至："), s->until);
    put_labelled(p, both(p, "Evidence: ", "证据文件："), s->file);
    put_labelled(p, "SHA-256: ", s->sha256);
    put_labelled(p, both(p, "Note: ", "注意："), text_in(s->problem, p->lang));
    if (settlement_holds(s) && !s->used)
        put_labelled(p, "", both(p, "No verdict rests on it.", "没有判定依据此记录。"));
    html_raw(p, "</li>\n");
}

/* What people have settled, in force or not. */
static void put_settlements(struct page *p, const struct result *r)
{
    if (!r->settlements.n)
        return;
    html_rawf(p,
              "<section aria-labelledby=\"h-set\"><h2 id=\"h-set\">%s</h2>\n<ul class=\"cards\">\n",
              both(p, "Waivers and evidence", "豁免与举证"));
    vec_each (s, &r->settlements)
        put_settlement(p, s);
    html_raw(p, "</ul></section>\n");
}

static int write_html(const struct result *r, const struct report_options *o, struct buf *ret)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct page p = {.out = ret, .arena = a, .lang = o->lang};
    put_head(&p, r);
    put_summary(&p, r);
    put_high_risk(&p, r);
    put_overview(&p, r);
    html_items(&p, r);
    put_open(&p, r);
    put_settlements(&p, r);
    if (o->record)
        html_record(&p, o->record);
    html_rawf(
        &p, "</main>\n<footer class=\"in\"><p>%s</p></footer>\n",
        both(&p,
             "Unknown is never counted as pass or fail. This report helps preparation and "
             "evidence collection; it is no conclusion of an assessment.",
             "“未知”既不计为通过，也不计为不通过。本报告用于自查和测评取证，不构成等级测评结论。"));
    html_end(&p, true);
    return 0;
}

const struct report report_html = {
    .name = "html",
    .summary = {"one file for browser and printer", "单个网页文件，供浏览和打印"},
    .write = write_html,
};
