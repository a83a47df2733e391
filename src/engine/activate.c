#include "engine/activate.h"

#include <errno.h>

#include "base/cleanup.h"
#include "root/live.h"
#include "root/live_audit.h"
#include "root/run.h"

/* A reload that hangs is tried once more with the old files, so it is not waited for as long. */
enum { TOOL_TIMEOUT_MS = 60 * 1000, RELOAD_TIMEOUT_MS = 25 * 1000 };

/* Every program this tool may start to change a system; $ stands for the step's target. */
static const struct tool {
    enum step_kind kind;
    const char *verb;
    const char *argv[8];
    const char *other[8]; /* tried when argv[0] is not installed */
    const char *unit;     /* for this unit only; stands before the row for all */
} tools[] = {
    /* auditd(8) reads its configuration again on SIGHUP; its unit has no ExecReload, and refuses
     * to be stopped by hand. --kill-who is the name in every release of systemd. */
    {STEP_UNIT_STATE,
     "reload",
     {"/usr/bin/systemctl", "kill", "--kill-who=main", "--signal=HUP", "$"},
     {0},
     "auditd.service"},
    {STEP_UNIT_STATE, "reload", {"/usr/bin/systemctl", "reload", "$"}, {0}, NULL},
    {STEP_UNIT_STATE, "restart", {"/usr/bin/systemctl", "restart", "$"}, {0}, NULL},
    {STEP_UNIT_STATE, "start", {"/usr/bin/systemctl", "start", "$"}, {0}, NULL},
    {STEP_UNIT_STATE, "stop", {"/usr/bin/systemctl", "stop", "$"}, {0}, NULL},
    {STEP_UNIT_STATE, "daemon-reload", {"/usr/bin/systemctl", "daemon-reload"}, {0}, NULL},
    {STEP_LOAD_RULES,
     "load",
     {"/usr/sbin/augenrules", "--load"},
     {"/sbin/augenrules", "--load"},
     NULL},
    {STEP_RUN_TOOL, "newaliases", {"/usr/bin/newaliases"}, {0}, NULL},
    {STEP_RUN_TOOL,
     "authselect-enable-faillock",
     {"/usr/bin/authselect", "enable-feature", "with-faillock"},
     {0},
     NULL},
    {STEP_RUN_TOOL,
     "authselect-enable-pwhistory",
     {"/usr/bin/authselect", "enable-feature", "with-pwhistory"},
     {0},
     NULL},
    {STEP_RUN_TOOL,
     "authselect-without-nullok",
     {"/usr/bin/authselect", "enable-feature", "without-nullok"},
     {0},
     NULL},
};

/* A run-tool step names its tool in the target. */
static const struct tool *tool_find(const struct txn_step *s, const char *verb)
{
    const char *name = s->kind == STEP_RUN_TOOL ? s->target : verb;
    for (size_t i = 0; i < ARRAY_SIZE(tools); i++)
        if (tools[i].kind == s->kind && cstr_eq(tools[i].verb, name) &&
            (!tools[i].unit || cstr_eq(tools[i].unit, s->target)))
            return &tools[i];
    return NULL;
}

unsigned action_rank(enum step_kind kind, const char *verb)
{
    switch (kind) {
    case STEP_PACKAGE:
        return 0;
    case STEP_RUN_TOOL:
        return 1;
    case STEP_KERNEL_VALUE:
        return 3;
    case STEP_UNIT_STATE:
        return cstr_eq(verb, "daemon-reload") ? 2 : 4;
    case STEP_LOAD_RULES: /* last: what comes after -e 2 cannot be taken back before a boot */
        return 5;
    case STEP_WRITE_FILE:
    case STEP_SET_ATTRIBUTES:
    case STEP_MAKE_DIRECTORY:
    case STEP_SYMLINK:
    case STEP_REMOVE:
        break;
    }
    return 6;
}

static struct str last_words(struct str s)
{
    s = str_trim(s);
    return s.n > 300 ? str_slice(s, s.n - 300, s.n) : s;
}

