#include "engine/policy_load.h"

#include <errno.h>

#include "base/vec.h"
#include "engine/digest.h"
#include "root/own.h"

static void report(struct loader *l, const struct err *e, const char *path)
{
    problems_add_text(l->problems, e->path ? e->path : path, 0, 0, e->message);
}

static bool add_file(struct loader *l, const char *path, enum origin origin)
{
    struct err e = {.arena = l->arena};
    struct str bytes;
    if (own_read(l->arena, path, &bytes, &e) < 0) {
        report(l, &e, path);
        return false;
    }
    vec_push(l->arena, &l->files, (struct policy_file){path, bytes, origin, NULL});
    return true;
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Files of this run stand in for those that the last run left behind. */
static bool is_replaced(const struct loader *l, const char *name)
{
    const struct policy_options *o = l->options;
    for (size_t i = 0; o && i < o->site_file_count; i++)
        if (cstr_eq(file_name(o->site_files[i].path), name))
            return true;
    return false;
}

/* All *.yaml of one directory. `optional`: it need not exist. */
static void add_directory(struct loader *l, const char *directory, enum origin origin,
                          bool optional)
{
    struct err e = {.arena = l->arena};
    struct strings names;
    int r = own_list(l->arena, directory, ".yaml", &names, &e);
    if (r == -ENOENT && optional)
        return;
    if (r < 0) {
        report(l, &e, directory);
        return;
    }
    for (size_t i = 0; i < names.n; i++)
        if (origin != ORIGIN_OVERRIDE || !is_replaced(l, names.v[i]))
            (void)add_file(l, arena_printf(l->arena, "%s/%s", directory, names.v[i]), origin);
}

static const char *add_tree(struct loader *l, const char *directory)
{
    size_t before = l->problems->n;
    add_directory(l, directory, ORIGIN_POLICY, false);
    add_directory(l, arena_printf(l->arena, "%s/mlps", directory), ORIGIN_POLICY, true);
    add_directory(l, arena_printf(l->arena, "%s/presets", directory), ORIGIN_POLICY, true);
    if (l->problems->n == before && !l->files.n)
        problems_add(l->problems, directory, 0, 0,
                     "no policy here: expected item files *.yaml in %s or %s/mlps",
                     "此处没有策略：%s 或 %s/mlps 中应有检查项文件 *.yaml", directory, directory);
    return l->problems->n == before ? directory : NULL;
}

static const char *add_builtin(struct loader *l)
{
    for (const struct builtin_file *f = builtin_policy; f->path; f++)
        if (!cstr_starts(f->path, "data/"))
            vec_push(l->arena, &l->files,
                     (struct policy_file){f->path, {f->bytes, f->size}, ORIGIN_POLICY, NULL});
    return "built in";
}

/* Data files of the directory the policy came from, or the ones built in. */
static void add_data(struct loader *l, const char *source)
{
    const char *directory = arena_printf(l->arena, "%s/data", source);
    if (own_is_directory(directory)) {
        add_directory(l, directory, ORIGIN_DATA, false);
        return;
    }
    for (const struct builtin_file *f = builtin_policy; f->path; f++)
        if (cstr_starts(f->path, "data/"))
            vec_push(l->arena, &l->files,
                     (struct policy_file){f->path, {f->bytes, f->size}, ORIGIN_DATA, NULL});
}

int policy_data(void *policy, const char *name, struct str *ret)
{
    const struct policy *p = policy;
    vec_each (d, &p->data) {
        if (!cstr_ends(d->path, name))
            continue;
        *ret = d->bytes;
        return 0;
    }
    return -ENOENT;
}

const char *source_gather(struct loader *l, const struct policy_options *options)
{
    static const char installed[] = DENGBAO_DATADIR "/policy";
    const char *source = options->directory;
    if (!source)
        source = own_is_directory(installed) ? add_tree(l, installed) : add_builtin(l);
    else if (cstr_ends(source, ".yaml") && !own_is_directory(source))
        source = add_file(l, source, ORIGIN_POLICY) ? source : NULL;
    else
        source = add_tree(l, source);
    l->options = options;
    if (source)
        add_data(l, source);
    if (options->overrides) {
        size_t before = l->problems->n;
        add_directory(l, arena_printf(l->arena, "%s/policy.d", options->overrides), ORIGIN_OVERRIDE,
                      true);
        if (l->problems->n > before)
            source = NULL;
    }
    for (size_t i = 0; i < options->site_file_count; i++)
        vec_push(l->arena, &l->files,
                 (struct policy_file){options->site_files[i].path, options->site_files[i].bytes,
                                      ORIGIN_OVERRIDE, NULL});
    return source;
}

const char *source_digest(const struct loader *l)
{
    struct digest *d = digest_new(DIGEST_SHA256);
    for (size_t i = 0; i < l->files.n; i++) {
        const struct policy_file *f = &l->files.v[i];
        /* The name within its directory: the same policy has the same digest wherever it is. */
        digest_field(d, f->origin == ORIGIN_OVERRIDE ? "override" : "policy");
        digest_field(d, file_name(f->path));
        digest_block(d, f->bytes);
    }
    return digest_hex(l->arena, d);
}
