/*
 * Loading a service as libpam's pam_handlers.c does (1.5.2 and 1.7 read, with Debian's patches):
 * which file, what an include or a substack adds, what becomes of a line that makes no sense.
 */
#include <errno.h>
#include <string.h>

#include "effective/pam_module.h"
#include "format/pam.h"

enum {
    SUBSTACK_MAX = 16,   /* PAM_SUBSTACK_MAX_LEVEL */
    INCLUDE_MAX = 32,    /* libpam has its limit at 16 (1.6.0) or at the open files (before) */
    HANDLERS_MAX = 2048, /* beyond that nothing is said about the service */
    LOADS_MAX = 4096,
};

enum { GROUP_ANY = -1 };

enum { REFUSED = 1 }; /* PAM_ABORT for a file; next to 0 and -errno */

struct loader {
    struct host *host;
    struct pam_service *service;
    bool other;     /* lines go to the fallback stacks */
    unsigned loads; /* files opened so far */
    size_t handlers;
    int error; /* a file cannot be read, or the configuration is beyond our limits */
    struct text why;
    struct pam_stack fallback[PAM_GROUP_COUNT];
};

/* Where a file is read from: the requested group, the level of substacks, the depth of includes. */
struct place {
    int group;
    unsigned level, depth;
};

static int load_file(struct loader *l, const char *name, struct place at);

/* libpam returns PAM_ABORT for the file it reads: in an included file the include fails, in the
 * service's own file every call does. Returns REFUSED. */
static int refuse(struct loader *l, const char *path, unsigned line, const char *en, const char *zh)
{
    struct pam_service *s = l->service;
    s->abort_path = path;
    s->abort_line = line;
    s->abort_why = TEXT(en, zh);
    return REFUSED;
}

/* "pam_unix" from a path, as extract_modulename(); NULL: libpam refuses such a name. */
static const char *module_name(struct arena *a, const char *module)
{
    const char *slash = strrchr(module, '/');
    char *name = arena_strdup(a, slash ? slash + 1 : module);
    char *dot = strrchr(name, '.');
    if (dot)
        *dot = '\0';
    return *name && strcmp(name, "?") != 0 ? name : NULL;
}

static int group_of(const char *type)
{
    for (int g = 0; type && g < PAM_GROUP_COUNT; g++)
        if (cstr_eq_nocase(type, pam_group_name((enum pam_group)g)))
            return g;
    return -1;
}

static int too_large(struct loader *l)
{
    l->error = -E2BIG;
    l->why = TEXT("the PAM configuration includes itself or is too large to follow",
                  "PAM 配置循环包含或过大，无法解析");
    return -E2BIG;
}

static void add_handler(struct loader *l, int group, struct pam_handler h)
{
    struct pam_stack *stack = l->other ? &l->fallback[group] : &l->service->stacks[group];
    if (++l->handlers > HANDLERS_MAX) {
        (void)too_large(l);
        return;
    }
    vec_push(l->host->arena, stack, h);
}

static struct pam_handler new_handler(const char *path, const struct pam_line *line, unsigned level)
{
    struct pam_handler h = {.kind = PAM_HANDLER_MODULE,
                            .level = level,
                            .control = pam_token(line, 1),
                            .module = "",
                            .name = "",
                            .path = path,
                            .line = line->line};
    for (int i = 0; i < PAM_CODE_COUNT; i++)
        h.actions[i] = PAM_ACTION_BAD;
    return h;
}

/* An include, a substack or Debian's @include. 0: done; -ENOENT: it failed, a failing line stands
 * for it; REFUSED: libpam gives up the file that includes. */
