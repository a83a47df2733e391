/* Resource `syslog`: which daemon keeps the records, where they go and how they are written. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "effective/unit.h"
#include "resource/syslog_plan.h"

static const char *const file_args[] = {"facility", NULL};

static const struct key keys[] = {
    {"daemon",
     VALUE_WORD,
     NULL,
     "systemd.unit(5)",
     {"the log daemon that starts at boot: rsyslog, syslog-ng, journald or none",
      "随开机启动的日志守护进程：rsyslog、syslog-ng、journald 或 none"},
     NULL},
    {"files",
     VALUE_LIST,
     NULL,
     "rsyslog.conf(5)",
     {"files that records of `facility` (default auth) of priority info are written to",
      "facility（默认 auth）info 级记录写入的文件"},
     file_args},
    {"forwards",
     VALUE_WORD,
     NULL,
     "rsyslog.conf(5)",
     {"records are sent to another host", "日志是否转发到其他主机"},
     NULL},
    {"forward-targets",
     VALUE_LIST,
     NULL,
     "rsyslog.conf(5)",
     {"hosts that records are sent to: udp://, tcp://, tls://, relp://",
      "日志转发目标：udp://、tcp://、tls://、relp://"},
     NULL},
    {"journal-persistent",
     VALUE_WORD,
     NULL,
     "journald.conf(5)",
     {"the journal survives a reboot", "日志在重启后保留"},
     NULL},
    {"file-create-mode",
     VALUE_MODE,
     "0644",
     "rsyslog.conf(5)",
     {"mode of new log files, umask taken off", "新建日志文件的权限（已扣除 umask）"},
     NULL},
    {"timestamp-format",
     VALUE_WORD,
     "rfc3339",
     "rsyslog.conf(5)",
     {"rfc3339 (year and zone) or traditional", "rfc3339（含年份与时区）或 traditional"},
     NULL},
    {0},
};

static bool starts(struct host *h, const char *unit)
{
    enum unit_start s = UNIT_STARTS_NOT;
    const char *via = NULL;
    return unit_starts(h, unit, &s, &via, NULL) == 0 && s != UNIT_STARTS_NOT;
}

static const char *daemon_name(struct host *h)
{
    struct unit_view v;
    if (starts(h, "rsyslog.service"))
        return "rsyslog";
    if (starts(h, "syslog-ng.service"))
        return "syslog-ng";
    return host_unit(h, "systemd-journald.service", &v, NULL) == 0 && !v.masked ? "journald"
                                                                                : "none";
}

/* destination d { network("10.0.0.1" port(514)); }: only the hosts are taken. */
static void syslog_ng_targets(struct host *h, struct strings *ret, struct where *where)
{
    static const char *const drivers[] = {"network", "tcp", "udp", "syslog", "tcp6", "udp6"};
    static const char path[] = "/etc/syslog-ng/syslog-ng.conf";
    struct str rest, line;
    if (root_read(h->root, path, &rest) < 0)
        return;
    for (unsigned n = 1; str_next_line(&rest, &line); n++) {
        line = str_trim(line);
        for (size_t i = 0; i < ARRAY_SIZE(drivers) * line.n; i++) {
            const char *d = drivers[i % ARRAY_SIZE(drivers)];
            size_t at = i / ARRAY_SIZE(drivers), length = strlen(d);
            struct str tail = str_slice(line, at, line.n);
            bool begins = at == 0 || strchr(" \t{;", line.p[at - 1]);
            if (line.p[0] == '#' || !begins || !str_starts(tail, d))
                continue;
            tail = str_trim(str_slice(tail, length, tail.n));
            if (!str_starts(tail, "("))
                continue;
            tail = str_trim(str_slice(tail, 1, tail.n));
            if (!str_starts(tail, "\""))
                continue;
            int end = str_index(str_slice(tail, 1, tail.n), '"');
            if (end <= 0)
                continue;
            strings_add(h->arena, ret, arena_printf(h->arena, "%s://%.*s", d, end, tail.p + 1));
            *where = (struct where){path, n};
        }
    }
}

static void add_unknown(struct host *h, const struct rsyslog_config *c, struct facts *ret)
{
    facts_unknown(ret, NULL, root_error_text(h->root, c->error_path, c->error));
}

