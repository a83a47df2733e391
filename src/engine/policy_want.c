#include "engine/policy_load.h"

#include <errno.h>

#include "base/near.h"
#include "base/vec.h"
#include "base/width.h"
#include "resource/resource.h"

/* One row of a policy: "resource: key", arguments, operators. */
struct row {
    struct loader *l;
    struct draft *d;
    const struct yaml_value *node;
    const struct resource *resource;
    const struct yaml_value *key_node, *to, *when, *otherwise;
    bool condition; /* `otherwise` may be there, `to` and `when` may not */
    struct want base;
    struct wants *ret;
};

static void row_problem(struct row *w, const struct yaml_value *v, struct text what)
{
    problems_add_text(w->l->problems, w->d->path, v->line, v->column, what);
}

static bool is_word_of_rows(const char *name)
{
    enum want_op op;
    return want_op_from_name(str_of(name), &op) == 0 || cstr_eq(name, "to") ||
           cstr_eq(name, "when") || cstr_eq(name, "otherwise");
}

/* The resource is the first member by custom; elsewhere it is found, too. */
static bool find_resource(struct row *w)
{
    struct strings names = {0};
    for (const struct resource *const *r = resource_all(); *r; r++)
        strings_add(w->l->arena, &names, (*r)->name);
    const struct yaml_value *first = NULL;
    for (size_t i = 0; i < w->node->items.n; i++) {
        const struct yaml_value *v = &w->node->items.v[i];
        w->resource = resource_find(v->key->text);
        w->key_node = v;
        if (w->resource)
            return true;
        if (!first && !is_word_of_rows(v->key->text))
            first = v;
    }
    if (!first) {
        row_problem(
            w, w->node,
            TEXT("a row names what it is about: \"resource: key\"", "每行须说明对象：“资源: 键”"));
        return false;
    }
    problem_near(w->l, w->d->path, first->key,
                 text_make(w->l->arena, "unknown resource \"%s\"; known: %s",
                           "未知资源“%s”；可用：%s", safe_text(w->l->arena, first->key->text),
                           strings_join(w->l->arena, &names, ", ", 0)),
                 first->key->text, &names);
    return false;
}

/* The kind in which a key without a row of its own is observed: the operator asks for it. */
static enum value_kind kind_asked(enum want_op op, const struct yaml_value *value)
{
    switch (op) {
    case WANT_MIN:
    case WANT_MAX:
        return VALUE_NUMBER;
    case WANT_AT_MOST:
        return VALUE_MODE;
    case WANT_NONE:
    case WANT_SUBSET_OF:
    case WANT_INCLUDES:
        return VALUE_LIST;
    case WANT_IS:
        return value->kind == YAML_LIST ? VALUE_LIST : VALUE_TEXT;
    case WANT_ONE_OF:
    case WANT_ABSENT:
        break;
    }
    return VALUE_TEXT;
}

static bool has_own_row(const struct resource *r, const char *name)
{
    for (const struct key *k = r->keys; k && k->name; k++)
        if (cstr_eq(k->name, name))
            return true;
    return false;
}

static bool find_key(struct row *w)
{
    struct arena *a = w->l->arena;
    if (w->key_node->kind != YAML_TEXT || !*w->key_node->text) {
        row_problem(
            w, w->key_node,
            text_make(a, "%s: expected the name of a key", "%s：应为键名", w->resource->name));
        return false;
    }
    w->base.resource = w->resource->name;
    w->base.key_name = w->key_node->text;
    w->base.key = resource_key(a, w->resource, w->base.key_name);
    if (w->base.key)
        return true;
    struct strings names = {0};
    for (const struct key *k = w->resource->keys; k && k->name; k++)
        strings_add(a, &names, k->name);
    problem_near(w->l, w->d->path, w->key_node,
                 text_make(a, "%s has no key \"%s\"; see: dengbao list --keys %s",
                           "%s 没有键“%s”；参见：dengbao list --keys %s", w->resource->name,
                           safe_text(a, w->base.key_name), w->resource->name),
                 w->base.key_name, &names);
    return false;
}

static void add_names(struct arena *a, struct strings *names, const char *const *more)
{
    for (; more && *more; more++)
        strings_add(a, names, *more);
}

