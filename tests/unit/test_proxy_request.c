#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "format/proxy_request.h"

static bool reads(const char *head, const char *host, unsigned port, const char *path)
{
    struct proxy_request q;
    struct str bytes = str_of(head);
    return proxy_head_length(bytes) == bytes.n && proxy_request_read(bytes, &q) == 0 &&
           str_is(q.host, host) && q.port == port && str_is(q.path, path);
}

static void what_package_managers_send(void **state)
{
    (void)state;
    assert_true(reads("GET http://deb.debian.org/debian/dists/x?y HTTP/1.1\r\nHost: x\r\n\r\n",
                      "deb.debian.org", 80, "/debian/dists/x?y"));
    assert_true(reads("GET http://"
                      "m:8080 HTTP/1.0\n\n",
                      "m", 8080, "/"));
    assert_true(reads("CONNECT mirror.example:443 HTTP/1.1\r\n\r\n", "mirror.example", 443, ""));
    assert_true(reads("HEAD http://[2001:db8::1]:81/a HTTP/1.1\r\n\r\n", "2001:db8::1", 81, "/a"));
}

static void everything_else_is_refused(void **state)
{
    static const char *const heads[] = {
        "", "\r\n\r\n", "GET\r\n\r\n", "GET /a HTTP/1.1\r\n\r\n", "POST http://a/ HTTP/1.1\r\n\r\n",
        "GET https://a/ HTTP/1.1\r\n\r\n", "GET http:///x HTTP/1.1\r\n\r\n",
        // NOLINTNEXTLINE(bugprone-suspicious-missing-comma)
        "GET http://"
        "a:0/ HTTP/1.1\r\n\r\n",
        "GET http://"
        "a:65536/ HTTP/1.1\r\n\r\n",
        "GET http://"
        "a:x/ HTTP/1.1\r\n\r\n",
        "GET http://u@a/ HTTP/1.1\r\n\r\n", "GET http://-a/ HTTP/1.1\r\n\r\n",
        "CONNECT a HTTP/1.1\r\n\r\n", "CONNECT [::1:443 HTTP/1.1\r\n\r\n",
        "GET http://a/ HTTP/2\r\n\r\n", "GET http://a/\tb HTTP/1.1\r\n\r\n"};
    struct proxy_request q;
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
        assert_int_not_equal(proxy_request_read(str_of(heads[i]), &q), 0);
}

static void the_server_gets_its_own_request(void **state)
{
    static const char head[] = "GET http://"
                               "a.b:81/p HTTP/1.1\r\nHost: evil\r\nProxy-Connection: x\r\n"
                               "Connection: keep-alive\r\nRange: bytes=5-\r\nBad: a\rHost: c\r\n"
                               "Content-Length: 5\r\n\r\n";
    struct proxy_request q;
    _cleanup_buf_ struct buf b = {0};
    (void)state;
    assert_int_equal(proxy_request_read(str_of(head), &q), 0);
    proxy_request_forward(&q, &b);
    assert_true(str_is((struct str){b.data, b.len},
                       "GET /p HTTP/1.1\r\nHost: a.b:81\r\n"
                       "Connection: close\r\nRange: bytes=5-\r\n\r\n"));
}

static void a_head_ends_with_an_empty_line(void **state)
{
    (void)state;
    assert_int_equal(proxy_head_length(STR("a\r\nb\r\n")), 0);
    assert_int_equal(proxy_head_length(STR("a\r\nb\r\n\r\nrest")), 8);
    assert_int_equal(proxy_head_length(STR("a\n\nrest")), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_package_managers_send),
        cmocka_unit_test(everything_else_is_refused),
        cmocka_unit_test(the_server_gets_its_own_request),
        cmocka_unit_test(a_head_ends_with_an_empty_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
