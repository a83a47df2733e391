/*
 * What really starts: everything default.target pulls in through Wants=, Requires=, BindsTo=,
 * Upholds= and .wants/.requires directories, and what the sockets, paths and timers among it
 * trigger.  Conditions (ConditionPathExists= …) and Conflicts= are not judged: a unit that a
 * condition skips counts as started.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "effective/name_set.h"
#include "effective/unit_files.h"

enum { UNIT_LIMIT = 20000 };

struct node {
    const char *id, *via;
    enum unit_start how;
};

struct boot {
    struct host *host;
    struct {
        struct node *v;
        size_t n, cap;
    } nodes;             /* in the order found; also the queue */
    struct name_set ids; /* numbers are indices of nodes */
};

static void reach(struct boot *b, const char *name, const char *via, enum unit_start how)
{
    struct unit_found f;
    if (unit_name_kind(name) == UNIT_NAME_BAD || unit_name_kind(name) == UNIT_NAME_TEMPLATE ||
        b->nodes.n >= UNIT_LIMIT)
        return;
    int r = unit_find(b->host, name, &f);
    if (r == 0 && f.masked)
        return;
    const char *id = r == 0 ? f.name : name; /* a name without a file may be a SysV script */
    bool is_new = false;
    size_t at = name_set_add(&b->ids, id, &is_new);
    if (!is_new) {
        struct node *n = &b->nodes.v[at];
        if (n->how == UNIT_STARTS_ON_DEMAND && how == UNIT_STARTS_BOOT) {
            n->how = how;
            n->via = via;
        }
        return;
    }
    struct node n = {.id = id, .via = via, .how = how};
    vec_push(b->host->arena, &b->nodes, n);
}

static void reach_words(struct boot *b, const char *value, const char *via, enum unit_start how)
{
    struct strings words = {0};
    unit_words(b->host->arena, value, &words);
    for (size_t i = 0; i < words.n; i++)
        reach(b, words.v[i], via, how);
}

static bool counts(const struct host *h, const struct unit_dir *d)
{
    return root_is_live(h->root) || !(d->kind & UNIT_DIR_RUNTIME);
}

static void reach_links(struct boot *b, const struct strings *names, const char *via)
{
    struct host *h = b->host;
    const struct unit_files *u = unit_files(h);
    for (size_t i = 0; i < u->dirs.n; i++) {
        const struct unit_dir *d = &u->dirs.v[i];
        if (!counts(h, d))
            continue;
        for (size_t j = 0; j < d->wants.n; j++) {
            const struct unit_links *w = &d->wants.v[j];
            size_t n = (size_t)(strrchr(w->dir, '.') - w->dir);
            bool mine = false;
            for (size_t k = 0; k < names->n; k++)
                mine = mine || (strlen(names->v[k]) == n && memcmp(names->v[k], w->dir, n) == 0);
            for (size_t k = 0; mine && k < w->links.n; k++)
                reach(b, w->links.v[k].name, via, UNIT_STARTS_BOOT);
        }
    }
}

/* What a socket, path or timer starts: its Service= or Unit=, else the service of its name. */
static void reach_triggered(struct boot *b, const char *id)
{
    static const char *const keys[][2] = {
        {"socket", "Socket.Service"}, {"timer", "Timer.Unit"}, {"path", "Path.Unit"}};
    const char *type = unit_suffix(id), *value = NULL;
    struct where where;
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        if (!cstr_eq(type, keys[i][0]))
            continue;
        if (unit_setting(b->host, id, keys[i][1], &value, &where, NULL) < 0)
            return;
        const char *dot = strrchr(id, '.');
        const char *accept = NULL;
        if (!value && i == 0)
            (void)unit_setting(b->host, id, "Socket.Accept", &accept, &where, NULL);
        if (!value) /* Accept=yes: an instance per connection; the template stands for all */
            value = arena_printf(b->host->arena, "%.*s%s.service", (int)(dot - id), id,
                                 accept && unit_boolean(accept) == 1 ? "@connection" : "");
        reach(b, value, id, UNIT_STARTS_ON_DEMAND);
    }
}