static int include(struct loader *l, const struct pam_line *line, struct pam_handler h, int group,
                   const char *file, bool substack, struct place at)
{
    struct arena *a = l->host->arena;
    if (substack) {
        h.kind = PAM_HANDLER_SUBSTACK;
        h.name = file ? module_name(a, file) : "";
        if (!h.name)
            return refuse(l, h.path, line->line, "a substack without a usable name",
                          "substack 名称无效");
        add_handler(l, group, h);
    }
    if (!file) /* Debian's libpam reads through the missing name and crashes; elsewhere it fails */
        return pam_feature(l->host, PAM_FEATURE_AT_INCLUDE) == 1
                   ? refuse(l, h.path, line->line, "an include without a file name",
                            "include 缺少文件名")
                   : -ENOENT;
    at.group = group;
    at.level += substack;
    at.depth++;
    return load_file(l, file, at) == 0 ? 0 : -ENOENT;
}

static int set_module(struct loader *l, const struct pam_line *line, struct pam_handler *h)
{
    struct arena *a = l->host->arena;
    h->module = pam_token(line, 2);
    h->name = module_name(a, h->module);
    if (!h->name)
        return refuse(l, h->path, line->line, "a module path without a name", "模块路径无效");
    for (size_t i = 3; i < line->tokens.n; i++)
        strings_add(a, &h->args, line->tokens.v[i]);
    (void)pam_module_file(l->host, h->module, &h->presence);
    h->model = pam_module_find(h->name);
    if (h->model && h->model->prepare)
        h->settings = h->model->prepare(l->host, h);
    return 0;
}

/* Debian: the rest of another file, for all groups; it takes the place of type and control. */
static int at_include(struct loader *l, const struct pam_line *line, struct pam_handler h,
                      struct place at)
{
    int r = include(l, line, h, at.group, pam_token(line, 1), false, at);
    if (r != -ENOENT)
        return r;
    if (at.group == GROUP_ANY) /* the failing line would have no group */
        return refuse(l, h.path, line->line, "@include names a file that cannot be read",
                      "@include 指定的文件无法读取");
    h.kind = PAM_HANDLER_MUST_FAIL;
    add_handler(l, at.group, h);
    return 0;
}

static int add_include(struct loader *l, const struct pam_line *line, struct pam_handler h,
                       int group, bool substack, struct place at)
{
    int r = include(l, line, h, group, pam_token(line, 2), substack, at);
    if (r == -ENOENT) {
        h.kind = PAM_HANDLER_MUST_FAIL;
        add_handler(l, group, h);
        r = 0;
    }
    return r;
}

/* 0 or REFUSED. */
static int add_rule(struct loader *l, const char *path, const struct pam_line *line,
                    struct place at)
{
    struct pam_handler h = new_handler(path, line, at.level);
    const char *type = pam_line_type(line, &h.silent), *control = pam_token(line, 1);
    if (type && cstr_eq_nocase(type, "@include") &&
        pam_feature(l->host, PAM_FEATURE_AT_INCLUDE) == 1)
        return at_include(l, line, h, at);
    int group = group_of(type);
    bool bad_type = group < 0;
    if (bad_type) /* libpam takes the requested group, or the most sensitive one */
        group = at.group == GROUP_ANY ? PAM_GROUP_AUTH : at.group;
    if (at.group != GROUP_ANY && group != at.group)
        return 0;
    bool substack = control && cstr_eq_nocase(control, "substack");
    if (substack || (control && cstr_eq_nocase(control, "include")))
        return add_include(l, line, h, group, substack, at);
    if (control)
        (void)pam_control_parse(control, h.actions);
    if (pam_token(line, 2) && set_module(l, line, &h) != 0)
        return REFUSED;
    if (bad_type || !control || !pam_token(line, 2))
        h.kind = PAM_HANDLER_MUST_FAIL;
    add_handler(l, group, h);
    return 0;
}

/* The service field of /etc/pam.conf: ours, or "other" for the fallback. */
static bool for_us(struct loader *l, const struct pam_line *line)
{
    if (!line->service)
        return true;
    l->other = cstr_eq_nocase(line->service, "other");
    return l->other || cstr_eq_nocase(line->service, l->service->name);
}