static void read_argument(struct row *w, const struct yaml_value *v)
{
    struct arena *a = w->l->arena;
    struct strings names = {0};
    add_names(a, &names, w->resource->args);
    add_names(a, &names, w->base.key->args);
    if (strings_find(&names, v->key->text) < 0) {
        for (int op = WANT_IS; op <= WANT_INCLUDES; op++)
            strings_add(a, &names, want_op_name((enum want_op)op));
        strings_add(a, &names, "to");
        strings_add(a, &names, "when");
        problem_near(w->l, w->d->path, v->key,
                     text_make(a, "%s %s takes no argument or operator \"%s\"",
                               "%s %s 没有参数或运算符“%s”", w->base.resource, w->base.key_name,
                               safe_text(a, v->key->text)),
                     v->key->text, &names);
        return;
    }
    const struct yaml_value *value = param_resolve(w->l, w->d, v);
    if (!value)
        return;
    struct want_arg arg = {.name = v->key->text, .value = value->text};
    if (value->kind == YAML_LIST) {
        struct strings members = param_resolve_list(w->l, w->d, value);
        arg.value = strings_join(a, &members, " ", 0);
    } else if (value->kind == YAML_MAP) {
        problem_at(w->l, w->d->path, v, "%s: expected a value or a list", "%s：应为值或列表",
                   arg.name);
        return;
    }
    vec_push(a, &w->base.args, arg);
}

/* A scalar of the policy as a value of that kind, or a problem. */
static bool read_scalar(struct row *w, const struct yaml_value *v, enum value_kind kind,
                        const char *text, struct value *ret)
{
    struct arena *a = w->l->arena;
    if (value_parse(a, kind, str_of(text), ret) == 0)
        return true;
    struct text wanted = value_kind_text(kind);
    row_problem(w, v,
                (struct text){
                    arena_printf(a, "%s: expected %s, found \"%s\"", v->key ? v->key->text : "",
                                 wanted.en, safe_text(a, text)),
                    arena_printf(a, "%s：应为%s，实为“%s”", v->key ? v->key->text : "", wanted.zh,
                                 safe_text(a, text)),
                });
    return false;
}

static bool read_list(struct row *w, const struct yaml_value *v, enum value_kind member_kind,
                      struct value *ret)
{
    if (v->kind != YAML_LIST) {
        problem_at(w->l, w->d->path, v, "%s: expected a list, e.g. [a, b]",
                   "%s：应为列表，如 [a, b]", v->key->text);
        return false;
    }
    size_t before = w->l->problems->n;
    struct strings members = param_resolve_list(w->l, w->d, v);
    for (size_t i = 0; i < members.n; i++) {
        struct value member;
        if (member_kind != VALUE_LIST && !read_scalar(w, v, member_kind, members.v[i], &member))
            return false;
    }
    *ret = value_list(members);
    return w->l->problems->n == before;
}

static bool read_expected(struct row *w, struct want *want, const struct yaml_value *v)
{
    enum value_kind kind = want->key->kind;
    if (want->op == WANT_ABSENT || want->op == WANT_NONE) {
        if (v->kind == YAML_TEXT && cstr_eq(v->text, "true"))
            return true;
        problem_at(w->l, w->d->path, v, "%s takes only true", "%s 的值只能是 true", v->key->text);
        return false;
    }
    if (want->op == WANT_ONE_OF || want->op == WANT_SUBSET_OF || kind == VALUE_LIST) {
        if (!read_list(w, v, kind, &want->expected))
            return false;
        if (want->op != WANT_ONE_OF || want->expected.list.n)
            return true;
        problem_at(w->l, w->d->path, v, "one-of: the list is empty", "one-of：列表为空");
        return false;
    }
    if (v->kind != YAML_TEXT) {
        struct text found = yaml_kind_text(v->kind), wanted = value_kind_text(kind);
        struct arena *a = w->l->arena;
        row_problem(
            w, v,
            (struct text){
                arena_printf(a, "%s: expected %s, found %s", v->key->text, wanted.en, found.en),
                arena_printf(a, "%s：应为%s，实为%s", v->key->text, wanted.zh, found.zh)});
        return false;
    }
    return read_scalar(w, v, kind, v->text, &want->expected);
}

