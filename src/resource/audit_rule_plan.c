/*
 * Adding audit rules: in files of our own below rules.d, or at the end of audit.rules where the
 * host has no rules.d (making one would take audit.rules out of use).
 */
#include "resource/audit_rule.h"
#include "resource/parents.h"

#include <errno.h>
#include <inttypes.h>
#include <libaudit.h>
#include <string.h>

#include "base/cleanup.h"
#include "root/live.h"
#include "root/live_audit.h"

/* Events in the middle, switches last: augenrules takes the last -b, -f and -e, and letters sort
 * behind digits. */
static const char rules_dir[] = "/etc/audit/rules.d", rules_file[] = "/etc/audit/audit.rules",
                  events_file[] = "/etc/audit/rules.d/50-dengbao.rules",
                  switches_file[] = "/etc/audit/rules.d/zz-dengbao.rules";

static bool has_line(struct str bytes, const char *text)
{
    struct str line;
    while (str_next_line(&bytes, &line))
        if (str_is(line, text))
            return true;
    return false;
}

/* The first line is empty: a file before ours may lack its last newline, and augenrules would glue
 * our first rule to its last one. */
static int add_lines(struct host *h, const char *own, const struct strings *lines,
                     struct changes *ret)
{
    struct file_info info;
    struct str bytes = {"", 0};
    _cleanup_buf_ struct buf out = {0};
    int e = root_stat(h->root, rules_dir, &info);
    const char *path = e == 0 || !root_exists(h->root, rules_file) ? own : rules_file;
    int r = root_read(h->root, path, &bytes);
    if (r < 0 && r != -ENOENT) {
        ret->why = root_error_text(h->root, path, r);
        return r;
    }
    if (r == -ENOENT)
        buf_puts(&out, "\n## Written by dengbao\n");
    buf_append(&out, bytes.p, bytes.n);
    if (out.len && out.data[out.len - 1] != '\n')
        buf_putc(&out, '\n');
    for (size_t i = 0; i < lines->n; i++)
        if (!has_line((struct str){out.data, out.len}, lines->v[i]))
            buf_printf(&out, "%s\n", lines->v[i]);
    const struct attributes fresh = {.set = true, .mode = 0640};
    int made = stage_parents(h->root, path);
    if (made < 0)
        return made;
    return stage_write(h->root, path,
                       (struct str){arena_strndup(h->arena, out.data, out.len), out.len},
                       r == -ENOENT ? &fresh : NULL);
}

static void put_blank(struct buf *b, const char *path)
{
    for (; *path; path++) {
        if (*path == ' ' || *path == '\\')
            buf_putc(b, '\\');
        buf_putc(b, *path);
    }
}

static void limit_users(struct buf *b, const struct audit_question *q)
{
    if (q->exit)
        buf_printf(b, " -F exit=%s", q->exit);
    if (q->users_only)
        buf_printf(b, " -F auid>=%" PRId64 " -F auid!=unset", q->uid_min);
}

static void event_lines(struct host *h, const struct audit_question *q, struct strings *ret)
{
    static const int machines[] = {MACH_86_64, MACH_X86};
    for (int i = 0; i < 2; i++) {
        _cleanup_buf_ struct buf b = {0};
        bool first = true;
        if (i == 0 ? !q->b64 : !q->b32)
            continue;
        buf_printf(&b, "-a always,exit -F arch=%s", i == 0 ? "b64" : "b32");
        for (size_t k = 0; k < q->syscalls.n; k++) {
            if (audit_name_to_syscall(q->syscalls.v[k], (unsigned)machines[i]) < 0)
                continue;
            buf_printf(&b, "%s%s", first ? " -S " : ",", q->syscalls.v[k]);
            first = false;
        }
        if (first)
            continue;
        if (q->path) {
            buf_puts(&b, q->directory ? " -F dir=" : " -F path=");
            put_blank(&b, q->path);
        }
        limit_users(&b, q);
        buf_puts(&b, " -F key=dengbao");
        strings_add(h->arena, ret, arena_strndup(h->arena, b.data, b.len));
    }
}

static void watch_line(struct host *h, const struct audit_question *q, struct strings *ret)
{
    _cleanup_buf_ struct buf b = {0};
    buf_puts(&b, "-w ");
    put_blank(&b, q->path);
    buf_printf(&b, " -p %s -k dengbao", q->perm);
    strings_add(h->arena, ret, arena_strndup(h->arena, b.data, b.len));
}

