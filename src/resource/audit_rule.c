/*
 * Resource `audit-rule`: whether a kind of event is recorded, by the rules that a boot loads
 * (configured) and by those the kernel has now (running), and the switches of the rule files.
 */
#include "resource/audit_rule.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "effective/logindefs.h"
#include "effective/packages.h"
#include "root/live.h"
#include "root/live_audit.h"

static const char *const cover_args[] = {"syscalls", "arch", "auid", "path", "perm", "exit", NULL};

static const struct key keys[] = {
    {"covers",
     VALUE_WORD,
     NULL,
     "audit.rules(7)",
     {"every such event is recorded: syscalls, arch (both, b64, b32), auid (users, all), path with "
      "perm, exit",
      "此类事件全部被记录：syscalls、arch（both、b64、b32）、auid（users、all）、path 与 "
      "perm、exit"},
     cover_args},
    {"loads",
     VALUE_WORD,
     NULL,
     "auditctl(8) -R",
     {"the rule files load to their end", "规则文件能够完整加载"},
     NULL},
    {"enabled",
     VALUE_NUMBER,
     "1",
     "auditctl(8) -e",
     {"0 off, 1 on, 2 on and locked until reboot", "0 关闭，1 启用，2 启用并锁定至重启"},
     NULL},
    {"immutable",
     VALUE_WORD,
     "no",
     "auditctl(8) -e 2",
     {"the rules are locked until reboot", "规则锁定至重启"},
     NULL},
    {"failure-mode",
     VALUE_NUMBER,
     "1",
     "auditctl(8) -f",
     {"what a failure does: 0 silent, 1 message, 2 panic", "失败时：0 静默，1 打印，2 panic"},
     NULL},
    {"backlog-limit",
     VALUE_NUMBER,
     "64",
     "auditctl(8) -b",
     {"records that may wait", "允许排队的记录数"},
     NULL},
    {0},
};

/* Calls that newer architectures do not have; there the *at forms are the only ones. */
static bool is_legacy_call(const char *name)
{
    static const char *const calls[] = {"unlink", "rename",  "rmdir",  "mkdir",  "open",
                                        "creat",  "chmod",   "chown",  "lchown", "link",
                                        "mknod",  "symlink", "utimes", "utime",  "futimesat"};
    for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
        if (strcmp(calls[i], name) == 0)
            return true;
    return false;
}

static bool is_arm(struct host *h)
{
    const struct package *p = NULL;
    return host_package(h, "bash", &p) == 0 && p->arch &&
           (strcmp(p->arch, "aarch64") == 0 || strcmp(p->arch, "arm64") == 0);
}

void audit_rule_question(struct host *h, const struct want *w, struct audit_question *q)
{
    const char *syscalls = want_arg(w, "syscalls"), *arch = want_arg(w, "arch");
    const char *auid = want_arg(w, "auid"), *path = want_arg(w, "path");
    struct str rest = str_of(syscalls), word;
    struct file_info info;
    bool arm = is_arm(h);
    *q = (struct audit_question){.path = path, .perm = want_arg(w, "perm")};
    while (str_next_word(&rest, &word)) {
        const char *name = str_dup(h->arena, word);
        if (!arm || !is_legacy_call(name))
            strings_add(h->arena, &q->syscalls, name);
    }
    q->b64 = !arch || strcmp(arch, "b32") != 0;
    q->b32 = !arch || strcmp(arch, "b64") != 0;
    q->users_only = auid && strcmp(auid, "users") == 0;
    q->uid_min = logindefs_number_or(host_logindefs(h), "UID_MIN", 1000);
    q->exit = want_arg(w, "exit");
    if (q->path && !q->perm)
        q->perm = "wa";
    q->directory = path && (cstr_ends(path, "/") ||
                            (root_stat(h->root, path, &info) == 0 && S_ISDIR(info.mode)));
}

static struct text live_error_text(struct host *h, int error)
{
    const char *container = NULL;
    if (live_container(h->root, &container) == 0 && container)
        return text_make(h->arena, "the kernel's audit rules are not available in a container (%s)",
                         "容器（%s）中无法读取内核审计规则", container);
    if (error == -EPERM || error == -EACCES)
        return TEXT("reading the kernel's audit rules needs root", "读取内核审计规则需要 root");
    if (error == -ECONNREFUSED || error == -EPROTONOSUPPORT)
        return TEXT("the running kernel has no audit", "运行中的内核没有审计功能");
    struct text t = errno_text(error);
    return TEXT(arena_printf(h->arena, "cannot ask the kernel for its audit rules: %s", t.en),
                arena_printf(h->arena, "无法向内核查询审计规则：%s", t.zh));
}