/* 0 or REFUSED. */
static int load_bytes(struct loader *l, const char *path, struct str bytes, bool pam_conf,
                      struct place at)
{
    struct pam_document *d = pam_parse(l->host->arena, bytes, pam_conf);
    vec_each (line, &d->lines) {
        if (line->kind == PAM_LINE_CUT)
            return refuse(l, path, line->line, "the file ends inside a continued line",
                          "文件在续行中结束");
        if (line->kind != PAM_LINE_RULE || !for_us(l, line))
            continue;
        if (line->length > 1023 && pam_feature(l->host, PAM_FEATURE_LONG_LINES) != 1 && !l->error) {
            l->error = -E2BIG;
            l->why = text_make(l->host->arena, "%s line %u is longer than PAM may read",
                               "%s 第 %u 行过长，PAM 可能无法读取", path, line->line);
        }
        if (add_rule(l, path, line, at) != 0)
            return REFUSED;
        if (l->error)
            return l->error;
    }
    return 0;
}

/* fopen() for reading as libpam does it: a directory opens and is empty, /dev/null too. */
static int open_file(struct loader *l, const char *path, struct str *ret, const char **ret_path)
{
    struct root *r = l->host->root;
    const char *real = path;
    int e = root_read(r, path, ret);
    (void)root_resolve(r, path, &real);
    *ret_path = real;
    if (e == -EISDIR || (e == -ENODEV && cstr_eq(real, "/dev/null"))) {
        *ret = (struct str){"", 0};
        return 0;
    }
    if (e == -ENOENT || e == -ENOTDIR || e == -ELOOP)
        return -ENOENT;
    if (e < 0) {
        l->error = e;
        l->why = root_error_text(r, path, e);
    }
    return e;
}

/* The first of the directories of this release that has it. -ENOENT: none. */
static int find_file(struct loader *l, const char *name, bool included, struct str *ret,
                     const char **ret_path)
{
    struct arena *a = l->host->arena;
    if (name[0] == '/')
        return open_file(l, name, ret, ret_path);
    static const struct {
        const char *dir;
        enum pam_feature feature;
    } further[] = {{"/usr/lib/pam.d", PAM_FEATURE_LIB_DIRECTORY},
                   {"/usr/share/pam.d", PAM_FEATURE_SHARE_DIRECTORY}};
    int e = open_file(l, arena_printf(a, "/etc/pam.d/%s", name), ret, ret_path);
    if (included && pam_feature(l->host, PAM_FEATURE_AT_INCLUDE) == 1)
        return e;
    for (size_t i = 0; i < 2 && e == -ENOENT; i++) {
        const char *path = arena_printf(a, "%s/%s", further[i].dir, name);
        int known = pam_feature(l->host, further[i].feature);
        if (known == 0 || !root_exists(l->host->root, path))
            continue;
        if (known < 0) {
            l->error = -ENODATA;
            l->why = text_make(a, "whether this version of PAM reads %s is not known",
                               "无法确定该版本 PAM 是否读取 %s", path);
            return -ENODATA;
        }
        e = open_file(l, path, ret, ret_path);
    }
    return e;
}

/* 0, REFUSED, or -ENOENT and others when there is no such file. */
static int load_file(struct loader *l, const char *name, struct place at)
{
    struct str bytes;
    const char *path;
    if (at.level >= SUBSTACK_MAX || at.depth >= INCLUDE_MAX)
        return -ELOOP;
    if (++l->loads > LOADS_MAX)
        return too_large(l);
    int e = find_file(l, name, at.depth > 0, &bytes, &path);
    if (e < 0)
        return e;
    if (strings_find(&l->service->files, path) < 0)
        strings_add(l->host->arena, &l->service->files, path);
    if (at.depth == 0 && !l->other)
        l->service->path = path;
    return load_bytes(l, path, bytes, false, at);
}

static bool is_directory(struct root *r, const char *path)
{
    struct file_info info;
    return root_stat(r, path, &info) == 0 && S_ISDIR(info.mode);
}

