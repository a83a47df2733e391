#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/width.h"
#include "cli/commands.h"
#include "cli/plan_text.h"
#include "cli/session.h"
#include "engine/apply.h"
#include "engine/plan_json.h"
#include "engine/window.h"
#include "root/own.h"

#define both(i, en, zh) ((i)->lang == LANG_ZH ? (zh) : (en))

/* "yes" from a terminal; anything else, or no terminal, is no. */
bool ask_yes(const struct invocation *i, const char *en, const char *zh)
{
    char answer[16] = "";
    (void)fprintf(stderr, "%s [yes/no] ", both(i, en, zh));
    (void)fflush(stderr);
    return fgets(answer, sizeof answer, stdin) && cstr_eq(answer, "yes\n");
}

/* Whether somebody said so, by --yes or at a terminal. 0, or an exit code after a message. */
static int agree(const struct invocation *i, struct host *h, const struct policy *policy,
                 const struct selection *selection, const struct plan_options *options)
{
    struct plan *plan;
    if (i->options[OPTION_YES])
        return 0;
    if (!isatty(STDIN_FILENO))
        return complain(
            i, EXIT_USAGE,
            TEXT("not at a terminal: say --yes to apply", "不在终端上运行：执行更改请加 --yes"));
    int r = plan_make(h, policy, selection, options, &plan);
    if (r < 0)
        return complain(i, EXIT_ERROR, errno_text(r));
    _cleanup_buf_ struct buf out = {0};
    plan_text(i, plan, &out);
    r = put_output(i, &out);
    if (r || !plan->steps.n)
        return r;
    return ask_yes(i, "Apply these changes?", "执行这些更改吗？")
               ? 0
               : complain(i, EXIT_NOT_COMPLIANT, TEXT("nothing was changed", "未做任何更改"));
}

void apply_outcome_text(const struct invocation *i, const struct apply_outcome *o, struct buf *b)
{
    for (size_t k = 0; k < o->dropped.n; k++) {
        buf_printf(b, both(i, "taken back: %s: ", "已收回：%s："), o->dropped.v[k].rule);
        buf_put_safe(b, str_of(text_in(o->dropped.v[k].reason, i->lang)));
        buf_putc(b, '\n');
    }
    for (size_t k = 0; o->plan && k < o->plan->not_planned.n; k++) {
        const struct not_planned *n = &o->plan->not_planned.v[k];
        buf_printf(b, both(i, "not done: %s %s: ", "未执行：%s %s："), n->rule->number,
                   n->rule->id);
        buf_put_safe(b, str_of(text_in(n->reason, i->lang)));
        buf_putc(b, '\n');
    }
    if (o->txn)
        plan_notes_text(i, o->plan, b);
    for (size_t k = 0; o->txn && k < o->txn->notes.n; k++) {
        buf_put_safe(b, str_of(text_in(o->txn->notes.v[k], i->lang)));
        buf_putc(b, '\n');
    }
    if (o->packages)
        buf_printf(b, both(i, "%zu changes of packages made\n", "已执行 %zu 项软件包变更\n"),
                   o->packages->steps.n);
    if (o->txn && o->plan)
        buf_printf(b,
                   both(i, "%zu changes made, %zu rules now pass; undo with: dengbao undo %s\n",
                        "已执行 %zu 项更改，%zu 条规则现已通过；撤销：dengbao undo %s\n"),
                   o->txn->steps.n, o->plan->rules_fixed.n, o->txn->id);
    else
        buf_puts(b, both(i, "0 changes made\n", "已执行 0 项更改\n"));
    if (o->txn && o->txn->status == TXN_UNCONFIRMED)
        confirm_hint(i, o->txn->window->within, b);
}

int apply_exit_code(const struct apply_outcome *o)
{
    if (o->dropped.n)
        return o->txn ? EXIT_PARTLY : EXIT_ROLLED_BACK;
    return EXIT_OK;
}

