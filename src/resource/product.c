/*
 * Host security products, known by package, unit, path or process (data/products.yaml), and
 * services that run as root. What is installed is read from the disk, what runs from /proc.
 */
#include "resource/resource.h"

#include <errno.h>

#include "effective/catalogue.h"
#include "effective/packages.h"
#include "root/live.h"

static const struct key keys[] = {
    {"intrusion-detection",
     VALUE_WORD,
     NULL,
     "data/products.yaml",
     {"a product that detects intrusions is installed (configured) and runs (running)",
      "入侵检测产品已安装（配置）且在运行（运行）"}},
    {"anti-malware",
     VALUE_WORD,
     NULL,
     "data/products.yaml",
     {"a product against malware is installed (configured) and runs (running)",
      "防恶意代码产品已安装（配置）且在运行（运行）"}},
    {"signature-age-days",
     VALUE_NUMBER,
     NULL,
     "data/products.yaml",
     {"age of the newest signature file, in days", "最新病毒库文件的天数"}},
    {"root-services",
     VALUE_LIST,
     NULL,
     "data/products.yaml",
     {"databases, middleware and applications all of whose processes are root's",
      "全部进程都以 root 运行的数据库、中间件和应用"}},
    {0},
};

/* The kernel keeps the first 15 bytes of a process name (TASK_COMM_LEN, proc(5)). */
static bool process_is(const struct process *p, const char *name)
{
    enum { NAME_KEPT = 15 };
    return cstr_eq(p->comm, name) ||
           (strlen(p->comm) == NAME_KEPT && strncmp(p->comm, name, NAME_KEPT) == 0);
}

static bool process_runs(const struct processes *all, const struct strings *names)
{
    vec_each (p, all)
        for (size_t i = 0; i < names->n; i++)
            if (process_is(p, names->v[i]))
                return true;
    return false;
}

/* Where an installed product shows; NULL: it is not installed. */
static const char *trace_of(struct host *h, const struct product *p)
{
    const struct package *package;
    for (size_t i = 0; i < p->packages.n; i++)
        if (host_package(h, p->packages.v[i], &package) == 0)
            return package->where.path;
    for (size_t i = 0; i < p->paths.n; i++)
        if (root_exists(h->root, p->paths.v[i]))
            return p->paths.v[i];
    return NULL;
}

static void observe_kind(struct host *h, const struct want *w, const struct catalogue *c,
                         struct facts *ret)
{
    const struct processes *all;
    int live = live_processes(h->root, &all);
    struct strings installed = {0}, running = {0};
    const char *where = NULL;
    for (size_t i = 0; i < c->products.n; i++) {
        const struct product *p = &c->products.v[i];
        const char *trace;
        if (strings_find(&p->kinds, w->key_name) < 0)
            continue;
        trace = trace_of(h, p);
        bool runs = live == 0 && process_runs(all, &p->processes);
        if (trace || runs)
            strings_add(h->arena, &installed, p->name.en);
        if (runs)
            strings_add(h->arena, &running, p->name.en);
        if (!where)
            where = trace;
    }
    struct fact *f = facts_configured(ret, NULL, value_yes_no(installed.n > 0));
    if (installed.n) {
        const char *names = strings_join(h->arena, &installed, ", ", 5);
        f->reason = text_make(h->arena, "installed: %s", "已安装：%s", names);
    }
    if (where)
        fact_add_where(ret, f, where, 0);
    if (live == 0)
        fact_set_running(f, value_yes_no(running.n > 0));
}

static void observe_signatures(struct host *h, const struct catalogue *c, struct facts *ret)
{
    const char *newest = NULL;
    time_t time = 0;
    bool present = false;
    for (size_t i = 0; i < c->products.n; i++) {
        const struct product *p = &c->products.v[i];
        present |= strings_find(&p->kinds, "anti-malware") >= 0 && trace_of(h, p);
        for (size_t k = 0; k < p->signatures.n; k++) {
            struct file_info info;
            if (root_stat(h->root, p->signatures.v[k], &info) < 0 || info.mtime.tv_sec <= time)
                continue;
            time = info.mtime.tv_sec;
            newest = p->signatures.v[k];
        }
    }
    if (!newest) {
        (void)facts_unknown(
            ret, NULL,
            present
                ? TEXT("an anti-malware product is installed, but where it keeps its signatures "
                       "is not known",
                       "已安装防恶意代码产品，但其病毒库位置未知")
                : TEXT("no anti-malware product was found", "未发现防恶意代码产品"));
        return;
    }
    int64_t age = (h->now - time) / 86400;
    fact_add_where(ret, facts_configured(ret, NULL, value_number(age < 0 ? 0 : age)), newest, 0);
}

struct service_state {
    unsigned processes, as_root;
};

static void observe_root_services(struct host *h, const struct catalogue *c, struct facts *ret)
{
    const struct processes *all;
    int r = live_processes(h->root, &all);
    if (r < 0) {
        (void)facts_unknown(ret, NULL, errno_text(r));
        return;
    }
    struct service_state *states =
        arena_new_array(h->arena, struct service_state, c->services.n + 1);
    vec_each (p, all) {
        size_t i = 0;
        while (i < c->services.n && !process_is(p, c->services.v[i]))
            i++;
        if (i == c->services.n)
            continue;
        states[i].processes++;
        states[i].as_root += p->euid == 0;
    }
    struct strings found = {0};
    for (size_t i = 0; i < c->services.n; i++)
        if (states[i].processes && states[i].processes == states[i].as_root)
            strings_add(h->arena, &found, c->services.v[i]);
    fact_add_where(ret, facts_running(ret, NULL, value_list(found)), "/proc", 0);
}

static void observe(struct host *h, const struct want *w, struct facts *ret)
{
    const struct catalogue *c = host_catalogue(h);
    if (c->error.en) {
        (void)facts_unknown(ret, NULL, c->error);
        return;
    }
    if (cstr_eq(w->key_name, "signature-age-days"))
        observe_signatures(h, c, ret);
    else if (cstr_eq(w->key_name, "root-services"))
        observe_root_services(h, c, ret);
    else
        observe_kind(h, w, c, ret);
}

const struct resource resource_product = {
    .name = "product",
    .summary = {"host security products, and services that run as root",
                "主机安全产品，以及以 root 运行的服务"},
    .keys = keys,
    .observe = observe,
};
