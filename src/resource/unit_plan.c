/* Changing units: the links that systemctl enable, disable and mask make, and drop-ins. */
#include "resource/parents.h"
#include "resource/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "effective/packages.h"
#include "effective/unit.h"
#include "effective/unit_files.h"

#define CONFIG "/etc/systemd/system"

static int refuse(struct changes *ret, int code, struct text why)
{
    ret->why = why;
    return code;
}

static bool wanted(const struct want *w, bool *ret_yes)
{
    struct value yes = value_yes_no(true), no = value_yes_no(false);
    bool takes_yes = want_accepts(w, &yes), takes_no = want_accepts(w, &no);
    *ret_yes = takes_yes;
    return takes_yes != takes_no;
}

/* systemctl writes the path at which it found the file; only Debian's still searches /lib. */
static const char *link_text(struct host *h, const char *path)
{
    const char *resolved = NULL;
    if (h->release->family == FAMILY_DEBIAN || root_resolve(h->root, path, &resolved) < 0)
        return path;
    return resolved;
}

static int make_link(struct host *h, const char *link, const char *target)
{
    const char *there = NULL;
    if (root_readlink(h->root, link, &there) == 0 && strcmp(there, target) == 0)
        return 0;
    int r = stage_parents(h->root, link);
    return r < 0 ? r : stage_symlink(h->root, link, target);
}

/* What systemctl refuses with "cannot alias" and "is a non-template unit". */
static bool link_fits(struct host *h, const struct unit_view *v, const char *name, const char *word,
                      bool alias)
{
    if (alias)
        return unit_alias_fits(h->arena, word, v->id);
    return unit_name_kind(name) != UNIT_NAME_TEMPLATE || unit_name_kind(word) != UNIT_NAME_PLAIN;
}

static int enable_words(struct host *h, const struct unit_view *v, const char *name,
                        const char *key, const char *suffix, bool *made, struct changes *ret)
{
    const char *value = NULL;
    struct where where;
    struct strings words = {0};
    int r = unit_setting(h, v->id, key, &value, &where, NULL);
    if (r < 0 || !value)
        return r;
    char *plain = arena_strdup(h->arena, value);
    for (char *p = plain; *p; p++) /* several assignments come joined by "; " */
        if (*p == ';')
            *p = ' ';
    unit_words(h->arena, plain, &words);
    for (size_t i = 0; r == 0 && i < words.n; i++) {
        if (strchr(words.v[i], '%') || unit_name_kind(words.v[i]) == UNIT_NAME_BAD)
            continue;
        if (!link_fits(h, v, name, words.v[i], !*suffix))
            return refuse(ret, -EBADMSG,
                          text_make(h->arena, "%s cannot be enabled: its %s=%s does not fit it",
                                    "无法启用 %s：其 %s=%s 与之不符", v->id, strchr(key, '.') + 1,
                                    words.v[i]));
        const char *link =
            *suffix ? arena_printf(h->arena, CONFIG "/%s.%s/%s", words.v[i], suffix, name)
                    : arena_printf(h->arena, CONFIG "/%s", words.v[i]);
        const char *there = NULL;
        if (!*suffix && root_readlink(h->root, link, &there) == 0 &&
            !cstr_eq(path_base(there), path_base(v->path)))
            return refuse(ret, -EEXIST,
                          text_make(h->arena, "%s exists already and leads to %s",
                                    "%s 已存在并指向 %s", link, there));
        r = make_link(h, link, link_text(h, v->path));
        *made = true;
    }
    return r;
}

/* UpheldBy= and .upholds/ came with systemd 253; where the version is not known it is not used. */
static bool knows_upholds(struct host *h)
{
    const struct package *p;
    return host_package(h, "systemd", &p) == 0 && strtol(p->version, NULL, 10) >= 253;
}

/* Units that name each other in Also= are met once. */
static bool first_time(struct host *h, struct strings *seen, const char *id)
{
    if (strings_find(seen, id) >= 0)
        return false;
    strings_add(h->arena, seen, id);
    return true;
}

