#include "effective/unit.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "effective/conf_files.h"
#include "effective/name_set.h"
#include "effective/unit_files.h"

/* What [Install] says once the file and its drop-ins are read. */
struct install {
    struct strings aliases, wanted, required, also;
    const char *default_instance;
};

static void assign_names(struct arena *a, const char *value, struct strings *list)
{
    if (!*value)
        *list = (struct strings){0};
    else
        unit_words(a, value, list);
}

static bool instance_is_valid(const char *s)
{
    static const char valid[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                ":-_.\\@";
    return s[strspn(s, valid)] == '\0';
}

/* Also= takes bare words: quotes are part of the name, and so make it invalid. Specifiers are not
 * resolved; a name with one counts as valid. */
static bool add_also(struct arena *a, const char *value, struct strings *list)
{
    struct str rest = str_of(value), word;
    while (str_next_word(&rest, &word)) {
        const char *name = str_dup(a, word);
        if (!strchr(name, '%') && unit_name_kind(name) == UNIT_NAME_BAD)
            return false;
        strings_add(a, list, name);
    }
    return true;
}

/* -EINVAL: a name in Also= or DefaultInstance= for which systemd refuses the whole file. */
static int read_install(struct arena *a, const char *name, const struct unit_doc *d,
                        struct install *i)
{
    static const char *const may_alias[] = {"service", "socket", "target",
                                            "device",  "timer",  "path"};
    bool alias_allowed = false;
    for (size_t k = 0; k < ARRAY_SIZE(may_alias); k++)
        alias_allowed = alias_allowed || cstr_eq(unit_suffix(name), may_alias[k]);
    for (size_t k = 0; k < d->entries.n; k++) {
        const struct unit_entry *e = &d->entries.v[k];
        if (e->kind != UNIT_ENTRY_ASSIGNMENT || !cstr_eq(e->section, "Install"))
            continue;
        if (cstr_eq(e->key, "Alias") && alias_allowed)
            assign_names(a, e->value, &i->aliases);
        else if (cstr_eq(e->key, "WantedBy"))
            assign_names(a, e->value, &i->wanted);
        else if (cstr_eq(e->key, "RequiredBy"))
            assign_names(a, e->value, &i->required);
        else if (cstr_eq(e->key, "Also") && !add_also(a, e->value, &i->also))
            return -EINVAL;
        else if (cstr_eq(e->key, "DefaultInstance") && unit_name_kind(name) == UNIT_NAME_TEMPLATE) {
            if (!strchr(e->value, '%') && !instance_is_valid(e->value))
                return -EINVAL;
            i->default_instance = *e->value ? e->value : NULL;
        }
    }
    return 0;
}

/* Of the hundreds of units of a host only the assignments are kept. */
static void keep_assignments(struct arena *a, const struct unit_doc *parsed, struct unit_doc *ret)
{
    const char *section = NULL, *kept = NULL;
    size_t n = 0;
    vec_each (e, &parsed->entries)
        n += e->kind == UNIT_ENTRY_ASSIGNMENT;
    *ret = (struct unit_doc){0};
    ret->entries.v = arena_new_array(a, struct unit_entry, n + 1);
    ret->entries.cap = n + 1;
    vec_each (e, &parsed->entries) {
        if (e->kind != UNIT_ENTRY_ASSIGNMENT)
            continue;
        if (e->section != section)
            kept = e->section ? arena_strdup(a, e->section) : NULL;
        section = e->section;
        struct unit_entry *own = &ret->entries.v[ret->entries.n++];
        *own = *e;
        own->section = kept;
        own->key = arena_strdup(a, e->key);
        own->value = arena_strdup(a, e->value);
    }
}

static int parse_file(struct host *h, const char *path, struct unit_doc *ret, struct err *e)
{
    _cleanup_arena_ struct arena *scratch = arena_new();
    struct unit_doc parsed;
    struct str bytes;
    int r = root_read(h->root, path, &bytes);
    if (r < 0)
        return file_failed(h->root, e, path, r == -ENOENT ? -ENOLINK : r);
    unit_doc_parse(scratch, bytes, &parsed);
    keep_assignments(h->arena, &parsed, ret);
    if (parsed.bad_line)
        return err_at(e,
                      err_set(e, -EBADMSG, "%s line %u is not a section header: systemd refuses it",
                              "%s 第 %u 行不是有效的节标题，systemd 拒绝该文件", path,
                              parsed.bad_line),
                      path, parsed.bad_line, 0);
    return 0;
}

/* A drop-in that is a link to /dev/null or empty is read as nothing. */
static int parse_dropin(struct host *h, const char *path, struct unit_doc *ret, struct err *e)
{
    struct file_info info;
    *ret = (struct unit_doc){0};
    if (links_to_null(h->root, path))
        return 0;
    int r = root_stat(h->root, path, &info);
    if (r == -ENOENT || (r == 0 && (S_ISCHR(info.mode) || S_ISBLK(info.mode))))
        return 0; /* a link to nothing is left out with a warning */
    if (r < 0)
        return file_failed(h->root, e, path, r);
    return parse_file(h, path, ret, e);
}

static int install_dropins(struct host *h, const char *name, struct install *i, struct err *e)
{
    struct strings names = {0}, dropins = {0};
    strings_add(h->arena, &names, name);
    unit_dropins(h, name, &names, true, &dropins);
    for (size_t k = 0; k < dropins.n; k++) {
        struct unit_doc d;
        int r = parse_dropin(h, dropins.v[k], &d, e);
        if (r < 0)
            return r;
        r = read_install(h->arena, name, &d, i);
        if (r < 0)
            return file_failed(h->root, e, dropins.v[k], r);
    }
    return 0;
}

static int load_install(struct host *h, const struct unit_found *f, struct install *ret,
                        struct err *e)
{
    struct unit_doc d;
    *ret = (struct install){0};
    int r = parse_file(h, f->path, &d, e);
    if (r < 0)
        return r;
    r = read_install(h->arena, f->name, &d, ret);
    return r < 0 ? file_failed(h->root, e, f->path, r) : install_dropins(h, f->name, ret, e);
}

/* ---- is it enabled? The order of the questions is that of unit_file_lookup_state() in systemd
 * ---- */

struct link_search {
    struct host *host;
    const struct unit_found *unit;
    const struct install *install;
    bool match_name, ignore_same_name;
    struct strings *found;
};

static bool known_name(const struct link_search *s, const char *name)
{
    const char *own = s->unit->name, *instance = s->install->default_instance;
    if (strcmp(name, own) == 0 || strings_find(&s->install->aliases, name) >= 0)
        return true;
    return instance && unit_name_kind(own) == UNIT_NAME_TEMPLATE &&
           strcmp(unit_name_with_instance(s->host->arena, own, instance), name) == 0;
}

/* One directory of links. `wants`: only the link's own name counts, not where it leads. */
static bool links_name_unit(const struct link_search *s, const struct unit_dir *d,
                            const struct unit_links *set, bool wants, bool *same_name)
{
    struct arena *a = s->host->arena;
    const char *own = s->unit->name;
    for (size_t i = 0; i < set->links.n; i++) {
        const struct unit_link *l = &set->links.v[i];
        bool dest = !wants && strcmp(path_base(l->target), own) == 0;
        bool path = (wants || !s->ignore_same_name) && strcmp(l->name, own) == 0;
        if (!path && wants && strchr(l->name, '@') && unit_name_kind(l->name) != UNIT_NAME_BAD)
            dest = strcmp(unit_name_template(a, l->name), own) == 0;
        if (path && dest && !wants)
            *same_name = true;
        else if ((path || dest) && (!s->match_name || known_name(s, l->name))) {
            const char *sep = *set->dir ? "/" : "";
            strings_add(a, s->found, arena_printf(a, "%s/%s%s%s", d->path, set->dir, sep, l->name));
            return true;
        }
    }
    return false;
}

static bool dir_enables(const struct link_search *s, const struct unit_dir *d, bool *same_name)
{
    for (size_t i = 0; i < d->wants.n; i++)
        if (links_name_unit(s, d, &d->wants.v[i], true, same_name))
            return true;
    return links_name_unit(s, d, &d->own, false, same_name);
}

/* NULL: no link of that sort. */
static const char *state_by_links(struct host *h, const struct unit_found *f,
                                  const struct install *i, bool match_name, struct strings *found)
{
    struct link_search s = {
        .host = h, .unit = f, .install = i, .match_name = match_name, .found = found};
    bool runtime = false, elsewhere = false, linked = false, linked_runtime = false;
    const struct unit_files *u = unit_files(h);
    for (size_t k = 0; k < u->dirs.n; k++) {
        const struct unit_dir *d = &u->dirs.v[k];
        bool same_name = false;
        if (dir_enables(&s, d, &same_name)) {
            if (d->kind & UNIT_DIR_PERSISTENT)
                return "enabled";
            runtime = runtime || d->kind & UNIT_DIR_RUNTIME;
            elsewhere = elsewhere || !(d->kind & UNIT_DIR_RUNTIME);
        } else if (same_name) {
            linked = linked || d->kind & UNIT_DIR_PERSISTENT;
            linked_runtime = linked_runtime || d->kind & UNIT_DIR_RUNTIME;
        }
        if (path_within(f->path, d->path))
            s.ignore_same_name = true;
    }
    if (runtime)
        return "enabled-runtime";
    if (elsewhere && unit_name_kind(f->name) == UNIT_NAME_INSTANCE)
        return "static";
    return linked ? "linked" : linked_runtime ? "linked-runtime" : NULL;
}

static unsigned kind_of_parent(struct host *h, const char *path)
{
    const struct unit_files *u = unit_files(h);
    for (size_t i = 0; i < u->dirs.n; i++) {
        size_t n = strlen(u->dirs.v[i].path);
        if (path_within(path, u->dirs.v[i].path) && !strchr(path + n + 1, '/'))
            return u->dirs.v[i].kind;
    }
    return path_within(path, "/run") ? UNIT_DIR_RUNTIME : 0;
}

static int state_of(struct host *h, const char *name, const struct unit_found *f,
                    struct unit_view *v, struct err *e)
{
    unsigned kind = kind_of_parent(h, f->path);
    if (f->masked) {
        v->state = kind & UNIT_DIR_RUNTIME ? "masked-runtime" : "masked";
        return 0;
    }
    struct install i;
    int r = load_install(h, f, &i, e);
    if (r < 0)
        return r;
    if (strcmp(name, path_base(f->path)) != 0 && unit_name_kind(f->name) != UNIT_NAME_INSTANCE)
        v->state = "alias";
    else if (kind & UNIT_DIR_GENERATOR)
        v->state = "generated";
    else if (kind & UNIT_DIR_TRANSIENT)
        v->state = "transient";
    else
        v->state = state_by_links(h, f, &i, true, &v->links);
    struct strings others = {0};
    if (!v->state && state_by_links(h, f, &i, false, &others)) {
        v->state = "indirect";
        v->links = others;
    }
    if (!v->state)
        v->links.n = 0;
    if (!v->state)
        v->state = i.aliases.n + i.wanted.n + i.required.n ? "disabled"
                   : i.also.n                              ? "indirect"
                                                           : "static";
    return 0;
}

/* ---- SysV scripts: systemctl asks systemd-sysv-install, which looks for start links ---- */

static int sysv_view(struct host *h, const char *name, struct unit_view *v)
{
    struct arena *a = h->arena;
    const char *plain =
        cstr_ends(name, ".service") ? arena_strndup(a, name, strlen(name) - 8) : NULL;
    if (!plain || strchr(plain, '@') || strpbrk(plain, "*?[\\"))
        return -ENOENT;
    const char *script = arena_printf(a, "/etc/init.d/%s", plain);
    if (!root_exists(h->root, script))
        return -ENOENT;
    /* Debian's looks in rcS and rc5, chkconfig of the RPM family in the runlevel in use. */
    const char *levels = h->release->family == FAMILY_RPM ? "[35]" : "[S5]";
    struct strings found = {0};
    (void)root_glob(h->root, arena_printf(a, "/etc/rc%s.d/S[0-9][0-9]%s", levels, plain), &found);
    v->script = script;
    v->links = found;
    v->state = found.n ? "enabled" : "disabled";
    v->id = name;
    return 0;
}

int host_unit(struct host *h, const char *name, struct unit_view *ret, struct err *e)
{
    struct unit_view v = {.name = unit_full_name(h->arena, name)};
    struct unit_found f;
    int r = unit_find(h, v.name, &f);
    if (r == -ENOENT && sysv_view(h, v.name, &v) == 0) {
        *ret = v;
        return 0;
    }
    if (r == 0) {
        v.id = f.name;
        v.path = f.path;
        v.masked = f.masked;
        struct install passed = {0}; /* one bad drop-in of a name on the way fails the whole */
        for (size_t i = 0; r == 0 && i < f.through.n; i++)
            r = install_dropins(h, f.through.v[i], &passed, e);
        if (r == 0)
            r = state_of(h, v.name, &f, &v, e);
    } else if (r != -ENOENT) {
        const struct unit_files *u = unit_files(h);
        (void)file_failed(h->root, e, u->error ? u->error_path : v.name, r);
    }
    if (r == 0)
        *ret = v;
    return r;
}

/* ---- settings ---- */

/* Assigned again these add up instead of replacing; an empty value resets them. */
static bool is_list(const char *key)
{
    static const char *const keys[] = {
        "After",
        "Before",
        "Wants",
        "Requires",
        "Requisite",
        "BindsTo",
        "PartOf",
        "Upholds",
        "Conflicts",
        "OnFailure",
        "OnSuccess",
        "Documentation",
        "ExecStart",
        "ExecStartPre",
        "ExecStartPost",
        "ExecReload",
        "ExecStop",
        "ExecStopPost",
        "ExecCondition",
        "Environment",
        "EnvironmentFile",
        "PassEnvironment",
        "UnsetEnvironment",
        "ReadWritePaths",
        "ReadOnlyPaths",
        "InaccessiblePaths",
        "SupplementaryGroups",
        "BindPaths",
        "SystemCallFilter",
        "RestrictAddressFamilies",
        "DeviceAllow",
        "Sockets",
        "ListenStream",
        "ListenDatagram",
        "ListenSequentialPacket",
        "ListenFIFO",
        "ListenNetlink",
        "ListenSpecial",
        "OnCalendar",
        "OnBootSec",
        "OnStartupSec",
        "OnActiveSec",
        "OnUnitActiveSec",
        "OnUnitInactiveSec",
        "PathExists",
        "PathChanged",
        "PathModified",
        "PathExistsGlob",
        "DirectoryNotEmpty",
        "WantedBy",
        "RequiredBy",
        "Alias",
        "Also",
        "RequiresMountsFor",
    };
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

struct setting {
    const char *section, *key; /* section NULL: whichever has it */
    bool list;
    struct strings values;
    struct where where;
};

static void read_setting(struct arena *a, const char *path, const struct unit_doc *d,
                         struct setting *s)
{
    for (size_t i = 0; i < d->entries.n; i++) {
        const struct unit_entry *e = &d->entries.v[i];
        if (e->kind != UNIT_ENTRY_ASSIGNMENT || !e->section || strcmp(e->key, s->key) != 0 ||
            (s->section && strcmp(e->section, s->section) != 0))
            continue;
        if (!s->list || !*e->value)
            s->values.n = 0;
        if (*e->value)
            strings_add(a, &s->values, e->value);
        s->where = (struct where){path, e->line};
    }
}

/* A unit's file and drop-ins, parsed once however many settings are asked for. */
struct unit_parts {
    int code;
    struct text why; /* with a negative code */
    struct {
        struct unit_part {
            const char *path;
            struct unit_doc doc;
        } * v;
        size_t n, cap;
    } parts;
};

struct parts_context {
    struct host *host;
    const char *full;
};

static void *make_parts(struct root *root, void *context)
{
    struct parts_context *c = context;
    struct host *h = c->host;
    struct err e = {.arena = h->arena};
    struct unit_parts *p = arena_make(h->arena, struct unit_parts);
    struct unit_found f;
    struct unit_part part = {0};
    (void)root;
    p->code = unit_find(h, c->full, &f);
    if (p->code < 0 && p->code != -ENOENT)
        (void)file_failed(h->root, &e, c->full, p->code);
    if (p->code == 0 && !f.masked) {
        part.path = f.path;
        p->code = parse_file(h, f.path, &part.doc, &e);
        vec_push(h->arena, &p->parts, part);
    }
    p->why = e.message;
    if (p->code < 0 || f.masked)
        return p;
    struct strings names = {0}, dropins = {0};
    unit_names(h, f.name, &names);
    unit_dropins(h, f.name, &names, false, &dropins);
    for (size_t i = 0; i < dropins.n; i++) {
        part = (struct unit_part){.path = dropins.v[i]};
        /* A drop-in that cannot be parsed is skipped with a warning; the unit still loads. */
        if (parse_dropin(h, part.path, &part.doc, NULL) == 0)
            vec_push(h->arena, &p->parts, part);
    }
    return p;
}

static void *make_keys(struct root *root, void *context)
{
    struct host *h = context;
    struct name_set *keys = arena_make(h->arena, struct name_set);
    (void)root;
    keys->arena = h->arena;
    return keys;
}

static const struct unit_parts *unit_parts(struct host *h, const char *full)
{
    static const char key;
    struct name_set *keys = root_memo(h->root, &key, make_keys, h);
    struct parts_context context = {h, full};
    int64_t known = name_set_find(keys, full);
    size_t n = known >= 0 ? (size_t)known : name_set_add(keys, arena_strdup(h->arena, full), NULL);
    return root_memo(h->root, keys->names.v[n], make_parts, &context); /* one key per name */
}

int unit_setting(struct host *h, const char *name, const char *key, const char **ret,
                 struct where *ret_where, struct err *e)
{
    const char *dot = strchr(key, '.');
    const struct unit_parts *p = unit_parts(h, unit_full_name(h->arena, name));
    if (p->code < 0) {
        if (e && p->why.en)
            e->message = p->why;
        return p->code;
    }
    struct setting s = {.key = dot ? dot + 1 : key,
                        .section = dot ? arena_strndup(h->arena, key, (size_t)(dot - key)) : NULL};
    s.list = is_list(s.key);
    for (size_t i = 0; i < p->parts.n; i++)
        read_setting(h->arena, p->parts.v[i].path, &p->parts.v[i].doc, &s);
    *ret = s.values.n ? strings_join(h->arena, &s.values, "; ", 0) : NULL;
    *ret_where = s.where;
    return 0;
}
