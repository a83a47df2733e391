/* Resource `auditd`: auditd.conf by option name, and what the options mean together. */
#include "effective/auditd.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "format/keyvalue.h"
#include "resource/resource.h"

static const struct key keys[] = {
    {"to-syslog",
     VALUE_WORD,
     NULL,
     "auditd-plugins(5)",
     {"audit records also go to syslog, by the plugin audisp-syslog",
      "审计记录同时经 audisp-syslog 插件送往 syslog"},
     NULL},
    {"retention-safe",
     VALUE_WORD,
     NULL,
     "auditd.conf(5)",
     {"full logs are kept: keep_logs, or rotate with num_logs of 2 or more",
      "写满的日志会保留：keep_logs，或 rotate 且 num_logs 不小于 2"},
     NULL},
    {"num_logs",
     VALUE_NUMBER,
     "0",
     "auditd.conf(5)",
     {"logs kept by rotate", "轮转保留的日志数"},
     NULL},
    {"max_log_file",
     VALUE_NUMBER,
     "0",
     "auditd.conf(5)",
     {"size of a log in MiB", "单个日志大小（MiB）"},
     NULL},
    {0},
};

/* ---- the plugin that hands records to syslog ---- */

/* audit 3 has its plugins under /etc/audit, 2.x under /etc/audisp; NULL: neither has this one. */
static const char *plugin_path(struct host *h)
{
    static const char *const paths[] = {"/etc/audit/plugins.d/syslog.conf",
                                        "/etc/audisp/plugins.d/syslog.conf"};
    for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
        if (root_exists(h->root, paths[i]))
            return paths[i];
    return NULL;
}

static int plugin_file(struct host *h, const char *path, struct keyvalue **ret)
{
    struct str bytes;
    int r = root_read(h->root, path, &bytes);
    if (r == 0)
        *ret = keyvalue_parse(h->arena, &keyvalue_auditd, bytes);
    return r;
}

static void observe_plugin(struct host *h, struct facts *ret)
{
    struct keyvalue *kv;
    const char *path = plugin_path(h);
    int r = path ? plugin_file(h, path, &kv) : 0;
    if (r < 0) {
        facts_unknown(ret, NULL, root_error_text(h->root, path, r));
        return;
    }
    const struct keyvalue_line *active = path ? keyvalue_get(kv, "active") : NULL;
    bool on = active && str_is_nocase(active->value, "yes");
    struct fact *f = facts_configured(ret, NULL, value_yes_no(on));
    if (active)
        fact_add_where(ret, f, path, active->line);
    else if (!path)
        f->reason = TEXT("the plugin is not installed", "未安装该插件");
}

static int plan_plugin(struct host *h, struct changes *ret)
{
    struct keyvalue *kv;
    const char *path = plugin_path(h);
    if (!path) {
        changes_add(ret, STEP_PACKAGE, "audispd-plugins", "install");
        ret->why = TEXT("the plugin audisp-syslog is not installed", "未安装 audisp-syslog 插件");
        return -ENOENT;
    }
    int r = plugin_file(h, path, &kv);
    if (r == 0)
        r = keyvalue_set(kv, "active", "yes");
    if (r == 0)
        r = stage_write(h->root, path, keyvalue_print(h->arena, kv), NULL);
    if (r < 0)
        ret->why = root_error_text(h->root, path, r);
    else if (root_is_live(h->root)) /* SIGHUP: plugins are read again */
        changes_add(ret, STEP_UNIT_STATE, "auditd.service", "reload");
    return r;
}

