/* The assessment record as a section of the report: one fold per unit. */
#include "model/guide.h"
#include "report/html_put.h"

static enum verdict colour_of(enum unit_verdict v)
{
    static const enum verdict colours[] = {[UNIT_CONFORMS] = VERDICT_PASS,
                                           [UNIT_PARTLY] = VERDICT_EVIDENCE_NEEDED,
                                           [UNIT_NOT] = VERDICT_FAIL,
                                           [UNIT_NOT_APPLICABLE] = VERDICT_NOT_APPLICABLE,
                                           [UNIT_PENDING] = VERDICT_UNKNOWN};
    return colours[v];
}

static void put_steps(struct page *p, const struct record_unit *u)
{
    html_raw(p, "<ol>");
    for (size_t k = 0; k < u->unit->steps.n; k++) {
        html_raw(p, "<li>");
        html_in(p, u->unit->steps.v[k].text);
        html_raw(p, both(p, ": <b>", "：<b>"));
        html_in(p, answer_text(u->answers[k]));
        html_raw(p, "</b></li>");
    }
    html_raw(p, "</ol>");
}

static void put_cases(struct page *p, const struct record_unit *u)
{
    for (size_t i = 0; i < u->cases.n; i++) {
        const struct record_case *c = &u->cases.v[i];
        const struct guide_case *g = guide_case_find(c->high_risk);
        html_rawf(p, "<p class=\"note\"><b>%s",
                  c->open ? both(p, "May meet ", "可能涉及 ") : both(p, "Meets ", "涉及 "));
        html_text(p, c->high_risk);
        html_raw(p, " ");
        html_text(p, c->trigger);
        html_raw(p, "</b> ");
        if (!g) {
            const struct guide_trigger *t = guide_trigger_find(c->trigger);
            html_in(p, t ? t->title : (struct text){0});
        } else {
            html_in(p, g->title);
            html_raw(p, both(p, "; mitigated by: ", "；可缓解："));
            html_in(p, g->mitigation);
        }
        html_raw(p, "</p>");
    }
}

static void put_papers(struct page *p, const struct record_unit *u)
{
    for (size_t i = 0; i < u->papers.n; i++) {
        html_rawf(p, "<p class=\"note\">%s", both(p, "Evidence: ", "证据文件："));
        html_text(p, u->papers.v[i]);
        html_raw(p, "</p>");
    }
}

static void put_unit(struct page *p, const struct record_unit *u)
{
    struct text range = unit_range_text(p->arena, u);
    html_raw(p, "<details class=\"item unit\" id=\"u-");
    html_text(p, u->unit->id);
    html_raw(p, "\"><summary><h3>");
    html_text(p, u->unit->id);
    html_raw(p, " · ");
    html_in(p, u->unit->point);
    html_raw(p, "<small>");
    html_text(p, u->unit->clause);
    if (range.en) {
        html_raw(p, " · ");
        html_in(p, range);
    }
    html_raw(p, "</small></h3>");
    html_badge(p, colour_of(u->verdict), text_in(unit_verdict_text(u->verdict), p->lang));
    html_raw(p, "</summary><div class=\"rule\"><p><b>");
    html_in(p, u->unit->text);
    html_raw(p, "</b></p><p>");
    html_in(p, u->found);
    html_raw(p, "</p>");
    if (u->unit->applies && u->unit->steps.n)
        put_steps(p, u);
    if (u->unit->strict_reading) {
        html_raw(p, both(p, "<p class=\"note\">By the standard: ", "<p class=\"note\">按标准："));
        html_in(p, unit_verdict_text(u->verdict));
        html_raw(p, both(p, "; by the stricter reading: ", "；从严："));
        html_in(p, unit_verdict_text(u->strict));
        html_raw(p, "</p>");
    }
    if (u->unit->remark.en) {
        html_raw(p, "<p class=\"note\">");
        html_in(p, u->unit->remark);
        html_raw(p, "</p>");
    }
    put_cases(p, u);
    put_papers(p, u);
    html_raw(p, "</div></details>\n");
}

void html_record(struct page *p, const struct record *r)
{
    html_rawf(p, "<section aria-labelledby=\"h-rec\"><h2 id=\"h-rec\">%s</h2>\n<p>",
              both(p, "Assessment record: the 34 units", "测评记录：34 个测评单元"));
    html_in(p, r->estimate);
    html_raw(p, "</p><p>");
    for (unsigned v = 0; v < UNIT_VERDICTS; v++) {
        html_badge(p, colour_of((enum unit_verdict)v),
                   text_in(unit_verdict_text((enum unit_verdict)v), p->lang));
        html_rawf(p, " %u ", r->counts[v]);
    }
    html_raw(p, "</p>\n");
    for (size_t i = 0; i < r->units.n; i++)
        put_unit(p, &r->units.v[i]);
    html_raw(p, "</section>\n");
}
