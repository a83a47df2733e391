#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "model/guide.h"
#include "report/compare.h"
#include "report/csv_writer.h"
#include "report/markup.h"
#include "sample_result.h"

static const char *cell(struct arena *a, const char *s)
{
    _cleanup_buf_ struct buf b = {0};
    struct csv c = {.out = &b};
    csv_cell(&c, s);
    return arena_strndup(a, b.len ? b.data : "", b.len);
}

static void cells_that_a_spreadsheet_would_run_are_disarmed(void **state)
{
    static const char *const cases[][2] = {
        {"plain", "plain"},
        {"", ""},
        {"-7", "-7"},
        {"a,b", "\"a,b\""},
        {"a\"b", "\"a\"\"b\""},
        {"=1+1", "\"'=1+1\""},
        {"+1", "\"'+1\""},
        {"-1+1", "\"'-1+1\""},
        {"@SUM(A1)", "\"'@SUM(A1)\""},
        {"  =1", "\"'  =1\""},
        {"\t=1", "\\x09=1"},
        {"'=1", "\"''=1\""},
        {"＝1", "\"'＝1\""},
        {"a\nb", "a\\nb"},
        {"-", "\"'-\""},
        {"x=1", "x=1"},
    };
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(cell(a, cases[i][0]), cases[i][1]);
}

static void markup_has_nothing_left_to_obey(void **state)
{
    _cleanup_buf_ struct buf b = {0};
    (void)state;
    // NOLINTNEXTLINE(misc-misleading-bidirectional): what is tested
    markup_text(&b, "<a href=\"x\" b='y'>&\x01\xff\n中\xe2\x80\xae\xef\xbf\xbe");
    assert_string_equal(b.data, "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;\\x01\\xff\\n中"
                                "\\u{202e}\\u{fffe}");
    markup_text(&b, NULL);
}

static void no_format_lets_the_names_of_a_host_through(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    for (const struct report *const *f = report_all(); *f; f++) {
        _cleanup_buf_ struct buf out = {0};
        struct report_options o = {.lang = LANG_EN, .verbose = true};
        assert_int_equal((*f)->write(sample_result(a), &o, &out), 0);
        assert_null(strchr(out.data, '\x1b'));
        // NOLINTNEXTLINE(misc-misleading-bidirectional): what is tested
        assert_null(strstr(out.data, "\xe2\x80\xae"));
        if (cstr_eq((*f)->name, "html") || cstr_eq((*f)->name, "xccdf") ||
            cstr_eq((*f)->name, "junit")) {
            assert_null(strstr(out.data, "<script>alert"));
            assert_null(strstr(out.data, "<b>"));
            assert_non_null(strstr(out.data, "&lt;script&gt;alert(&#39;x&#39;)"));
        }
    }
}

static void html_shows_high_risk_first_and_says_where(void **state)
{
    _cleanup_buf_ struct buf out = {0};
    struct report_options o = {.lang = LANG_ZH};
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    assert_int_equal(report_find("html")->write(sample_result(a), &o, &out), 0);
    const char *risk = strstr(out.data, "高风险问题"), *items = strstr(out.data, "逐项检查结果");
    assert_true(risk && items && risk < items);
    assert_non_null(strstr(risk, "6.4.1.1 空口令"));
    assert_non_null(strstr(risk, "A-18"));
    assert_non_null(strstr(items, ":7</td>"));
    assert_non_null(strstr(items, "扫描报告"));
    assert_non_null(strstr(out.data, "script-src 'sha256-"));
    assert_null(strstr(out.data, "http://"));
    assert_null(strstr(out.data, "https://"));
}

static const struct change *change_of(const struct changes_between *c, const char *id)
{
    vec_each (one, &c->list) {
        if (cstr_eq((one->after ? one->after : one->before)->rule->id, id))
            return one;
    }
    return NULL;
}

static void changes_are_named(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    struct result *before = sample_result(a), *after = sample_result(a);
    struct rule_result *was = before->items.v[0].rules.v, *is = after->items.v[0].rules.v;
    is[0].verdict = VERDICT_FAIL;    /* a-pass: worse */
    is[1].verdict = VERDICT_PASS;    /* b-fail: better */
    is[4].verdict = VERDICT_UNKNOWN; /* e-na: other */
    is[2].digest = "other";          /* c-waived: other facts */
    is[2].judged.v[0].fact.configured = value_mode(0777);
    ((struct rule *)was[3].rule)->id = "g-gone"; /* d-evidence: new, g-gone: gone */
    struct changes_between *c = changes_find(a, before, after);
    assert_int_equal(change_of(c, "a-pass")->kind, CHANGE_WORSE);
    assert_int_equal(change_of(c, "b-fail")->kind, CHANGE_BETTER);
    assert_int_equal(change_of(c, "e-na")->kind, CHANGE_OTHER);
    assert_int_equal(change_of(c, "c-waived")->kind, CHANGE_FACTS);
    assert_int_equal(change_of(c, "c-waived")->facts.n, 1);
    assert_int_equal(change_of(c, "d-evidence")->kind, CHANGE_NEW);
    assert_int_equal(change_of(c, "g-gone")->kind, CHANGE_GONE);
    assert_null(change_of(c, "f-unknown"));
    assert_int_equal(c->same, 1);
    assert_false(c->other_policy);
    after->preset = "strict";
    assert_true(changes_find(a, before, after)->other_policy);
}

static void hosts_are_the_same_by_id_else_by_name_and_root(void **state)
{
    struct brief a = {.host_name = "x", .root = "/"}, b = {.host_name = "x", .root = "/"};
    (void)state;
    assert_true(results_same_host(&a, &b));
    b.root = "/mnt";
    assert_false(results_same_host(&a, &b));
    a.host_id = b.host_id = "1";
    assert_true(results_same_host(&a, &b));
    b.host_id = NULL;
    assert_false(results_same_host(&a, &b));
}

static void the_guide_knows_its_cases(void **state)
{
    (void)state;
    assert_string_equal(guide_case_find("6.4.4.1")->number, "6.4.4.1");
    assert_string_equal(guide_trigger_find("A-18")->code, "A-18");
    assert_null(guide_case_find("9.9.9.9"));
    assert_null(guide_case_find(NULL));
    assert_null(guide_trigger_find(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_that_a_spreadsheet_would_run_are_disarmed),
        cmocka_unit_test(markup_has_nothing_left_to_obey),
        cmocka_unit_test(no_format_lets_the_names_of_a_host_through),
        cmocka_unit_test(html_shows_high_risk_first_and_says_where),
        cmocka_unit_test(changes_are_named),
        cmocka_unit_test(hosts_are_the_same_by_id_else_by_name_and_root),
        cmocka_unit_test(the_guide_knows_its_cases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