static int enable(struct host *h, const char *name, unsigned depth, struct strings *seen,
                  struct changes *ret)
{
    struct err e = {.arena = h->arena};
    struct unit_view v;
    const char *instance = NULL, *also = NULL;
    struct where where;
    bool made = false;
    int r = host_unit(h, name, &v, &e);
    if (r < 0)
        return refuse(ret, r,
                      r == -ENOENT ? text_make(h->arena, "there is no unit %s", "没有单元 %s", name)
                                   : e.message);
    if (!first_time(h, seen, v.id))
        return 0;
    if (v.masked && depth)
        return 0; /* what somebody masked is not started because another unit names it */
    if (v.masked && strcmp(v.path, arena_printf(h->arena, CONFIG "/%s", v.id)) == 0) {
        r = stage_remove(h->root, v.path); /* systemctl unmask */
        if (r == 0)
            r = host_unit(h, name, &v, &e);
    }
    if (r < 0 || v.masked || !v.path)
        return refuse(ret, r < 0 ? r : -EOPNOTSUPP,
                      text_make(h->arena, "%s cannot be enabled: it is masked or a SysV script",
                                "无法启用 %s：已被屏蔽或为 SysV 脚本", v.id));
    const char *link_name = v.id;
    (void)unit_setting(h, v.id, "Install.DefaultInstance", &instance, &where, NULL);
    if (unit_name_kind(v.id) == UNIT_NAME_TEMPLATE && instance)
        link_name = unit_name_with_instance(h->arena, v.id, instance);
    r = enable_words(h, &v, link_name, "Install.WantedBy", "wants", &made, ret);
    if (r == 0)
        r = enable_words(h, &v, link_name, "Install.RequiredBy", "requires", &made, ret);
    if (r == 0 && knows_upholds(h))
        r = enable_words(h, &v, link_name, "Install.UpheldBy", "upholds", &made, ret);
    if (r == 0)
        r = enable_words(h, &v, link_name, "Install.Alias", "", &made, ret);
    if (r == 0 && unit_setting(h, v.id, "Install.Also", &also, &where, NULL) == 0 && also &&
        depth < 8) {
        struct strings words = {0};
        unit_words(h->arena, also, &words);
        for (size_t i = 0; r == 0 && i < words.n; i++)
            r = enable(h, words.v[i], depth + 1, seen, ret);
        made = made || words.n;
    }
    if (r == 0 && !made)
        return refuse(ret, -EOPNOTSUPP,
                      text_make(h->arena, "%s has no [Install] section to enable",
                                "%s 没有 [Install] 节，无法启用", v.id));
    return r;
}

/* Every link under /etc that enables the unit: by its own name or by where it leads. */
static int remove_links(struct host *h, const char *id)
{
    const struct unit_files *u = unit_files(h);
    int r = 0;
    for (size_t i = 0; i < u->dirs.n; i++) {
        const struct unit_dir *d = &u->dirs.v[i];
        if (!(d->kind & UNIT_DIR_PERSISTENT))
            continue;
        for (size_t k = 0; k <= d->wants.n; k++) {
            const struct unit_links *set = k < d->wants.n ? &d->wants.v[k] : &d->own;
            for (size_t n = 0; r == 0 && n < set->links.n; n++) {
                const struct unit_link *l = &set->links.v[n];
                bool own_name = strcmp(l->name, id) == 0 && *set->dir;
                if (!own_name && strcmp(path_base(l->target), id) != 0)
                    continue;
                r = stage_remove(h->root, arena_printf(h->arena, "%s/%s%s%s", d->path, set->dir,
                                                       *set->dir ? "/" : "", l->name));
            }
        }
    }
    return r;
}

/* systemctl disable takes what [Install] names in Also= with it, at enabling as at disabling. */
static int disable(struct host *h, const char *name, unsigned depth, struct strings *seen)
{
    struct unit_view v;
    const char *also = NULL;
    struct where where;
    struct strings words = {0};
    int r = host_unit(h, name, &v, NULL);
    if (r == -ENOENT && depth) /* Also= names a unit that is gone: its links go too */
        return first_time(h, seen, name) ? remove_links(h, name) : 0;
    if (r < 0)
        return depth ? 0 : r;
    if (!first_time(h, seen, v.id))
        return 0;
    if (depth < 8 && unit_setting(h, v.id, "Install.Also", &also, &where, NULL) == 0 && also)
        unit_words(h->arena, also, &words);
    r = remove_links(h, v.id);
    for (size_t i = 0; r == 0 && i < words.n; i++)
        r = disable(h, words.v[i], depth + 1, seen);
    return r;
}

static int mask(struct host *h, const char *id, struct changes *ret)
{
    const char *path = arena_printf(h->arena, CONFIG "/%s", id);
    struct file_info info;
    if (root_lstat(h->root, path, &info) == 0 && S_ISREG(info.mode) && info.size)
        return refuse(ret, -EEXIST,
                      text_make(h->arena, "%s is a file of its own: it cannot be masked by a link",
                                "%s 为独立文件，无法以链接屏蔽", path));
    return make_link(h, path, "/dev/null");
}

