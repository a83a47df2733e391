/* Installed packages and their versions. */
#include "resource/resource.h"

#include <errno.h>
#include <fnmatch.h>

#include "effective/packages.h"
#include "format/dpkg.h"

#define SOURCE "docs/resources/package.md"

static const char *const name_args[] = {"name", "names", NULL};

static const struct key keys[] = {
    {.name = "installed",
     .kind = VALUE_WORD,
     .source = SOURCE,
     .doc = {"yes or no for each name", "每个软件包是否已安装：yes 或 no"},
     .args = name_args},
    {.name = "version",
     .kind = VALUE_TEXT,
     .source = SOURCE,
     .doc = {"epoch:version-release as the database has it", "数据库中的 epoch:version-release"},
     .args = name_args},
    {.name = "installed-list",
     .kind = VALUE_LIST,
     .source = SOURCE,
     .doc = {"those of the names that are installed", "所列软件包中已安装的部分"},
     .args = name_args},
    {0},
};

/* Names between commas or blanks, each perhaps a pattern. */
static struct strings names_of(struct host *h, const struct want *w)
{
    static const char *const arguments[] = {"name", "names"};
    struct strings names = {0};
    for (size_t i = 0; i < 2; i++) {
        struct str rest = str_of(want_arg(w, arguments[i])), word, field;
        while (str_next_word(&rest, &word))
            while (str_next_field(&word, ',', &field))
                if (field.n)
                    strings_add(h->arena, &names, str_dup(h->arena, field));
    }
    return names;
}

static bool is_pattern(const char *name)
{
    return strpbrk(name, "*?[") != NULL;
}

struct matches {
    const struct package **v;
    size_t n, cap;
};

/* Several packages of one name (kernels, foreign architectures) are all given. */
static void find(struct host *h, const char *name, struct matches *ret)
{
    const struct packages *p = host_packages(h);
    const struct package *first;
    if (!is_pattern(name)) {
        if (host_package(h, name, &first) < 0)
            return;
        for (; first < p->list.v + p->list.n && cstr_eq(first->name, name); first++)
            vec_push(h->arena, ret, first);
        return;
    }
    for (size_t i = 0; i < p->list.n; i++)
        if (fnmatch(name, p->list.v[i].name, 0) == 0)
            vec_push(h->arena, ret, &p->list.v[i]);
}

/* A database without lines is named once, however many packages it shows. */
static void add_evidence(struct facts *ret, struct fact *f, const struct matches *found)
{
    for (size_t i = 0; i < found->n && i < 50; i++)
        if (i == 0 || found->v[i]->where.line)
            fact_add_where(ret, f, found->v[i]->where.path, found->v[i]->where.line);
}

static void observe_list(struct host *h, const struct strings *names, struct facts *ret)
{
    struct strings list = {0};
    struct matches all = {0};
    for (size_t i = 0; i < names->n; i++)
        find(h, names->v[i], &all);
    for (size_t i = 0; i < all.n; i++)
        if (strings_find(&list, all.v[i]->name) < 0)
            strings_add(h->arena, &list, all.v[i]->name);
    strings_sort(&list);
    struct fact *f = facts_configured(ret, NULL, value_list(list));
    add_evidence(ret, f, &all);
}

static void observe_name(struct host *h, const struct want *w, const char *name, struct facts *ret)
{
    struct matches found = {0};
    struct fact *f;
    find(h, name, &found);
    if (cstr_eq(w->key_name, "installed")) {
        f = facts_configured(ret, name, value_yes_no(found.n > 0));
        add_evidence(ret, f, &found);
        return;
    }
    for (size_t i = 0; i < found.n; i++) {
        f = facts_configured(ret, found.v[i]->name, value_text(found.v[i]->version));
        fact_add_where(ret, f, found.v[i]->where.path, found.v[i]->where.line);
    }
    if (found.n == 0)
        (void)facts_not_applicable(ret, name, TEXT("the package is not installed", "软件包未安装"));
}

static void observe(struct host *h, const struct want *w, struct facts *ret)
{
    const struct packages *p = host_packages(h);
    struct strings names = names_of(h, w);
    if (p->error < 0) {
        (void)facts_unknown(ret, NULL, p->reason);
    } else if (names.n == 0) {
        (void)facts_unknown(ret, NULL, TEXT("the rule names no package", "规则没有指定软件包"));
    } else if (cstr_eq(w->key_name, "installed-list")) {
        observe_list(h, &names, ret);
    } else {
        for (size_t i = 0; i < names.n; i++)
            observe_name(h, w, names.v[i], ret);
    }
}

/* ---- plan ---- */

