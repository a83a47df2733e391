#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/data_file.h"
#include "engine/window.h"

static void test_window_round_trip(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    const struct txn_window w = {.boot = {"5d3a", 7},
                                 .deadline_ms = 1234567890123,
                                 .effective_ms = 42,
                                 .within = 600,
                                 .by = {.audit_session = -1,
                                        .pid = 99,
                                        .started_ms = 12,
                                        .uid = 1000,
                                        .service = "sshd",
                                        .client = "2001:db8::1",
                                        .local = true}};
    struct txn_window got;
    json_t *j = window_json(&w);
    assert_true(window_from_json(a, j, &got));
    assert_string_equal(got.boot.kernel, "5d3a");
    assert_int_equal(got.boot.first_start, 7);
    assert_int_equal(got.deadline_ms, w.deadline_ms);
    assert_int_equal(got.effective_ms, 42);
    assert_int_equal(got.within, 600);
    assert_int_equal(got.by.audit_session, -1);
    assert_int_equal(got.by.pid, 99);
    assert_string_equal(got.by.service, "sshd");
    assert_string_equal(got.by.client, "2001:db8::1");
    assert_true(got.by.local);
    json_object_del(j, "deadline_ms");
    assert_false(window_from_json(a, j, &got));
    json_decref(j);
    arena_free(a);
}

static void test_window_without_login(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    const struct txn_window w = {.boot = {"x", 1}, .by = {.audit_session = -1, .started_ms = -1}};
    struct txn_window got;
    json_t *j = window_json(&w);
    assert_true(window_from_json(a, j, &got));
    assert_null(got.by.service);
    assert_null(got.by.client);
    json_decref(j);
    arena_free(a);
}

static void test_this_start_is_this_start(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct boot_identity x, y;
    assert_int_equal(boot_identity(a, &x), 0);
    assert_int_equal(boot_identity(a, &y), 0);
    assert_true(boot_identity_equal(&x, &y));
    y.first_start++; /* a container started anew under the same kernel */
    assert_false(boot_identity_equal(&x, &y));
    arena_free(a);
}

static void test_data_names_the_program(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    const char *text = data_text(a, "systemd/dengbao-recover.service", "/opt/x");
    assert_non_null(text);
    assert_non_null(strstr(text, "ExecStart=/opt/x recover --boot\n"));
    assert_null(strstr(text, "@PROGRAM@"));
    assert_null(data_text(a, "no/such", "/opt/x"));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_window_round_trip),
        cmocka_unit_test(test_window_without_login),
        cmocka_unit_test(test_this_start_is_this_start),
        cmocka_unit_test(test_data_names_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
