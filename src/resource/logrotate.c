/* Resource `logrotate`: how long a log file's records stay. */
#include "effective/logrotate.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "effective/auditd.h"
#include "effective/unit.h"
#include "format/logrotate.h"
#include "resource/resource.h"

static const char *const args[] = {"path", NULL};

static const struct key keys[] = {
    {"retention-days",
     VALUE_NUMBER,
     NULL,
     "logrotate.conf(5)",
     {"days for which records of `path` are kept at least; never: not deleted",
      "path 中记录至少保留的天数；never 表示不删除"},
     NULL},
    {0},
};

/* auditd rotates its own log by size: days follow from the volume, which no file tells. */
static void observe_audit_log(struct host *h, const char *path, struct facts *ret)
{
    struct err e = {.arena = h->arena};
    struct auditd_value action, size, count;
    if (auditd_option(h, "max_log_file_action", &action, &e) < 0 ||
        auditd_option(h, "max_log_file", &size, &e) < 0 ||
        auditd_option(h, "num_logs", &count, &e) < 0) {
        facts_unknown(ret, path, e.message);
        return;
    }
    int64_t logs = 0;
    if (cstr_eq(action.value, "keep_logs")) {
        struct fact *f = facts_configured(ret, path, value_number(NUMBER_NEVER));
        f->reason = TEXT("keep_logs: auditd deletes nothing", "keep_logs：auditd 不删除日志");
        fact_add_where(ret, f, action.where.path, action.where.line);
        return;
    }
    bool rotates = cstr_eq(action.value, "rotate");
    bool one = rotates && str_to_int64(str_of(count.value), 10, &logs) == 0 && logs < 2;
    if (one || cstr_eq(action.value, "ignore") || cstr_eq(action.value, "syslog")) {
        facts_unknown(ret, path,
                      TEXT("auditd does not rotate: one log grows for as long as the disk has room",
                           "auditd 不轮转：单个日志持续增长，直至磁盘写满"));
        return;
    }
    if (!rotates) {
        facts_unknown(ret, path,
                      text_make(h->arena,
                                "at %s MiB auditd does %s: what is recorded after that is not told "
                                "by its configuration",
                                "达到 %s MiB 时 auditd 执行 %s：此后的记录情况无法由配置得知",
                                size.value, action.value));
        return;
    }
    facts_unknown(
        ret, path,
        text_make(h->arena,
                  "auditd rotates by size (%s logs of %s MiB, action %s): how many days "
                  "that is depends on the volume",
                  "auditd 按大小轮转（%s 个日志，每个 %s MiB，动作 %s）：保留天数取决于日志量",
                  count.value, size.value, action.value));
}

static bool starts(struct host *h, const char *unit)
{
    enum unit_start s = UNIT_STARTS_NOT;
    const char *via = NULL;
    return unit_starts(h, unit, &s, &via, NULL) == 0 && s != UNIT_STARTS_NOT;
}

/* The timer, or cron.daily. Debian's script there leaves it to the timer where systemd runs; where
 * no unit of cron is known (a container, a copy of /etc), the script alone is believed. */
static bool is_run(struct host *h)
{
    static const char *const crons[] = {"cron.service", "crond.service", "anacron.timer",
                                        "cronie.service"};
    static const char script[] = "/etc/cron.daily/logrotate", bail[] = "/run/systemd/system";
    struct str text;
    struct unit_view v;
    bool installed = false, runs = false;
    if (starts(h, "logrotate.timer"))
        return true;
    if (root_read(h->root, script, &text) < 0 || !root_exists(h->root, script))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(crons); i++) {
        installed = installed || host_unit(h, crons[i], &v, NULL) == 0;
        runs = runs || starts(h, crons[i]);
    }
    bool systemd = host_unit(h, "logrotate.timer", &v, NULL) == 0;
    if (systemd && memmem(text.p, text.n, bail, sizeof bail - 1))
        return false;
    return runs || !installed;
}

/* Does the file hold records? wtmp and btmp are written by logins, the rest by a log daemon. */
static bool is_written(struct host *h, const char *path)
{
    return cstr_eq(path, "/var/log/wtmp") || cstr_eq(path, "/var/log/btmp") ||
           root_exists(h->root, path) || starts(h, "rsyslog.service") ||
           starts(h, "syslog-ng.service");
}

static void observe(struct host *h, const struct want *w, struct facts *ret)
{
    struct err e = {.arena = h->arena};
    const char *path = want_arg(w, "path");
    struct log_rotation rotation;
    if (!path) {
        facts_unknown(
            ret, NULL,
            TEXT("the rule names no log (argument path)", "规则未给出日志路径（参数 path）"));
        return;
    }
    if (cstr_starts(path, "/var/log/audit/")) {
        observe_audit_log(h, path, ret);
        return;
    }
    int r = log_rotation(h, path, &rotation, &e);
    if (r < 0 && r != -ENOENT) {
        facts_unknown(ret, path, e.message);
        return;
    }
    if (r == -ENOENT && !is_written(h, path)) {
        facts_unknown(
            ret, path,
            TEXT("nothing rotates it, but no log daemon that would write it starts either: "
                 "its records are in the journal, which is kept by size",
                 "没有轮转配置，但也没有写入该文件的日志进程：记录在 journal 中，按大小保留"));
        return;
    }
    if (r == -ENOENT) {
        struct fact *f = facts_configured(ret, path, value_number(NUMBER_NEVER));
        f->reason =
            TEXT("nothing rotates it: it grows and is kept", "没有轮转配置：文件持续增长并保留");
        return;
    }
    int64_t days = log_retention_days(&rotation);
    if (days != -1 && !is_run(h)) {
        facts_unknown(ret, path,
                      text_make(h->arena,
                                "%s:%u rotates it, but nothing that starts logrotate was found in "
                                "cron or among the timers",
                                "%s:%u 配置了轮转，但在 cron 和定时器中未找到启动 logrotate 的设置",
                                rotation.where.path, rotation.where.line));
        return;
    }
    if (days == -2) {
        facts_unknown(ret, path,
                      text_make(h->arena,
                                "%s:%u rotates by size and keeps %" PRId64
                                " old logs: how many days that is depends on the volume",
                                "%s:%u 按大小轮转并保留 %" PRId64 " 个旧日志：天数取决于日志量",
                                rotation.where.path, rotation.where.line, rotation.count));
        return;
    }
    struct fact *f = facts_configured(ret, path, value_number(days < 0 ? NUMBER_NEVER : days));
    fact_add_where(ret, f, rotation.where.path, rotation.where.line);
}

