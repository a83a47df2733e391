#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/result_read.h"
#include "report/report.h"
#include "sample_result.h"

static void json_of(const struct result *r, struct buf *ret)
{
    struct report_options o = {0};
    assert_int_equal(report_find("json")->write(r, &o, ret), 0);
}

static int read_str(struct arena *a, struct str s, const struct result **ret, struct err *e)
{
    *e = (struct err){.arena = a};
    return result_read(a, s, ret, e);
}

static void every_format_is_the_same_from_the_saved_result(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    _cleanup_buf_ struct buf json = {0};
    const struct result *r = sample_result(a), *again;
    struct err e;
    json_of(r, &json);
    assert_int_equal(read_str(a, (struct str){json.data, json.len}, &again, &e), 0);
    for (const struct report *const *f = report_all(); *f; f++) {
        _cleanup_buf_ struct buf one = {0};
        _cleanup_buf_ struct buf two = {0};
        struct report_options o = {.lang = LANG_ZH, .verbose = true};
        assert_int_equal((*f)->write(r, &o, &one), 0);
        assert_int_equal((*f)->write(again, &o, &two), 0);
        if (one.len != two.len || memcmp(one.data, two.data, one.len) != 0)
            fail_msg("%s differs:\n%s\n---\n%s", (*f)->name, one.data, two.data);
    }
}

static void a_cut_result_is_refused_wherever_it_is_cut(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    _cleanup_buf_ struct buf json = {0};
    json_of(sample_result(a), &json);
    for (size_t n = 0; n + 2 < json.len; n++) { /* the last two: the bracket and a newline */
        const struct result *r = NULL;
        struct brief b;
        struct err e;
        assert_int_equal(read_str(a, (struct str){json.data, n}, &r, &e), -EINVAL);
        assert_non_null(e.message.en);
        assert_non_null(e.message.zh);
        assert_null(r);
        assert_int_equal(result_read_brief(a, (struct str){json.data, n}, &b, &e), -EINVAL);
    }
}

static void foreign_and_future_files_are_told_apart(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "ends too early"},
        {"[]", "an object is expected"},
        {"{}", "not a result of a check; make one"},
        {"<html>", "line 1: an object is expected"},
        {"{\"schema\": 2, \"whatever\": [", "schema 2"},
        {"{\"schema\": 1}", "make one"},
        {"{\"schema\": 1, \"tool\": {\"name\": \"other\", \"version\": \"1\"}}", "make one"},
        {"{\"schema\": 1, \"tool\": {\"name\": \"dengbao\", \"version\": \"1\"}}",
         "\"items\" is missing"},
        {"{\"schema\": 1, \"tool\": {\"name\": \"dengbao\", \"version\": \"1\"}, \"items\": 3}",
         "a list is expected"},
    };
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct result *r = NULL;
        struct err e;
        assert_int_equal(read_str(a, str_of(cases[i].text), &r, &e), -EINVAL);
        if (!strstr(e.message.en, cases[i].says))
            fail_msg("%s: %s", cases[i].text, e.message.en);
    }
}

/* One thing of a good result made wrong. */
static void refused_with(struct arena *a, const char *from, const char *to, const char *says)
{
    _cleanup_buf_ struct buf json = {0};
    const struct result *r = NULL;
    struct err e;
    json_of(sample_result(a), &json);
    const char *at = strstr(json.data, from);
    assert_non_null(at);
    const char *text =
        arena_printf(a, "%.*s%s%s", (int)(at - json.data), json.data, to, at + strlen(from));
    if (read_str(a, str_of(text), &r, &e) == 0)
        fail_msg("%s taken for %s", to, from);
    if (!strstr(e.message.en, says))
        fail_msg("%s: %s", to, e.message.en);
}

static void wrong_contents_are_refused(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    refused_with(a, "\"verdict\": \"fail\"", "\"verdict\": \"failed\"", "a verdict is unknown");
    refused_with(a, "\"operator\": \"at-most\"", "\"operator\": \"like\"", "operator");
    refused_with(a, "\"id\": \"a-pass\"", "\"id\": \"a\\\" onload=\\\"x\"", "id");
    refused_with(a, "2023-11-14T22:13:20Z", "yesterday", "started");
    refused_with(a, "\"line\": 7", "\"line\": -7", "where");
    refused_with(a, "\"number\": \"1.1\"", "\"number\": \"1.<b>\"", "number");
    refused_with(a, "\"number\": \"1.1\"", "\"number\": \"1.\"", "number");
    refused_with(a, "\"number\": \"1.1\"", "\"number\": \"1\"", "number");
    refused_with(a, "\"6.4.1.1\"", "\"6.4.1.1\\u001b\"", "number");
    refused_with(a, "\"A-18\"", "\"A-181\"", "trigger");
    refused_with(a, DIGEST_A, "=1+1", "digest");
    refused_with(a, "\"risk\": \"none\"", "\"risk\": \"huge\"", "risk");
    refused_with(a, "\"digest\": \"" DIGEST_A "\"", "\"digest\": null", "digest");
}

static void unknown_keys_are_skipped(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    _cleanup_buf_ struct buf json = {0};
    const struct result *r = NULL;
    struct err e;
    json_of(sample_result(a), &json);
    const char *text = arena_printf(a, "{\"later\": {\"a\": [1, {}]}, %s", json.data + 1);
    assert_int_equal(read_str(a, str_of(text), &r, &e), 0);
    assert_int_equal(r->rules_count[VERDICT_FAIL], 1);
    assert_int_equal(r->items.v[0].rules.n, VERDICT_COUNT);
}

static void the_brief_has_what_the_table_shows(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    _cleanup_buf_ struct buf json = {0};
    struct brief b;
    struct err e = {.arena = a};
    json_of(sample_result(a), &json);
    assert_int_equal(result_read_brief(a, (struct str){json.data, json.len}, &b, &e), 0);
    assert_true(b.has_item[0]);
    assert_false(b.has_item[1]);
    assert_int_equal(b.items[0], VERDICT_FAIL);
    assert_int_equal(b.items_count[VERDICT_FAIL], 1);
    assert_int_equal(b.rules_count[VERDICT_UNKNOWN], 1);
    assert_string_equal(b.started, "2023-11-14T22:13:20Z");
    assert_string_equal(b.preset, "alinux");
    assert_string_equal(b.root, "/");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_is_the_same_from_the_saved_result),
        cmocka_unit_test(a_cut_result_is_refused_wherever_it_is_cut),
        cmocka_unit_test(foreign_and_future_files_are_told_apart),
        cmocka_unit_test(wrong_contents_are_refused),
        cmocka_unit_test(unknown_keys_are_skipped),
        cmocka_unit_test(the_brief_has_what_the_table_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
