#include "model/value.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

struct value value_text(const char *s)
{
    return s ? (struct value){.kind = VALUE_TEXT, .text = s} : VALUE_UNSET;
}

struct value value_word(const char *s)
{
    return s ? (struct value){.kind = VALUE_WORD, .text = s} : VALUE_UNSET;
}

struct value value_yes_no(bool yes)
{
    return value_word(yes ? "yes" : "no");
}

struct value value_number(int64_t n)
{
    return (struct value){.kind = VALUE_NUMBER, .number = n};
}

struct value value_mode(unsigned mode)
{
    return (struct value){.kind = VALUE_MODE, .number = mode & 07777};
}

struct value value_list(struct strings list)
{
    return (struct value){.kind = VALUE_LIST, .list = list};
}

int value_parse(struct arena *a, enum value_kind kind, struct str s, struct value *ret)
{
    int64_t number = 0;
    int r = 0;
    switch (kind) {
    case VALUE_NULL:
        return -EINVAL;
    case VALUE_TEXT:
        *ret = value_text(str_dup(a, s));
        return 0;
    case VALUE_WORD:
        *ret = value_word(str_dup(a, s));
        return 0;
    case VALUE_NUMBER:
        if (str_is_nocase(s, "never")) {
            *ret = value_number(NUMBER_NEVER);
            return 0;
        }
        r = str_to_int64(s, 10, &number);
        if (r == 0)
            *ret = value_number(number);
        return r;
    case VALUE_MODE:
        r = str_to_int64(s, 8, &number);
        if (r == 0 && (number < 0 || number > 07777))
            r = -ERANGE;
        if (r == 0)
            *ret = value_mode((unsigned)number);
        return r;
    case VALUE_LIST: {
        struct strings list = {0};
        strings_add(a, &list, str_dup(a, s));
        *ret = value_list(list);
        return 0;
    }
    }
    return -EINVAL;
}

const char *value_show(struct arena *a, const struct value *v)
{
    switch (v->kind) {
    case VALUE_NULL:
        return NULL;
    case VALUE_TEXT:
    case VALUE_WORD:
        return v->text;
    case VALUE_NUMBER:
        return v->number == NUMBER_NEVER ? "never" : arena_printf(a, "%" PRId64, v->number);
    case VALUE_MODE:
        return arena_printf(a, "%04" PRIo64, (uint64_t)v->number);
    case VALUE_LIST:
        return strings_join(a, &v->list, ", ", 0);
    }
    return NULL;
}

static bool list_within(const struct strings *a, const struct strings *b)
{
    for (size_t i = 0; i < a->n; i++)
        if (strings_find(b, a->v[i]) < 0)
            return false;
    return true;
}

bool value_equal(const struct value *a, const struct value *b)
{
    if (a->kind == VALUE_WORD || b->kind == VALUE_WORD)
        return a->text && b->text && cstr_eq_nocase(a->text, b->text);
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case VALUE_NULL:
        return true;
    case VALUE_TEXT:
    case VALUE_WORD:
        return cstr_eq(a->text, b->text);
    case VALUE_NUMBER:
    case VALUE_MODE:
        return a->number == b->number;
    case VALUE_LIST:
        return list_within(&a->list, &b->list) && list_within(&b->list, &a->list);
    }
    return false;
}

struct text value_kind_text(enum value_kind kind)
{
    static const struct text names[] = {
        [VALUE_NULL] = {"nothing", "空"},
        [VALUE_TEXT] = {"text", "文本"},
        [VALUE_WORD] = {"a word", "单词"},
        [VALUE_NUMBER] = {"a number or \"never\"", "数字或 never"},
        [VALUE_MODE] = {"an octal mode such as \"0640\"", "八进制权限，如 \"0640\""},
        [VALUE_LIST] = {"a list", "列表"},
    };
    return names[kind];
}
