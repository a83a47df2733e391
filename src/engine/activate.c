#include "engine/activate.h"

#include <errno.h>

#include "base/cleanup.h"
#include "root/live.h"
#include "root/run.h"

enum { TOOL_TIMEOUT_MS = 60 * 1000, PACKAGE_TIMEOUT_MS = 30 * 60 * 1000 };

/* Every program this tool may start to change a system; $ stands for the step's target. */
static const struct tool {
    enum step_kind kind;
    const char *verb;
    const char *argv[8];
    const char *other[8]; /* tried when argv[0] is not installed */
    unsigned timeout_ms;
} tools[] = {
    {STEP_UNIT_STATE, "reload", {"/usr/bin/systemctl", "reload", "$"}, {0}, TOOL_TIMEOUT_MS},
    {STEP_UNIT_STATE, "restart", {"/usr/bin/systemctl", "restart", "$"}, {0}, TOOL_TIMEOUT_MS},
    {STEP_UNIT_STATE, "start", {"/usr/bin/systemctl", "start", "$"}, {0}, TOOL_TIMEOUT_MS},
    {STEP_UNIT_STATE, "stop", {"/usr/bin/systemctl", "stop", "$"}, {0}, TOOL_TIMEOUT_MS},
    {STEP_UNIT_STATE,
     "daemon-reload",
     {"/usr/bin/systemctl", "daemon-reload"},
     {0},
     TOOL_TIMEOUT_MS},
    {STEP_LOAD_RULES,
     "load",
     {"/usr/sbin/augenrules", "--load"},
     {"/sbin/augenrules", "--load"},
     TOOL_TIMEOUT_MS},
    {STEP_PACKAGE,
     "install",
     {"/usr/bin/apt-get", "-y", "-q", "--no-install-recommends", "install", "$"},
     {"/usr/bin/yum", "-y", "-q", "install", "$"},
     PACKAGE_TIMEOUT_MS},
    {STEP_PACKAGE,
     "remove",
     {"/usr/bin/apt-get", "-y", "-q", "remove", "$"},
     {"/usr/bin/yum", "-y", "-q", "remove", "$"},
     PACKAGE_TIMEOUT_MS},
    {STEP_RUN_TOOL,
     "pam-auth-update",
     {"/usr/sbin/pam-auth-update", "--package"},
     {0},
     TOOL_TIMEOUT_MS},
    {STEP_RUN_TOOL,
     "authselect-apply-changes",
     {"/usr/bin/authselect", "apply-changes"},
     {0},
     TOOL_TIMEOUT_MS},
};

static const struct tool *tool_find(enum step_kind kind, const char *verb)
{
    for (size_t i = 0; i < ARRAY_SIZE(tools); i++)
        if (tools[i].kind == kind && cstr_eq(tools[i].verb, verb))
            return &tools[i];
    return NULL;
}

static struct str last_words(struct str s)
{
    s = str_trim(s);
    return s.n > 300 ? str_slice(s, s.n - 300, s.n) : s;
}

static int run_argv(struct root *r, const char *const *pattern, const struct txn_step *s,
                    unsigned timeout_ms, struct err *e)
{
    const char *argv[9] = {0};
    for (size_t i = 0; pattern[i]; i++)
        argv[i] = cstr_eq(pattern[i], "$") ? s->target : pattern[i];
    struct run_result result = {0};
    int code = root_run(r, argv, timeout_ms, &result);
    if (code < 0)
        return code == -ENOENT ? code
                               : err_set(e, code, "%s did not run: %s", "%s 未能运行：%s", argv[0],
                                         errno_text(code).en);
    if (result.status != 0) {
        struct str said = last_words(result.err.n ? result.err : result.out);
        return err_set(e, -EREMOTEIO, "%s %s failed with status %d: %.*s",
                       "%s %s 失败，状态 %d：%.*s", argv[0], s->verb, result.status, STR_ARG(said));
    }
    return 0;
}

static int run_tool(struct root *r, const struct txn_step *s, const char *verb, struct err *e)
{
    const struct tool *tool = tool_find(s->kind, verb);
    if (!tool || (s->target && s->target[0] == '-')) /* never an option in place of a name */
        return err_set(e, -EINVAL, "no such action: %s %s", "没有这种操作：%s %s",
                       step_kind_name(s->kind), verb);
    int code = run_argv(r, tool->argv, s, tool->timeout_ms, e);
    if (code == -ENOENT && tool->other[0])
        code = run_argv(r, tool->other, s, tool->timeout_ms, e);
    if (code == -ENOENT)
        (void)err_set(e, code, "%s is not installed", "未安装 %s", tool->argv[0]);
    return code;
}

const char *action_value(struct root *r, enum step_kind kind, const char *target, const char *verb)
{
    const char *value = NULL;
    struct unit_state unit;
    (void)verb;
    if (kind == STEP_KERNEL_VALUE && live_sysctl(r, target, &value) == 0)
        return value;
    if (kind == STEP_UNIT_STATE && live_unit(r, target, &unit) == 0)
        return unit.active;
    return NULL;
}

static int set_kernel_value(struct root *r, const char *name, const char *value, struct err *e)
{
    int code = live_set_sysctl(r, name, value);
    if (code < 0)
        return err_set(e, code, "cannot set the kernel value %s to %s: %s",
                       "无法将内核参数 %s 设为 %s：%s", name, value, errno_text(code).en);
    return 0;
}

int action_run(struct root *r, const struct txn_step *s, struct err *e)
{
    if (!root_is_live(r))
        return 0;
    if (s->kind == STEP_KERNEL_VALUE)
        return set_kernel_value(r, s->target, s->verb, e);
    return run_tool(r, s, s->verb, e);
}

int action_revert(struct root *r, const struct txn_step *s, struct err *e)
{
    if (!root_is_live(r))
        return 0;
    if (s->kind == STEP_KERNEL_VALUE)
        return s->value_before ? set_kernel_value(r, s->target, s->value_before, e) : 0;
    if (s->kind == STEP_LOAD_RULES)
        return run_tool(r, s, s->verb, e);
    if (s->kind == STEP_UNIT_STATE) {
        bool was_active = cstr_eq(s->value_before, "active");
        if (cstr_eq(s->verb, "start"))
            return was_active ? 0 : run_tool(r, s, "stop", e);
        if (cstr_eq(s->verb, "stop"))
            return was_active ? run_tool(r, s, "start", e) : 0;
        return run_tool(r, s, s->verb, e);
    }
    return 0; /* packages and tools are not taken back: docs/undo.md */
}
