/* Resource `time-sync`: what keeps the clock right (records need a true time). */
#include "effective/timesync.h"

#include <errno.h>
#include <string.h>

#include "resource/resource.h"
#include "resource/unit.h"
#include "root/live.h"

static const struct key keys[] = {
    {"daemon",
     VALUE_WORD,
     NULL,
     "chrony.conf(5), timesyncd.conf(5)",
     {"chrony, ntpd, systemd-timesyncd or none", "chrony、ntpd、systemd-timesyncd 或 none"},
     NULL},
    {"enabled", VALUE_WORD, NULL, "systemctl(1)", {"it starts at boot", "随开机启动"}, NULL},
    {"active", VALUE_WORD, NULL, "systemctl(1)", {"it is running now", "当前正在运行"}, NULL},
    {"servers",
     VALUE_LIST,
     NULL,
     "chrony.conf(5), timesyncd.conf(5)",
     {"where it takes the time from", "时间来源"},
     NULL},
    {"configured",
     VALUE_WORD,
     NULL,
     "chrony.conf(5), timesyncd.conf(5)",
     {"it starts at boot and has a source", "随开机启动且配置了时间来源"},
     NULL},
    {0},
};

static void observe_active(struct host *h, const struct timesync *t, struct facts *ret)
{
    struct unit_state s = {0};
    if (!root_is_live(h->root)) {
        facts_not_applicable(ret, NULL, TEXT("an image does not run", "镜像未在运行"));
        return;
    }
    int r = t->unit ? live_unit(h->root, t->unit, &s) : 0;
    if (r == -ENOSYS) {
        facts_unknown(ret, NULL, TEXT("systemd is not running here", "此处 systemd 未在运行"));
        return;
    }
    if (r < 0) {
        facts_unknown(ret, NULL, root_error_text(h->root, t->unit, r));
        return;
    }
    facts_running(ret, NULL, value_yes_no(t->unit && cstr_eq(s.active, "active")));
}

static void observe(struct host *h, const struct want *w, struct facts *ret)
{
    struct err e = {.arena = h->arena};
    struct timesync t;
    const char *key = w->key_name;
    if (host_timesync(h, &t, &e) < 0) {
        facts_unknown(ret, NULL, e.message);
        return;
    }
    if (cstr_eq(key, "active")) {
        observe_active(h, &t, ret);
        return;
    }
    bool source = t.servers.n > 0 || t.built_in;
    struct value v = cstr_eq(key, "daemon")    ? value_word(t.daemon ? t.daemon : "none")
                     : cstr_eq(key, "enabled") ? value_yes_no(t.enabled)
                     : cstr_eq(key, "servers") ? value_list(t.servers)
                                               : value_yes_no(t.daemon && t.enabled && source);
    struct fact *f = facts_configured(ret, NULL, v);
    if (t.where.path)
        fact_add_where(ret, f, t.where.path, t.where.line);
    if (!t.daemon)
        f->reason = TEXT("no time daemon is installed", "未安装时间同步程序");
    else if (t.built_in)
        f->reason = TEXT("the servers are compiled into systemd-timesyncd",
                         "使用 systemd-timesyncd 内置服务器");
    else
        f->reason = text_make(h->arena, "by %s", "由 %s 提供", t.unit);
}

/* Starting the daemon that is there. Which servers are right is for a person to say. */
static int plan(struct host *h, const struct want *w, struct changes *ret)
{
    struct err e = {.arena = h->arena};
    struct timesync t;
    const char *key = w->key_name;
    const struct resource *unit = resource_find("unit");
    bool active = cstr_eq(key, "active");
    if (host_timesync(h, &t, &e) < 0) {
        ret->why = e.message;
        return -ENOTSUP;
    }
    if (!t.daemon) {
        ret->why = TEXT("no time daemon is installed: install chrony",
                        "未安装时间同步程序：请安装 chrony");
        return -ENOENT;
    }
    if (!active && !cstr_eq(key, "enabled") &&
        (!cstr_eq(key, "configured") || (t.servers.n == 0 && !t.built_in))) {
        ret->why = TEXT("which time servers to use is for a person to say",
                        "使用哪些时间服务器须由人决定");
        return -ENOTSUP;
    }
    struct want start = {.resource = "unit",
                         .key_name = active ? "active" : "enabled",
                         .op = WANT_IS,
                         .expected = value_yes_no(true)};
    struct want_arg name = {"name", t.unit};
    start.key = resource_key(h->arena, unit, start.key_name);
    vec_push(h->arena, &start.args, name);
    int r = unit_plan(h, &start, ret);
    if (r == 0 && host_timesync(h, &t, &e) == 0 && !active && !t.enabled) {
        ret->why = text_make(h->arena, "%s does not start at boot even when enabled",
                             "%s 启用后仍不会随开机启动", t.unit);
        return -ENOTSUP;
    }
    return r;
}

const struct resource resource_time_sync = {
    "time-sync",
    {"time synchronisation: daemon, started at boot, servers",
     "时间同步：守护进程、开机启动、服务器"},
    keys,
    NULL,
    false,
    observe,
    plan,
};
