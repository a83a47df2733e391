/* image --verify: the image against its manifest, the manifest against its signature. */
#include <errno.h>
#include <jansson.h>

#include "base/cleanup.h"
#include "base/width.h"
#include "cli/commands.h"
#include "cli/image_batch.h"
#include "engine/build_sums.h"
#include "root/own.h"

enum { MANIFEST_LIMIT = 256 << 20 };

/* What the manifest says of its output. -EINVAL: it is none. */
static int said(struct arena *a, const struct buf *bytes, enum media_kind *ret_kind,
                struct sums *ret)
{
    json_t *m = json_loadb(bytes->data ? bytes->data : "", bytes->len, 0, NULL);
    json_t *output = json_object_get(m, "output");
    const char *format = json_string_value(json_object_get(output, "format"));
    const char *sha256 = json_string_value(json_object_get(output, "sha256"));
    const char *sm3 = json_string_value(json_object_get(output, "sm3"));
    json_t *size = json_object_get(output, "size");
    int code = -EINVAL;
    if (format && sha256 && json_is_integer(size) &&
        media_kind_from_name(format, "", ret_kind) == 0) {
        *ret = (struct sums){.size = (uint64_t)json_integer_value(size),
                             .sha256 = arena_strdup(a, sha256),
                             .sm3 = sm3 ? arena_strdup(a, sm3) : NULL};
        code = 0;
    }
    json_decref(m);
    return code;
}

static int compare(struct invocation *i, const char *path, const char *manifest, struct buf *out)
{
    struct arena *a = i->arena;
    struct err e = {.arena = a};
    _cleanup_buf_ struct buf bytes = {0};
    struct build_sums *running;
    struct sums expected, is;
    enum media_kind kind;
    if (own_read_input(manifest, MANIFEST_LIMIT, &bytes, &e) < 0)
        return complain(i, EXIT_ERROR, e.message);
    if (said(a, &bytes, &kind, &expected) < 0)
        return complain(
            i, EXIT_ERROR,
            text_make(a, "%s is no manifest of an image", "%s 不是镜像的清单", manifest));
    (void)build_sums_start(path, kind, &running);
    if (build_sums_finish(running, a, &is, &e) < 0)
        return complain(i, EXIT_ERROR, e.message);
    bool same = sums_equal(&expected, &is);
    struct text t = same ? TEXT("is what the manifest says", "与清单一致")
                         : TEXT("changed: its digests are not those of the manifest",
                                "已被更改：摘要与清单不符");
    buf_put_safe(out, str_of(path));
    buf_puts(out, i->lang == LANG_ZH ? "：" : ": ");
    buf_puts(out, text_in(t, i->lang));
    buf_putc(out, '\n');
    return same ? EXIT_OK : EXIT_NOT_COMPLIANT;
}

int image_verify(struct invocation *i, const char *path)
{
    struct err e = {.arena = i->arena};
    _cleanup_key_ struct sign_key *trusted = NULL;
    _cleanup_buf_ struct buf out = {0};
    const char *manifest = arena_printf(i->arena, "%s" BUILD_MANIFEST, path);
    if (i->options[OPTION_KEY] &&
        sign_public_read(i->arena, i->options[OPTION_KEY], &trusted, &e) < 0)
        return complain(i, EXIT_ERROR, e.message);
    int code = verify_path(i, manifest, trusted, &out), image = EXIT_OK;
    /* What a changed manifest says is not worth a comparison. */
    if (code == EXIT_OK || code == EXIT_OPEN)
        image = compare(i, path, manifest, &out);
    int r = put_output(i, &out);
    return r ? r : image ? image : code;
}
