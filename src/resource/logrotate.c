/* Resource `logrotate`: how long a log file's records stay. */
#include "effective/logrotate.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "effective/auditd.h"
#include "effective/unit.h"
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
    if (cstr_eq(action.value, "keep_logs")) {
        struct fact *f = facts_configured(ret, path, value_number(NUMBER_NEVER));
        f->reason = TEXT("keep_logs: auditd deletes nothing", "keep_logs：auditd 不删除日志");
        fact_add_where(ret, f, action.where.path, action.where.line);
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

static bool is_run(struct host *h)
{
    enum unit_start s = UNIT_STARTS_NOT;
    const char *via = NULL;
    if (root_exists(h->root, "/etc/cron.daily/logrotate"))
        return true;
    return unit_starts(h, "logrotate.timer", &s, &via, NULL) == 0 && s != UNIT_STARTS_NOT;
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
    if (r == -ENOENT || !is_run(h)) {
        struct fact *f = facts_configured(ret, path, value_number(NUMBER_NEVER));
        f->reason = r < 0 ? TEXT("nothing rotates it: it grows and is kept",
                                 "没有轮转配置：文件持续增长并保留")
                          : TEXT("logrotate is not started by cron or a timer",
                                 "cron 或定时器均未启动 logrotate");
        return;
    }
    int64_t days = log_retention_days(&rotation);
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

const struct resource resource_logrotate = {
    "logrotate",
    {"how long logrotate (for the audit log: auditd) keeps the records of a log file",
     "logrotate（审计日志为 auditd）对日志文件的保留时间"},
    keys,
    args,
    false,
    observe,
    NULL,
};
