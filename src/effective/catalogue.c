#include "effective/catalogue.h"

#include <errno.h>
#include <time.h>

#include "format/yaml.h"

int date_to_days(struct str s, int64_t *ret)
{
    int64_t year, month, day;
    if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-' ||
        str_to_int64(str_slice(s, 0, 4), 10, &year) < 0 ||
        str_to_int64(str_slice(s, 5, 7), 10, &month) < 0 ||
        str_to_int64(str_slice(s, 8, 10), 10, &day) < 0 || month < 1 || month > 12 || day < 1 ||
        day > 31)
        return -EINVAL;
    struct tm tm = {.tm_year = (int)year - 1900, .tm_mon = (int)month - 1, .tm_mday = (int)day};
    *ret = (int64_t)timegm(&tm) / 86400;
    return 0;
}

const char *days_to_date(struct arena *a, int64_t days)
{
    time_t t = (time_t)days * 86400;
    struct tm tm;
    char text[32];
    if (!gmtime_r(&t, &tm) || strftime(text, sizeof text, "%Y-%m-%d", &tm) == 0)
        return "?";
    return arena_strdup(a, text);
}

static struct strings words(struct arena *a, const struct yaml_value *list)
{
    struct strings ret = {0};
    for (size_t i = 0; list && i < list->items.n; i++)
        if (list->items.v[i].kind == YAML_TEXT)
            strings_add(a, &ret, list->items.v[i].text);
    return ret;
}

static const char *text_of(const struct yaml_value *map, const char *name)
{
    const struct yaml_value *v = yaml_member(map, name);
    return v && v->kind == YAML_TEXT ? v->text : "";
}

static int64_t date_of(const struct yaml_value *map, const char *name)
{
    int64_t days = 0;
    (void)date_to_days(str_of(text_of(map, name)), &days);
    return days;
}

static void add_product(struct arena *a, struct catalogue *c, const struct yaml_value *v)
{
    const struct yaml_value *name = yaml_member(v, "name");
    struct product p = {
        .name = {text_of(name, "en"), text_of(name, "zh")},
        .kinds = words(a, yaml_member(v, "kinds")),
        .packages = words(a, yaml_member(v, "packages")),
        .units = words(a, yaml_member(v, "units")),
        .paths = words(a, yaml_member(v, "paths")),
        .processes = words(a, yaml_member(v, "processes")),
        .signatures = words(a, yaml_member(v, "signatures")),
    };
    vec_push(a, &c->products, p);
}

static void add_release(struct arena *a, struct catalogue *c, const struct yaml_value *v)
{
    struct release_life r = {
        .id = text_of(v, "id"),
        .version = text_of(v, "version"),
        .end = date_of(v, "end"),
        .extended = date_of(v, "extended"),
        .paid = date_of(v, "paid"),
        .tag = text_of(v, "tag"),
    };
    vec_push(a, &c->releases, r);
}

/* The list `member` of a data file; NULL with c->error set where it cannot be read. */
static const struct yaml_value *data_file(struct host *h, struct catalogue *c, const char *name)
{
    struct str bytes;
    const struct yaml_value *top = NULL;
    struct problems problems = {.arena = h->arena};
    int r = h->options->data ? h->options->data(h->options->data_context, name, &bytes) : -ENOENT;
    if (r == 0)
        r = yaml_read(h->arena, name, bytes, &top, &problems);
    if (r == 0)
        return top;
    c->error = problems.n ? text_make(h->arena, "%s, line %u: %s", "%s 第 %u 行：%s", name,
                                      problems.v[0].line, problems.v[0].message.en)
                          : text_make(h->arena, "data file %s: %s", "数据文件 %s：%s", name,
                                      errno_text(r).en);
    return NULL;
}

static void *make_catalogue(struct root *root, void *context)
{
    struct host *h = context;
    struct catalogue *c = arena_make(h->arena, struct catalogue);
    (void)root;
    const struct yaml_value *products = data_file(h, c, "data/products.yaml");
    const struct yaml_value *list = yaml_member(products, "products");
    for (size_t i = 0; list && i < list->items.n; i++)
        add_product(h->arena, c, &list->items.v[i]);
    c->services = words(h->arena, yaml_member(products, "services"));
    list = yaml_member(data_file(h, c, "data/releases.yaml"), "releases");
    for (size_t i = 0; list && i < list->items.n; i++)
        add_release(h->arena, c, &list->items.v[i]);
    return c;
}

const struct catalogue *host_catalogue(struct host *h)
{
    static const char key;
    return root_memo(h->root, &key, make_catalogue, h);
}

static const struct release_life *find(const struct catalogue *c, const char *id,
                                       struct str version)
{
    for (size_t i = 0; i < c->releases.n; i++)
        if (cstr_eq_nocase(c->releases.v[i].id, id) && str_is(version, c->releases.v[i].version))
            return &c->releases.v[i];
    return NULL;
}

const struct release_life *catalogue_release(const struct catalogue *c, const struct release *r)
{
    if (!r->id || !r->version_id)
        return NULL;
    struct str version = str_of(r->version_id);
    const struct release_life *life = find(c, r->id, version);
    int dot = str_index(version, '.');
    return life || dot < 0 ? life : find(c, r->id, str_slice(version, 0, (size_t)dot));
}