static void read_operator(struct row *w, enum want_op op, const struct yaml_value *node)
{
    struct arena *a = w->l->arena;
    struct want want = w->base;
    want.op = op;
    const struct yaml_value *v = param_resolve(w->l, w->d, node);
    if (!v)
        return;
    if (w->resource->any_key && !has_own_row(w->resource, want.key_name)) {
        struct key *own = arena_make(a, struct key);
        *own = *want.key;
        own->kind = kind_asked(op, v);
        want.key = own;
    }
    if (!want_op_fits(op, want.key->kind)) {
        struct text kind = value_kind_text(want.key->kind);
        row_problem(w, node->key,
                    (struct text){
                        arena_printf(a, "%s does not fit %s %s, which is %s", node->key->text,
                                     want.resource, want.key_name, kind.en),
                        arena_printf(a, "%s 不适用于 %s %s（%s）", node->key->text, want.resource,
                                     want.key_name, kind.zh),
                    });
        return;
    }
    if (read_expected(w, &want, v))
        vec_push(a, w->ret, want);
}

/* `to` must satisfy its own row: a fix that leaves the rule failing is a mistake of the policy. */
static void read_target(struct row *w, size_t first)
{
    const struct yaml_value *v = w->to ? param_resolve(w->l, w->d, w->to) : NULL;
    if (!v)
        return;
    for (size_t i = first; i < w->ret->n; i++) {
        struct want *want = &w->ret->v[i];
        struct value target;
        if (want->key->kind == VALUE_LIST) {
            if (!read_list(w, v, VALUE_LIST, &target))
                return;
        } else if (v->kind != YAML_TEXT) {
            row_problem(w, v, TEXT("to: expected a single value", "to：应为单个值"));
            return;
        } else if (!read_scalar(w, v, want->key->kind, v->text, &target)) {
            return;
        }
        if (!want_accepts(want, &target)) {
            struct text wanted = want_expected_text(w->l->arena, want);
            const char *shown = value_show(w->l->arena, &target);
            row_problem(
                w, v,
                (struct text){
                    arena_printf(w->l->arena, "to: %s does not satisfy this row (%s)", shown,
                                 wanted.en),
                    arena_printf(w->l->arena, "to：%s 不满足本行的要求（%s）", shown, wanted.zh),
                });
            return;
        }
        want->target = target;
    }
}

static bool check_bounds(struct row *w, size_t first)
{
    int64_t min = INT64_MIN, max = INT64_MAX;
    for (size_t i = first; i < w->ret->n; i++) {
        const struct want *want = &w->ret->v[i];
        if (want->op == WANT_MIN)
            min = want->expected.number;
        else if (want->op == WANT_MAX)
            max = want->expected.number;
    }
    if (min <= max)
        return true;
    row_problem(w, w->node,
                TEXT("min is larger than max: nothing can satisfy this row",
                     "min 大于 max：没有值能满足本行"));
    return false;
}

/* Sorts the members of a row; false: it cannot be read further. */
static bool read_members(struct row *w)
{
    for (size_t i = 0; i < w->node->items.n; i++) {
        const struct yaml_value *v = &w->node->items.v[i];
        const char *name = v->key->text;
        bool only_conditions = cstr_eq(name, "otherwise");
        bool only_wants = cstr_eq(name, "to") || cstr_eq(name, "when");
        if ((only_conditions && !w->condition) || (only_wants && w->condition)) {
            problem_at(w->l, w->d->path, v->key, "\"%s\" has no meaning here", "“%s”在此处没有意义",
                       name);
            return false;
        }
        if (cstr_eq(name, "to"))
            w->to = v;
        else if (cstr_eq(name, "when"))
            w->when = v;
        else if (only_conditions)
            w->otherwise = v;
    }
    return find_resource(w) && find_key(w);
}

static void read_conditions(struct row *w);

static void read_row(struct row *w)
{
    size_t first = w->ret->n, operators = 0, before = w->l->problems->n;
    enum want_op op;
    w->base.line = w->node->line;
    w->base.column = w->node->column;
    if (!read_members(w))
        return;
    for (size_t i = 0; i < w->node->items.n; i++) {
        const struct yaml_value *v = &w->node->items.v[i];
        if (v != w->key_node && !is_word_of_rows(v->key->text))
            read_argument(w, v);
    }
    if (w->when)
        read_conditions(w);
    for (size_t i = 0; i < w->node->items.n; i++) {
        const struct yaml_value *v = &w->node->items.v[i];
        if (v == w->key_node || want_op_from_name(str_of(v->key->text), &op) < 0)
            continue;
        operators++;
        read_operator(w, op, v);
    }
    if (!operators && w->l->problems->n == before) /* a misspelt one has its message */
        problem_at(
            w->l, w->d->path, w->node,
            "%s %s: no operator; say is, one-of, min, max, at-most, absent, none, "
            "subset-of or includes",
            "%s %s：缺少运算符 is、one-of、min、max、at-most、absent、none、subset-of 或 includes",
            w->base.resource, w->base.key_name);
    if (check_bounds(w, first))
        read_target(w, first);
}

