/* What rules ask in their conditions: which release this is and whether it runs. */
#include "resource/resource.h"

#include "root/live.h"

static const struct key keys[] = {
    {.name = "family",
     .kind = VALUE_WORD,
     .source = "os-release(5)",
     .doc = {"package family: rpm or debian, by the package database on disk",
             "软件包体系：rpm 或 debian，以磁盘上的软件包数据库为准"}},
    {.name = "id",
     .kind = VALUE_WORD,
     .source = "os-release(5)",
     .doc = {"ID of os-release in lower case", "os-release 的 ID（小写）"}},
    {.name = "version",
     .kind = VALUE_TEXT,
     .source = "os-release(5)",
     .doc = {"VERSION_ID of os-release", "os-release 的 VERSION_ID"}},
    {.name = "lineage",
     .kind = VALUE_WORD,
     .source = "docs/resources/host.md",
     .doc = {"whose behaviour this release follows: el, openeuler, debian, ubuntu or other",
             "本发行版沿袭的系列：el、openeuler、debian、ubuntu 或 other"}},
    {.name = "major",
     .kind = VALUE_NUMBER,
     .source = "docs/resources/host.md",
     .doc = {"major version of the lineage (Alibaba Cloud Linux 3 is 8)",
             "所属系列的主版本号（Alibaba Cloud Linux 3 为 8）"}},
    {.name = "inferred",
     .kind = VALUE_WORD,
     .source = "docs/resources/host.md",
     .doc = {"yes: behaves like its lineage by inference only",
             "yes：仅由推断认为与所属系列行为一致"}},
    {.name = "live",
     .kind = VALUE_WORD,
     .source = "docs/resources/host.md",
     .doc = {"yes on the running system, no on an image", "运行中的系统为 yes，镜像为 no"}},
    {.name = "container",
     .kind = VALUE_TEXT,
     .source = "systemd-detect-virt(1)",
     .doc = {"kind of container, or no", "容器类型；不是容器则为 no"}},
    {0},
};

static struct value container(struct host *h, struct text *ret_why)
{
    const char *kind = NULL;
    if (!root_is_live(h->root))
        return value_text("no");
    int r = live_container(h->root, &kind);
    if (r < 0) {
        *ret_why = TEXT("cannot tell whether this is a container: /proc is not readable",
                        "无法判断是否为容器：/proc 不可读");
        return VALUE_UNSET;
    }
    return value_text(kind ? kind : "no");
}

static struct value number_or_unset(unsigned n)
{
    return n ? value_number(n) : VALUE_UNSET;
}

static void observe(struct host *h, const struct want *w, struct facts *ret)
{
    const struct release *r = h->release;
    const char *key = w->key_name;
    struct text why = {0};
    struct value v = VALUE_UNSET;
    unsigned line = 0;
    if (cstr_eq(key, "live")) {
        v = value_yes_no(root_is_live(h->root));
    } else if (cstr_eq(key, "container")) {
        v = container(h, &why);
    } else if (cstr_eq(key, "family")) {
        v = value_word(family_name(r->family));
        if (r->family == FAMILY_UNKNOWN)
            why = TEXT("neither a dpkg nor an rpm database, and os-release does not tell",
                       "没有 dpkg 或 rpm 数据库，os-release 也无法说明");
    } else if (!r->id) {
        why = TEXT("no readable os-release file", "没有可读取的 os-release 文件");
    } else if (cstr_eq(key, "id")) {
        v = value_word(r->id);
        line = r->id_line;
    } else if (cstr_eq(key, "version")) {
        v = value_text(r->version_id);
        line = r->version_line;
    } else if (cstr_eq(key, "lineage")) {
        v = value_word(lineage_name(r->lineage));
    } else if (cstr_eq(key, "major")) {
        v = number_or_unset(r->major);
    } else {
        v = value_yes_no(r->inferred);
    }
    struct fact *f = why.en ? facts_unknown(ret, NULL, why) : facts_configured(ret, NULL, v);
    if (r->path)
        fact_add_where(ret, f, r->path, line);
}

const struct resource resource_host = {
    .name = "host",
    .summary = {"the release and kind of the system", "系统的发行版与类型"},
    .keys = keys,
    .observe = observe,
};
