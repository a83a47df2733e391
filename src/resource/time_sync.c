/* Resource `time-sync`: what keeps the clock right (records need a true time). */
#include "effective/timesync.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "resource/parents.h"
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

#define CHRONY_FILE "/etc/chrony/sources.d/dengbao.sources"
#define TIMESYNCD_FILE "/etc/systemd/timesyncd.conf.d/zz-dengbao.conf"

static bool has_servers(struct host *h, const struct strings *wanted)
{
    struct err e = {.arena = h->arena};
    struct timesync t;
    bool all = host_timesync(h, &t, &e) == 0;
    for (size_t i = 0; all && i < wanted->n; i++)
        all = strings_find(&t.servers, wanted->v[i]) >= 0;
    return all;
}

static int stage_text(struct host *h, const char *path, const struct buf *b,
                      const struct attributes *fresh)
{
    int r = stage_parents(h->root, path);
    return r < 0
               ? r
               : stage_write(h->root, path,
                             (struct str){arena_strndup(h->arena, b->data, b->len), b->len}, fresh);
}

static const char *main_file(struct host *h, const char *const files[])
{
    for (size_t i = 0; files[i]; i++)
        if (root_exists(h->root, files[i]))
            return files[i];
    return NULL;
}

/* Behind the lines that are there; what was taken before stays taken. */
static int append_servers(struct host *h, const char *path, const struct strings *wanted)
{
    _cleanup_buf_ struct buf b = {0};
    struct err e = {.arena = h->arena};
    struct timesync t;
    struct str bytes;
    int r = path ? root_read(h->root, path, &bytes) : -ENOENT;
    if (r == 0)
        r = host_timesync(h, &t, &e);
    if (r < 0)
        return r;
    buf_append(&b, bytes.p, bytes.n);
    if (bytes.n && bytes.p[bytes.n - 1] != '\n')
        buf_putc(&b, '\n');
    for (size_t i = 0; i < wanted->n; i++)
        if (strings_find(&t.servers, wanted->v[i]) < 0)
            buf_printf(&b, "server %s iburst\n", wanted->v[i]);
    return stage_text(h, path, &b, NULL);
}

static int plan_chrony(struct host *h, const struct strings *wanted)
{
    static const char *const files[] = {"/etc/chrony/chrony.conf", "/etc/chrony.conf", NULL};
    const struct attributes fresh = {.set = true, .mode = 0644};
    _cleanup_buf_ struct buf b = {0};
    struct root *attempt = NULL;
    buf_puts(&b, "# Written by dengbao: the time servers of this site.\n");
    for (size_t i = 0; i < wanted->n; i++)
        buf_printf(&b, "server %s iburst\n", wanted->v[i]);
    /* A file of our own where chrony.conf reads such ones (Debian), else a line in it. */
    int r = root_stage(h->root, &attempt);
    if (r < 0)
        return r;
    struct host on = *h;
    on.root = attempt;
    bool reads = stage_text(&on, CHRONY_FILE, &b, &fresh) == 0 && has_servers(&on, wanted);
    root_close(attempt);
    return reads ? stage_text(h, CHRONY_FILE, &b, &fresh)
                 : append_servers(h, main_file(h, files), wanted);
}

static int plan_timesyncd(struct host *h, const struct strings *wanted)
{
    const struct attributes fresh = {.set = true, .mode = 0644};
    _cleanup_buf_ struct buf b = {0};
    buf_printf(&b, "# Written by dengbao: the time servers of this site.\n[Time]\nNTP=%s\n",
               strings_join(h->arena, wanted, " ", 0));
    return stage_text(h, TIMESYNCD_FILE, &b, &fresh);
}

/* Servers that a person named are added; those that are there stay. */
static int plan_servers(struct host *h, const struct want *w, const struct timesync *t,
                        struct changes *ret)
{
    static const char *const files[] = {"/etc/ntp.conf", "/etc/ntpsec/ntp.conf", NULL};
    const struct strings *wanted = &w->expected.list;
    int r = cstr_eq(t->daemon, "chrony") ? plan_chrony(h, wanted)
            : cstr_eq(t->daemon, "systemd-timesyncd")
                ? plan_timesyncd(h, wanted)
                : append_servers(h, main_file(h, files), wanted);
    if (r == -ENOENT) {
        ret->why = text_make(h->arena, "%s has no configuration file here", "%s 在此没有配置文件",
                             t->daemon);
        return r;
    }
    if (r < 0) {
        ret->why = root_error_text(h->root, t->daemon, r);
        return r;
    }
    if (!has_servers(h, wanted)) {
        ret->why = text_make(h->arena, "%s does not read what was added", "%s 未读取所添加的内容",
                             t->daemon);
        return -ENOTSUP;
    }
    if (root_is_live(h->root))
        changes_add(ret, STEP_UNIT_STATE, t->unit, "restart");
    return 0;
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
        if (cstr_eq(key, "servers") && w->op == WANT_INCLUDES)
            changes_add(ret, STEP_PACKAGE, "chrony", "install");
        ret->why = TEXT("no time daemon is installed: install chrony",
                        "未安装时间同步程序：请安装 chrony");
        return -ENOENT;
    }
    if (cstr_eq(key, "servers") && w->op == WANT_INCLUDES)
        return plan_servers(h, w, &t, ret);
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
