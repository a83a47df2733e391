/*
 * A resource table of one for tests of the engine: "fake" answers as its key says. Defining all
 * three functions keeps the real table out of the program.
 */
#pragma once

#include "resource/resource.h"

static unsigned fake_asked; /* how often observe ran */

static inline void fake_observe(struct host *h, const struct want *w, struct facts *ret)
{
    const char *key = w->key_name;
    (void)h;
    fake_asked++;
    if (cstr_eq(key, "number")) {
        const char *given = want_arg(w, "is-really");
        struct fact *f =
            facts_configured(ret, NULL, value_number(given ? strtoll(given, NULL, 10) : 5));
        fact_add_where(ret, f, "/etc/fake", 3);
    } else if (cstr_eq(key, "word")) {
        (void)facts_configured(ret, NULL, value_word("yes"));
    } else if (cstr_eq(key, "unset")) {
        (void)facts_configured(ret, NULL, VALUE_UNSET);
    } else if (cstr_eq(key, "mode")) {
        (void)facts_configured(ret, "/etc/x", value_mode(0644));
    } else if (cstr_eq(key, "list")) {
        struct strings list = {0};
        strings_add(ret->arena, &list, "a");
        strings_add(ret->arena, &list, "b");
        (void)facts_configured(ret, NULL, value_list(list));
    } else if (cstr_eq(key, "running")) {
        struct fact *f = facts_configured(ret, NULL, value_number(1));
        fact_set_running(f, value_number(0));
    } else if (cstr_eq(key, "unknown")) {
        (void)facts_unknown(ret, NULL, TEXT("permission denied", "没有权限"));
    } else if (cstr_eq(key, "na")) {
        (void)facts_not_applicable(ret, NULL, TEXT("cannot exist", "不可能存在"));
    } else if (cstr_eq(key, "many")) {
        for (int i = 0; i < 1000; i++)
            (void)facts_configured(ret, arena_printf(ret->arena, "user%d", i),
                                   value_number(i % 5 == 4 ? 99 : 1));
    }
}

static const char *const fake_number_args[] = {"is-really", NULL};
static const char *const fake_args[] = {"select", NULL};
static const struct key fake_keys[] = {
    {.name = "number", .kind = VALUE_NUMBER, .args = fake_number_args},
    {.name = "word", .kind = VALUE_WORD},
    {.name = "unset", .kind = VALUE_TEXT},
    {.name = "mode", .kind = VALUE_MODE},
    {.name = "list", .kind = VALUE_LIST},
    {.name = "running", .kind = VALUE_NUMBER},
    {.name = "unknown", .kind = VALUE_NUMBER},
    {.name = "na", .kind = VALUE_NUMBER},
    {.name = "many", .kind = VALUE_NUMBER},
    {.name = "silent", .kind = VALUE_NUMBER},
    {.name = NULL},
};
static const struct resource fake = {
    .name = "fake", .keys = fake_keys, .args = fake_args, .observe = fake_observe};
static const struct resource free_keys = {.name = "free", .any_key = true, .observe = fake_observe};
static const struct resource *const fake_table[] = {&fake, &free_keys, NULL};

const struct resource *const *resource_all(void)
{
    return fake_table;
}

const struct resource *resource_find(const char *name)
{
    for (size_t i = 0; fake_table[i]; i++)
        if (cstr_eq(fake_table[i]->name, name))
            return fake_table[i];
    return NULL;
}

const struct key *resource_key(struct arena *a, const struct resource *r, const char *name)
{
    for (const struct key *k = r->keys; k && k->name; k++)
        if (cstr_eq(k->name, name))
            return k;
    if (!r->any_key)
        return NULL;
    struct key *own = arena_make(a, struct key);
    *own = (struct key){.name = name, .kind = VALUE_TEXT};
    return own;
}

/* One item with one rule whose rows are given; the rule may be of another class. */
#define ITEM                                                                                       \
    "item:\n  number: 1\n  id: user-identity\n  clause: 8.1.4.1 a\n  unit: L3-CES1-01\n"           \
    "  domain: {zh: 身份, en: Identity}\n  name: {zh: 名, en: Name}\n"
#define RULE_OF(id, class)                                                                         \
    "- id: " id "\n  number: \"1.1\"\n  title: {zh: 题, en: Title}\n  why: {zh: 因, en: Why}\n"  \
    "  source: [S1]\n  class: " class "\n  risk: none\n"
#define RULE(id) RULE_OF(id, "image")
