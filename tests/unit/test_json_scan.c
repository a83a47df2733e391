#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "format/json_scan.h"

static bool takes(const char *text)
{
    struct json_scan s = json_scan_of(str_of(text));
    bool good = json_scan_skip(&s) && json_scan_end(&s);
    assert_int_equal(good, !s.problem.en);
    assert_int_equal(!s.problem.en, !s.problem.zh);
    return good;
}

static void the_syntax_of_rfc_8259(void **state)
{
    static const char *const good[] = {
        "0",
        "-0",
        "1.5e+3",
        "10E-2",
        "true",
        "false",
        "null",
        "\"\"",
        "[]",
        "{}",
        " [ ] ",
        "[1, 2]",
        "{\"a\": {\"b\": []}, \"c\": null}",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
        "\t[\r\n]\n",
        "[[[[]]]]",
        "\"\x7f\"",
    };
    static const char *const bad[] = {
        "",           " ",         "01",   "-",       "1.",          ".5",     "1e",
        "+1",         "nul",       "True", "[",       "]",           "[1",     "[1,]",
        "[,1]",       "[1 2]",     "{",    "{}}",     "{a:1}",       "{\"a\"", "{\"a\":}",
        "{\"a\":1,}", "{\"a\" 1}", "\"",   "\"\\x\"", "\"\\u12g4\"", "\"\n\"", "1 2",
        "{\"a\":1]",  "[1}",       "\"\\", "\"\\u00", "nulll",
    };
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (!takes(good[i]))
            fail_msg("refused: %s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (takes(bad[i]))
            fail_msg("taken: %s", bad[i]);
}

static void depth_is_limited(void **state)
{
    char text[2 * JSON_SCAN_DEPTH + 3];
    (void)state;
    for (size_t depth = JSON_SCAN_DEPTH; depth <= JSON_SCAN_DEPTH + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        text[2 * depth] = 0;
        assert_int_equal(takes(text), depth == JSON_SCAN_DEPTH);
    }
}

static const char *text_of(struct arena *a, const char *json)
{
    const char *s = NULL;
    struct json_scan scan = json_scan_of(str_of(json));
    return json_scan_text(&scan, a, &s) && json_scan_end(&scan) ? s : NULL;
}

static void texts_are_decoded_and_what_is_no_text_is_refused(void **state)
{
    static const char *const bad[] = {"\"\\u0000\"",        "\"\\ud800\"",      "\"\\udc00\"",
                                      "\"\\ud800\\u0041\"", "\"\xff\"",         "\"\xc3\"",
                                      "\"\\ud800x\"",       "\"\xed\xa0\x80\"", "1"};
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    assert_string_equal(text_of(a, "\"a\\n\\u00e9\\u4e2d\\ud83d\\ude00\\/\""),
                        "a\n\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80/");
    assert_string_equal(text_of(a, "\"\""), "");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (text_of(a, bad[i]))
            fail_msg("taken: %s", bad[i]);
}

static void walks_and_skips(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    struct json_scan s = json_scan_of(str_of(
        "{\"skip\": [1, {\"a\": \"}\"}], \"n\": -7, \"t\": null, \"b\": true,\n\"l\": [1, 2]}"));
    struct str key;
    int64_t n = 0, sum = 0;
    bool b = false;
    const char *t = "x";
    json_scan_enter(&s, '{');
    while (json_scan_key(&s, &key)) {
        if (str_is(key, "n"))
            json_scan_number(&s, &n);
        else if (str_is(key, "t"))
            json_scan_text(&s, a, &t);
        else if (str_is(key, "b"))
            json_scan_bool(&s, &b);
        else if (str_is(key, "l")) {
            json_scan_enter(&s, '[');
            for (int64_t one; json_scan_element(&s);)
                sum += json_scan_number(&s, &one) ? one : 100;
        } else
            json_scan_skip(&s);
    }
    assert_true(json_scan_end(&s));
    assert_int_equal(n, -7);
    assert_int_equal(sum, 3);
    assert_true(b);
    assert_null(t);
    assert_int_equal(json_scan_line(&s), 2);
}

static void wrong_kinds_are_mistakes_that_stay(void **state)
{
    (void)state;
    struct json_scan s = json_scan_of(str_of("[1.5, 99999999999999999999]"));
    int64_t n;
    struct str key;
    json_scan_enter(&s, '[');
    assert_true(json_scan_element(&s));
    assert_false(json_scan_number(&s, &n));
    assert_false(json_scan_element(&s));
    assert_false(json_scan_key(&s, &key));
    assert_false(json_scan_enter(&s, '['));
    assert_false(json_scan_end(&s));
    s = json_scan_of(str_of("[]"));
    assert_false(json_scan_enter(&s, '{'));
    assert_false(json_scan_end(&s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_syntax_of_rfc_8259),
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(texts_are_decoded_and_what_is_no_text_is_refused),
        cmocka_unit_test(walks_and_skips),
        cmocka_unit_test(wrong_kinds_are_mistakes_that_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
