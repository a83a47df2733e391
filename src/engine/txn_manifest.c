#include "engine/txn_manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>

#include "base/cleanup.h"
#include "base/width.h"
#include "engine/json_text.h"
#include "engine/window.h"

static const char *const kinds[] = {
    [IMAGE_ABSENT] = "absent", [IMAGE_FILE] = "file",     [IMAGE_DIRECTORY] = "directory",
    [IMAGE_SYMLINK] = "link",  [IMAGE_OTHER] = "special",
};

const char *txn_path(struct arena *a, const struct txn *t, const char *name)
{
    return arena_printf(a, TXN_DIR "/%s%s%s", t->id, *name ? "/" : "", name);
}

int state_put(struct root *r, const char *path, struct str bytes)
{
    struct image file = {
        .kind = IMAGE_FILE, .mode = 0600, .mtime = {.tv_nsec = UTIME_OMIT}, .bytes = bytes};
    return image_put(r, path, &file, TXN_STATE_TEMPORARY);
}

int state_remove(struct root *r, const char *path)
{
    static const struct image absent = {.kind = IMAGE_ABSENT};
    return image_put(r, path, &absent, TXN_STATE_TEMPORARY);
}

int state_directory(struct root *r, struct err *e)
{
    static const struct {
        const char *path;
        mode_t mode;
        bool own; /* else a parent, made where a bare root lacks it and left alone otherwise */
    } list[] = {{"/var", 0755, false},
                {"/var/lib", 0755, false},
                {TXN_STATE_DIR, 0700, true},
                {TXN_DIR, 0700, true}};
    for (size_t i = 0; i < ARRAY_SIZE(list); i++) {
        struct image is, directory = {.kind = IMAGE_DIRECTORY,
                                      .mode = list[i].mode,
                                      .mtime = {.tv_nsec = UTIME_OMIT}};
        int code = image_capture(r, list[i].path, &is);
        if (code == 0 && is.kind == IMAGE_ABSENT)
            code = image_put(r, list[i].path, &directory, TXN_STATE_TEMPORARY);
        else if (code == 0 && list[i].own &&
                 (is.kind != IMAGE_DIRECTORY || is.uid != 0 || (is.mode & 022)))
            return err_set(e, -EPERM, "%s must be a directory that only root can write",
                           "%s 必须是只有 root 可写的目录", list[i].path);
        if (code < 0)
            return err_errno(e, code, "cannot make %s", "无法创建 %s", list[i].path);
    }
    return 0;
}

/* ---- writing ---- */

static int cannot_write(struct err *e, int code)
{
    return err_errno(e, code, "cannot write the journal in %s", "无法写入日志目录 %s", TXN_DIR);
}

static json_t *time_json(struct timespec t)
{
    return json_pack("[I, I]", (json_int_t)t.tv_sec, (json_int_t)t.tv_nsec);
}

static const char *hex(struct arena *a, struct str bytes)
{
    static const char digits[] = "0123456789abcdef";
    char *text = arena_alloc(a, bytes.n * 2 + 1);
    for (size_t i = 0; i < bytes.n; i++) {
        text[2 * i] = digits[(unsigned char)bytes.p[i] >> 4];
        text[2 * i + 1] = digits[bytes.p[i] & 15];
    }
    return text;
}

static json_t *image_json(struct arena *a, const struct image *image, const char *bytes_name)
{
    json_t *j = json_pack("{s:s}", "kind", kinds[image->kind]);
    if (image->kind == IMAGE_ABSENT)
        return j;
    json_object_set_new(j, "mode", json_integer(image->mode));
    json_object_set_new(j, "uid", json_integer(image->uid));
    json_object_set_new(j, "gid", json_integer(image->gid));
    json_object_set_new(j, "mtime", time_json(image->mtime));
    if (image->kind == IMAGE_FILE)
        json_object_set_new(j, "bytes", json_string(bytes_name));
    if (image->kind == IMAGE_SYMLINK)
        json_object_set_new(j, "target", json_string(image->target));
    json_t *xattrs = json_object();
    vec_each (x, &image->xattrs)
        json_object_set_new(xattrs, x->name, json_string(hex(a, x->value)));
    json_object_set_new(j, "xattrs", xattrs);
    return j;
}

static const char *side_name(struct arena *a, const char *side, size_t step)
{
    return arena_printf(a, "%s-%zu", side, step);
}

static int write_side(struct root *r, const struct txn *t, const struct image *image,
                      const char *name)
{
    if (image->kind != IMAGE_FILE)
        return 0;
    return image_create(r, txn_path(root_arena(r), t, name), image->bytes);
}

int images_write(struct root *r, const struct txn *t, struct err *e)
{
    struct arena *a = root_arena(r);
    int code = 0;
    for (size_t i = 0; code == 0 && i < t->steps.n; i++) {
        const struct txn_step *s = &t->steps.v[i];
        if (s->verb)
            continue;
        code = write_side(r, t, &s->before, side_name(a, "before", i));
        if (code == 0)
            code = write_side(r, t, &s->after, side_name(a, "after", i));
    }
    return code < 0 ? cannot_write(e, code) : 0;
}

