#include "engine/policy_load.h"

#include <errno.h>

#include "base/near.h"
#include "base/vec.h"
#include "base/width.h"

enum { P_PRESET, P_TITLE, P_VALUES, P_SKIP, P_FIELDS };

static const struct field preset_fields[P_FIELDS] = {
    [P_PRESET] = {"preset", YAML_TEXT, true},
    [P_TITLE] = {"title", YAML_MAP, true},
    [P_VALUES] = {"values", YAML_MAP},
    [P_SKIP] = {"skip", YAML_LIST},
};

enum { O_PRESET, O_VALUES, O_SKIP, O_ITEM, O_RULES, O_FIELDS };

static const struct field override_fields[O_FIELDS] = {
    [O_PRESET] = {"preset", YAML_TEXT}, [O_VALUES] = {"values", YAML_MAP},
    [O_SKIP] = {"skip", YAML_LIST},     [O_ITEM] = {"item", YAML_TEXT},
    [O_RULES] = {"rules", YAML_LIST},
};

static struct draft *find_rule(struct loader *l, const char *path, const struct yaml_value *v,
                               const char *id)
{
    struct draft *d = draft_find(l, id);
    if (d || l->broken)
        return d;
    struct strings names = {0};
    vec_each (known, &l->drafts)
        strings_add(l->arena, &names, known->rule.id);
    problem_near(l, path, v,
                 text_make(l->arena, "no rule \"%s\"", "没有规则“%s”", safe_text(l->arena, id)), id,
                 &names);
    return NULL;
}

/* `rule.parameter: value`; checked always, put in force only if `use`. */
static void apply_value(struct loader *l, const char *path, const struct yaml_value *v, bool use)
{
    const char *name = v->key->text, *dot = strchr(name, '.');
    if (!dot) {
        problem_at(l, path, v->key, "\"%s\": expected rule.parameter, e.g. password-max-days.days",
                   "“%s”：应为 规则.参数，如 password-max-days.days", safe_text(l->arena, name));
        return;
    }
    const char *id = arena_strndup(l->arena, name, (size_t)(dot - name));
    struct draft *d = find_rule(l, path, v->key, id);
    if (!d)
        return;
    struct param *p = param_find(d, dot + 1);
    if (!p) {
        struct strings names = {0};
        vec_each (known, &d->params)
            strings_add(l->arena, &names, known->name);
        problem_near(l, path, v->key,
                     text_make(l->arena, "rule %s has no parameter \"%s\"", "规则 %s 没有参数“%s”",
                               id, safe_text(l->arena, dot + 1)),
                     dot + 1, &names);
        return;
    }
    if (param_accepts(l, path, p, v) && use)
        p->value = v;
}

static void apply(struct loader *l, const char *path, const struct yaml_value *values,
                  const struct yaml_value *skip, bool use)
{
    for (size_t i = 0; values && i < values->items.n; i++)
        apply_value(l, path, &values->items.v[i], use);
    for (size_t i = 0; skip && i < skip->items.n; i++) {
        const struct yaml_value *v = &skip->items.v[i];
        if (v->kind != YAML_TEXT) {
            problem_at(l, path, v, "skip: expected rule ids", "skip：应为规则 id 列表");
            continue;
        }
        struct draft *d = find_rule(l, path, v, v->text);
        if (d && use)
            d->rule.skipped = true;
    }
}

static void register_preset(struct loader *l, const struct policy_file *file,
                            const struct yaml_value *const f[P_FIELDS])
{
    const char *name = f[P_PRESET]->text;
    struct text title = f[P_TITLE] ? field_text(l, file->path, f[P_TITLE]) : (struct text){0};
    if (!is_identifier(name))
        problem_at(l, file->path, f[P_PRESET],
                   "preset: \"%s\" is not lower-case words joined by \"-\"",
                   "preset：“%s”应为小写单词，以“-”连接", safe_text(l->arena, name));
    vec_each (known, &l->policy->presets) {
        if (cstr_eq(known->name, name)) {
            problem_at(l, file->path, f[P_PRESET], "preset \"%s\" is already defined",
                       "预设“%s”已定义", safe_text(l->arena, name));
            return;
        }
    }
    vec_push(l->arena, &l->policy->presets, (struct preset){name, title});
}

/* The preset that the last override asks for, or NULL. */
static const struct yaml_value *override_preset(struct loader *l, const char **ret_path)
{
    const struct yaml_value *chosen = NULL;
    vec_each (file, &l->files) {
        const struct yaml_value *v = yaml_member(file->top, "preset");
        if (file->origin == ORIGIN_OVERRIDE && v && v->kind == YAML_TEXT) {
            chosen = v;
            *ret_path = file->path;
        }
    }
    return chosen;
}

static int check_known(struct loader *l, const char *preset, const char *path,
                       const struct yaml_value *place)
{
    struct strings names = {0};
    vec_each (known, &l->policy->presets) {
        if (cstr_eq(known->name, preset))
            return 0;
        strings_add(l->arena, &names, known->name);
    }
    if (l->broken)
        return -ENOENT;
    struct yaml_value nowhere = {0};
    strings_sort(&names);
    struct text what =
        names.n ? text_make(l->arena, "no preset \"%s\"; there is: %s", "没有预设“%s”；可用：%s",
                            safe_text(l->arena, preset), strings_join(l->arena, &names, ", ", 0))
                : text_make(l->arena, "no preset \"%s\": this policy has no presets",
                            "没有预设“%s”：该策略不含预设", safe_text(l->arena, preset));
    problem_near(l, path, place ? place : &nowhere, what, preset, &names);
    return -ENOENT;
}

/* Every preset is checked in full; the one in force is applied. */
static void take_presets(struct loader *l, const char *chosen, bool names_only)
{
    vec_each (file, &l->files) {
        const struct yaml_value *f[P_FIELDS];
        if (file->origin != ORIGIN_POLICY || !yaml_member(file->top, "preset") ||
            yaml_member(file->top, "item"))
            continue;
        const struct yaml_value *name = yaml_member(file->top, "preset");
        if (names_only) {
            if (fields_take(l, file->path, file->top, preset_fields, P_FIELDS, f) && f[P_PRESET])
                register_preset(l, file, f);
        } else if (name->kind == YAML_TEXT) {
            const struct yaml_value *values = yaml_member(file->top, "values");
            const struct yaml_value *skip = yaml_member(file->top, "skip");
            apply(l, file->path, values && values->kind == YAML_MAP ? values : NULL,
                  skip && skip->kind == YAML_LIST ? skip : NULL, cstr_eq(name->text, chosen));
        }
    }
}

int presets_apply(struct loader *l, const char *preset)
{
    const char *path = NULL;
    const struct yaml_value *place = NULL;
    int r = 0;
    take_presets(l, NULL, true);
    if (!preset) {
        place = override_preset(l, &path);
        preset = place ? place->text : NULL;
    }
    if (preset)
        r = check_known(l, preset, path, place);
    else if (l->policy->presets.n)
        r = check_known(l, preset = POLICY_DEFAULT_PRESET, NULL, NULL);
    l->policy->preset = preset ? preset : "none";
    take_presets(l, l->policy->preset, false);
    vec_each (file, &l->files) {
        const struct yaml_value *f[O_FIELDS];
        if (file->origin == ORIGIN_OVERRIDE && file->top &&
            fields_take(l, file->path, file->top, override_fields, O_FIELDS, f))
            apply(l, file->path, f[O_VALUES], f[O_SKIP], true);
    }
    return r;
}
