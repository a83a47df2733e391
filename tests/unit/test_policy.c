#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/policy.h"
#include "fake_resource.h"
#include "tree.h"

static struct policy *load(struct arena *a, const char *text, struct problems *problems)
{
    struct policy *p = NULL;
    *problems = (struct problems){.arena = a};
    int r = policy_load_bytes(a, "01.yaml", str_of(text), &p, problems);
    assert_int_equal(r == 0, problems->n == 0);
    assert_int_equal(p != NULL, r == 0);
    return p;
}

/* The text has exactly one mistake, there, and the message says this. */
static void expect(const char *text, unsigned line, unsigned column, const char *says)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct problems problems;
    (void)load(a, text, &problems);
    if (problems.n != 1 || problems.v[0].line != line || problems.v[0].column != column ||
        !strstr(problems.v[0].message.en, says))
        for (size_t i = 0; i < problems.n; i++)
            fail_msg("expected %u:%u %s, got %u:%u %s", line, column, says, problems.v[i].line,
                     problems.v[i].column, problems.v[i].message.en);
    assert_int_equal(problems.n, 1);
    assert_true(problems.v[0].message.zh && *problems.v[0].message.zh);
    assert_string_equal(problems.v[0].path, "01.yaml");
}

static void reads_a_whole_item(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    struct problems problems;
    const struct policy *p = load(
        a,
        ITEM "rules:\n" RULE("one") "  params:\n"
                                    "    days: {default: 90, min: 1, max: 365}\n"
                                    "    names: {default: [a, b]}\n"
                                    "  want:\n"
                                    "  - fake: number\n    min: 1\n    max: $days\n    to: 30\n"
                                    "    is-really: 7\n"
                                    "  - any:\n"
                                    "    - fake: list\n      subset-of: [$names, c]\n"
                                    "    - all:\n"
                                    "      - fake: mode\n        at-most: 0640\n"
                                    "      - fake: word\n        is: no\n"
                                    "        when: {fake: word, is: yes}\n",
        &problems);
    assert_non_null(p);
    assert_int_equal(p->items.n, 1);
    const struct rule *r = &p->items.v[0].rules.v[0];
    assert_int_equal(r->wants.n, 5);
    assert_int_equal(r->wants.v[0].op, WANT_MIN);
    assert_string_equal(want_arg(&r->wants.v[0], "is-really"), "7");
    assert_int_equal(r->wants.v[1].expected.number, 90);
    assert_int_equal(r->wants.v[1].target.number, 30);
    assert_int_equal(r->wants.v[2].group, 1);
    assert_int_equal(r->wants.v[2].expected.list.n, 3);
    assert_int_equal(r->wants.v[3].expected.number, 0640);
    assert_int_equal(r->wants.v[3].branch, 2);
    assert_string_equal(r->wants.v[4].expected.text, "no");
    assert_int_equal(r->wants.v[4].when.n, 1);
    assert_int_equal(r->params.v[0].value.number, 90);
    assert_int_equal(strlen(p->digest), 64);
}

static void one_mistake_one_message(void **state)
{
    (void)state;
    expect("", 1, 1, "empty");
    expect("a: [", 2, 1, "not valid YAML");
    expect("a: b\na: b\n", 2, 1, "given twice, first in line 1");
    expect("a: &x b\n", 1, 4, "an anchor");
    expect("a: !!int 3\n", 1, 4, "a tag");
    expect("a: \xff\n", 1, 4, "not UTF-8");
    expect("- a\n", 1, 1, "neither an item file");
    expect(ITEM "rules:\n" RULE("One") "  want:\n  - fake: number\n    min: 1\n", 9, 7,
           "not lower-case words");
    expect(ITEM "rules:\n" RULE("a") "  wants: []\n  want:\n  - fake: number\n    min: 1\n", 16, 3,
           "did you mean \"want\"?");
    expect(ITEM "rules:\n" RULE_OF("a", "imgae") "  want:\n  - fake: number\n    min: 1\n", 14, 10,
           "did you mean \"image\"?");
    expect(ITEM "rules:\n" RULE("a") "  want:\n  - fakes: number\n    min: 1\n", 17, 5,
           "unknown resource \"fakes\"");
    expect(ITEM "rules:\n" RULE("a") "  want:\n  - fake: numbr\n    min: 1\n", 17, 11,
           "did you mean \"number\"?");
    expect(ITEM "rules:\n" RULE("a") "  want:\n  - fake: number\n    mn: 1\n", 18, 5,
           "did you mean \"min\"?");
    expect(ITEM "rules:\n" RULE("a") "  want:\n  - fake: number\n    min: one\n", 18, 10,
           "expected a number or \"never\", found \"one\"");
    expect(ITEM "rules:\n" RULE("a") "  want:\n  - fake: word\n    min: 1\n", 18, 5,
           "min does not fit fake word");
    expect(ITEM "rules:\n" RULE("a") "  want:\n  - fake: mode\n    at-most: 0888\n", 18, 14,
           "octal");
    expect(ITEM "rules:\n" RULE("a") "  want:\n  - fake: number\n    max: $days\n", 18, 10,
           "no such parameter");
    expect(ITEM "rules:\n" RULE("a") "  want:\n  - fake: number\n    max: 3\n    to: 9\n", 19, 9,
           "does not satisfy this row (at most 3)");
    expect(ITEM "rules:\n" RULE("a") "  want:\n  - fake: number\n    min: 9\n    max: 3\n", 17, 5,
           "min is larger than max");
    expect(ITEM "rules:\n" RULE("a") "  params: {d: {default: 9, max: 3}}\n"
                                     "  want:\n  - fake: number\n    max: $d\n",
           16, 25, "outside the allowed range");
    expect(ITEM "rules:\n" RULE("a"), 9, 3, "\"want\" is missing");
    expect(ITEM "rules:\n" RULE_OF("a", "evidence"), 14, 10, "needs \"evidence\"");
    expect(ITEM "rules:\n" RULE("a") "  want:\n  - fake: number\n", 17, 5, "no operator");
    expect(ITEM "rules:\n" RULE("a") "  want:\n  - fake: unset\n    absent: yes\n", 18, 13,
           "takes only true");
}