/* ---- plan ---- */

static int64_t rotations(const struct log_rotation *r, int64_t days)
{
    switch (r->period) {
    case LOG_HOURLY:
        return days * 24;
    case LOG_WEEKLY:
        return (days + 6) / 7;
    case LOG_MONTHLY:
        return (days + 29) / 30;
    case LOG_YEARLY:
        return (days + 364) / 365;
    case LOG_DAILY:
    case LOG_BY_SIZE:
        break;
    }
    return days;
}

/* A line of the stanza with another number; indentation and what stands behind it stay. */
static void put_number(struct buf *out, struct str raw, const char *name, int64_t number)
{
    size_t i = 0;
    while (i < raw.n && (raw.p[i] == ' ' || raw.p[i] == '\t'))
        i++;
    i += strlen(name);
    while (i < raw.n && strchr(" \t=", raw.p[i]))
        i++;
    buf_append(out, raw.p, i);
    buf_printf(out, "%" PRId64, number);
    while (i < raw.n && !strchr(" \t\r\n", raw.p[i]))
        i++;
    buf_append(out, raw.p + i, raw.n - i);
}

/* The stanza that opens at that line keeps `count` old logs, and none is dropped for its age. A
 * number that the stanza does not have is put at its end, where it wins. */
static int edit_stanza(struct host *h, const struct log_rotation *r, int64_t count, int64_t days)
{
    _cleanup_buf_ struct buf out = {0};
    struct str bytes;
    struct logrotate_doc d;
    int e = root_read(h->root, r->where.path, &bytes);
    if (e < 0)
        return e;
    logrotate_parse(h->arena, bytes, &d);
    bool inside = false, has_count = count == 0, has_age = days == 0;
    for (size_t i = 0; i < d.lines.n; i++) {
        const struct logrotate_line *l = &d.lines.v[i];
        if (l->kind == LOGROTATE_OPEN)
            inside = l->line == r->where.line;
        bool number = inside && l->kind == LOGROTATE_DIRECTIVE;
        if (number && count && cstr_eq(l->name, "rotate")) {
            put_number(&out, l->raw, "rotate", count);
            has_count = true;
        } else if (number && days && cstr_eq(l->name, "maxage")) {
            put_number(&out, l->raw, "maxage", days);
            has_age = true;
        } else {
            if (inside && l->kind == LOGROTATE_CLOSE) {
                if (!has_count)
                    buf_printf(&out, "\trotate %" PRId64 "\n", count);
                if (!has_age)
                    buf_printf(&out, "\tmaxage %" PRId64 "\n", days);
                inside = false;
            }
            buf_append(&out, l->raw.p, l->raw.n);
        }
    }
    struct str text = {arena_strndup(h->arena, out.data ? out.data : "", out.len), out.len};
    return stage_write(h->root, r->where.path, text, NULL);
}

static int plan(struct host *h, const struct want *w, struct changes *ret)
{
    struct err e = {.arena = h->arena};
    const char *path = want_arg(w, "path");
    struct log_rotation now;
    if (!path || cstr_starts(path, "/var/log/audit/")) {
        ret->why = TEXT("auditd rotates this log itself (auditd.conf)",
                        "该日志由 auditd 自行轮转（auditd.conf）");
        return -ENOTSUP;
    }
    int r = log_rotation(h, path, &now, &e);
    if (r < 0) {
        ret->why = e.message;
        return r;
    }
    int64_t kept = log_retention_days(&now);
    struct value current = value_number(kept < 0 ? NUMBER_NEVER : kept);
    struct value target = want_target(h->arena, w, &current);
    if (target.kind != VALUE_NUMBER || (kept >= 0 && target.number <= kept)) {
        ret->why = TEXT("a longer retention is never shortened", "不会缩短已有的保留时间");
        return -ENOTSUP;
    }
    int64_t count = now.count >= 0 && now.count < rotations(&now, target.number)
                        ? rotations(&now, target.number)
                        : 0;
    int64_t days = now.max_age > 0 && now.max_age < target.number ? target.number : 0;
    r = edit_stanza(h, &now, count, days);
    if (r < 0) {
        ret->why = root_error_text(h->root, now.where.path, r);
        return r;
    }
    if (log_rotation(h, path, &now, &e) < 0 || log_retention_days(&now) < target.number) {
        ret->why = text_make(h->arena, "the stanza at %s:%u is not one that can be edited safely",
                             "无法安全编辑 %s:%u 处的配置段", now.where.path, now.where.line);
        return -ENOTSUP;
    }
    return 0;
}

const struct resource resource_logrotate = {
    "logrotate",
    {"how long logrotate (for the audit log: auditd) keeps the records of a log file",
     "logrotate（审计日志为 auditd）对日志文件的保留时间"},
    keys,
    args,
    false,
    observe,
    plan,
};