static json_t *step_json(struct arena *a, const struct txn *t, size_t i)
{
    const struct txn_step *s = &t->steps.v[i];
    json_t *j = json_pack("{s:s, s:s, s:s?, s:s, s:o}", "kind", step_kind_name(s->kind), "target",
                          s->target, "verb", s->verb, "risk", risk_name(s->risk), "rules",
                          json_of_strings(a, &s->rules));
    if (s->value_before)
        json_object_set_new(j, "value_before", json_string(s->value_before));
    if (s->verb)
        return j;
    json_object_set_new(j, "before", image_json(a, &s->before, side_name(a, "before", i)));
    json_object_set_new(j, "after", image_json(a, &s->after, side_name(a, "after", i)));
    return j;
}

static json_t *directories_json(const struct txn *t)
{
    json_t *list = json_array();
    vec_each (d, &t->directories)
        json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "path", d->path, "before",
                                              time_json(d->before), "after", time_json(d->after)));
    return list;
}

int manifest_write(struct root *r, const struct txn *t, struct err *e)
{
    _cleanup_json_ json_t *steps = json_array();
    for (size_t i = 0; i < t->steps.n; i++)
        json_array_append_new(steps, step_json(root_arena(r), t, i));
    _cleanup_json_ json_t *j = json_pack(
        "{s:i, s:s, s:s?, s:s?, s:s?, s:s?, s:I, s:I, s:o, s:O, s:o}", "schema", 1, "id", t->id,
        "undoes", t->undoes, "version", t->version, "preset", t->preset, "policy_digest",
        t->policy_digest, "started", (json_int_t)t->started, "confirm_until",
        (json_int_t)t->confirm_until, "rules", json_of_strings(root_arena(r), &t->rules), "steps",
        steps, "directories", directories_json(t));
    if (j && t->window)
        json_object_set_new(j, "window", window_json(t->window));
    if (j && t->because)
        json_object_set_new(j, "because", json_string(t->because));
    _cleanup_free_ char *text = j ? json_dumps(j, JSON_INDENT(1) | JSON_SORT_KEYS) : NULL;
    int code =
        text ? state_put(r, txn_path(root_arena(r), t, "manifest.json"), str_of(text)) : -EILSEQ;
    return code < 0 ? cannot_write(e, code) : 0;
}

/* ---- reading: our own files, but a disk may hold anything ---- */

struct reader {
    struct root *root;
    struct arena *arena;
    const char *id;
    bool bad;
};

static const char *text_of(struct reader *rd, const json_t *j, const char *name, bool required)
{
    const json_t *v = json_object_get(j, name);
    if (json_is_string(v))
        return arena_strdup(rd->arena, json_string_value(v));
    rd->bad |= required || (v && !json_is_null(v));
    return NULL;
}

static int64_t number_of(struct reader *rd, const json_t *j, const char *name)
{
    const json_t *v = json_object_get(j, name);
    rd->bad |= !json_is_integer(v);
    return json_integer_value(v);
}

static struct timespec time_of(struct reader *rd, const json_t *j, const char *name)
{
    const json_t *v = json_object_get(j, name);
    rd->bad |= json_array_size(v) != 2;
    return (struct timespec){.tv_sec = (time_t)json_integer_value(json_array_get(v, 0)),
                             .tv_nsec = (long)json_integer_value(json_array_get(v, 1))};
}

static struct strings strings_of(struct reader *rd, const json_t *j, const char *name)
{
    struct strings list = {0};
    size_t i;
    json_t *v;
    json_array_foreach(json_object_get(j, name), i, v)
    {
        rd->bad |= !json_is_string(v);
        if (json_is_string(v))
            strings_add(rd->arena, &list, arena_strdup(rd->arena, json_string_value(v)));
    }
    return list;
}

