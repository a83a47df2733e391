/*
 * Resource `unit`: what systemd does with a unit. Several names in `name` stand for one service
 * that distributions call differently ("ssh.service sshd.service").
 */
#include "resource/unit.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "effective/unit.h"
#include "format/unit.h"
#include "resource/resource.h"
#include "root/live.h"

static const char *const args[] = {"name", NULL};

static const struct key keys[] = {
    {"exists", VALUE_WORD, NULL, "systemd.unit(5)", {"the unit is installed", "单元已安装"}, NULL},
    {"enabled",
     VALUE_WORD,
     NULL,
     "systemctl(1)",
     {"it is enabled for good, or something enabled starts it at boot",
      "已永久启用，或由已启用的单元在开机时启动"},
     NULL},
    {"state",
     VALUE_WORD,
     NULL,
     "systemctl(1) is-enabled",
     {"what systemctl is-enabled says", "systemctl is-enabled 的输出"},
     NULL},
    {"masked",
     VALUE_WORD,
     NULL,
     "systemctl(1)",
     {"it cannot be started", "已屏蔽，无法启动"},
     NULL},
    {"starts-at-boot",
     VALUE_WORD,
     NULL,
     "bootup(7)",
     {"default.target pulls it in, or a socket, timer or path that it starts triggers it",
      "default.target 会拉起它，或由随开机启动的套接字、定时器、路径单元触发"},
     NULL},
    {"preset",
     VALUE_WORD,
     NULL,
     "systemd.preset(5)",
     {"what the presets of this system do with it", "系统预设对它的处理"},
     NULL},
    {"active",
     VALUE_WORD,
     NULL,
     "systemctl(1) is-active",
     {"it is running now", "当前正在运行"},
     NULL},
    {0},
};

/* The names of the row that exist here, resolved; ids are unique. */
struct asked {
    struct {
        struct unit_view *v;
        size_t n, cap;
    } units;
    const char *first; /* the first name, for messages and for what does not exist */
};

static int resolve(struct host *h, const struct want *w, struct asked *ret, struct err *e)
{
    const char *names = want_arg(w, "name");
    struct str rest = str_of(names), word;
    while (str_next_word(&rest, &word)) {
        const char *name = unit_full_name(h->arena, str_dup(h->arena, word));
        struct unit_view v;
        int r = host_unit(h, name, &v, e);
        if (!ret->first)
            ret->first = name;
        if (r == -ENOENT || r == -ENOLINK)
            continue;
        if (r < 0)
            return r;
        bool again = false;
        for (size_t i = 0; i < ret->units.n; i++)
            again = again || strcmp(ret->units.v[i].id, v.id) == 0;
        if (!again)
            vec_push(h->arena, &ret->units, v);
    }
    if (ret->first)
        return 0;
    return err_set(e, -EINVAL, "the rule names no unit (argument name)",
                   "规则未给出单元名（参数 name）");
}

static void add_evidence(struct facts *f, struct fact *fact, const struct unit_view *v)
{
    for (size_t i = 0; i < v->links.n; i++)
        fact_add_where(f, fact, v->links.v[i], 0);
    if (v->path)
        fact_add_where(f, fact, v->path, 0);
    if (v->script)
        fact_add_where(f, fact, v->script, 0);
}

static struct text start_remark(struct host *h, const char *id, enum unit_start s, const char *via)
{
    if (s == UNIT_STARTS_ON_DEMAND)
        return text_make(h->arena, "%s is started on demand by %s", "%s 由 %s 按需启动", id, via);
    if (s == UNIT_STARTS_BOOT)
        return text_make(h->arena, "%s is pulled in by %s", "%s 由 %s 拉起", id, via);
    return (struct text){0};
}

/* Enabled for good: by its own links, through the unit an alias stands for, or because it starts
 * although nobody has to enable it (static, generated, indirect). */
