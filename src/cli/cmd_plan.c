#include "cli/commands.h"
#include "cli/plan_text.h"
#include "cli/session.h"
#include "engine/plan_json.h"
#include "engine/prove.h"
#include "root/live_session.h"

/* What is planned without being named: everything that is safe when an image is built. */
void plan_options_of(const struct invocation *i, struct root *root, const struct policy *policy,
                     const struct selection *selection, struct plan_options *ret)
{
    *ret =
        (struct plan_options){.allow = {[CLASS_IMAGE] = true},
                              .packages = i->options[OPTION_PACKAGES] ? PACKAGES_YES : PACKAGES_NO};
    ret->settlements = session_settlements(i, policy);
    if (live_ssh_client(root, &ret->from) == 0)
        ret->paths = ACCESS_BY_SSH;
    for (size_t k = 0; k < selection->n; k++)
        strings_add(i->arena, &ret->named, selection->v[k]->id);
}

static int write_plan(const struct invocation *i, const struct plan *plan, struct buf *out)
{
    const char *format = i->options[OPTION_FORMAT];
    if (!format || cstr_eq(format, "text")) {
        plan_text(i, plan, out);
        return 0;
    }
    if (!cstr_eq(format, "json"))
        return complain(i, EXIT_USAGE,
                        text_make(i->arena, "unknown format \"%s\": a plan is text or json",
                                  "未知格式“%s”：计划只有 text 或 json", format));
    return plan_json(plan, out) < 0 ? complain(i, EXIT_ERROR, errno_text(22)) : 0;
}

static int plan_run(struct invocation *i)
{
    struct policy *policy;
    struct selection selection = {0};
    _cleanup_root_ struct root *root = NULL;
    int r = session_policy(i, &policy);
    if (!r)
        r = session_select(i, policy, &selection);
    if (!r)
        r = session_root(i, &root);
    if (r)
        return r;
    session_unfinished(i, root);
    struct host_options asked = {0};
    struct plan_options options;
    struct plan *plan;
    plan_options_of(i, root, policy, &selection, &options);
    r = plan_make(session_host(i, root, policy, &asked), policy, &selection, &options, &plan);
    if (r < 0)
        return complain(i, EXIT_ERROR, errno_text(r));
    _cleanup_buf_ struct buf out = {0};
    r = write_plan(i, plan, &out);
    if (!r)
        r = put_output(i, &out);
    if (r)
        return r;
    return plan->steps.n ? EXIT_NOT_COMPLIANT : EXIT_OK;
}

const struct command command_plan = {
    .name = "plan",
    .arguments = "[RULE|ITEM…]",
    .summary = {"show what would be changed, as diffs; write nothing",
                "以差异形式显示将要进行的更改，不写入"},
    .about = {"Plans what makes failing rules pass, checks everything again on the planned state, "
              "and shows each change with its risk. Without names only rules that are safe when an "
              "image is built are planned; others must be named. Exit status 2: changes pending.",
              "为不通过的规则制定更改计划，在计划后的状态上重新检查全部规则，并按风险列出每项更改。"
              "不指定名称时只包含制作镜像时即可安全执行的规则，其他规则须指定。退出码 2 "
              "表示有待执行的更改。"},
    .set = COMMAND_PLAN,
    .run = plan_run,
};