/* A setting goes into a drop-in of ours; the section is that of the manual. */
static int set(struct host *h, const struct want *w, const char *id, struct changes *ret)
{
    static const char *const unit_keys[] = {"RefuseManualStop", "RefuseManualStart",
                                            "DefaultDependencies", "StopWhenUnneeded"};
    const char *dot = strchr(w->key_name, '.'), *key = dot ? dot + 1 : w->key_name;
    const char *section =
        dot ? arena_strndup(h->arena, w->key_name, (size_t)(dot - w->key_name)) : "Service";
    for (size_t i = 0; !dot && i < ARRAY_SIZE(unit_keys); i++)
        if (strcmp(unit_keys[i], key) == 0)
            section = "Unit";
    struct value unset = VALUE_UNSET, target = want_target(h->arena, w, &unset);
    const char *value = value_show(h->arena, &target), *now = NULL;
    struct where where;
    struct str bytes = {"", 0};
    if (!value || strpbrk(value, "\n\\"))
        return refuse(ret, -EOPNOTSUPP,
                      TEXT("this value cannot be set by a drop-in", "该值无法通过 drop-in 设置"));
    const char *path = arena_printf(h->arena, CONFIG "/%s.d/zz-dengbao.conf", id);
    (void)root_read(h->root, path, &bytes);
    const char *text =
        arena_printf(h->arena, "%.*s[%s]\n%s=%s\n", STR_ARG(bytes), section, key, value);
    const struct attributes fresh = {.set = true, .mode = 0644};
    int r = stage_parents(h->root, path);
    if (r == 0)
        r = stage_write(h->root, path, str_of(text), bytes.n ? NULL : &fresh);
    if (r == 0 &&
        (unit_setting(h, id, w->key_name, &now, &where, NULL) < 0 || !cstr_eq_nocase(now, value)))
        return refuse(ret, -EEXIST,
                      text_make(h->arena, "%s sets %s after our drop-in",
                                "%s 在我们的 drop-in 之后设置了 %s", where.path ? where.path : id,
                                key));
    return r;
}

int unit_plan(struct host *h, const struct want *w, struct changes *ret)
{
    const char *key = w->key_name, *names = want_arg(w, "name"), *first = NULL;
    struct strings seen = {0};
    struct str rest = str_of(names), word;
    bool yes = false, live = root_is_live(h->root), known = false;
    int r = 0;
    static const char *const states[] = {"enabled", "starts-at-boot", "masked", "active"};
    for (size_t i = 0; i < ARRAY_SIZE(states); i++)
        known = known || cstr_eq(key, states[i]);
    if (cstr_eq(key, "exists") || cstr_eq(key, "state") || cstr_eq(key, "preset") ||
        (known && !wanted(w, &yes)))
        return refuse(ret, -EOPNOTSUPP,
                      TEXT("this is changed by installing or removing packages, or by hand",
                           "需要通过安装、卸载软件包或手工更改"));
    while (r == 0 && str_next_word(&rest, &word)) {
        const char *name = unit_full_name(h->arena, str_dup(h->arena, word));
        struct unit_view v;
        if (!first)
            first = name;
        if (host_unit(h, name, &v, NULL) < 0)
            continue;
        bool state = cstr_eq(key, "enabled") || cstr_eq(key, "starts-at-boot");
        bool off = state && !yes;
        if (state && yes)
            return enable(h, v.id, 0, &seen, ret);
        if (off)
            r = disable(h, v.id, 0, &seen);
        if (off && live)
            changes_add(ret, STEP_UNIT_STATE, v.id, "stop");
        if (cstr_eq(key, "masked"))
            r = yes ? mask(h, v.id, ret) : stage_remove(h->root, v.path);
        if (cstr_eq(key, "active"))
            changes_add(ret, STEP_UNIT_STATE, v.id, yes ? "start" : "stop");
        if (!known)
            r = set(h, w, v.id, ret);
        if (live && !cstr_eq(key, "active"))
            changes_add(ret, STEP_UNIT_STATE, v.id, "daemon-reload");
        if (!off)
            return r;
        first = "";
    }
    if (r == 0 && first && *first && (yes || !known))
        return refuse(ret, -ENOENT,
                      text_make(h->arena, "there is no unit %s", "没有单元 %s", first));
    return r;
}