static bool is_enabled(struct host *h, const struct unit_view *v, struct text *remark)
{
    struct unit_view real;
    enum unit_start start = UNIT_STARTS_NOT;
    const char *via = NULL;
    if (strcmp(v->state, "alias") == 0 && host_unit(h, v->id, &real, NULL) == 0 &&
        strcmp(real.state, "alias") != 0)
        return is_enabled(h, &real, remark);
    if (strcmp(v->state, "enabled") == 0)
        return true;
    if (strcmp(v->state, "enabled-runtime") == 0)
        *remark = TEXT("enabled only until the next boot", "仅在下次启动前有效");
    static const char *const passive[] = {"static", "generated", "indirect"};
    for (size_t i = 0; i < ARRAY_SIZE(passive); i++) {
        if (strcmp(v->state, passive[i]) != 0 || unit_starts(h, v->id, &start, &via, NULL) < 0)
            continue;
        *remark = start_remark(h, v->id, start, via);
        return start != UNIT_STARTS_NOT;
    }
    return false;
}

static void observe_yes_no(struct host *h, const struct want *w, const struct asked *asked,
                           struct facts *ret)
{
    const char *key = w->key_name;
    bool yes = false, all_masked = asked->units.n > 0;
    struct text remark = {0};
    const struct unit_view *deciding = asked->units.n ? &asked->units.v[0] : NULL;
    for (size_t i = 0; i < asked->units.n && !yes; i++) {
        const struct unit_view *v = &asked->units.v[i];
        enum unit_start start = UNIT_STARTS_NOT;
        const char *via = NULL;
        bool this_one = false;
        if (strcmp(key, "enabled") == 0) {
            this_one = is_enabled(h, v, &remark);
        } else if (strcmp(key, "starts-at-boot") == 0) {
            (void)unit_starts(h, v->id, &start, &via, NULL);
            this_one = start != UNIT_STARTS_NOT;
            if (this_one)
                remark = start_remark(h, v->id, start, via);
        } else if (strcmp(key, "exists") == 0) {
            this_one = true;
        }
        all_masked = all_masked && v->masked;
        if (this_one)
            deciding = v;
        yes = this_one;
    }
    if (strcmp(key, "masked") == 0)
        yes = all_masked;
    struct fact *f = facts_configured(ret, NULL, value_yes_no(yes));
    f->reason = remark;
    if (deciding)
        add_evidence(ret, f, deciding);
    else
        f->reason = text_make(h->arena, "there is no unit %s", "没有单元 %s", asked->first);
}

static void observe_active(struct host *h, const struct asked *asked, struct facts *ret)
{
    if (!root_is_live(h->root)) {
        facts_not_applicable(ret, NULL, TEXT("an image does not run", "镜像未在运行"));
        return;
    }
    const char *best = "inactive", *name = asked->first;
    size_t n = asked->units.n ? asked->units.n : 1;
    for (size_t i = 0; i < n; i++) {
        struct unit_state s = {0};
        const char *id = asked->units.n ? asked->units.v[i].id : asked->first;
        int r = live_unit(h->root, id, &s);
        if (r == -ENOSYS) {
            facts_unknown(ret, NULL, TEXT("systemd is not running here", "此处 systemd 未在运行"));
            return;
        }
        if (r < 0) {
            facts_unknown(ret, NULL, root_error_text(h->root, id, r));
            return;
        }
        bool up =
            s.active && (strcmp(s.active, "active") == 0 || strcmp(s.active, "reloading") == 0);
        if (up || i == 0) {
            best = up ? "active" : s.active ? s.active : "inactive";
            name = id;
        }
        if (up)
            break;
    }
    struct fact *f = facts_running(ret, NULL, value_yes_no(strcmp(best, "active") == 0));
    f->reason = text_make(h->arena, "%s is %s", "%s 当前为 %s", name, best);
}

