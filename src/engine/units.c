#include "engine/units.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/vec.h"
#include "base/width.h"
#include "format/yaml.h"

enum { UNIT_LIMIT = 200 };

struct units_reader {
    struct arena *arena;
    const char *path;
    struct err *e;
    bool failed;
};

static void wrong(struct units_reader *r, const struct yaml_value *v, const char *name)
{
    if (!r->failed) {
        (void)err_set(r->e, -EINVAL, "%s:%u: \"%s\" is missing or wrong", "%s:%u：“%s”缺失或有误",
                      r->path, v ? v->line : 0, name);
        (void)err_at(r->e, -EINVAL, r->path, v ? v->line : 0, 0);
    }
    r->failed = true;
}

static const char *word(struct units_reader *r, const struct yaml_value *map, const char *name,
                        bool required)
{
    const struct yaml_value *v = yaml_member(map, name);
    if (v && v->kind == YAML_TEXT && *v->text)
        return v->text;
    if (v || required)
        wrong(r, v ? v : map, name);
    return NULL;
}

static struct text both(struct units_reader *r, const struct yaml_value *map, const char *name,
                        bool required)
{
    const struct yaml_value *v = yaml_member(map, name);
    struct text none = {0};
    if (!v && !required)
        return none;
    const char *en = v ? word(r, v, "en", true) : NULL, *zh = v ? word(r, v, "zh", true) : NULL;
    if (en && zh)
        return (struct text){.en = en, .zh = zh};
    wrong(r, map, name);
    return none;
}

static struct strings words(struct units_reader *r, const struct yaml_value *map, const char *name)
{
    struct strings list = {0};
    const struct yaml_value *v = yaml_member(map, name);
    if (v && v->kind != YAML_LIST)
        wrong(r, v, name);
    for (size_t i = 0; v && v->kind == YAML_LIST && i < v->items.n; i++) {
        if (v->items.v[i].kind == YAML_TEXT)
            strings_add(r->arena, &list, v->items.v[i].text);
        else
            wrong(r, v, name);
    }
    return list;
}

static void read_steps(struct units_reader *r, const struct yaml_value *map, struct unit *u)
{
    const struct yaml_value *list = yaml_member(map, "steps");
    size_t n = list && list->kind == YAML_LIST ? list->items.n : 0;
    if (n > UNIT_STEPS || (u->applies && !n))
        wrong(r, map, "steps");
    for (size_t i = 0; i < n && !r->failed; i++) {
        const struct yaml_value *v = &list->items.v[i];
        struct unit_step s = {.text = both(r, v, "text", true),
                              .rules = words(r, v, "rules"),
                              .either = words(r, v, "either"),
                              .shows = words(r, v, "shows"),
                              .needs = both(r, v, "needs", false),
                              .high_risk = word(r, v, "high-risk", false),
                              .trigger = word(r, v, "trigger", false)};
        if (!s.rules.n && !s.either.n && !s.needs.en)
            wrong(r, v, "rules");
        vec_push(r->arena, &u->steps, s);
    }
}

static void read_unit(struct units_reader *r, const struct yaml_value *map, struct unit *u)
{
    static const char *const forms[] = {"all", "one", "or", "13/23"};
    const char *form = word(r, map, "form", true), *applies = word(r, map, "applies", false);
    unsigned f = 0;
    while (f < ARRAY_SIZE(forms) && !cstr_eq(form, forms[f]))
        f++;
    *u = (struct unit){.id = word(r, map, "unit", true),
                       .clause = word(r, map, "clause", true),
                       .point = both(r, map, "point", true),
                       .text = both(r, map, "text", true),
                       .importance = word(r, map, "importance", false),
                       .applies = !cstr_eq(applies, "no"),
                       .strict_reading = cstr_eq(word(r, map, "stricter", false), "all"),
                       .high_risk = word(r, map, "high-risk", false),
                       .trigger = word(r, map, "trigger", false),
                       .remark = both(r, map, "remark", false)};
    if (f == ARRAY_SIZE(forms))
        wrong(r, map, "form");
    else
        u->form = (enum unit_form)f;
    read_steps(r, map, u);
}

int units_read(struct arena *a, const char *path, struct str bytes, struct units *ret,
               struct err *e)
{
    struct problems problems = {.arena = a};
    struct units_reader r = {.arena = a, .path = path, .e = e};
    const struct yaml_value *top;
    if (yaml_read(a, path, bytes, &top, &problems) < 0) {
        if (e && problems.n)
            e->message = problems.v[0].message;
        return err_at(e, -EINVAL, path, problems.n ? problems.v[0].line : 0, 0);
    }
    struct units units = {.not_applicable = both(&r, top, "not-applicable", true)};
    const struct yaml_value *list = yaml_member(top, "units");
    if (!list || list->kind != YAML_LIST || list->items.n > UNIT_LIMIT)
        wrong(&r, top, "units");
    for (size_t i = 0; !r.failed && i < list->items.n; i++) {
        struct unit u;
        read_unit(&r, &list->items.v[i], &u);
        vec_push(a, &units.all, u);
    }
    if (r.failed)
        return -EINVAL;
    *ret = units;
    return 0;
}
