/* The plan of a setup for people: what will hold, what stays open, who gets in; diffs on request.
 */
#include "base/width.h"
#include "cli/plan_text.h"
#include "cli/setup_session.h"
#include "format/yaml.h"

#define both(s, en, zh) ((s)->i->lang == LANG_ZH ? (zh) : (en))

void setup_title(const struct setup_session *s, struct buf *b, const char *en, const char *zh)
{
    buf_printf(b, "\n%s%s%s\n", s->i->colour ? "\033[1m" : "", both(s, en, zh),
               s->i->colour ? "\033[0m" : "");
}

/* What another rule of the plan makes hold needs no excuse. */
void setup_drop_settled(struct plan *plan)
{
    size_t kept = 0;
    for (size_t k = 0; plan && k < plan->not_planned.n; k++)
        if (strings_find(&plan->rules_fixed, plan->not_planned.v[k].rule->id) < 0)
            plan->not_planned.v[kept++] = plan->not_planned.v[k];
    if (plan)
        plan->not_planned.n = kept;
}

static void put_rules(const struct setup_session *s, const struct plan *plan, struct buf *b)
{
    if (plan->rules_fixed.n)
        setup_title(s, b, "What will hold afterwards", "执行后将符合");
    vec_each (item, &s->policy->items)
        vec_each (rule, &item->rules) {
            if (strings_find(&plan->rules_fixed, rule->id) < 0)
                continue;
            buf_printf(b, "  %-5s ", rule->number);
            buf_put_safe(b, str_of(text_in(rule->title, s->i->lang)));
            buf_putc(b, '\n');
        }
    if (plan->not_planned.n)
        setup_title(s, b, "What stays as it is, and why", "保持不变的内容及原因");
    vec_each (n, &plan->not_planned) {
        buf_printf(b, "  %-5s %s: ", n->rule->number, n->rule->id);
        buf_put_safe(b, str_of(text_in(n->reason, s->i->lang)));
        buf_putc(b, '\n');
    }
}

/* "ssh by password, console; root by su" */
static const char *ways_text(const struct setup_session *s, const struct access_account *row)
{
    static const struct {
        enum access_way way;
        struct text text;
    } names[] = {
        {ACCESS_SSH_PASSWORD, {"ssh by password", "ssh 口令"}},
        {ACCESS_SSH_KEY, {"ssh by key", "ssh 密钥"}},
        {ACCESS_CONSOLE, {"console", "控制台"}},
        {ACCESS_SU, {"root by su", "su 成为 root"}},
        {ACCESS_SUDO, {"root by sudo", "sudo 成为 root"}},
    };
    struct strings list = {0};
    struct arena *a = s->i->arena;
    if (!row)
        return both(s, "no account", "无此账户");
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        const struct access_answer *answer = &row->ways[names[k].way];
        const char *name = text_in(names[k].text, s->i->lang);
        if (answer->state == ACCESS_YES)
            strings_add(a, &list, name);
        else if (answer->state == ACCESS_UNDECIDED)
            strings_add(a, &list, arena_printf(a, both(s, "perhaps %s", "可能 %s"), name));
    }
    return list.n ? strings_join(a, &list, both(s, ", ", "、"), 0)
                  : both(s, "does not get in", "不能登录");
}

static void put_row(const struct setup_session *s, const struct access *before,
                    const struct access_account *row, struct buf *b)
{
    const struct access_account *was = NULL;
    vec_each (r, &before->accounts)
        if (cstr_eq(r->name, row->name))
            was = r;
    const char *then = ways_text(s, was), *now = ways_text(s, row);
    buf_printf(b, "  %-12s ", safe_text(s->i->arena, row->name));
    if (cstr_eq(then, now))
        buf_printf(b, "%s\n", now);
    else
        buf_printf(b, "%s  ->  %s\n", then, now);
}

/* The whole table, before and after: what does not change is worth knowing too. */
static void put_access(const struct setup_session *s, const struct plan *plan, struct buf *b)
{
    const struct plan_access *access = &plan->access;
    if (!access->proved)
        return;
    setup_title(s, b, "Who gets in, before -> after", "谁能登录：之前 -> 之后");
    buf_printf(b, both(s, "  (over ssh from %s)\n", "  （ssh 来源：%s）\n"),
               access->from ? access->from
                            : both(s, "an address that no rule names", "任何规则都未提及的地址"));
    vec_each (row, &access->after.accounts)
        put_row(s, &access->before, row, b);
}

/* What the roles' rules cannot close has to be known to who gives them. */
static void put_escapes(const struct setup_session *s, struct buf *b)
{
    struct str bytes;
    const struct yaml_value *top;
    struct problems problems = {.arena = s->i->arena};
    const char *lang = s->i->lang == LANG_ZH ? "zh" : "en";
    if (policy_data(s->policy, "data/roles.yaml", &bytes) < 0 ||
        yaml_read(s->i->arena, "roles.yaml", bytes, &top, &problems) < 0)
        return;
    const struct yaml_value *roles = yaml_member(top, "roles");
    setup_title(s, b, "What the roles can do, and what sudo cannot close",
                "各角色的权限，以及 sudo 无法封堵之处");
    for (size_t k = 0; roles && k < roles->items.n; k++) {
        const struct yaml_value *id = yaml_member(&roles->items.v[k], "id");
        const struct yaml_value *duty = yaml_member(yaml_member(&roles->items.v[k], "duty"), lang);
        const struct yaml_value *escapes =
            yaml_member(yaml_member(&roles->items.v[k], "escapes"), lang);
        for (int role = 0; role < SETUP_ROLES; role++)
            if (id && duty && escapes && cstr_eq(id->text, setup_roles[role].id))
                buf_printf(b, "  %s: %s\n    ! %s\n", s->answers.people[role].name, duty->text,
                           escapes->text);
    }
}

static void put_refusals(const struct setup_session *s, const struct plan *plan, struct buf *b)
{
    for (size_t k = 0; k < plan->regressions.n; k++)
        buf_printf(b, both(s, "REFUSED: %s would no longer hold\n", "拒绝：%s 将不再符合\n"),
                   plan->regressions.v[k]);
    vec_each (refusal, &plan->refusals) {
        buf_puts(b, both(s, "REFUSED: ", "拒绝："));
        buf_put_safe(b, str_of(text_in(refusal->why, s->i->lang)));
        buf_putc(b, '\n');
    }
}

void setup_plan_text(const struct setup_session *s, const struct plan *plan, struct buf *b)
{
    if (!plan->steps.n) {
        buf_puts(b, both(s, "Everything that was asked for holds already.\n",
                         "所要求的内容均已符合。\n"));
        put_rules(s, plan, b);
        return;
    }
    put_rules(s, plan, b);
    put_access(s, plan, b);
    put_escapes(s, b);
    buf_putc(b, '\n');
    put_refusals(s, plan, b);
    buf_printf(b,
               both(s, "%zu changes for %zu rules; %zu rules will pass that fail now\n",
                    "%zu 项更改，涉及 %zu 条规则；%zu 条规则将由不通过变为通过\n"),
               plan->steps.n, plan->rules_planned.n, plan->rules_fixed.n);
}
