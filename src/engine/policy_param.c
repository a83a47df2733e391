#include "engine/policy_load.h"

#include <errno.h>
#include <inttypes.h>

#include "base/near.h"
#include "base/vec.h"
#include "base/width.h"

enum { PARAM_LIMIT = 64 };

struct param *param_find(struct draft *d, const char *name)
{
    vec_each (p, &d->params) {
        if (cstr_eq(p->name, name))
            return p;
    }
    return NULL;
}

static enum value_kind kind_of(const struct yaml_value *v)
{
    struct value number;
    if (v->kind == YAML_LIST)
        return VALUE_LIST;
    /* "027" keeps its zero: digits that octal numbers and names are made of stay text. */
    if (v->text[0] == '0' && v->text[1])
        return VALUE_TEXT;
    return value_parse(NULL, VALUE_NUMBER, str_of(v->text), &number) == 0 ? VALUE_NUMBER
                                                                          : VALUE_TEXT;
}

static struct text range_text(struct loader *l, const struct param *p)
{
    struct value min = value_number(p->min), max = value_number(p->max);
    const char *low = value_show(l->arena, &min), *high = value_show(l->arena, &max);
    if (p->has_min && p->has_max)
        return text_make(l->arena, "%s to %s", "%s 至 %s", low, high);
    return p->has_min ? text_make(l->arena, "at least %s", "至少 %s", low)
                      : text_make(l->arena, "at most %s", "至多 %s", high);
}

static bool number_accepted(struct loader *l, const char *path, const struct param *p,
                            const struct yaml_value *v)
{
    struct value number;
    if (value_parse(l->arena, VALUE_NUMBER, str_of(v->text), &number) < 0) {
        problem_at(l, path, v, "%s: \"%s\" is not a number or \"never\"",
                   "%s：“%s”不是数字或 never", p->name, safe_text(l->arena, v->text));
        return false;
    }
    if ((p->has_min && number.number < p->min) || (p->has_max && number.number > p->max)) {
        struct text range = range_text(l, p);
        const char *given = safe_text(l->arena, v->text);
        problems_add_text(
            l->problems, path, v->line, v->column,
            (struct text){
                arena_printf(l->arena, "%s: %s is outside the allowed range (%s)", p->name, given,
                             range.en),
                arena_printf(l->arena, "%s：%s 超出允许范围（%s）", p->name, given, range.zh),
            });
        return false;
    }
    return true;
}

bool param_accepts(struct loader *l, const char *path, const struct param *p,
                   const struct yaml_value *v)
{
    if (v->kind == YAML_MAP || (v->kind == YAML_LIST) != (p->kind == VALUE_LIST)) {
        bool list = p->kind == VALUE_LIST;
        if (list)
            problem_at(l, path, v, "%s: expected a list, e.g. [a, b]", "%s：应为列表，如 [a, b]",
                       p->name);
        else
            problem_at(l, path, v, "%s: expected a single value", "%s：应为单个值", p->name);
        return false;
    }
    if (p->kind == VALUE_LIST) {
        size_t before = l->problems->n;
        (void)field_words(l, path, v);
        return l->problems->n == before;
    }
    return p->kind != VALUE_NUMBER || number_accepted(l, path, p, v);
}

static bool read_bound(struct loader *l, const char *path, const struct yaml_value *v, int64_t *ret)
{
    struct value number;
    if (!v)
        return false;
    if (value_parse(l->arena, VALUE_NUMBER, str_of(v->text), &number) < 0) {
        problem_at(l, path, v, "%s: \"%s\" is not a number or \"never\"",
                   "%s：“%s”不是数字或 never", v->key->text, safe_text(l->arena, v->text));
        return false;
    }
    *ret = number.number;
    return true;
}

