#include <time.h>

#include "base/arena.h"
#include "base/width.h"
#include "base/wrap.h"
#include "report/report.h"

/* For people: a table of all items, then what is wrong and where, then what it adds up to. */

enum { DEFAULT_COLUMNS = 100, SHOWN_FACTS = 6, VERDICT_COLUMNS = 15, DETAIL_INDENT = 6 };

struct page {
    struct buf *out;
    struct arena *arena;
    const struct report_options *o;
    unsigned columns;
};

static const char *colour_of(enum verdict v)
{
    static const char *const colours[VERDICT_COUNT] = {
        [VERDICT_PASS] = "\033[32m",          [VERDICT_FAIL] = "\033[1;31m",
        [VERDICT_WAIVED] = "\033[36m",        [VERDICT_EVIDENCE_NEEDED] = "\033[35m",
        [VERDICT_NOT_APPLICABLE] = "\033[2m", [VERDICT_UNKNOWN] = "\033[33m",
    };
    return colours[v];
}

static void put(struct page *p, const char *s)
{
    buf_puts(p->out, s);
}

static const char *in(const struct page *p, struct text t)
{
    return text_in(t, p->o->lang);
}

/* A macro, so that the compiler sees both formats. */
#define both(p, en, zh) ((p)->o->lang == LANG_ZH ? (zh) : (en))

static void put_styled(struct page *p, const char *style, const char *s, unsigned columns)
{
    if (p->o->colour)
        put(p, style);
    buf_put_safe(p->out, str_of(s));
    if (p->o->colour)
        put(p, "\033[0m");
    unsigned width = width_of(str_of(s));
    if (width < columns)
        buf_fill(p->out, ' ', columns - width);
}

static void put_bold(struct page *p, const char *s)
{
    put_styled(p, "\033[1m", s, 0);
}

static void put_verdict(struct page *p, enum verdict v, unsigned columns)
{
    put_styled(p, colour_of(v), in(p, verdict_text(v)), columns);
}

/* "label  text", the text wrapped beside the label. What comes from the host is made safe. */
static void put_labelled(struct page *p, unsigned indent, const char *label, const char *text)
{
    unsigned width = p->o->lang == LANG_ZH ? 6 : 8;
    if (!*text)
        return;
    buf_fill(p->out, ' ', indent);
    put_styled(p, "\033[2m", label, width);
    buf_put_wrapped(p->out, safe_text(p->arena, text), indent + width, p->columns);
    put(p, "\n");
}

static void put_head(struct page *p, const struct result *r)
{
    struct tm t;
    char started[64] = "";
    const struct host_facts *h = &r->host;
    if (gmtime_r(&r->started, &t))
        (void)strftime(started, sizeof started, "%Y-%m-%d %H:%M UTC", &t);
    put_bold(p, both(p, "MLPS 2.0 level 3 check (GB/T 22239-2019)",
                     "等保2.0三级检查（GB/T 22239-2019）"));
    put(p, "\n");
    put_labelled(
        p, 0, both(p, "host", "主机"),
        arena_printf(p->arena, "%s · %s%s%s · %s", h->name ? h->name : "-",
                     h->os_name ? h->os_name : both(p, "unknown system", "未知系统"),
                     h->kernel ? " · " : "", h->kernel ? h->kernel : "",
                     h->live ? both(p, "this machine", "本机")
                             : arena_printf(p->arena, both(p, "image %s", "镜像 %s"), h->root)));
    put_labelled(p, 0, both(p, "policy", "策略"),
                 arena_printf(p->arena, "%s · sha256 %.12s · dengbao %s", r->preset,
                              r->policy_digest, r->tool_version));
    put_labelled(p, 0, both(p, "time", "时间"), started);
}

static unsigned rules_of(const struct item_result *r)
{
    unsigned n = 0;
    for (int v = 0; v < VERDICT_COUNT; v++)
        n += r->counts[v];
    return n;
}

static void put_row(struct page *p, const struct item_result *r)
{
    unsigned good =
        r->counts[VERDICT_PASS] + r->counts[VERDICT_WAIVED] + r->counts[VERDICT_NOT_APPLICABLE];
    buf_printf(p->out, "  %2u  ", r->item->number);
    put_verdict(p, r->verdict, VERDICT_COLUMNS + 1);
    const char *count = arena_printf(p->arena, "%u/%u", good, rules_of(r));
    buf_put_padded(p->out, rules_of(r) ? count : "-", 7);
    buf_put_cut(p->out, safe_text(p->arena, in(p, r->item->name)),
                p->columns - 13 - VERDICT_COLUMNS - 1);
    put(p, "\n");
}

