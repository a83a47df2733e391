/* The manifest beside an image: docs/image.md. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/width.h"
#include "cli/image_batch.h"
#include "engine/plan_json.h"
#include "engine/trailer.h"
#include "report/report.h"

static json_t *json_of(struct buf *b)
{
    return json_loadb(b->data, b->len, 0, NULL);
}

static json_t *result_json(const struct result *r)
{
    const struct report_options options = {.lang = LANG_EN};
    _cleanup_buf_ struct buf b = {0};
    return report_find("json")->write(r, &options, &b) < 0 ? NULL : json_of(&b);
}

static json_t *plan_of(const struct build *b)
{
    _cleanup_buf_ struct buf out = {0};
    if (!b->outcome.plan || plan_json(b->outcome.plan, &out) < 0)
        return json_null();
    return json_of(&out);
}

static json_t *text_json(struct arena *a, const char *s)
{
    return s ? json_string(safe_text(a, s)) : json_null();
}

static void put_encoded(struct buf *b, const char *s)
{
    for (; *s; s++)
        if ((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') ||
            memchr(".-_~:", *s, 5))
            buf_putc(b, *s);
        else
            buf_printf(b, "%%%02X", (unsigned)(unsigned char)*s);
}

/* Package URL, https://github.com/package-url/purl-spec: everything but unreserved characters
 * and the colon is percent-encoded. */
static const char *purl(struct arena *a, const struct build *b, const struct package *p)
{
    _cleanup_buf_ struct buf out = {0};
    bool deb = b->host->release->family == FAMILY_DEBIAN;
    const char *colon = deb ? NULL : strchr(p->version, ':'), *mark = "?";
    buf_puts(&out, deb ? "pkg:deb/" : "pkg:rpm/");
    put_encoded(&out, b->host->release->id);
    buf_putc(&out, '/');
    put_encoded(&out, p->name);
    buf_putc(&out, '@');
    put_encoded(&out, colon ? colon + 1 : p->version);
    if (p->arch && *p->arch) {
        buf_puts(&out, "?arch=");
        put_encoded(&out, p->arch);
        mark = "&";
    }
    if (colon) { /* an rpm's epoch is a qualifier */
        buf_printf(&out, "%sepoch=", mark);
        put_encoded(&out, arena_strndup(a, p->version, (size_t)(colon - p->version)));
    }
    return arena_strndup(a, out.data, out.len);
}

/* CycloneDX 1.5, the parts that a package database can fill. */
static json_t *bill_of_materials(const struct build *b)
{
    struct arena *a = b->request->arena;
    json_t *components = json_array();
    if (b->packages->error)
        return json_null();
    vec_each (p, &b->packages->list) {
        json_t *c = json_object();
        json_object_set_new(c, "type", json_string("library"));
        json_object_set_new(c, "name", text_json(a, p->name));
        json_object_set_new(c, "version", text_json(a, p->version));
        json_object_set_new(c, "purl", text_json(a, purl(a, b, p)));
        json_array_append_new(components, c);
    }
    json_t *bom = json_object();
    json_object_set_new(bom, "bomFormat", json_string("CycloneDX"));
    json_object_set_new(bom, "specVersion", json_string("1.5"));
    json_object_set_new(bom, "version", json_integer(1));
    json_object_set_new(bom, "components", components);
    return bom;
}

static json_t *strings_json(struct arena *a, const struct strings *list)
{
    json_t *array = json_array();
    for (size_t i = 0; i < list->n; i++)
        json_array_append_new(array, text_json(a, list->v[i]));
    return array;
}

static json_t *notes_json(const struct build *b)
{
    json_t *array = json_array();
    vec_each (t, &b->notes)
        json_array_append_new(array, text_json(b->request->arena, t->en));
    return array;
}

static json_t *parameters(const struct build *b)
{
    const struct build_request *q = b->request;
    json_t *o = json_object();
    json_object_set_new(o, "preset", text_json(q->arena, b->after->preset));
    json_object_set_new(o, "policy_digest", text_json(q->arena, b->after->policy_digest));
    json_object_set_new(o, "seal", json_boolean(q->seal));
    json_object_set_new(o, "packages", json_boolean(q->packages));
    json_object_set_new(o, "mirror", text_json(q->arena, q->mirror));
    json_object_set_new(o, "source_date_epoch",
                        q->epoch == TREE_NO_EPOCH ? json_null() : json_integer(q->epoch));
    return o;
}

/* Names without directories: where an image was made is nobody's business who gets it. */
static json_t *medium(const struct build *b, const char *path, enum media_kind kind,
                      const struct sums *sums)
{
    const char *slash = strrchr(path, '/');
    json_t *o = json_object();
    json_object_set_new(o, "name",
                        text_json(b->request->arena, slash && slash[1] ? slash + 1 : path));
    json_object_set_new(o, "format", json_string(media_kind_name(kind)));
    json_object_set_new(o, "size", json_integer((json_int_t)sums->size));
    json_object_set_new(o, "sha256", text_json(b->request->arena, sums->sha256));
    json_object_set_new(o, "sm3", text_json(b->request->arena, sums->sm3));
    return o;
}

int image_manifest(const struct build *b, struct buf *ret)
{
    const struct build_request *q = b->request;
    json_t *m = json_object(), *tool = json_object();
    json_object_set_new(tool, "name", json_string("dengbao"));
    json_object_set_new(tool, "version", json_string(DENGBAO_VERSION));
    json_object_set_new(m, "schema", json_integer(1));
    json_object_set_new(m, "tool", tool);
    json_object_set_new(m, "input", medium(b, q->from, q->from_kind, &b->input));
    json_object_set_new(m, "output", medium(b, q->to, q->to_kind, &b->output));
    json_object_set_new(m, "architecture", text_json(q->arena, b->architecture));
    json_object_set_new(m, "parameters", parameters(b));
    json_object_set_new(m, "notes", notes_json(b));
    json_object_set_new(m, "installed", strings_json(q->arena, &b->installed));
    json_object_set_new(m, "removed", strings_json(q->arena, &b->removed));
    json_object_set_new(m, "sealed", strings_json(q->arena, &b->sealed));
    json_object_set_new(m, "plan", plan_of(b));
    json_object_set_new(m, "before", result_json(b->before));
    json_object_set_new(m, "after", result_json(b->after));
    json_object_set_new(m, "packages", bill_of_materials(b));
    char *text = json_dumps(m, JSON_INDENT(2));
    json_decref(m);
    if (!text)
        return -EINVAL;
    buf_puts(ret, text);
    buf_putc(ret, '\n');
    free(text);
    trailer_add(q->arena, TRAILER_JSON, ret);
    return 0;
}