struct text text_unfinished(void)
{
    return TEXT("the system is changed in part; when the cause is mended: dengbao recover",
                "系统已被部分更改；排除原因后请执行：dengbao recover");
}

int apply_failed(const struct invocation *i, int code, const struct err *e)
{
    struct text why = e->message.en ? e->message : errno_text(code);
    struct text message = why;
    if (e->path)
        message = (struct text){arena_printf(i->arena, "%s: %s", e->path, why.en),
                                arena_printf(i->arena, "%s：%s", e->path, why.zh)};
    (void)complain(i, 0, message);
    if (code == -EUCLEAN)
        return complain(i, EXIT_ERROR, text_unfinished());
    return complain(i,
                    code == -EBUSY || code == -EPERM || code == -ESTALE || code == -EOPNOTSUPP
                        ? EXIT_ERROR
                        : EXIT_ROLLED_BACK,
                    TEXT("nothing is changed", "系统未被更改"));
}

/* `apply PLAN.json`: the rules and the preset of a saved plan. */
static int read_saved(struct invocation *i, struct saved_plan *ret)
{
    struct str bytes;
    struct err e = {.arena = i->arena};
    if (i->args.n != 1 || !cstr_ends(i->args.v[0], ".json"))
        return 0;
    int r = own_read(i->arena, i->args.v[0], &bytes, &e);
    if (r == 0)
        r = plan_json_read(i->arena, bytes, ret, &e);
    if (r < 0)
        return complain(i, EXIT_ERROR, e.message);
    i->args = ret->rules;
    if (!i->options[OPTION_PRESET])
        i->options[OPTION_PRESET] = ret->preset;
    if (ret->packages)
        i->options[OPTION_PACKAGES] = "";
    return 0;
}

static int apply(struct invocation *i)
{
    struct policy *policy;
    struct selection selection = {0};
    struct saved_plan saved = {0};
    struct apply_options how = {0};
    struct err e = {.arena = i->arena};
    _cleanup_root_ struct root *root = NULL;
    int r = confirm_within_of(i, &how.confirm_within);
    if (!r)
        r = read_saved(i, &saved);
    if (!r)
        r = session_policy(i, &policy);
    if (!r)
        r = session_select(i, policy, &selection);
    if (!r)
        r = session_root(i, &root);
    if (r)
        return r;
    struct host_options asked = {0};
    struct plan_options options;
    struct apply_outcome outcome = {0};
    struct host *h = session_host(i, root, policy, &asked);
    plan_options_of(i, root, policy, &selection, &options);
    r = agree(i, h, policy, &selection, &options);
    if (r)
        return r;
    how.expected_digest = saved.digest;
    r = apply_run(h, policy, &selection, &options, &how, &outcome, &e);
    _cleanup_buf_ struct buf out = {0};
    if (r == 0 || r == -ENODATA)
        apply_outcome_text(i, &outcome, &out);
    else if (r != -ECANCELED)
        return apply_failed(i, r, &e);
    else
        apply_outcome_text(i, &outcome, &out);
    int code = put_output(i, &out);
    return code ? code : apply_exit_code(&outcome);
}

const struct command command_apply = {
    .name = "apply",
    .arguments = "[RULE|ITEM…|PLAN.json]",
    .summary = {"make failing rules pass, in one transaction that can be undone",
                "以一个可撤销的事务使不通过的规则通过"},
    .about = {"Makes the plan, proves it by checking everything again on the planned state, writes "
              "a journal with everything that was, changes all files, and looks again. Whatever "
              "goes wrong, everything is put back. A saved plan (plan --format json) is refused "
              "when the system has changed since.",
              "制定计划并在计划后的状态上重新检查全部规则，先把原状写入日志，再更改全部文件并复查。"
              "任何一步出错都会全部恢复。已保存的计划（plan --format json）在系统变化后会被拒绝。"},
    .set = COMMAND_APPLY,
    .run = apply,
};