/* Booleans of systemd compare as yes and no; unset ones are no, except where the manual says. */
static struct value setting_value(struct host *h, const struct want *w, const char *key,
                                  const char *value)
{
    static const struct {
        const char *key, *value;
    } builtin[] = {
        {"RefuseManualStop", "no"}, {"RefuseManualStart", "no"},    {"Restart", "no"},
        {"NoNewPrivileges", "no"},  {"ProtectSystem", "no"},        {"PrivateTmp", "no"},
        {"Type", "simple"},         {"DefaultDependencies", "yes"}, {"UMask", "0022"},
        {"Accept", "no"},
    };
    (void)h;
    const char *dot = strchr(key, '.');
    for (size_t i = 0; !value && i < ARRAY_SIZE(builtin); i++)
        if (strcmp(builtin[i].key, dot ? dot + 1 : key) == 0)
            value = builtin[i].value;
    if (!value)
        return VALUE_UNSET;
    int yes = unit_boolean(value);
    int64_t number = 0;
    if (w->expected.kind == VALUE_NUMBER && str_to_int64(str_of(value), 10, &number) == 0)
        return value_number(number);
    bool digit = strcmp(value, "0") == 0 || strcmp(value, "1") == 0;
    return yes >= 0 && !digit ? value_yes_no(yes == 1) : value_word(value);
}

static void observe_setting(struct host *h, const struct want *w, const struct asked *asked,
                            struct facts *ret)
{
    struct err e = {.arena = h->arena};
    const char *value = NULL;
    struct where where = {0};
    if (asked->units.n == 0) {
        struct fact *f = facts_configured(ret, NULL, VALUE_UNSET);
        f->reason = text_make(h->arena, "there is no unit %s", "没有单元 %s", asked->first);
        return;
    }
    const struct unit_view *v = &asked->units.v[0];
    if (v->script) {
        facts_unknown(ret, NULL,
                      text_make(h->arena, "%s is a SysV script without settings",
                                "%s 是 SysV 脚本，没有单元设置", v->script));
        return;
    }
    if (unit_setting(h, v->id, w->key_name, &value, &where, &e) < 0) {
        facts_unknown(ret, NULL, e.message);
        return;
    }
    struct fact *f = facts_configured(ret, NULL, setting_value(h, w, w->key_name, value));
    if (where.path)
        fact_add_where(ret, f, where.path, where.line);
    else if (v->path)
        fact_add_where(ret, f, v->path, 0);
}

static void observe_preset(struct host *h, const struct asked *asked, struct facts *ret)
{
    static const char *const words[] = {"enable", "disable", "ignore"};
    struct where where;
    const char *id = asked->units.n ? asked->units.v[0].id : asked->first;
    enum unit_preset p = unit_preset(h, id, &where);
    struct fact *f = facts_configured(ret, NULL, value_word(words[p]));
    if (where.path)
        fact_add_where(ret, f, where.path, where.line);
}

static void observe(struct host *h, const struct want *w, struct facts *ret)
{
    struct err e = {.arena = h->arena};
    struct asked asked = {0};
    static const char *const yes_no[] = {"exists", "enabled", "masked", "starts-at-boot"};
    if (resolve(h, w, &asked, &e) < 0) {
        facts_unknown(ret, NULL, e.message);
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(yes_no); i++)
        if (cstr_eq(w->key_name, yes_no[i])) {
            observe_yes_no(h, w, &asked, ret);
            return;
        }
    if (cstr_eq(w->key_name, "active")) {
        observe_active(h, &asked, ret);
    } else if (cstr_eq(w->key_name, "preset")) {
        observe_preset(h, &asked, ret);
    } else if (cstr_eq(w->key_name, "state")) {
        const struct unit_view *v = asked.units.n ? &asked.units.v[0] : NULL;
        struct fact *f = facts_configured(ret, NULL, v ? value_word(v->state) : VALUE_UNSET);
        if (v)
            add_evidence(ret, f, v);
    } else {
        observe_setting(h, w, &asked, ret);
    }
}

const struct resource resource_unit = {
    "unit",
    {"systemd units: enabled, masked, started at boot, running, and their settings",
     "systemd 单元：启用、屏蔽、开机启动、运行状态及设置"},
    keys,
    args,
    true,
    observe,
    unit_plan,
};