static struct value as_number(const char *text, int64_t otherwise)
{
    int64_t n = otherwise;
    if (text)
        (void)str_to_int64(str_of(text), 10, &n);
    return value_number(n);
}

static void observe_covers(struct host *h, const struct want *w, const struct audit_set *set,
                           const struct live_audit *live, struct facts *ret)
{
    struct audit_question q;
    struct audit_answer disk, now;
    audit_rule_question(h, w, &q);
    if (q.syscalls.n == 0 && want_arg(w, "syscalls")) {
        facts_not_applicable(
            ret, NULL,
            TEXT("this architecture has none of these system calls", "该体系结构没有这些系统调用"));
        return;
    }
    audit_covers(h, set, &q, &disk);
    struct fact *f = facts_configured(ret, want_arg(w, "path"), value_yes_no(disk.covered));
    for (size_t i = 0; i < disk.where.n; i++)
        fact_add_where(ret, f, disk.where.v[i].path, disk.where.v[i].line);
    f->reason = disk.missing;
    if (!disk.covered && set->stopped)
        f->reason =
            TEXT(arena_printf(h->arena, "%s; loading stops at %s:%u: %s", disk.missing.en,
                              set->stopped_at.path, set->stopped_at.line, set->stopped_why.en),
                 arena_printf(h->arena, "%s；加载在 %s:%u 处中止：%s", disk.missing.zh,
                              set->stopped_at.path, set->stopped_at.line, set->stopped_why.zh));
    if (!live)
        return;
    struct audit_set loaded;
    audit_from_lines(h, "kernel", live->lines, &loaded);
    audit_covers(h, &loaded, &q, &now);
    bool on = live->enabled != 0;
    fact_set_running(f, value_yes_no(now.covered && on));
    if (disk.covered && !on)
        f->reason = TEXT("auditing is switched off in the kernel", "内核审计处于关闭状态");
    else if (disk.covered && !now.covered)
        f->reason = TEXT(arena_printf(h->arena, "loaded rules: %s", now.missing.en),
                         arena_printf(h->arena, "已加载规则：%s", now.missing.zh));
}

static void observe_switch(struct host *h, const struct want *w, const struct audit_set *s,
                           const struct live_audit *live, struct facts *ret)
{
    (void)h;
    struct value configured, running = VALUE_UNSET;
    struct where where = {0};
    if (cstr_eq(w->key_name, "enabled")) {
        configured = as_number(s->enabled, 1);
        where = s->enabled_where;
        running = value_number(live ? live->enabled : 0);
    } else if (cstr_eq(w->key_name, "immutable")) {
        configured = value_yes_no(cstr_eq(s->enabled, "2"));
        where = s->enabled_where;
        running = value_yes_no(live && live->enabled == 2);
    } else if (cstr_eq(w->key_name, "failure-mode")) {
        configured = as_number(s->failure, 1);
        where = s->failure_where;
        running = value_number(live ? live->failure : 0);
    } else if (cstr_eq(w->key_name, "backlog-limit")) {
        configured = as_number(s->backlog, 64);
        where = s->backlog_where;
        running = value_number(live ? live->backlog : 0);
    } else {
        configured = value_yes_no(s->any_file && !s->stopped);
        where = s->stopped ? s->stopped_at : where;
    }
    struct fact *f = facts_configured(ret, NULL, configured);
    if (where.path)
        fact_add_where(ret, f, where.path, where.line);
    if (cstr_eq(w->key_name, "loads"))
        f->reason = s->stopped    ? s->stopped_why
                    : s->any_file ? (struct text){0}
                                  : TEXT("there are no audit rules", "没有审计规则文件");
    else if (live)
        fact_set_running(f, running);
}

static void observe(struct host *h, const struct want *w, struct facts *ret)
{
    const struct audit_set *set = audit_on_disk(h);
    const struct live_audit *live = NULL;
    if (set->error) {
        facts_unknown(ret, NULL, root_error_text(h->root, set->error_path, set->error));
        return;
    }
    if (root_is_live(h->root) && !cstr_eq(w->key_name, "loads")) {
        int r = live_audit(h->root, &live);
        if (r < 0) {
            facts_unknown(ret, NULL, live_error_text(h, r));
            return;
        }
    }
    if (cstr_eq(w->key_name, "covers"))
        observe_covers(h, w, set, live, ret);
    else
        observe_switch(h, w, set, live, ret);
}

const struct resource resource_audit_rule = {
    "audit-rule",
    {"audit rules: which events are recorded, on disk and in the kernel",
     "审计规则：磁盘与内核中的规则记录了哪些事件"},
    keys,
    NULL,
    false,
    observe,
    audit_rule_plan,
};