static void put_table(struct page *p, const struct result *r)
{
    const char *domain = NULL;
    put(p, "\n");
    put_styled(p, "\033[2m", both(p, "  No", "编号"), 6);
    put_styled(p, "\033[2m", both(p, "verdict", "判定"), VERDICT_COLUMNS + 1);
    put_styled(p, "\033[2m", both(p, "rules", "规则"), 7);
    put_styled(p, "\033[2m", both(p, "requirement", "要求"), 0);
    put(p, "\n");
    for (size_t i = 0; i < r->items.n; i++) {
        const char *own = in(p, r->items.v[i].item->domain);
        if (!cstr_eq(domain, own)) {
            put_bold(p, own);
            put(p, "\n");
        }
        domain = own;
        put_row(p, &r->items.v[i]);
    }
}

static const char *places(struct page *p, const struct fact *f)
{
    _cleanup_buf_ struct buf b = {0};
    for (size_t i = 0; i < f->where.n && i < 3; i++) {
        buf_puts(&b, i ? ", " : "");
        buf_puts(&b, f->where.v[i].path);
        if (f->where.v[i].line)
            buf_printf(&b, ":%u", f->where.v[i].line);
    }
    if (f->where.n > 3)
        buf_printf(&b, " … (+%zu)", f->where.n - 3);
    return arena_strndup(p->arena, b.len ? b.data : "", b.len);
}

/* "- sshd PermitRootLogin (Match user bob): found yes, wanted no [/etc/ssh/sshd_config:3]" */
static void put_fact(struct page *p, const struct judged *j)
{
    const char *subject = j->fact.subject, *where = places(p, &j->fact);
    const char *reason = in(p, j->reason);
    if (!*reason)
        reason = both(p, "holds", "符合");
    const char *line =
        arena_printf(p->arena, "%s %s%s%s%s%s%s", j->want->resource, j->want->key_name,
                     subject ? both(p, " (", "（") : "", subject ? subject : "",
                     subject ? both(p, ")", "）") : "", both(p, ": ", "："), reason);
    buf_fill(p->out, ' ', DETAIL_INDENT);
    put(p, "- ");
    if (*where)
        line = arena_printf(p->arena, "%s  [%s]", line, where);
    buf_put_wrapped(p->out, safe_text(p->arena, line), DETAIL_INDENT + 2, p->columns);
    put(p, "\n");
}

static bool is_open(enum verdict v)
{
    return v == VERDICT_FAIL || v == VERDICT_UNKNOWN || v == VERDICT_EVIDENCE_NEEDED;
}

static void put_facts(struct page *p, const struct rule_result *r)
{
    size_t shown = 0, more = r->omitted;
    unsigned group = 0;
    for (size_t i = 0; i < r->judged.n; i++) {
        const struct judged *j = &r->judged.v[i];
        if (!is_open(j->verdict) && !p->o->verbose)
            continue;
        if (shown == SHOWN_FACTS && !p->o->verbose) {
            more++;
            continue;
        }
        if (j->want->group && j->want->group != group) {
            buf_fill(p->out, ' ', DETAIL_INDENT);
            put(p, both(p, "one of these must hold:\n", "以下须至少满足一项：\n"));
        }
        group = j->want->group;
        put_fact(p, j);
        shown++;
    }
    if (more) {
        buf_fill(p->out, ' ', DETAIL_INDENT);
        buf_printf(p->out,
                   both(p, "- … and %zu more (--format json has up to 200)\n",
                        "- …… 另有 %zu 处（--format json 最多列出 200 处）\n"),
                   more);
    }
}

static void put_rule(struct page *p, const struct rule_result *r)
{
    put(p, "\n  ");
    put_verdict(p, r->verdict, 0);
    buf_printf(p->out, "  %s %s  ", safe_text(p->arena, r->rule->number), r->rule->id);
    put_bold(p, in(p, r->rule->title));
    if (r->rule->high_risk && is_open(r->verdict)) {
        put(p, "  ");
        put_styled(
            p, colour_of(VERDICT_FAIL),
            arena_printf(p->arena, both(p, "[high risk %s]", "[高风险 %s]"), r->rule->high_risk),
            0);
    }
    put(p, "\n");
    if (r->verdict == VERDICT_PASS && !p->o->verbose)
        return;
    bool reason_is_in_facts =
        r->judged.n && r->verdict != VERDICT_EVIDENCE_NEEDED && r->verdict != VERDICT_WAIVED;
    if (r->verdict == VERDICT_EVIDENCE_NEEDED) /* its facts follow with their own reasons */
        put_labelled(p, DETAIL_INDENT, both(p, "needed", "需要"), in(p, r->rule->evidence));
    else if (!reason_is_in_facts)
        put_labelled(p, DETAIL_INDENT, both(p, "reason", "原因"), in(p, r->reason));
    put_facts(p, r);
    if (is_open(r->verdict))
        put_labelled(p, DETAIL_INDENT, both(p, "why", "依据"), in(p, r->rule->why));
}

