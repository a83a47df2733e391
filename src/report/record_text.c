#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/width.h"
#include "model/guide.h"
#include "report/csv_writer.h"
#include "report/record.h"

void record_csv(const struct grid *g, struct buf *ret)
{
    struct csv csv = {.out = ret};
    csv_begin(&csv);
    for (size_t i = 0; i < g->cells.n; i++) {
        csv_cell(&csv, g->cells.v[i]);
        if ((i + 1) % g->columns == 0)
            csv_end_row(&csv);
    }
}

/* A checked system may call itself "<script>" or "| x |": nothing of it is markup here. */
static void put_escaped(struct buf *b, const char *s)
{
    for (; s && *s; s++) {
        if (*s == '<')
            buf_puts(b, "&lt;");
        else if (*s == '>')
            buf_puts(b, "&gt;");
        else if (*s == '&')
            buf_puts(b, "&amp;");
        else if (strchr("\\`*_[]|#!~", *s)) {
            buf_putc(b, '\\');
            buf_putc(b, *s);
        } else
            buf_putc(b, *s);
    }
}

static void put_unit(struct buf *b, struct arena *a, const struct record_unit *u, enum lang lang)
{
    bool zh = lang == LANG_ZH;
    buf_printf(b, "\n### %s · %s · %s\n\n", u->unit->id, u->unit->clause,
               text_in(unit_verdict_text(u->verdict), lang));
    put_escaped(b, text_in(u->unit->text, lang));
    buf_puts(b, "\n\n");
    put_escaped(b, safe_text(a, text_in(u->found, lang)));
    buf_puts(b, "\n");
    for (size_t k = 0; k < u->unit->steps.n; k++) {
        buf_printf(b, "%s%zu) ", k ? "" : "\n", k + 1);
        put_escaped(b, text_in(u->unit->steps.v[k].text, lang));
        buf_printf(b, zh ? "：%s  \n" : ": %s  \n", text_in(answer_text(u->answers[k]), lang));
    }
    if (u->unit->strict_reading)
        buf_printf(b, zh ? "\n标准判定：%s；从严判定：%s\n" : "\nThe standard: %s; strictly: %s\n",
                   text_in(unit_verdict_text(u->verdict), lang),
                   text_in(unit_verdict_text(u->strict), lang));
    for (size_t i = 0; i < u->cases.n; i++) {
        const struct record_case *c = &u->cases.v[i];
        const struct guide_case *g = guide_case_find(c->high_risk);
        buf_printf(b, "\n- %s %s %s",
                   c->open ? (zh ? "可能涉及" : "may meet")
                   : zh    ? "涉及"
                           : "meets",
                   c->high_risk ? c->high_risk : "", c->trigger ? c->trigger : "");
        if (g)
            buf_printf(b, zh ? "：%s；可缓解：%s" : ": %s; mitigated by: %s",
                       text_in(g->title, lang), text_in(g->mitigation, lang));
        buf_putc(b, '\n');
    }
    for (size_t i = 0; i < u->papers.n; i++) {
        buf_puts(b, zh ? "\n- 证据文件：" : "\n- evidence file: ");
        put_escaped(b, safe_text(a, u->papers.v[i]));
        buf_putc(b, '\n');
    }
}

void record_markdown(const struct record *r, enum lang lang, struct buf *ret)
{
    _cleanup_arena_ struct arena *a = arena_new();
    bool zh = lang == LANG_ZH;
    const char *host = r->result->host.name ? r->result->host.name : "localhost";
    buf_puts(ret,
             zh ? "# 现场测评记录：安全计算环境 " : "# Assessment record: computing environment ");
    put_escaped(ret, safe_text(a, host));
    buf_puts(ret, "\n\n");
    put_escaped(ret, safe_text(a, r->result->host.os_name ? r->result->host.os_name : "-"));
    buf_puts(ret, "\n\n");
    put_escaped(ret, text_in(r->estimate, lang));
    buf_puts(ret,
             zh ? "\n\n| 判定 | 单元数 |\n|---|---|\n" : "\n\n| verdict | units |\n|---|---|\n");
    for (unsigned v = 0; v < UNIT_VERDICTS; v++)
        buf_printf(ret, "| %s | %u |\n", text_in(unit_verdict_text((enum unit_verdict)v), lang),
                   r->counts[v]);
    const struct settlements *all = &r->result->settlements;
    for (size_t i = 0; i < all->n; i++) {
        const struct settlement *s = &all->v[i];
        buf_printf(ret, "\n- %s · %s · ", text_in(settlement_kind_text(s->kind), lang),
                   text_in(settlement_state_text(s->state), lang));
        put_escaped(ret, safe_text(a, s->target));
        buf_puts(ret, " · ");
        put_escaped(ret, safe_text(a, s->problem.en ? text_in(s->problem, lang)
                                                    : (s->reason ? s->reason : "")));
        buf_putc(ret, '\n');
    }
    const char *point = NULL;
    for (size_t i = 0; i < r->units.n; i++) {
        const struct record_unit *u = &r->units.v[i];
        if (!cstr_eq(point, u->unit->point.en))
            buf_printf(ret, "\n## %s\n", text_in(u->unit->point, lang));
        point = u->unit->point.en;
        put_unit(ret, a, u, lang);
    }
}
