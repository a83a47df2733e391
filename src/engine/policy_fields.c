#include "engine/policy_load.h"

#include "base/near.h"
#include "base/width.h"

/* A file of nothing but mistakes is not worth a search for each. */
enum { SUGGESTION_LIMIT = 100 };

void problem_at(struct loader *l, const char *path, const struct yaml_value *v, const char *en,
                const char *zh, ...)
{
    va_list args;
    va_start(args, zh);
    struct text message = text_vmake(l->arena, en, zh, args);
    va_end(args);
    problems_add_text(l->problems, path, v->line, v->column, message);
}

void problem_near(struct loader *l, const char *path, const struct yaml_value *v, struct text what,
                  const char *word, const struct strings *candidates)
{
    if (l->problems->n < SUGGESTION_LIMIT)
        what = text_concat(l->arena, what, near_text(l->arena, word, candidates));
    problems_add_text(l->problems, path, v->line, v->column, what);
}

static bool expect_kind(struct loader *l, const char *path, const struct yaml_value *v,
                        enum yaml_kind kind)
{
    if (v->kind == kind)
        return true;
    struct text found = yaml_kind_text(v->kind), wanted = yaml_kind_text(kind);
    const char *name = v->key ? safe_text(l->arena, v->key->text) : "";
    struct text message = {
        arena_printf(l->arena, "%s%sexpected %s, found %s", name, *name ? ": " : "", wanted.en,
                     found.en),
        arena_printf(l->arena, "%s%s应为%s，实为%s", name, *name ? "：" : "", wanted.zh, found.zh),
    };
    problems_add_text(l->problems, path, v->line, v->column, message);
    return false;
}

static void unknown_field(struct loader *l, const char *path, const struct yaml_value *v,
                          const struct field *table, size_t n)
{
    struct strings names = {0};
    for (size_t i = 0; i < n; i++)
        strings_add(l->arena, &names, table[i].name);
    const char *all = strings_join(l->arena, &names, ", ", 0);
    problem_near(l, path, v->key,
                 text_make(l->arena, "unknown field \"%s\"; expected one of: %s",
                           "未知字段“%s”；可用字段：%s", safe_text(l->arena, v->key->text), all),
                 v->key->text, &names);
}

bool fields_take(struct loader *l, const char *path, const struct yaml_value *map,
                 const struct field *table, size_t n, const struct yaml_value **ret)
{
    for (size_t i = 0; i < n; i++)
        ret[i] = NULL;
    if (!expect_kind(l, path, map, YAML_MAP))
        return false;
    for (size_t m = 0; m < map->items.n; m++) {
        const struct yaml_value *v = &map->items.v[m];
        size_t i = 0;
        while (i < n && !cstr_eq(table[i].name, v->key->text))
            i++;
        if (i == n)
            unknown_field(l, path, v, table, n);
        else if (expect_kind(l, path, v, table[i].kind))
            ret[i] = v;
    }
    for (size_t i = 0; i < n; i++)
        if (table[i].required && !yaml_member(map, table[i].name))
            problem_at(l, path, map, "\"%s\" is missing", "缺少“%s”", table[i].name);
    return true;
}

struct text field_text(struct loader *l, const char *path, const struct yaml_value *v)
{
    static const struct field table[] = {{"zh", YAML_TEXT, true}, {"en", YAML_TEXT, true}};
    const struct yaml_value *part[2];
    struct text none = {0};
    if (!v || !fields_take(l, path, v, table, 2, part) || !part[0] || !part[1])
        return none;
    for (size_t i = 0; i < 2; i++) {
        if (*part[i]->text)
            continue;
        problem_at(l, path, part[i], "the text is empty", "文本为空");
        return none;
    }
    return (struct text){.en = part[1]->text, .zh = part[0]->text};
}

struct strings field_words(struct loader *l, const char *path, const struct yaml_value *list)
{
    struct strings words = {0};
    for (size_t i = 0; list && i < list->items.n; i++) {
        const struct yaml_value *v = &list->items.v[i];
        if (!expect_kind(l, path, v, YAML_TEXT))
            continue;
        if (!*v->text)
            problem_at(l, path, v, "the word is empty", "单词为空");
        else
            strings_add(l->arena, &words, v->text);
    }
    return words;
}

bool is_identifier(const char *s)
{
    bool word = false;
    for (; *s; s++) {
        if (*s >= 'a' && *s <= 'z')
            word = true;
        else if (*s >= '0' && *s <= '9' && word)
            continue;
        else if (*s == '-' && word && s[1] && s[1] != '-')
            continue;
        else
            return false;
    }
    return word;
}
