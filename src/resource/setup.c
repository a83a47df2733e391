/*
 * What `dengbao setup` decided is policy of the site: files in /etc/dengbao/policy.d of the changed
 * root, written in the same transaction as everything that follows from them.
 */
#include "resource/resource.h"

#include <errno.h>

static const struct key keys[] = {
    {"recorded",
     VALUE_WORD,
     NULL,
     "docs/setup.md",
     {"yes: what was decided is kept as policy of the site", "yes：已将决定保存为本单位策略"}},
    {0},
};

static bool is_there(struct host *h, const struct site_file *f)
{
    struct str now;
    return root_read(h->root, f->path, &now) == 0 && str_eq(now, f->bytes);
}

static void observe(struct host *h, const struct want *w, struct facts *ret)
{
    static const char *const always[] = {"/etc/dengbao/policy.d/50-setup-accounts.yaml",
                                         "/etc/dengbao/policy.d/51-setup-roles.yaml"};
    const struct host_options *o = h->options;
    bool recorded = true;
    (void)w;
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        recorded = recorded && root_exists(h->root, always[i]);
    for (size_t i = 0; i < o->site_file_count; i++)
        recorded = recorded && is_there(h, &o->site_files[i]);
    struct fact *f = facts_configured(ret, NULL, value_yes_no(recorded));
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        fact_add_where(ret, f, always[i], 0);
}

static int make_directories(struct host *h, const char *path)
{
    int r = 0;
    for (const char *slash = strchr(path + 1, '/'); r == 0 && slash;
         slash = strchr(slash + 1, '/')) {
        const char *directory = arena_strndup(h->arena, path, (size_t)(slash - path));
        if (!root_exists(h->root, directory))
            r = stage_mkdir(h->root, directory, NULL);
    }
    return r;
}

static int plan(struct host *h, const struct want *w, struct changes *ret)
{
    static const struct attributes attributes = {.set = true, .mode = 0644};
    const struct host_options *o = h->options;
    (void)w;
    if (!o->site_file_count) {
        ret->why = TEXT("nothing was decided yet: run dengbao setup",
                        "尚未作出决定：请运行 dengbao setup");
        return -ENODATA;
    }
    for (size_t i = 0; i < o->site_file_count; i++) {
        int r = make_directories(h, o->site_files[i].path);
        if (r == 0)
            r = stage_write(h->root, o->site_files[i].path, o->site_files[i].bytes, &attributes);
        if (r < 0) {
            ret->why = root_error_text(h->root, o->site_files[i].path, r);
            return r;
        }
    }
    return 0;
}

const struct resource resource_setup = {
    .name = "setup",
    .summary = {"what dengbao setup decided, kept as policy of the site",
                "dengbao setup 的决定（保存为本单位策略）"},
    .keys = keys,
    .observe = observe,
    .plan = plan,
};