static int nibble(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static struct str unhex(struct reader *rd, const char *text)
{
    size_t n = strlen(text) / 2;
    char *bytes = arena_alloc(rd->arena, n + 1);
    for (size_t i = 0; i < n; i++) {
        int high = nibble(text[2 * i]), low = nibble(text[2 * i + 1]);
        rd->bad |= high < 0 || low < 0;
        bytes[i] = (char)((unsigned)high << 4 | (unsigned)low);
    }
    return (struct str){bytes, n};
}

static void read_xattrs(struct reader *rd, const json_t *j, struct image *image)
{
    const char *name;
    json_t *v;
    json_object_foreach(json_object_get(j, "xattrs"), name, v)
    {
        if (!json_is_string(v)) {
            rd->bad = true;
            continue;
        }
        struct image_xattr x = {arena_strdup(rd->arena, name), unhex(rd, json_string_value(v))};
        vec_push(rd->arena, &image->xattrs, x);
    }
}

static struct image image_of(struct reader *rd, const json_t *step, const char *name)
{
    struct image image = {0};
    const json_t *j = json_object_get(step, name);
    const char *kind = text_of(rd, j, "kind", true);
    for (size_t i = 0; kind && i < ARRAY_SIZE(kinds); i++)
        if (cstr_eq(kind, kinds[i]))
            image.kind = (enum image_kind)i;
    if (image.kind == IMAGE_ABSENT)
        return image;
    image.mode = (mode_t)number_of(rd, j, "mode");
    image.uid = (uid_t)number_of(rd, j, "uid");
    image.gid = (gid_t)number_of(rd, j, "gid");
    image.mtime = time_of(rd, j, "mtime");
    image.target = text_of(rd, j, "target", image.kind == IMAGE_SYMLINK);
    read_xattrs(rd, j, &image);
    const char *bytes = text_of(rd, j, "bytes", image.kind == IMAGE_FILE);
    if (!bytes)
        return image;
    if (strchr(bytes, '/')) {
        rd->bad = true;
        return image;
    }
    struct image blob;
    const char *path = arena_printf(rd->arena, TXN_DIR "/%s/%s", rd->id, bytes);
    if (image_capture(rd->root, path, &blob) < 0 || blob.kind != IMAGE_FILE)
        rd->bad = true;
    else
        image.bytes = blob.bytes;
    return image;
}

static enum step_kind step_kind_of(struct reader *rd, const char *name)
{
    for (int k = STEP_WRITE_FILE; k <= STEP_RUN_TOOL; k++)
        if (cstr_eq(name, step_kind_name((enum step_kind)k)))
            return (enum step_kind)k;
    rd->bad = true;
    return STEP_RUN_TOOL;
}

static void read_step(struct reader *rd, const json_t *j, struct txn *t)
{
    struct txn_step s = {.kind = step_kind_of(rd, text_of(rd, j, "kind", true)),
                         .target = text_of(rd, j, "target", true),
                         .verb = text_of(rd, j, "verb", false),
                         .rules = strings_of(rd, j, "rules"),
                         .value_before = text_of(rd, j, "value_before", false)};
    const char *risk = text_of(rd, j, "risk", true);
    if (!risk || risk_from_name(str_of(risk), &s.risk) < 0 || !s.target)
        rd->bad = true;
    if (!s.verb) {
        s.before = image_of(rd, j, "before");
        s.after = image_of(rd, j, "after");
    }
    vec_push(rd->arena, &t->steps, s);
}

static void read_lists(struct reader *rd, const json_t *j, struct txn *t)
{
    size_t i;
    json_t *v;
    json_array_foreach(json_object_get(j, "steps"), i, v)
    {
        read_step(rd, v, t);
    }
    json_array_foreach(json_object_get(j, "directories"), i, v)
    {
        struct txn_directory d = {text_of(rd, v, "path", true), time_of(rd, v, "before"),
                                  time_of(rd, v, "after")};
        vec_push(rd->arena, &t->directories, d);
    }
}

static void read_window(struct reader *rd, const json_t *j, struct txn *t)
{
    if (!j)
        return;
    t->window = arena_make(rd->arena, struct txn_window);
    rd->bad |= !window_from_json(rd->arena, j, t->window);
}

int manifest_read(struct root *r, const char *id, struct txn **ret, struct err *e)
{
    struct reader rd = {r, root_arena(r), id, false};
    struct txn *t = arena_make(rd.arena, struct txn);
    t->id = arena_strdup(rd.arena, id);
    const char *path = txn_path(rd.arena, t, "manifest.json");
    struct image file;
    int code = image_capture(r, path, &file);
    if (code < 0 || file.kind != IMAGE_FILE)
        return code < 0 ? code : -ENOENT;
    json_error_t error;
    _cleanup_json_ json_t *j = json_loadb(file.bytes.p, file.bytes.n, 0, &error);
    if (!j) {
        (void)err_set(e, -EINVAL, "the journal is damaged: %s", "日志已损坏：%s",
                      arena_strdup(rd.arena, error.text));
        return err_at(e, -EINVAL, path, (unsigned)error.line, (unsigned)error.column);
    }
    t->undoes = text_of(&rd, j, "undoes", false);
    t->version = text_of(&rd, j, "version", false);
    t->preset = text_of(&rd, j, "preset", false);
    t->policy_digest = text_of(&rd, j, "policy_digest", false);
    t->started = (time_t)number_of(&rd, j, "started");
    t->confirm_until = (time_t)number_of(&rd, j, "confirm_until");
    t->rules = strings_of(&rd, j, "rules");
    t->because = text_of(&rd, j, "because", false);
    read_window(&rd, json_object_get(j, "window"), t);
    rd.bad |= number_of(&rd, j, "schema") != 1;
    read_lists(&rd, j, t);
    if (rd.bad) {
        (void)err_set(e, -EINVAL,
                      "the journal is damaged or of another version; nothing is changed",
                      "日志已损坏或版本不符；未做任何更改");
        return err_at(e, -EINVAL, path, 0, 0);
    }
    *ret = t;
    return 0;
}