/* A rule in vain is worse than none: ask again on the staged files. */
static int plan_covers(struct host *h, const struct want *w, struct changes *ret)
{
    struct audit_question q;
    struct audit_answer before, after;
    struct strings lines = {0};
    struct value yes = value_yes_no(true);
    audit_rule_question(h, w, &q);
    audit_covers(h, audit_on_disk(h), &q, &before);
    if (!want_accepts(w, &yes) || (!q.path && q.syscalls.n == 0)) {
        ret->why = TEXT("only recording can be added", "只能增加记录规则");
        return -EOPNOTSUPP;
    }
    if (before.covered)
        return 0;
    if (q.syscalls.n)
        event_lines(h, &q, &lines);
    else
        watch_line(h, &q, &lines);
    bool stopped = audit_on_disk(h)->stopped;
    int r = add_lines(h, events_file, &lines, ret);
    if (r < 0)
        return r;
    const struct audit_set *set = audit_on_disk(h);
    audit_covers(h, set, &q, &after);
    if (after.covered)
        return 0;
    ret->why = after.missing;
    if (set->stopped && !stopped)
        ret->why = text_concat(h->arena,
                               TEXT("the rule for it would stop the loading of all: ",
                                    "为此添加的规则会中止全部规则的加载："),
                               set->stopped_why);
    else if (set->stopped)
        ret->why = text_make(h->arena, "loading the rules stops at %s:%u: correct that first",
                             "规则加载在 %s:%u 处中止：请先修正", set->stopped_at.path,
                             set->stopped_at.line);
    return -EEXIST;
}

static int plan_switch(struct host *h, const struct want *w, struct changes *ret)
{
    static const struct {
        const char *key, *option;
    } options[] = {{"enabled", "-e"}, {"failure-mode", "-f"}, {"backlog-limit", "-b"}};
    const struct audit_set *set = audit_on_disk(h);
    struct strings lines = {0};
    struct value now = value_number(1), yes = value_yes_no(true);
    const char *text = NULL, *option = NULL;
    if (cstr_eq(w->key_name, "immutable")) {
        option = "-e";
        text = want_accepts(w, &yes) ? "2" : "1";
        if (cstr_eq(set->enabled, text))
            return 0;
    }
    for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
        if (!cstr_eq(options[i].key, w->key_name))
            continue;
        const char *is = i == 0 ? set->enabled : i == 1 ? set->failure : set->backlog;
        int64_t n = i == 2 ? 64 : 1;
        if (is)
            (void)str_to_int64(str_of(is), 10, &n);
        now = value_number(n);
        if (want_accepts(w, &now))
            return 0;
        struct value target = want_target(h->arena, w, &now);
        option = options[i].option;
        text = value_show(h->arena, &target);
    }
    if (!option || !text || text[strspn(text, "0123456789")]) {
        ret->why = TEXT("this has to be corrected by hand", "需要手工修正");
        return -EOPNOTSUPP;
    }
    strings_add(h->arena, &lines, arena_printf(h->arena, "%s %s", option, text));
    int r = add_lines(h, switches_file, &lines, ret);
    set = audit_on_disk(h);
    const char *is = option[1] == 'e'   ? set->enabled
                     : option[1] == 'f' ? set->failure
                                        : set->backlog;
    if (r == 0 && !cstr_eq(is, text)) {
        ret->why = text_make(h->arena, "another file sets %s after ours", "另有文件在其后设置了 %s",
                             option);
        return -EEXIST;
    }
    return r;
}

int audit_rule_plan(struct host *h, const struct want *w, struct changes *ret)
{
    const struct audit_set *set = audit_on_disk(h);
    const struct live_audit *live = NULL;
    if (set->error) {
        ret->why = root_error_text(h->root, set->error_path, set->error);
        return set->error;
    }
    int r = cstr_eq(w->key_name, "covers") ? plan_covers(h, w, ret) : plan_switch(h, w, ret);
    /* With locked rules (-e 2) the files count from the next boot on: nothing to load now. */
    if (r == 0 && live_audit(h->root, &live) == 0 && live->enabled != 2)
        changes_add(ret, STEP_LOAD_RULES, "audit", "load");
    return r;
}