/* Does a clause "a | b" hold through `name` alone? Then nothing else installed satisfies it. */
static bool clause_needs(struct host *h, struct str *rest, const char *name, bool *ret_more)
{
    struct dpkg_dependency d = {0};
    const struct package *other;
    bool names_it = false, satisfied = false;
    *ret_more = false;
    while (!d.last && dpkg_next_dependency(rest, &d)) {
        *ret_more = true;
        if (str_is(d.name, name))
            names_it = true;
        else
            satisfied |= host_package(h, str_dup(h->arena, d.name), &other) == 0;
    }
    return names_it && !satisfied;
}

static bool field_needs(struct host *h, struct str field, const char *name)
{
    for (bool more = true; more;)
        if (clause_needs(h, &field, name, &more))
            return true;
    return false;
}

/* Installed packages that would break without it, by name; and whether dpkg calls it essential. */
static struct strings dependents(struct host *h, const char *name, bool *ret_essential)
{
    struct strings list = {0};
    _cleanup_buf_ struct buf bytes = {0};
    struct dpkg_stanza s;
    *ret_essential = false;
    if (root_load(h->root, "/var/lib/dpkg/status", 256 << 20, &bytes) < 0)
        return list;
    struct dpkg_reader reader = {.rest = {bytes.data, bytes.len}};
    while (dpkg_next(&reader, &s)) {
        if (!s.package.p || !dpkg_installed(&s))
            continue;
        if (str_is(s.package, name))
            *ret_essential |= s.essential;
        else if (field_needs(h, s.depends, name) || field_needs(h, s.pre_depends, name))
            strings_add(h->arena, &list, str_dup(h->arena, s.package));
    }
    return list;
}

static int plan_remove(struct host *h, const char *name, const struct strings *leaving,
                       struct changes *ret)
{
    bool essential = false;
    struct strings needed_by = {0}, list = {0};
    if (h->release->family == FAMILY_DEBIAN)
        list = dependents(h, name, &essential);
    for (size_t i = 0; i < list.n; i++)
        if (strings_find(leaving, list.v[i]) < 0)
            strings_add(h->arena, &needed_by, list.v[i]);
    if (essential) {
        ret->why =
            text_make(h->arena, "%s is essential to this system", "%s 是系统必需的软件包", name);
        return -EPERM;
    }
    if (needed_by.n) {
        ret->why = text_make(h->arena, "%s is needed by %s", "%s 被 %s 依赖", name,
                             strings_join(h->arena, &needed_by, ", ", 5));
        return -EPERM;
    }
    changes_add(ret, STEP_PACKAGE, name, "remove");
    return 0;
}

static struct strings to_remove(struct host *h, const struct want *w, const struct strings *names)
{
    struct strings list = {0};
    struct matches all = {0};
    for (size_t i = 0; i < names->n; i++)
        find(h, names->v[i], &all);
    for (size_t i = 0; i < all.n; i++) {
        const char *name = all.v[i]->name;
        bool kept = w->op == WANT_SUBSET_OF && strings_find(&w->expected.list, name) >= 0;
        if (!kept && strings_find(&list, name) < 0)
            strings_add(h->arena, &list, name);
    }
    return list;
}

static int plan_install(struct host *h, const struct strings *names, struct changes *ret)
{
    const struct package *p;
    for (size_t i = 0; i < names->n; i++) {
        if (is_pattern(names->v[i])) {
            ret->why = TEXT("a pattern does not say which package to install",
                            "通配符无法确定要安装的软件包");
            return -EINVAL;
        }
        if (host_package(h, names->v[i], &p) == -ENOENT)
            changes_add(ret, STEP_PACKAGE, names->v[i], "install");
    }
    return 0;
}

static int plan(struct host *h, const struct want *w, struct changes *ret)
{
    const struct packages *p = host_packages(h);
    struct strings names = names_of(h, w);
    if (p->error < 0) {
        ret->why = p->reason;
        return -ENODATA;
    }
    if (cstr_eq(w->key_name, "version")) {
        ret->why = TEXT("versions change through the distribution's updates",
                        "软件包版本通过发行版更新进行变更");
        return -EOPNOTSUPP;
    }
    if (cstr_eq(w->key_name, "installed")) {
        struct value yes = value_yes_no(true);
        if (want_accepts(w, &yes))
            return plan_install(h, &names, ret);
    } else if (w->op == WANT_INCLUDES) {
        return plan_install(h, &w->expected.list, ret);
    } else if (w->op != WANT_NONE && w->op != WANT_SUBSET_OF) {
        ret->why = TEXT("which package has to change is for a person to decide",
                        "应变更哪个软件包须由人决定");
        return -EOPNOTSUPP;
    }
    struct strings leaving = to_remove(h, w, &names);
    int r = 0;
    for (size_t i = 0; i < leaving.n && r == 0; i++)
        r = plan_remove(h, leaving.v[i], &leaving, ret);
    return r;
}

const struct resource resource_package = {
    .name = "package",
    .summary = {"installed packages", "已安装的软件包"},
    .keys = keys,
    .observe = observe,
    .plan = plan,
};