static void expand(struct boot *b, const char *id, enum unit_start how)
{
    static const char *const keys[] = {"Unit.Wants", "Unit.Requires", "Unit.BindsTo",
                                       "Unit.Upholds", "Service.Sockets"};
    struct strings names = {0};
    struct where where;
    unit_names(b->host, id, &names);
    if (unit_name_kind(id) == UNIT_NAME_INSTANCE)
        strings_add(b->host->arena, &names, unit_name_template(b->host->arena, id));
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        const char *value = NULL;
        if (unit_setting(b->host, id, keys[i], &value, &where, NULL) == 0 && value) {
            _cleanup_buf_ struct buf words = {0};
            for (const char *p = value; *p; p++) /* list values come joined by "; " */
                buf_putc(&words, (char)(*p == ';' ? ' ' : *p));
            reach_words(b, words.data ? words.data : "", id, how);
        }
    }
    reach_links(b, &names, id);
    reach_triggered(b, id);
}

/* systemd-sysv-generator: a start link in rc2 … rc5 makes multi-user or graphical want the unit. */
static void reach_scripts(struct boot *b)
{
    static const char *const generators[] = {
        "/usr/lib/systemd/system-generators/systemd-sysv-generator",
        "/lib/systemd/system-generators/systemd-sysv-generator"};
    struct strings links = {0};
    if (!root_exists(b->host->root, generators[0]) && !root_exists(b->host->root, generators[1]))
        return;
    (void)root_glob(b->host->root, "/etc/rc[2345].d/S[0-9][0-9]*", &links);
    for (size_t i = 0; i < links.n; i++) {
        const char *name = path_base(links.v[i]) + 3;
        struct unit_view v;
        const char *full = arena_printf(b->host->arena, "%s.service", name);
        if (host_unit(b->host, full, &v, NULL) == 0 && v.script)
            reach(b, full, links.v[i], UNIT_STARTS_BOOT);
    }
}

/* Generators do not run here. The one that decides about units with [Install] sections of their own
 * is cloud-init's: it adds cloud-init.target unless that is switched off. */
static void reach_generated(struct boot *b)
{
    static const char *const generators[] = {
        "/usr/lib/systemd/system-generators/cloud-init-generator",
        "/lib/systemd/system-generators/cloud-init-generator"};
    struct root *r = b->host->root;
    if ((root_exists(r, generators[0]) || root_exists(r, generators[1])) &&
        !root_exists(r, "/etc/cloud/cloud-init.disabled"))
        reach(b, "cloud-init.target", generators[0], UNIT_STARTS_BOOT);
}

struct boot_context {
    struct host *host;
};

static void *make_boot(struct root *r, void *context)
{
    (void)r;
    struct host *h = ((struct boot_context *)context)->host;
    struct boot *b = arena_make(h->arena, struct boot);
    b->host = h;
    b->ids.arena = h->arena;
    reach(b, "default.target", "default.target", UNIT_STARTS_BOOT);
    reach_scripts(b);
    reach_generated(b);
    for (size_t i = 0; i < b->nodes.n; i++)
        expand(b, b->nodes.v[i].id, b->nodes.v[i].how);
    return b;
}

int unit_starts(struct host *h, const char *name, enum unit_start *ret, const char **ret_via,
                struct err *e)
{
    static const char memo_key;
    struct boot_context context = {h};
    struct unit_view v;
    int r = host_unit(h, name, &v, e);
    if (r < 0)
        return r;
    *ret = UNIT_STARTS_NOT;
    *ret_via = NULL;
    if (v.masked)
        return 0;
    const struct boot *b = root_memo(h->root, &memo_key, make_boot, &context);
    bool template = unit_name_kind(v.id) == UNIT_NAME_TEMPLATE;
    for (size_t i = 0; i < b->nodes.n; i++) {
        const struct node *n = &b->nodes.v[i];
        bool same = strcmp(n->id, v.id) == 0;
        if (!same && template && strchr(n->id, '@'))
            same = strcmp(unit_name_template(h->arena, n->id), v.id) == 0;
        if (same && (*ret == UNIT_STARTS_NOT || n->how == UNIT_STARTS_BOOT)) {
            *ret = n->how;
            *ret_via = n->via;
        }
    }
    return 0;
}
