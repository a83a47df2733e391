/*
 * Patch state: is the release maintained, when was it updated, what waits, which kernel runs.
 */
#include "resource/resource.h"

#include <errno.h>

#include "effective/catalogue.h"
#include "effective/updates.h"
#include "root/live.h"

static const struct key keys[] = {
    {"release-supported",
     VALUE_WORD,
     NULL,
     "data/releases.yaml",
     {"the release still gets security updates without extra contract",
      "操作系统版本仍在免费维护期内"}},
    {"pending-security",
     VALUE_LIST,
     NULL,
     "apt-get(8), dnf(8)",
     {"packages with a newer version in the security lists that were fetched",
      "已获取的安全更新列表中有新版本的软件包"}},
    {"days-since-update",
     VALUE_NUMBER,
     NULL,
     "dpkg(1), rpm(8)",
     {"days since a package was last installed or updated", "距最近一次安装或更新软件包的天数"}},
    {"metadata-age-days",
     VALUE_NUMBER,
     NULL,
     "apt-get(8), dnf(8)",
     {"age of the package lists that were fetched", "已获取的软件包列表的天数"}},
    {"running-newest-kernel",
     VALUE_WORD,
     NULL,
     "uname(1)",
     {"the kernel that runs is the newest one installed", "正在运行的内核是已安装的最新内核"}},
    {0},
};

enum { OLD_METADATA_DAYS = 30 };

static void observe_release(struct host *h, struct facts *ret)
{
    const struct catalogue *c = host_catalogue(h);
    const struct release_life *life = catalogue_release(c, h->release);
    if (c->error.en) {
        (void)facts_unknown(ret, NULL, c->error);
        return;
    }
    bool sure = life && (cstr_eq(life->tag, "S") || cstr_eq(life->tag, "M"));
    int64_t end = sure ? life->extended > life->end ? life->extended : life->end : 0;
    if (!end) {
        (void)facts_unknown(ret, NULL,
                            text_make(h->arena, "the end of life of %s %s is not known",
                                      "%s %s 的维护截止日期未知",
                                      h->release->id ? h->release->id : "?",
                                      h->release->version_id ? h->release->version_id : "?"));
        return;
    }
    struct fact *f = facts_configured(ret, NULL, value_yes_no((int64_t)h->now / 86400 <= end));
    f->reason = text_make(h->arena, "maintained until %s%s%s", "维护至 %s%s%s",
                          days_to_date(h->arena, end), life->paid ? ", with a contract until " : "",
                          life->paid ? days_to_date(h->arena, life->paid) : "");
    fact_add_where(ret, f, "/etc/os-release", 0);
}

static void observe_pending(struct host *h, struct facts *ret)
{
    const struct updates *u = host_updates(h);
    int64_t age = u->fetched ? ((int64_t)h->now - u->fetched) / 86400 : 0;
    if (u->reason.en) {
        (void)facts_unknown(ret, NULL, u->reason);
        return;
    }
    if (u->pending.n == 0 && age > OLD_METADATA_DAYS) {
        (void)facts_unknown(ret, NULL,
                            text_make(h->arena,
                                      "the package lists are %lld days old; fetch them again",
                                      "软件包列表已有 %lld 天，请重新获取", (long long)age));
        return;
    }
    struct fact *f = facts_configured(ret, NULL, value_list(u->pending));
    f->reason =
        text_make(h->arena, "lists fetched %lld days ago", "列表获取于 %lld 天前", (long long)age);
    fact_add_where(ret, f, u->path, 0);
}

static void observe_age(struct facts *ret, struct host *h, int64_t when, const char *path,
                        struct text missing)
{
    if (!when) {
        (void)facts_unknown(ret, NULL, missing);
        return;
    }
    int64_t days = ((int64_t)h->now - when) / 86400;
    struct fact *f = facts_configured(ret, NULL, value_number(days < 0 ? 0 : days));
    fact_add_where(ret, f, path, 0);
}

static void observe_kernel(struct host *h, struct facts *ret)
{
    const char *running, *container = NULL, *newest = updates_newest_kernel(h);
    int r = live_kernel(h->root, &running);
    if (r < 0) {
        (void)facts_unknown(ret, NULL, errno_text(r));
        return;
    }
    if (live_container(h->root, &container) == 0 && container) {
        (void)facts_not_applicable(ret, NULL,
                                   text_make(h->arena, "a container (%s) runs its host's kernel",
                                             "容器（%s）使用宿主机的内核", container));
        return;
    }
    if (!newest) {
        (void)facts_unknown(ret, NULL,
                            TEXT("no installed kernel was found under /lib/modules and /boot",
                                 "在 /lib/modules 和 /boot 下未找到已安装的内核"));
        return;
    }
    struct fact *f = facts_running(ret, NULL, value_yes_no(cstr_eq(running, newest)));
    f->reason = text_make(h->arena, "running %s, newest installed %s", "正在运行 %s，已安装最新 %s",
                          running, newest);
    fact_add_where(ret, f, "/proc/sys/kernel/osrelease", 0);
    fact_add_where(ret, f, "/lib/modules", 0);
}

static void observe(struct host *h, const struct want *w, struct facts *ret)
{
    if (cstr_eq(w->key_name, "release-supported")) {
        observe_release(h, ret);
    } else if (cstr_eq(w->key_name, "pending-security")) {
        observe_pending(h, ret);
    } else if (cstr_eq(w->key_name, "running-newest-kernel")) {
        observe_kernel(h, ret);
    } else if (cstr_eq(w->key_name, "metadata-age-days")) {
        const struct updates *u = host_updates(h);
        observe_age(ret, h, u->fetched, u->path,
                    TEXT("no package lists were fetched", "未获取过软件包列表"));
    } else {
        const char *path = NULL;
        int64_t when = updates_last_change(h, &path);
        observe_age(ret, h, when, path,
                    TEXT("the package database does not say when it was changed",
                         "软件包数据库没有记录变更时间"));
    }
}

const struct resource resource_update = {
    .name = "update",
    .summary = {"patch state of the system", "系统补丁状态"},
    .keys = keys,
    .observe = observe,
};