static void observe(struct host *h, const struct want *w, struct facts *ret)
{
    struct err e = {.arena = h->arena};
    struct text why = {0};
    struct where where = {0};
    if (cstr_eq(w->key_name, "to-syslog")) {
        observe_plugin(h, ret);
        return;
    }
    if (cstr_eq(w->key_name, "retention-safe")) {
        bool safe = false;
        int r = auditd_retention(h, &safe, &why, &where, &e);
        if (r < 0 && r != -ENOENT) {
            facts_unknown(ret, NULL, e.message);
            return;
        }
        struct fact *f = facts_configured(ret, NULL, value_yes_no(r == 0 && safe));
        f->reason = r < 0 ? e.message : why;
        if (where.path)
            fact_add_where(ret, f, where.path, where.line);
        return;
    }
    struct auditd_value v;
    int64_t number = 0;
    int r = auditd_option(h, w->key_name, &v, &e);
    if (r < 0 && r != -ENOENT) {
        facts_unknown(ret, NULL, e.message);
        return;
    }
    struct value value = r < 0 ? VALUE_UNSET : value_word(v.value);
    bool wants_number = w->key->kind == VALUE_NUMBER || w->expected.kind == VALUE_NUMBER;
    if (r == 0 && v.value && wants_number && str_to_int64(str_of(v.value), 10, &number) == 0)
        value = value_number(number);
    struct fact *f = facts_configured(ret, NULL, value);
    if (r < 0)
        f->reason = e.message;
    else if (v.is_default)
        f->reason = TEXT("not set: auditd's own default", "未设置：auditd 内置默认值");
    else
        fact_add_where(ret, f, v.where.path, v.where.line);
}

static const char path[] = "/etc/audit/auditd.conf";

static int set_number(struct host *h, struct keyvalue *kv, const char *name, int64_t least,
                      int64_t otherwise)
{
    struct auditd_value v;
    int64_t n = 0;
    int r = auditd_option(h, name, &v, NULL);
    if (r == 0 && str_to_int64(str_of(v.value), 10, &n) == 0 && n >= least)
        return 0;
    return keyvalue_set(kv, name, arena_printf(h->arena, "%" PRId64, otherwise));
}

/* Comments and order stay. A daemon that does not keep its logs gets rotation: it cannot fill the
 * disk, which keep_logs can. */
static int plan(struct host *h, const struct want *w, struct changes *ret)
{
    struct err e = {.arena = h->arena};
    struct auditd_value now = {0};
    struct str bytes;
    struct value yes = value_yes_no(true);
    if (cstr_eq(w->key_name, "to-syslog")) {
        if (want_accepts(w, &yes))
            return plan_plugin(h, ret);
        ret->why = TEXT("records are not kept from syslog", "不会停止向 syslog 送出记录");
        return -ENOTSUP;
    }
    int r = root_read(h->root, path, &bytes);
    if (r == 0)
        r = auditd_option(h, "log_file", &now, &e); /* is the file good? */
    if (r < 0) {
        ret->why = e.message.en ? e.message : root_error_text(h->root, path, r);
        return r;
    }
    struct keyvalue *kv = keyvalue_parse(h->arena, &keyvalue_auditd, bytes);
    if (cstr_eq(w->key_name, "retention-safe")) {
        bool safe = false;
        struct text why;
        struct where where;
        r = auditd_retention(h, &safe, &why, &where, &e);
        if (r < 0 || safe)
            return r;
        r = set_number(h, kv, "max_log_file", 1, 8);
        if (r == 0)
            r = set_number(h, kv, "num_logs", 2, 5);
        if (r == 0)
            r = keyvalue_set(kv, "max_log_file_action", "ROTATE");
    } else {
        struct value value = VALUE_UNSET, target;
        int64_t number = 0;
        r = auditd_option(h, w->key_name, &now, &e);
        bool wants_number = w->key->kind == VALUE_NUMBER || w->expected.kind == VALUE_NUMBER;
        if (r == 0 && now.value)
            value = wants_number && str_to_int64(str_of(now.value), 10, &number) == 0
                        ? value_number(number)
                        : value_word(now.value);
        if (r < 0 || want_accepts(w, &value))
            return r;
        target = want_target(h->arena, w, &value);
        const char *text = value_show(h->arena, &target);
        if (text)
            r = keyvalue_set(kv, w->key_name, text);
        else
            (void)keyvalue_unset(kv, w->key_name);
    }
    if (r == 0)
        r = stage_write(h->root, path, keyvalue_print(h->arena, kv), NULL);
    if (r == 0 && auditd_option(h, "log_file", &now, &e) < 0) {
        ret->why = e.message;
        return -EINVAL;
    }
    if (r == 0 && root_is_live(h->root))
        changes_add(ret, STEP_UNIT_STATE, "auditd.service", "reload");
    return r;
}

const struct resource resource_auditd = {
    "auditd",
    {"auditd.conf: size, rotation and retention of the audit log, reactions to a full disk",
     "auditd.conf：审计日志的大小、轮转、保留与磁盘满时的处理"},
    keys,
    NULL,
    true,
    observe,
    plan,
};
