#include <errno.h>

#include "base/width.h"
#include "engine/json_text.h"
#include "engine/pack.h"
#include "format/tar.h"

bool pack_begins(struct str bytes)
{
    static const char name[] = PACK_TOP "manifest.json";
    return bytes.n >= TAR_BLOCK && memcmp(bytes.p, name, sizeof name) == 0;
}

struct unpacker {
    struct arena *arena;
    struct str rest;
    int64_t when;
    struct err *e;
};

static int changed(const struct unpacker *u, const char *path)
{
    return err_set(u->e, -EINVAL, "changed at %s", "%s 处已被更改", safe_text(u->arena, path));
}

/* The next member must be this one, of this size, with the header that we would write. */
static int take_member(struct unpacker *u, const char *path, uint64_t size, struct str *ret)
{
    _cleanup_buf_ struct buf header = {0};
    if (size > u->rest.n)
        return changed(u, path);
    pack_put_header(&header, path, (size_t)size, u->when);
    size_t padding = tar_padding(size), whole = header.len + (size_t)size + padding;
    if (u->rest.n < whole || memcmp(u->rest.p, header.data, header.len) != 0)
        return changed(u, path);
    struct str end = str_slice(u->rest, header.len + (size_t)size, whole);
    for (size_t i = 0; i < end.n; i++)
        if (end.p[i])
            return changed(u, path);
    *ret = str_slice(u->rest, header.len, header.len + (size_t)size);
    u->rest = str_slice(u->rest, whole, u->rest.n);
    return 0;
}

/* Number fields of a header of ours are plain octal. */
static int64_t octal(struct str header, size_t at, size_t n)
{
    int64_t v = 0;
    struct str field = str_slice(header, at, at + n - 1);
    return str_to_int64(field, 8, &v) < 0 ? -1 : v;
}

static int take_sized(struct unpacker *u, const char *path, struct str *ret)
{
    int64_t size = u->rest.n < TAR_BLOCK ? -1 : octal(u->rest, 124, 12);
    return size < 0 ? changed(u, path) : take_member(u, path, (uint64_t)size, ret);
}

static int take_file(struct unpacker *u, const json_t *j)
{
    const char *path = json_string_value(json_object_get(j, "path"));
    struct sums told = {.size = (uint64_t)json_integer_value(json_object_get(j, "size")),
                        .sha256 = json_string_value(json_object_get(j, "sha256")),
                        .sm3 = json_string_value(json_object_get(j, "sm3"))};
    struct str bytes = {0};
    if (!path || !told.sha256)
        return changed(u, "manifest.json");
    int r = take_member(u, path, told.size, &bytes);
    if (r < 0)
        return r;
    struct sums seen = sums_of(u->arena, bytes);
    return sums_equal(&told, &seen) ? 0 : changed(u, path);
}

static int take_files(struct unpacker *u, struct str manifest)
{
    json_error_t error;
    size_t i;
    json_t *file;
    _cleanup_json_ json_t *j = json_loadb(manifest.p, manifest.n, JSON_REJECT_DUPLICATES, &error);
    if (json_integer_value(json_object_get(j, "schema")) != 1 ||
        json_integer_value(json_object_get(j, "time")) != u->when)
        return changed(u, "manifest.json");
    json_array_foreach(json_object_get(j, "files"), i, file)
    {
        int r = take_file(u, file);
        if (r < 0)
            return r;
    }
    if (u->rest.n != TAR_END)
        return changed(u, "its end");
    for (size_t k = 0; k < TAR_END; k++)
        if (u->rest.p[k])
            return changed(u, "its end");
    return 0;
}

int pack_check(struct arena *a, struct str bytes, struct statement *ret, struct err *e)
{
    struct unpacker u = {.arena = a, .rest = bytes, .e = e};
    struct str manifest = {0}, statement = {0};
    if (!pack_begins(bytes))
        return changed(&u, "manifest.json");
    u.when = octal(bytes, 136, 12);
    int r = take_sized(&u, "manifest.json", &manifest);
    if (r == 0)
        r = take_sized(&u, "manifest.json" STATEMENT_SUFFIX, &statement);
    if (r == 0)
        r = statement_read(a, statement, ret, e);
    if (r < 0)
        return r;
    struct sums sums = sums_of(a, manifest);
    if (!sums_equal(&ret->sums, &sums) || !cstr_eq(ret->name, "manifest.json"))
        return changed(&u, "manifest.json");
    return take_files(&u, manifest);
}