static int run_argv(struct root *r, const char *const *pattern, const struct txn_step *s,
                    struct err *e)
{
    const char *argv[9] = {0};
    for (size_t i = 0; pattern[i]; i++)
        argv[i] = cstr_eq(pattern[i], "$") ? s->target : pattern[i];
    struct run_result result = {0};
    unsigned limit = cstr_eq(s->verb, "reload") ? RELOAD_TIMEOUT_MS : TOOL_TIMEOUT_MS;
    int code = root_run(r, argv, limit, &result);
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
    const struct tool *tool = tool_find(s, verb);
    if (!tool || (s->target && s->target[0] == '-')) /* never an option in place of a name */
        return err_set(e, -EINVAL, "no such action: %s %s", "没有这种操作：%s %s",
                       step_kind_name(s->kind), verb);
    int code = run_argv(r, tool->argv, s, e);
    if (code == -ENOENT && tool->other[0])
        code = run_argv(r, tool->other, s, e);
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

/* Loading cannot work now, and why; no text: it can. */
static struct text audit_hindrance(struct root *r)
{
    const struct live_audit *audit;
    int code = live_audit(r, &audit);
    if (code < 0)
        return text_make(root_arena(r), "the audit rules are not loaded: %s", "审计规则未加载：%s",
                         errno_text(code).en);
    if (audit->enabled == 2)
        return TEXT("the audit rules are locked until the next boot (-e 2): pending reboot",
                    "审计规则已锁定（-e 2），重启后生效");
    return (struct text){0};
}

static struct text unit_hindrance(struct root *r, const struct txn_step *s)
{
    struct unit_state unit;
    if (cstr_eq(s->verb, "daemon-reload"))
        return live_unit(r, "-.mount", &unit) == -ENOSYS
                   ? TEXT("systemd does not run here: units are read at the next boot",
                          "此处未运行 systemd：单元将在下次启动时读取")
                   : (struct text){0};
    int code = live_unit(r, s->target, &unit);
    if (code == -ENOSYS)
        return text_make(root_arena(r), "systemd does not run here: %s %s at the next boot",
                         "此处未运行 systemd：%s %s 将在下次启动时生效", s->verb, s->target);
    if (code == 0 && cstr_eq(s->verb, "reload") && !cstr_eq(unit.active, "active"))
        return text_make(root_arena(r), "%s does not run and reads its files when it starts",
                         "%s 未运行，启动时会读取新配置", s->target);
    return (struct text){0};
}

/* In a container the kernel's values belong to its host. */
static int run_kernel_value(struct root *r, const struct txn_step *s, struct text *ret_note,
                            struct err *e)
{
    int code = set_kernel_value(r, s->target, s->verb, e);
    if (code != -EROFS)
        return code;
    *ret_note = text_make(root_arena(r), "%s cannot be set here (read-only): pending reboot",
                          "此处无法设置 %s（只读），重启后生效", s->target);
    return 0;
}

int action_run(struct root *r, const struct txn_step *s, struct text *ret_note, struct err *e)
{
    *ret_note = (struct text){0};
    if (!root_is_live(r))
        return 0;
    if (s->kind == STEP_KERNEL_VALUE)
        return run_kernel_value(r, s, ret_note, e);
    if (s->kind == STEP_LOAD_RULES)
        *ret_note = audit_hindrance(r);
    else if (s->kind == STEP_UNIT_STATE)
        *ret_note = unit_hindrance(r, s);
    return ret_note->en ? 0 : run_tool(r, s, s->verb, e);
}

bool action_at_boot(const struct txn_step *s)
{
    return s->kind == STEP_KERNEL_VALUE ||
           (s->kind == STEP_UNIT_STATE && cstr_eq(s->verb, "daemon-reload"));
}

int action_revert(struct root *r, const struct txn_step *s, struct err *e)
{
    if (!root_is_live(r))
        return 0;
    if (s->kind == STEP_KERNEL_VALUE)
        return s->value_before ? set_kernel_value(r, s->target, s->value_before, e) : 0;
    if (s->kind == STEP_LOAD_RULES)
        return audit_hindrance(r).en ? 0 : run_tool(r, s, s->verb, e);
    if (s->kind == STEP_UNIT_STATE && unit_hindrance(r, s).en)
        return 0;
    if (s->kind == STEP_UNIT_STATE) {
        bool was_active = cstr_eq(s->value_before, "active");
        if (cstr_eq(s->verb, "start"))
            return was_active ? 0 : run_tool(r, s, "stop", e);
        if (cstr_eq(s->verb, "stop"))
            return was_active ? run_tool(r, s, "start", e) : 0;
        return run_tool(r, s, s->verb, e);
    }
    if (s->kind == STEP_RUN_TOOL && cstr_eq(s->target, "newaliases")) /* reads what is there now */
        return run_tool(r, s, s->verb, e);
    return 0; /* packages and tools are not taken back: docs/undo.md */
}
