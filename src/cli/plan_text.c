#include "cli/plan_text.h"

#include "base/str.h"
#include "cli/access_text.h"
#include "base/width.h"

#define both(i, en, zh) ((i)->lang == LANG_ZH ? (zh) : (en))

static const struct text risk_titles[] = {
    [RISK_NONE] = {"No risk", "无风险"},
    [RISK_SERVICE] = {"May affect services", "可能影响服务"},
    [RISK_ACCESS] = {"May affect who can log in", "可能影响登录"},
    [RISK_DATA] = {"May affect data", "可能影响数据"},
};

static void put_bold(const struct invocation *i, struct buf *b, const char *s)
{
    buf_printf(b, "%s%s%s", i->colour ? "\033[1m" : "", s, i->colour ? "\033[0m" : "");
}

static const char *line_colour(struct str line)
{
    if (str_starts(line, "+++") || str_starts(line, "---"))
        return "\033[1m";
    if (str_starts(line, "@@"))
        return "\033[36m";
    if (str_starts(line, "+"))
        return "\033[32m";
    return str_starts(line, "-") ? "\033[31m" : "";
}

void diff_text(const struct invocation *i, const char *diff, struct buf *ret)
{
    struct str rest = str_of(diff), line;
    while (str_next_line(&rest, &line)) {
        const char *colour = i->colour ? line_colour(line) : "";
        buf_puts(ret, "    ");
        buf_puts(ret, colour);
        for (struct str part; str_next_field(&line, '\t', &part);) { /* tabs are harmless */
            buf_put_safe(ret, part);
            if (line.p)
                buf_putc(ret, '\t');
        }
        buf_puts(ret, *colour ? "\033[0m\n" : "\n");
    }
}

static void put_step(const struct invocation *i, const struct step *s, struct buf *b)
{
    buf_puts(b, "  ");
    put_bold(i, b, step_kind_name(s->kind));
    buf_putc(b, ' ');
    if (s->verb)
        buf_printf(b, "%s ", s->verb);
    buf_put_safe(b, str_of(s->target ? s->target : ""));
    buf_printf(b, "   (%s)\n", strings_join(i->arena, &s->rules, ", ", 4));
    diff_text(i, s->diff, b);
}

static void put_group(const struct invocation *i, const struct plan *plan, enum risk risk,
                      struct buf *b)
{
    bool titled = false;
    vec_each (s, &plan->steps) {
        if (s->risk != risk)
            continue;
        if (!titled) {
            put_bold(i, b, text_in(risk_titles[risk], i->lang));
            buf_putc(b, '\n');
        }
        titled = true;
        put_step(i, s, b);
    }
    if (titled)
        buf_putc(b, '\n');
}

static void put_not_planned(const struct invocation *i, const struct plan *plan, struct buf *b)
{
    if (!plan->not_planned.n)
        return;
    put_bold(i, b, both(i, "Not planned", "未列入计划"));
    buf_putc(b, '\n');
    vec_each (n, &plan->not_planned) {
        buf_printf(b, "  %s %s: ", n->rule->number, n->rule->id);
        buf_put_safe(b, str_of(text_in(n->reason, i->lang)));
        buf_putc(b, '\n');
    }
    buf_putc(b, '\n');
}

void plan_notes_text(const struct invocation *i, const struct plan *plan, struct buf *b)
{
    vec_each (n, &plan->notes) {
        buf_printf(b, both(i, "note: %s: ", "注意：%s："), n->rule->id);
        buf_put_safe(b, str_of(text_in(n->text, i->lang)));
        buf_putc(b, '\n');
    }
}

static const char *broken_by(const struct plan *plan, const char *rule)
{
    vec_each (c, &plan->conflicts)
        if (cstr_eq(c->broken, rule))
            return c->by;
    return NULL;
}

static void put_refusals(const struct invocation *i, const struct plan *plan, struct buf *b)
{
    for (size_t k = 0; k < plan->regressions.n; k++) {
        const char *id = plan->regressions.v[k], *by = broken_by(plan, id);
        buf_printf(b, both(i, "REFUSED: the changes would break %s", "拒绝：更改会使 %s 不再符合"),
                   id);
        if (by)
            buf_printf(b, both(i, ", because of %s", "，原因是 %s"), by);
        buf_putc(b, '\n');
    }
    vec_each (refusal, &plan->refusals) {
        buf_puts(b, both(i, "REFUSED: ", "拒绝："));
        buf_put_safe(b, str_of(text_in(refusal->why, i->lang)));
        buf_putc(b, '\n');
    }
}

static void put_access(const struct invocation *i, const struct plan *plan, struct buf *b)
{
    const struct plan_access *access = &plan->access;
    if (!access->changes.n)
        return;
    put_bold(i, b, both(i, "Who can log in and become root", "谁能登录并成为 root"));
    buf_printf(b, both(i, " (from %s)\n", "（来源 %s）\n"),
               access->from ? access->from
                            : both(i, "an address that no rule names", "任何规则都未提及的地址"));
    access_changes_text(i, &access->changes, b);
    buf_putc(b, '\n');
}

void plan_text(const struct invocation *i, const struct plan *plan, struct buf *b)
{
    for (int risk = RISK_NONE; risk <= RISK_DATA; risk++)
        put_group(i, plan, (enum risk)risk, b);
    put_not_planned(i, plan, b);
    plan_notes_text(i, plan, b);
    put_access(i, plan, b);
    put_refusals(i, plan, b);
    if (plan->proved.en && plan->steps.n && root_is_live(plan->host->root)) {
        buf_put_safe(b, str_of(text_in(plan->proved, i->lang)));
        buf_putc(b, '\n');
    }
    buf_printf(b,
               both(i, "%zu changes for %zu rules; %zu rules will pass that fail now\n",
                    "%zu 项更改，涉及 %zu 条规则；%zu 条规则将由不通过变为通过\n"),
               plan->steps.n, plan->rules_planned.n, plan->rules_fixed.n);
}