/* A condition row with all its operators; several operators are several conditions. */
static void read_condition(struct loader *l, struct draft *d, const struct yaml_value *node,
                           struct wants *ret, struct text *ret_otherwise)
{
    struct row w = {.l = l, .d = d, .node = node, .condition = true, .ret = ret};
    if (node->kind != YAML_MAP) {
        problem_at(l, d->path, node, "expected a condition, e.g. {host: family, is: debian}",
                   "应为条件，如 {host: family, is: debian}");
        return;
    }
    read_row(&w);
    if (w.otherwise)
        *ret_otherwise = field_text(l, d->path, w.otherwise);
}

static void read_conditions(struct row *w)
{
    const struct yaml_value *list = w->when;
    size_t n = list->kind == YAML_LIST ? list->items.n : 1;
    for (size_t i = 0; i < n; i++) {
        const struct yaml_value *node = list->kind == YAML_LIST ? &list->items.v[i] : list;
        struct wants wants = {0};
        struct text otherwise = {0};
        read_condition(w->l, w->d, node, &wants, &otherwise);
        vec_each (want, &wants)
            vec_push(w->l->arena, &w->base.when, (struct condition){*want, otherwise});
    }
}

void conditions_build(struct loader *l, struct draft *d, const struct yaml_value *list)
{
    for (size_t i = 0; i < list->items.n; i++) {
        struct wants wants = {0};
        struct text otherwise = {0};
        read_condition(l, d, &list->items.v[i], &wants, &otherwise);
        vec_each (want, &wants)
            vec_push(l->arena, &d->rule.applies, (struct condition){*want, otherwise});
    }
}

static void build_row(struct loader *l, struct draft *d, const struct yaml_value *node,
                      unsigned group, unsigned branch)
{
    struct row w = {.l = l, .d = d, .node = node, .ret = &d->rule.wants};
    if (node->kind != YAML_MAP) {
        problem_at(l, d->path, node, "expected a row \"resource: key\" with operators",
                   "应为“资源: 键”及运算符");
        return;
    }
    w.base.group = group;
    w.base.branch = branch;
    read_row(&w);
}

/* `any:` or `all:` as the only member of a row. */
static const struct yaml_value *group_of(struct loader *l, struct draft *d,
                                         const struct yaml_value *node, const char *name)
{
    const struct yaml_value *list = yaml_member(node, name);
    if (!list)
        return NULL;
    if (node->items.n > 1)
        problem_at(l, d->path, &node->items.v[1], "\"%s\" stands alone in its row",
                   "“%s”须单独成行", name);
    if (list->kind != YAML_LIST || list->items.n == 0)
        problem_at(l, d->path, list, "\"%s\" needs a list of rows", "“%s”须为行的列表", name);
    return list;
}

void wants_build(struct loader *l, struct draft *d, const struct yaml_value *list)
{
    unsigned group = 0;
    if (!list->items.n)
        problem_at(l, d->path, list, "\"want\" is empty", "“want”为空");
    for (size_t i = 0; i < list->items.n; i++) {
        const struct yaml_value *node = &list->items.v[i];
        const struct yaml_value *any = group_of(l, d, node, "any");
        if (!any) {
            build_row(l, d, node, 0, 0);
            continue;
        }
        group++;
        for (size_t b = 0; any->kind == YAML_LIST && b < any->items.n; b++) {
            const struct yaml_value *branch = &any->items.v[b];
            const struct yaml_value *all = group_of(l, d, branch, "all");
            if (!all)
                build_row(l, d, branch, group, (unsigned)b + 1);
            for (size_t j = 0; all && all->kind == YAML_LIST && j < all->items.n; j++)
                build_row(l, d, &all->items.v[j], group, (unsigned)b + 1);
        }
    }
}
