#include "engine/policy_load.h"

#include "base/near.h"
#include "base/vec.h"
#include "base/width.h"

enum { ITEM_LIMIT = 999 };

enum { I_NUMBER, I_ID, I_CLAUSE, I_UNIT, I_DOMAIN, I_NAME, I_FIELDS };

static const struct field item_fields[I_FIELDS] = {
    [I_NUMBER] = {"number", YAML_TEXT, true}, [I_ID] = {"id", YAML_TEXT, true},
    [I_CLAUSE] = {"clause", YAML_TEXT, true}, [I_UNIT] = {"unit", YAML_TEXT, true},
    [I_DOMAIN] = {"domain", YAML_MAP, true},  [I_NAME] = {"name", YAML_MAP, true},
};

static struct item *find_item(struct loader *l, const char *name)
{
    vec_each (item, &l->policy->items) {
        int64_t number;
        if (cstr_eq(item->id, name) ||
            (str_to_int64(str_of(name), 10, &number) == 0 && number == (int64_t)item->number))
            return item;
    }
    return NULL;
}

static const char *plain(const struct yaml_value *v)
{
    return v ? v->text : NULL;
}

static bool read_number(struct loader *l, const char *path, const struct yaml_value *v,
                        unsigned *ret)
{
    int64_t number;
    if (!v)
        return false;
    if (str_to_int64(str_of(v->text), 10, &number) < 0 || number < 1 || number > ITEM_LIMIT) {
        problem_at(l, path, v, "number: \"%s\" is not a number from 1 to %d",
                   "number：“%s”不是 1 到 %d 之间的数字", safe_text(l->arena, v->text), ITEM_LIMIT);
        return false;
    }
    *ret = (unsigned)number;
    return true;
}

/* NULL after a problem that leaves the item without identity. */
static struct item *read_item(struct loader *l, const char *path, const struct yaml_value *map)
{
    const struct yaml_value *f[I_FIELDS];
    struct item item = {0};
    if (!fields_take(l, path, map, item_fields, I_FIELDS, f))
        return NULL;
    item.domain = field_text(l, path, f[I_DOMAIN]);
    item.name = field_text(l, path, f[I_NAME]);
    item.id = plain(f[I_ID]);
    item.clause = plain(f[I_CLAUSE]);
    item.unit = plain(f[I_UNIT]);
    if (item.id && !is_identifier(item.id)) {
        problem_at(l, path, f[I_ID], "id: \"%s\" is not lower-case words joined by \"-\"",
                   "id：“%s”应为小写单词，以“-”连接", safe_text(l->arena, item.id));
        return NULL;
    }
    if (!read_number(l, path, f[I_NUMBER], &item.number) || !item.id)
        return NULL;
    if (find_item(l, item.id) || find_item(l, arena_printf(l->arena, "%u", item.number))) {
        problem_at(l, path, map, "item %u (%s) is already defined in another file",
                   "检查项 %u（%s）已在其他文件中定义", item.number, item.id);
        return NULL;
    }
    if (l->policy->items.n >= ITEM_LIMIT)
        return NULL;
    vec_push(l->arena, &l->policy->items, item);
    return &l->policy->items.v[l->policy->items.n - 1];
}

static void collect_item_file(struct loader *l, const struct policy_file *file)
{
    enum { ITEM, PENDING, RULES, FIELDS };
    static const struct field table[FIELDS] = {
        {"item", YAML_MAP, true}, {"pending", YAML_MAP, false}, {"rules", YAML_LIST, false}};
    const struct yaml_value *f[FIELDS];
    if (!fields_take(l, file->path, file->top, table, FIELDS, f) || !f[ITEM])
        return;
    struct item *item = read_item(l, file->path, f[ITEM]);
    struct text pending = {0};
    if (f[PENDING])
        pending = field_text(l, file->path, f[PENDING]);
    if (item)
        item->pending = pending;
    if (!f[RULES] && !f[PENDING])
        problem_at(l, file->path, file->top,
                   "an item without \"rules\" needs \"pending\": why nothing is judged",
                   "没有“rules”的检查项须有“pending”，说明为何尚不判定");
    if (f[RULES])
        rules_collect(l, file, item, f[RULES]);
}

/* Whole rules of the site, added to an item that exists. */
static void collect_override_rules(struct loader *l, const struct policy_file *file)
{
    const struct yaml_value *id = yaml_member(file->top, "item");
    const struct yaml_value *rules = yaml_member(file->top, "rules");
    if (!id && !rules)
        return;
    if (!id || !rules || id->kind != YAML_TEXT || rules->kind != YAML_LIST) {
        problem_at(l, file->path, file->top,
                   "rules of the site need both \"item: ID\" and a list \"rules\"",
                   "自定义规则须同时有“item: 检查项”和列表“rules”");
        return;
    }
    const struct item *item = find_item(l, id->text);
    if (!item && !l->broken) {
        struct strings names = {0};
        vec_each (known, &l->policy->items)
            strings_add(l->arena, &names, known->id);
        problem_near(
            l, file->path, id,
            text_make(l->arena, "no item \"%s\"", "没有检查项“%s”", safe_text(l->arena, id->text)),
            id->text, &names);
    }
    rules_collect(l, file, item, rules);
}

static int by_number(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    return x->number < y->number ? -1 : x->number > y->number;
}

void items_collect(struct loader *l)
{
    vec_each (file, &l->files) {
        if (!file->top || file->origin != ORIGIN_POLICY)
            continue;
        if (file->top->kind != YAML_MAP ||
            (!yaml_member(file->top, "item") && !yaml_member(file->top, "preset")))
            problem_at(l, file->path, file->top,
                       "neither an item file (item:, rules:) nor a preset file (preset:, values:)",
                       "既不是检查项文件（item:、rules:），也不是预设文件（preset:、values:）");
        else if (yaml_member(file->top, "item"))
            collect_item_file(l, file);
    }
    vec_each (file, &l->files) {
        if (file->top && file->origin == ORIGIN_OVERRIDE)
            collect_override_rules(l, file);
    }
    if (l->policy->items.n)
        qsort(l->policy->items.v, l->policy->items.n, sizeof *l->policy->items.v, by_number);
}