/* `default` may be a value or a list, so it is not in the table of fields by kind. */
static void collect_param(struct loader *l, struct draft *d, const struct yaml_value *node)
{
    struct param p = {.name = node->key->text};
    const struct yaml_value *bounds[2] = {NULL, NULL};
    if (node->kind != YAML_MAP) {
        problem_at(l, d->path, node, "parameter %s: expected {default: VALUE, min: …, max: …}",
                   "参数 %s：应为 {default: 值, min: …, max: …}", safe_text(l->arena, p.name));
        return;
    }
    static const char *const names[] = {"default", "min", "max"};
    struct strings known = {.v = (const char **)names, .n = 3, .cap = 3};
    for (size_t i = 0; i < node->items.n; i++) {
        const struct yaml_value *v = &node->items.v[i];
        int which = strings_find(&known, v->key->text);
        if (which == 0 && v->kind != YAML_MAP)
            p.initial = v;
        else if (which > 0 && v->kind == YAML_TEXT)
            bounds[which - 1] = v;
        else
            problem_near(l, d->path, v->key,
                         text_make(l->arena, "parameter %s: \"%s\" is not default, min or max",
                                   "参数 %s：“%s”不是 default、min 或 max",
                                   safe_text(l->arena, p.name), safe_text(l->arena, v->key->text)),
                         v->key->text, &known);
    }
    if (!is_identifier(p.name)) {
        problem_at(l, d->path, node->key,
                   "parameter \"%s\" is not lower-case words joined by \"-\"",
                   "参数“%s”应为小写单词，以“-”连接", safe_text(l->arena, p.name));
        return;
    }
    if (!p.initial) {
        problem_at(l, d->path, node, "parameter %s: \"default\" is missing",
                   "参数 %s：缺少“default”", p.name);
        return;
    }
    p.kind = kind_of(p.initial);
    p.value = p.initial;
    p.has_min = read_bound(l, d->path, bounds[0], &p.min);
    p.has_max = read_bound(l, d->path, bounds[1], &p.max);
    if ((p.has_min || p.has_max) && p.kind != VALUE_NUMBER)
        problem_at(l, d->path, node, "parameter %s: a range needs a number as default",
                   "参数 %s：有范围时默认值必须是数字", p.name);
    else if (p.has_min && p.has_max && p.min > p.max)
        problem_at(l, d->path, node, "parameter %s: min is larger than max",
                   "参数 %s：min 大于 max", p.name);
    else
        (void)param_accepts(l, d->path, &p, p.initial);
    vec_push(l->arena, &d->params, p);
}

void params_collect(struct loader *l, struct draft *d, const struct yaml_value *map)
{
    for (size_t i = 0; i < map->items.n && i < PARAM_LIMIT; i++)
        collect_param(l, d, &map->items.v[i]);
    if (map->items.n > PARAM_LIMIT)
        problem_at(l, d->path, &map->items.v[PARAM_LIMIT], "more than %d parameters",
                   "参数超过 %d 个", PARAM_LIMIT);
}

static const struct param *named(struct loader *l, struct draft *d, const struct yaml_value *v)
{
    const struct param *p = param_find(d, v->text + 1);
    if (p)
        return p;
    struct strings names = {0};
    vec_each (known, &d->params)
        strings_add(l->arena, &names, known->name);
    problem_near(l, d->path, v,
                 text_make(l->arena, "%s: this rule has no such parameter", "%s：该规则没有此参数",
                           safe_text(l->arena, v->text)),
                 v->text + 1, &names);
    return NULL;
}

static bool is_reference(const struct yaml_value *v)
{
    return v->kind == YAML_TEXT && v->text[0] == '$' && v->text[1] != '$';
}

/* The value with the position of the place that uses it. */
static const struct yaml_value *moved(struct loader *l, const struct yaml_value *value,
                                      const struct yaml_value *place)
{
    struct yaml_value *own = arena_make(l->arena, struct yaml_value);
    *own = *value;
    own->key = place->key;
    own->line = place->line;
    own->column = place->column;
    return own;
}

const struct yaml_value *param_resolve(struct loader *l, struct draft *d,
                                       const struct yaml_value *v)
{
    if (is_reference(v)) {
        const struct param *p = named(l, d, v);
        return p ? moved(l, p->value, v) : NULL;
    }
    if (v->kind == YAML_TEXT && v->text[0] == '$') { /* "$$x" is the text "$x" */
        struct yaml_value literal = *v;
        literal.text = v->text + 1;
        return moved(l, &literal, v);
    }
    return v;
}

/* What is no single value was reported where the parameter was given. */
static const char *text_in_list(const struct yaml_value *v)
{
    return v->kind == YAML_TEXT ? v->text : "";
}

struct strings param_resolve_list(struct loader *l, struct draft *d, const struct yaml_value *list)
{
    struct strings members = {0};
    for (size_t i = 0; i < list->items.n; i++) {
        const struct yaml_value *v = param_resolve(l, d, &list->items.v[i]);
        if (!v)
            continue;
        if (v->kind == YAML_TEXT)
            strings_add(l->arena, &members, v->text);
        else if (v->kind == YAML_LIST && is_reference(&list->items.v[i]))
            for (size_t j = 0; j < v->items.n; j++)
                strings_add(l->arena, &members, text_in_list(&v->items.v[j]));
        else
            problem_at(l, d->path, v, "a list here has only single values",
                       "此处列表的成员只能是单个值");
    }
    return members;
}

static struct value published(struct loader *l, const struct param *p, const struct yaml_value *v)
{
    struct value value = VALUE_UNSET;
    if (p->kind == VALUE_LIST)
        value = value_list(field_words(l, "", v));
    else
        (void)value_parse(l->arena, p->kind, str_of(v->text), &value);
    return value;
}

void params_publish(struct loader *l, struct draft *d)
{
    if (l->problems->n)
        return; /* the policy is refused anyway */
    vec_each (p, &d->params) {
        struct rule_param shown = {.name = p->name, .min = p->min, .max = p->max};
        shown.ranged = p->has_min && p->has_max;
        shown.value = published(l, p, p->value);
        shown.initial = published(l, p, p->initial);
        vec_push(l->arena, &d->rule.params, shown);
    }
}