static void ten_mistakes_ten_messages(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    struct problems problems;
    (void)load(a,
               "item:\n"
               "  number: one\n" /* 1 */
               "  id: user-identity\n"
               "  clause: 8.1.4.1 a\n"
               "  domain: {zh: 身份}\n" /* 2: en; 3: unit */
               "  name: {zh: 名, en: Name}\n"
               "rules:\n"
               "- id: a\n"
               "  number: \"1.1\"\n"
               "  title: {zh: 题, en: ''}\n" /* 4 */
               "  why: text\n"               /* 5 */
               "  source: S1\n"              /* 6 */
               "  class: images\n"           /* 7 */
               "  risk: none\n"
               "  want:\n"
               "  - fake: number\n"
               "    max: many\n"  /* 8 */
               "  - nothing: x\n" /* 9 */
               "    is: y\n"
               "- just text\n", /* 10 */
               &problems);
    for (size_t i = 0; problems.n != 10 && i < problems.n; i++)
        print_message("%u:%u %s\n", problems.v[i].line, problems.v[i].column,
                      problems.v[i].message.en);
    assert_int_equal(problems.n, 10);
    for (size_t i = 1; i < problems.n; i++)
        assert_true(problems.v[i - 1].line <= problems.v[i].line);
}

static void a_rule_names_its_high_risk_case_and_trigger(void **state)
{
    static const char *const wrong[] = {
        "high-risk: 6.4.1", "high-risk: 6.4.1.x", "high-risk: 6.4.1.1.1", "high-risk: [a]",
        "trigger: 18",      "trigger: A-1",       "trigger: B-18"};
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    struct problems problems;
    const struct policy *p =
        load(a,
             ITEM "rules:\n" RULE("a") "  high-risk: \"6.4.1.1\"\n  trigger: A-18\n"
                                       "  want:\n  - fake: number\n    max: 3\n",
             &problems);
    assert_non_null(p);
    assert_string_equal(p->items.v[0].rules.v[0].high_risk, "6.4.1.1");
    assert_string_equal(p->items.v[0].rules.v[0].trigger, "A-18");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const char *text = arena_printf(
            a, ITEM "rules:\n" RULE("a") "  %s\n  want:\n  - fake: number\n    max: 3\n", wrong[i]);
        (void)load(a, text, &problems);
        if (problems.n != 1)
            print_message("%s\n", wrong[i]);
        assert_int_equal(problems.n, 1);
    }
}

static void keys_of_open_resources_take_the_kind_the_operator_asks_for(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    struct problems problems;
    const struct policy *p =
        load(a,
             ITEM "rules:\n" RULE("a") "  want:\n  - free: x.y\n    max: 3\n"
                                       "  - free: x.y\n    is: 0640\n  - free: z\n    is: [q]\n",
             &problems);
    assert_non_null(p);
    const struct rule *r = &p->items.v[0].rules.v[0];
    assert_int_equal(r->wants.v[0].key->kind, VALUE_NUMBER);
    assert_int_equal(r->wants.v[1].key->kind, VALUE_TEXT);
    assert_string_equal(r->wants.v[1].expected.text, "0640");
    assert_int_equal(r->wants.v[2].key->kind, VALUE_LIST);
}

static const char item_with_param[] = ITEM "rules:\n" RULE(
    "a") "  params: {days: {default: 90, min: 1, max: 365}}\n"
         "  want:\n  - fake: number\n    max: $days\n" RULE("b") "  want:\n  - fake: word\n"
                                                                 "    is: yes\n";