static void observe_targets(struct host *h, const struct want *w, const char *daemon,
                            const struct rsyslog_config *c, struct facts *ret)
{
    struct strings targets = {0};
    struct where where = {0};
    for (size_t i = 0; strcmp(daemon, "rsyslog") == 0 && i < c->rules.n; i++) {
        if (!c->rules.v[i].forward)
            continue;
        strings_add(h->arena, &targets, c->rules.v[i].forward);
        where = c->rules.v[i].where;
    }
    if (strcmp(daemon, "syslog-ng") == 0)
        syslog_ng_targets(h, &targets, &where);
    bool yes_no = cstr_eq(w->key_name, "forwards");
    struct fact *f =
        facts_configured(ret, NULL, yes_no ? value_yes_no(targets.n > 0) : value_list(targets));
    if (where.path)
        fact_add_where(ret, f, where.path, where.line);
}

static void observe_files(struct host *h, const struct want *w, struct facts *ret)
{
    struct strings files = {0};
    struct where where = {0};
    const char *facility = want_arg(w, "facility");
    rsyslog_files(h, facility ? facility : "auth", 6, &files, &where);
    struct fact *f = facts_configured(ret, NULL, value_list(files));
    if (where.path)
        fact_add_where(ret, f, where.path, where.line);
}

static void observe_mode(struct host *h, const struct rsyslog_config *c, struct facts *ret)
{
    const char *value = NULL;
    struct where where = c->mode_where, unit_where = {0};
    int64_t mask = c->has_umask ? (int64_t)c->umask : 0022;
    if (!c->has_umask &&
        unit_setting(h, "rsyslog.service", "Service.UMask", &value, &unit_where, NULL) == 0 &&
        value && str_to_int64(str_of(value), 8, &mask) == 0 && !where.path)
        where = unit_where;
    struct fact *f =
        facts_configured(ret, NULL, value_mode(c->create_mode & ~(unsigned)(mask & 0777)));
    if (where.path)
        fact_add_where(ret, f, where.path, where.line);
}

static void observe_journal(struct host *h, struct facts *ret)
{
    struct err e = {.arena = h->arena};
    bool persistent = false;
    struct where where = {0};
    if (journald_persistent(h, &persistent, &where, &e) < 0) {
        facts_unknown(ret, NULL, e.message);
        return;
    }
    struct fact *f = facts_configured(ret, NULL, value_yes_no(persistent));
    fact_add_where(ret, f, where.path, where.line);
}

static void observe(struct host *h, const struct want *w, struct facts *ret)
{
    const char *daemon = daemon_name(h), *key = w->key_name;
    const struct rsyslog_config *c = rsyslog_config(h);
    if (cstr_eq(key, "daemon")) {
        facts_configured(ret, NULL, value_word(daemon));
        return;
    }
    if (cstr_eq(key, "journal-persistent")) {
        observe_journal(h, ret);
        return;
    }
    if (c->error && strcmp(daemon, "rsyslog") == 0) {
        add_unknown(h, c, ret);
        return;
    }
    if (cstr_eq(key, "forward-targets") || cstr_eq(key, "forwards")) {
        observe_targets(h, w, daemon, c, ret);
    } else if (strcmp(daemon, "syslog-ng") == 0) {
        facts_unknown(ret, NULL,
                      TEXT("syslog-ng's filters are not evaluated", "不解析 syslog-ng 的过滤规则"));
    } else if (strcmp(daemon, "rsyslog") != 0) {
        struct fact *f = facts_configured(ret, NULL, VALUE_UNSET);
        f->reason = TEXT("no syslog daemon starts at boot", "没有随开机启动的 syslog 守护进程");
    } else if (cstr_eq(key, "files")) {
        observe_files(h, w, ret);
    } else if (cstr_eq(key, "file-create-mode")) {
        observe_mode(h, c, ret);
    } else {
        struct fact *f =
            facts_configured(ret, NULL, value_word(c->rfc3339 ? "rfc3339" : "traditional"));
        if (c->template_where.path)
            fact_add_where(ret, f, c->template_where.path, c->template_where.line);
    }
}

const struct resource resource_syslog = {
    "syslog",
    {"system log: daemon, files per facility, forwarding, journal, file mode, time stamps",
     "系统日志：守护进程、各设施的文件、转发、journal、文件权限、时间戳"},
    keys,
    NULL,
    false,
    observe,
    syslog_plan,
};
