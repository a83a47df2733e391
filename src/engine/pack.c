#include "engine/pack.h"

#include <errno.h>

#include "base/width.h"
#include "engine/json_text.h"
#include "engine/redact.h"
#include "format/tar.h"

void pack_add(struct arena *a, struct pack *p, const char *path, struct str bytes)
{
    struct pack_file file = {.path = path, .bytes = bytes};
    vec_push(a, &p->files, file);
}

/* ---- files of the checked system ---- */

static void name_only(struct arena *a, struct pack *p, const char *path, struct text why)
{
    struct pack_missing m = {path, why};
    if (p->missing.n == PACK_NAMED)
        p->unnamed++;
    else
        vec_push(a, &p->missing, m);
}

static struct strings paths_of(struct arena *a, const struct result *r)
{
    struct strings all = {0}, once = {0};
    vec_each (item, &r->items)
        vec_each (rule, &item->rules) {
            for (size_t i = 0; i < rule->paths_read.n; i++)
                strings_add(a, &all, rule->paths_read.v[i]);
        }
    strings_sort(&all);
    for (size_t i = 0; i < all.n; i++)
        if (!i || !cstr_eq(all.v[i], all.v[i - 1]))
            strings_add(a, &once, all.v[i]);
    return once;
}

struct collector {
    struct arena *arena;
    struct pack *pack;
    struct root *root;
    size_t files, bytes;
};

static struct text cannot_show(const struct file_info *info, enum evidence_kind kind,
                               const struct collector *c)
{
    if (kind == EVIDENCE_NONE)
        return TEXT("not of a kind whose secrets are known", "不属于已知敏感内容位置的文件类型");
    if (info->size > EVIDENCE_FILE_LIMIT)
        return TEXT("larger than 1 MiB", "大于 1 MiB");
    if (c->files == PACK_FILES || c->bytes + (size_t)info->size > PACK_EVIDENCE)
        return TEXT("the pack is full", "证据包已满");
    return (struct text){0};
}

static void collect(struct collector *c, const char *path)
{
    struct arena *a = c->arena;
    struct file_info info;
    struct str bytes;
    _cleanup_buf_ struct buf shown = {0};
    enum evidence_kind kind = evidence_kind_of(path);
    if (!cstr_starts(path, "/") || root_stat(c->root, path, &info) < 0 || !S_ISREG(info.mode))
        return;
    struct text why = cannot_show(&info, kind, c);
    if (!why.en && root_read(c->root, path, &bytes) < 0)
        why = TEXT("cannot be read", "无法读取");
    else if (!why.en && bytes.n && memchr(bytes.p, 0, bytes.n))
        why = TEXT("not text", "不是文本");
    if (why.en) {
        name_only(a, c->pack, path, why);
        return;
    }
    struct pack_file file = {.path = arena_printf(a, "raw%s", safe_text(a, path)), .origin = path};
    file.removed = evidence_redact(kind, bytes, &shown);
    file.bytes = (struct str){arena_strndup(a, shown.len ? shown.data : "", shown.len), shown.len};
    vec_push(a, &c->pack->files, file);
    c->files++;
    c->bytes += file.bytes.n;
}

void pack_add_evidence(struct arena *a, struct pack *p, struct root *root, const struct result *r)
{
    struct collector c = {.arena = a, .pack = p, .root = root};
    struct strings paths = paths_of(a, r);
    const char *last = "";
    for (size_t i = 0; i < paths.n; i++) {
        size_t before = p->files.n;
        collect(&c, paths.v[i]);
        if (p->files.n == before)
            continue;
        /* Two names that look the same once they are made visible: the second is only named. */
        if (cstr_eq(p->files.v[before].path, last)) {
            p->files.n = before;
            name_only(a, p, paths.v[i], TEXT("its name cannot be shown", "文件名无法显示"));
            continue;
        }
        last = p->files.v[before].path;
    }
}

/* ---- the manifest ---- */

static json_t *file_json(struct arena *a, const struct pack_file *f)
{
    struct sums sums = sums_of(a, f->bytes);
    json_t *j = json_pack("{s:o, s:I, s:s, s:s?}", "path", json_of_text(a, f->path), "size",
                          (json_int_t)sums.size, "sha256", sums.sha256, "sm3", sums.sm3);
    if (j && f->origin) {
        json_object_set_new(j, "origin", json_of_text(a, f->origin));
        json_object_set_new(j, "removed", json_integer((json_int_t)f->removed));
    }
    return j;
}

static json_t *missing_json(struct arena *a, const struct pack *p)
{
    json_t *list = json_array();
    vec_each (m, &p->missing)
        json_array_append_new(list, json_pack("{s:o, s:o}", "path", json_of_text(a, m->path), "why",
                                              json_of_both(a, m->why)));
    return list;
}

static int put_manifest(struct arena *a, const struct pack *p, const struct result *r,
                        struct buf *ret)
{
    json_t *files = json_array();
    vec_each (f, &p->files)
        json_array_append_new(files, file_json(a, f));
    _cleanup_json_ json_t *j = json_pack(
        "{s:i, s:s, s:{s:s, s:s}, s:I, s:{s:o, s:o, s:o, s:b}, s:s, s:s, s:s, s:b, s:o, s:o, s:I}",
        "schema", 1, "kind", "dengbao-evidence", "tool", "name", "dengbao", "version",
        DENGBAO_VERSION, "time", (json_int_t)p->when, "host", "id", json_of_text(a, r->host.id),
        "name", json_of_text(a, r->host.name), "root", json_of_text(a, r->host.root), "live",
        (int)r->host.live, "preset", r->preset, "policy_digest", r->policy_digest, "state_digest",
        r->state_digest, "collected", (int)!p->no_root, "files", files, "not_in_the_pack",
        missing_json(a, p), "not_named", (json_int_t)p->unnamed);
    _cleanup_free_ char *text = j ? json_dumps(j, JSON_INDENT(1)) : NULL;
    if (!text)
        return -EILSEQ;
    buf_puts(ret, text);
    buf_putc(ret, '\n');
    return 0;
}

/* ---- the archive ---- */

void pack_put_header(struct buf *ret, const char *path, size_t size, int64_t when)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct tar_member m = {.type = TAR_FILE,
                           .path = arena_printf(a, PACK_TOP "%s", path),
                           .mode = 0644,
                           .size = size,
                           .mtime = when};
    tar_put_header(ret, &m);
}

static void put_member(struct buf *ret, const char *path, struct str bytes, time_t when)
{
    pack_put_header(ret, path, bytes.n, when);
    buf_append(ret, bytes.p, bytes.n);
    buf_fill(ret, 0, tar_padding(bytes.n));
}

int pack_write(struct arena *a, const struct pack *p, const struct result *r,
               const struct sign_key *key, struct buf *ret, struct err *e)
{
    _cleanup_buf_ struct buf manifest = {0};
    _cleanup_buf_ struct buf statement = {0};
    int code = put_manifest(a, p, r, &manifest);
    if (code < 0)
        return err_set(e, code, "cannot write the manifest", "无法生成清单");
    struct str bytes = {manifest.data, manifest.len};
    struct sums sums = sums_of(a, bytes);
    code = statement_write(a, "manifest.json", &sums, key, &statement, e);
    if (code < 0)
        return code;
    put_member(ret, "manifest.json", bytes, p->when);
    put_member(ret, "manifest.json" STATEMENT_SUFFIX, (struct str){statement.data, statement.len},
               p->when);
    vec_each (f, &p->files)
        put_member(ret, f->path, f->bytes, p->when);
    buf_fill(ret, 0, TAR_END);
    return 0;
}