static struct policy *load_tree(struct arena *a, const struct tree *t, const char *preset,
                                struct problems *problems)
{
    struct policy *p = NULL;
    *problems = (struct problems){.arena = a};
    struct policy_options o = {.directory = arena_printf(a, "%s/policy", t->dir),
                               .overrides = arena_printf(a, "%s/conf", t->dir),
                               .preset = preset};
    (void)policy_load(a, &o, &p, problems);
    return p;
}

static void presets_and_overrides(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    struct problems problems;
    struct tree t;
    assert_true(tree_make(&t));
    assert_true(tree_dir(&t, "policy") && tree_dir(&t, "policy/presets") && tree_dir(&t, "conf") &&
                tree_dir(&t, "conf/policy.d"));
    assert_true(tree_text(&t, "policy/01.yaml", item_with_param));
    assert_true(
        tree_text(&t, "policy/presets/alinux.yaml", "preset: alinux\ntitle: {zh: 甲, en: A}\n"));
    assert_true(tree_text(&t, "policy/presets/strict.yaml",
                          "preset: strict\ntitle: {zh: 乙, en: B}\nvalues: {a.days: 30}\n"
                          "skip: [b]\n"));
    struct policy *p = load_tree(a, &t, NULL, &problems);
    assert_non_null(p);
    assert_string_equal(p->preset, "alinux");
    assert_int_equal(p->items.v[0].rules.v[0].wants.v[0].expected.number, 90);
    const char *digest = p->digest;
    p = load_tree(a, &t, "strict", &problems);
    assert_int_equal(p->items.v[0].rules.v[0].wants.v[0].expected.number, 30);
    assert_true(p->items.v[0].rules.v[1].skipped);
    assert_string_equal(p->digest, digest);
    /* the administrator's word is the last */
    assert_true(tree_text(&t, "conf/policy.d/10.yaml", "preset: strict\nvalues: {a.days: 45}\n"));
    p = load_tree(a, &t, NULL, &problems);
    assert_string_equal(p->preset, "strict");
    assert_int_equal(p->items.v[0].rules.v[0].wants.v[0].expected.number, 45);
    assert_string_not_equal(p->digest, digest);
    /* out of range, unknown rule, unknown parameter, unknown preset */
    assert_true(tree_text(&t, "conf/policy.d/10.yaml",
                          "preset: stirct\nvalues: {a.days: 900, c.x: 1, a.day: 3}\n"));
    p = load_tree(a, &t, NULL, &problems);
    assert_null(p);
    assert_int_equal(problems.n, 4);
    assert_true(tree_text(&t, "conf/policy.d/10.yaml", "{}\n"));
    p = load_tree(a, &t, "strct", &problems);
    assert_null(p);
    assert_int_equal(problems.n, 1);
    assert_non_null(strstr(problems.v[0].message.en, "did you mean \"strict\"?"));
    tree_done(&t);
}

static void what_others_can_write_is_refused(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    struct problems problems;
    struct tree t;
    assert_true(tree_make(&t));
    assert_true(tree_dir(&t, "policy") && tree_text(&t, "policy/01.yaml", item_with_param));
    assert_non_null(load_tree(a, &t, NULL, &problems));
    assert_int_equal(fchmodat(t.fd, "policy/01.yaml", 0664, 0), 0);
    assert_null(load_tree(a, &t, NULL, &problems));
    assert_non_null(strstr(problems.v[0].message.en, "chmod go-w"));
    assert_int_equal(fchmodat(t.fd, "policy/01.yaml", 0644, 0), 0);
    assert_int_equal(fchmodat(t.fd, "policy", 0777, 0), 0);
    assert_null(load_tree(a, &t, NULL, &problems));
    assert_int_equal(fchmodat(t.fd, "policy", 0755, 0), 0);
    assert_int_equal(mkfifoat(t.fd, "policy/02.yaml", 0644), 0);
    assert_null(load_tree(a, &t, NULL, &problems)); /* and does not hang */
    tree_done(&t);
}

static void selects_by_every_name(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    struct problems problems;
    const struct policy *p = load(a, item_with_param, &problems);
    struct selection s = {0};
    assert_int_equal(policy_select(a, p, "1", &s), 0);
    assert_int_equal(s.items.n, 1);
    assert_int_equal(policy_select(a, p, "b", &s), 0);
    assert_int_equal(s.n, 1);
    assert_int_equal(policy_select(a, p, "1.1", &s), 0);
    assert_int_equal(s.n, 3);
    assert_int_equal(policy_select(a, p, "2", &s), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_whole_item),
        cmocka_unit_test(one_mistake_one_message),
        cmocka_unit_test(ten_mistakes_ten_messages),
        cmocka_unit_test(a_rule_names_its_high_risk_case_and_trigger),
        cmocka_unit_test(keys_of_open_resources_take_the_kind_the_operator_asks_for),
        cmocka_unit_test(presets_and_overrides),
        cmocka_unit_test(what_others_can_write_is_refused),
        cmocka_unit_test(selects_by_every_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