/* Failing rules first, then what is open, then the rest. */
static void put_item(struct page *p, const struct item_result *r)
{
    static const enum verdict order[VERDICT_COUNT] = {
        VERDICT_FAIL,   VERDICT_UNKNOWN,        VERDICT_EVIDENCE_NEEDED,
        VERDICT_WAIVED, VERDICT_NOT_APPLICABLE, VERDICT_PASS};
    unsigned shown = p->o->verbose ? VERDICT_COUNT : 4;
    put(p, "\n");
    put_bold(
        p, arena_printf(p->arena, "%u %s · %s · ", r->item->number, r->item->id, r->item->clause));
    put_styled(p, colour_of(r->verdict), in(p, r->conclusion), 0);
    put(p, "\n  ");
    buf_put_wrapped(p->out, safe_text(p->arena, in(p, r->item->name)), 2, p->columns);
    put(p, "\n");
    if (r->pending)
        put_labelled(p, 2, both(p, "pending", "待定"),
                     r->item->pending.en
                         ? in(p, r->item->pending)
                         : both(p, "no rule of this item is selected", "该检查项没有启用任何规则"));
    for (unsigned k = 0; k < shown; k++)
        for (size_t i = 0; i < r->rules.n; i++)
            if (r->rules.v[i].verdict == order[k])
                put_rule(p, &r->rules.v[i]);
}

static void put_counts(struct page *p, const char *label, const unsigned counts[VERDICT_COUNT])
{
    bool first = true;
    put_styled(p, "\033[2m", label, 8);
    for (int v = 0; v < VERDICT_COUNT; v++) {
        if (!counts[v])
            continue;
        put(p, first ? "" : " · ");
        first = false;
        put_styled(p, colour_of((enum verdict)v),
                   arena_printf(p->arena, "%s %u", in(p, verdict_text((enum verdict)v)), counts[v]),
                   0);
    }
    put(p, "\n");
}

/* What people have settled, and what of it no longer counts. */
static void put_settlements(struct page *p, const struct settlements *all)
{
    if (!all->n)
        return;
    put(p, "\n");
    put_bold(p, both(p, "Waivers and evidence", "豁免与举证"));
    put(p, "\n");
    for (size_t i = 0; i < all->n; i++) {
        const struct settlement *s = &all->v[i];
        const char *kind = in(p, settlement_kind_text(s->kind));
        put(p, "  ");
        put_styled(p, settlement_holds(s) ? "\033[36m" : "\033[1;31m",
                   in(p, settlement_state_text(s->state)), VERDICT_COLUMNS + 1);
        buf_printf(p->out, "%s %s%s\n", kind, safe_text(p->arena, s->target),
                   s->used || !settlement_holds(s) ? "" : both(p, " (not used)", "（未用到）"));
        if (s->until && s->person && s->reason)
            put_labelled(p, DETAIL_INDENT, both(p, "who", "责任"),
                         arena_printf(p->arena, both(p, "%s, until %s: %s", "%s，至 %s：%s"),
                                      s->person, s->until, s->reason));
        put_labelled(p, DETAIL_INDENT, both(p, "note", "注意"), in(p, s->problem));
    }
}

static void put_summary(struct page *p, const struct result *r)
{
    size_t skipped = 0;
    for (size_t i = 0; i < r->items.n; i++)
        skipped += r->items.v[i].skipped.n;
    put(p, "\n");
    put_counts(p, both(p, "items", "检查项"), r->items_count);
    put_counts(p, both(p, "rules", "规则"), r->rules_count);
    if (skipped)
        buf_printf(p->out,
                   both(p, "        %zu rules are not asked for by preset %s\n",
                        "        预设未选用 %zu 条规则（%s）\n"),
                   skipped, safe_text(p->arena, r->preset));
    put_styled(p, "\033[2m", both(p, "result", "结论"), 8);
    put_bold(p, in(p, r->conclusion));
    put(p, "\n");
    if (r->rules_count[VERDICT_UNKNOWN] && !r->host.privileged)
        put(p, both(p,
                    "\nNot run as root: what could not be read is unknown. Run as root for a full "
                    "result.\n",
                    "\n当前不是 root：无法读取的内容判为未知。请以 root 运行以获得完整结果。\n"));
    if (r->rules_count[VERDICT_FAIL] || r->rules_count[VERDICT_UNKNOWN])
        put(p, both(p, "\nMore on one rule: dengbao explain RULE\n",
                    "\n查看某条规则：dengbao explain 规则\n"));
}

static int write_text(const struct result *r, const struct report_options *o, struct buf *ret)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct page p = {.out = ret, .arena = a, .o = o};
    p.columns = o->columns ? o->columns : DEFAULT_COLUMNS;
    if (p.columns > DEFAULT_COLUMNS)
        p.columns = DEFAULT_COLUMNS; /* longer lines are not easier to read */
    put_head(&p, r);
    put_table(&p, r);
    for (size_t i = 0; i < r->items.n; i++)
        if (is_open(r->items.v[i].verdict) || o->verbose)
            put_item(&p, &r->items.v[i]);
    put_settlements(&p, &r->settlements);
    put_summary(&p, r);
    return 0;
}

const struct report report_text = {
    .name = "text",
    .summary = {"for people", "供人阅读"},
    .write = write_text,
};
