#include "model/want.h"

#include <errno.h>

#include "base/cleanup.h"

static const char *const op_names[] = {
    [WANT_IS] = "is",     [WANT_ONE_OF] = "one-of",       [WANT_MIN] = "min",
    [WANT_MAX] = "max",   [WANT_AT_MOST] = "at-most",     [WANT_ABSENT] = "absent",
    [WANT_NONE] = "none", [WANT_SUBSET_OF] = "subset-of", [WANT_INCLUDES] = "includes",
};

const char *want_op_name(enum want_op op)
{
    return op_names[op];
}

int want_op_from_name(struct str name, enum want_op *ret)
{
    for (size_t i = 0; i < ARRAY_SIZE(op_names); i++) {
        if (str_is(name, op_names[i])) {
            *ret = (enum want_op)i;
            return 0;
        }
    }
    return -EINVAL;
}

bool want_op_fits(enum want_op op, enum value_kind kind)
{
    switch (op) {
    case WANT_IS:
    case WANT_ABSENT:
        return true;
    case WANT_ONE_OF:
        return kind != VALUE_LIST;
    case WANT_MIN:
    case WANT_MAX:
        return kind == VALUE_NUMBER;
    case WANT_AT_MOST:
        return kind == VALUE_MODE;
    case WANT_NONE:
    case WANT_SUBSET_OF:
        return kind == VALUE_LIST;
    case WANT_INCLUDES:
        return kind == VALUE_LIST || kind == VALUE_MODE;
    }
    return false;
}

const char *want_arg(const struct want *w, const char *name)
{
    for (size_t i = 0; i < w->args.n; i++)
        if (cstr_eq(w->args.v[i].name, name))
            return w->args.v[i].value;
    return NULL;
}

/* A member of an expected list, compared as the key's own kind. */
static bool equals_member(const struct want *w, const struct value *v, const char *member)
{
    (void)w;
    switch (v->kind) {
    case VALUE_WORD:
        return cstr_eq_nocase(v->text, member);
    case VALUE_TEXT:
        return cstr_eq(v->text, member);
    case VALUE_NUMBER:
    case VALUE_MODE: {
        struct value expected;
        return value_parse(NULL, v->kind, str_of(member), &expected) == 0 &&
               value_equal(v, &expected);
    }
    case VALUE_NULL:
    case VALUE_LIST:
        break;
    }
    return false;
}

static bool one_of(const struct want *w, const struct value *v)
{
    for (size_t i = 0; i < w->expected.list.n; i++)
        if (equals_member(w, v, w->expected.list.v[i]))
            return true;
    return false;
}

static bool all_within(const struct strings *some, const struct strings *of)
{
    for (size_t i = 0; i < some->n; i++)
        if (strings_find(of, some->v[i]) < 0)
            return false;
    return true;
}

bool want_accepts(const struct want *w, const struct value *v)
{
    const struct value *e = &w->expected;
    if (w->op == WANT_ABSENT)
        return v->kind == VALUE_NULL || (v->kind == VALUE_LIST && v->list.n == 0);
    if (w->op == WANT_NONE)
        return v->kind == VALUE_NULL || (v->kind == VALUE_LIST && v->list.n == 0);
    if (v->kind == VALUE_NULL)
        return false;
    switch (w->op) {
    case WANT_IS:
        return value_equal(v, e);
    case WANT_ONE_OF:
        return one_of(w, v);
    case WANT_MIN:
        return v->kind == VALUE_NUMBER && v->number >= e->number;
    case WANT_MAX:
        return v->kind == VALUE_NUMBER && v->number <= e->number;
    case WANT_AT_MOST:
        return v->kind == VALUE_MODE && (v->number & ~e->number) == 0;
    case WANT_SUBSET_OF:
        return v->kind == VALUE_LIST && all_within(&v->list, &e->list);
    case WANT_INCLUDES:
        if (v->kind == VALUE_MODE)
            return (e->number & ~v->number) == 0;
        return v->kind == VALUE_LIST && all_within(&e->list, &v->list);
    case WANT_ABSENT:
    case WANT_NONE:
        break;
    }
    return false;
}

static struct value list_target(struct arena *a, const struct want *w, const struct value *current)
{
    struct strings list = {0};
    bool keep_only_named = w->op == WANT_SUBSET_OF;
    for (size_t i = 0; current->kind == VALUE_LIST && i < current->list.n; i++)
        if (!keep_only_named || strings_find(&w->expected.list, current->list.v[i]) >= 0)
            strings_add(a, &list, current->list.v[i]);
    for (size_t i = 0; !keep_only_named && i < w->expected.list.n; i++)
        if (strings_find(&list, w->expected.list.v[i]) < 0)
            strings_add(a, &list, w->expected.list.v[i]);
    return value_list(list);
}

struct value want_target(struct arena *a, const struct want *w, const struct value *current)
{
    if (want_accepts(w, current))
        return *current; /* what is already stricter stays */
    if (w->target.kind != VALUE_NULL)
        return w->target;
    switch (w->op) {
    case WANT_ABSENT:
    case WANT_NONE:
        return VALUE_UNSET;
    case WANT_ONE_OF:
        if (w->expected.list.n) {
            struct value first;
            if (value_parse(a, w->key->kind, str_of(w->expected.list.v[0]), &first) == 0)
                return first;
        }
        return VALUE_UNSET;
    case WANT_AT_MOST:
        if (current->kind == VALUE_MODE)
            return value_mode((unsigned)(current->number & w->expected.number));
        return w->expected;
    case WANT_INCLUDES:
        if (w->expected.kind == VALUE_MODE)
            return current->kind == VALUE_MODE
                       ? value_mode((unsigned)(current->number | w->expected.number))
                       : w->expected;
        return list_target(a, w, current);
    case WANT_SUBSET_OF:
        return list_target(a, w, current);
    case WANT_IS:
    case WANT_MIN:
    case WANT_MAX:
        return w->expected;
    }
    return VALUE_UNSET;
}

struct text want_expected_text(struct arena *a, const struct want *w)
{
    const char *value = value_show(a, &w->expected);
    if (!value)
        value = "";
    switch (w->op) {
    case WANT_IS:
        return TEXT(value, value);
    case WANT_ONE_OF:
        return text_make(a, "one of %s", "%s 之一", value);
    case WANT_MIN:
        return text_make(a, "at least %s", "至少 %s", value);
    case WANT_MAX:
    case WANT_AT_MOST:
        return text_make(a, "at most %s", "至多 %s", value);
    case WANT_ABSENT:
        return TEXT("not set", "未设置");
    case WANT_NONE:
        return TEXT("none", "无");
    case WANT_SUBSET_OF:
        return text_make(a, "only %s", "仅限 %s", value);
    case WANT_INCLUDES:
        return text_make(a, "including %s", "包含 %s", value);
    }
    return TEXT(value, value);
}