static bool has_pam_d(struct host *h)
{
    return is_directory(h->root, "/etc/pam.d") ||
           (pam_feature(h, PAM_FEATURE_LIB_DIRECTORY) == 1 &&
            is_directory(h->root, "/usr/lib/pam.d")) ||
           (pam_feature(h, PAM_FEATURE_SHARE_DIRECTORY) == 1 &&
            is_directory(h->root, "/usr/share/pam.d"));
}

static void load_directories(struct loader *l)
{
    struct place top = {.group = GROUP_ANY};
    struct pam_service *s = l->service;
    int own = -ENOENT;
    if (strcmp(s->name, "other") != 0)
        own = load_file(l, s->name, top);
    if (own == REFUSED)
        s->aborted = true;
    if (l->error || s->aborted)
        return;
    l->other = true;
    int other = load_file(l, "other", top);
    if (other == REFUSED)
        s->aborted = true;
    else if (own < 0 && other < 0)
        s->aborted = refuse(l, "/etc/pam.d", 0, "neither the service nor \"other\" has a file",
                            "该服务与 other 均无配置文件");
}

static void load_pam_conf(struct loader *l)
{
    struct str bytes;
    const char *path;
    struct place top = {.group = GROUP_ANY};
    int e = open_file(l, "/etc/pam.conf", &bytes, &path);
    if (e == 0) {
        strings_add(l->host->arena, &l->service->files, path);
        l->service->path = path;
        l->service->aborted = load_bytes(l, path, bytes, true, top) == REFUSED;
    } else if (e == -ENOENT) {
        l->service->aborted =
            refuse(l, "/etc/pam.d", 0, "there is no PAM configuration", "没有 PAM 配置");
    }
}

struct loaded {
    struct pam_service *service;
    int error;
    struct text why;
};

static struct loaded *load(struct host *h, const char *name)
{
    struct arena *a = h->arena;
    struct loader l = {.host = h, .service = arena_make(a, struct pam_service)};
    l.service->name = name;
    if (has_pam_d(h))
        load_directories(&l);
    else
        load_pam_conf(&l);
    for (int g = 0; g < PAM_GROUP_COUNT; g++) {
        if (l.service->stacks[g].n)
            continue;
        l.service->from_other[g] = true;
        l.service->stacks[g] = l.fallback[g];
    }
    struct loaded *out = arena_make(a, struct loaded);
    *out = (struct loaded){l.service, l.error, l.why};
    return out;
}

/* pam_start() takes what is behind the last slash, in lower case. */
static const char *service_name(struct arena *a, const char *name)
{
    const char *slash = strrchr(name, '/');
    char *lower = arena_strdup(a, slash ? slash + 1 : name);
    for (char *p = lower; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    return lower;
}

struct request {
    struct host *host;
    const char *name;
};

static void *load_request(struct root *r, void *context)
{
    const struct request *q = context;
    struct host *h = arena_make(q->host->arena, struct host);
    *h = *q->host;
    h->root = r;
    return load(h, q->name);
}

int pam_service(struct host *h, const char *name, const struct pam_service **ret,
                struct text *ret_why)
{
    /* Services that are asked for many times in a run; each needs a key of its own. */
    static const char *const often[] = {"login",       "sshd",          "su",      "su-l",
                                        "sudo",        "sudo-i",        "passwd",  "system-auth",
                                        "common-auth", "password-auth", "runuser", "cron",
                                        "crond",       "gdm-password",  "lightdm", "other"};
    struct request q = {h, service_name(h->arena, name)};
    const struct loaded *found = NULL;
    for (size_t i = 0; i < sizeof often / sizeof often[0] && !found; i++)
        if (strcmp(often[i], q.name) == 0)
            found = root_memo(h->root, &often[i], load_request, &q);
    if (!found)
        found = load(h, q.name);
    if (found->error < 0) {
        if (ret_why)
            *ret_why = found->why;
        return found->error;
    }
    *ret = found->service;
    return 0;
}
