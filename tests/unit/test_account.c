#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>

#include "base/cleanup.h"
#include "resource/resource.h"

/* Day 20000 is 2024-10-04. */
enum { TODAY = 20000 };

struct fixture {
    char directory[64];
    struct arena *arena;
    struct root *root;
    struct host *host;
};

static void write_file(const struct fixture *f, const char *path, const char *text)
{
    char full[128];
    (void)snprintf(full, sizeof full, "%s/%s", f->directory, path);
    _cleanup_close_ int fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void make(struct fixture *f, const char *shadow)
{
    *f = (struct fixture){.directory = "/tmp/dengbao-account-XXXXXX"};
    char etc[80];
    assert_non_null(mkdtemp(f->directory));
    (void)snprintf(etc, sizeof etc, "%s/etc", f->directory);
    assert_int_equal(mkdir(etc, 0755), 0);
    write_file(f, "etc/passwd", "root:x:0:0::/root:/bin/sh\na:x:1000:100::/home/a:/bin/sh\n");
    write_file(f, "etc/shadow", shadow);
    write_file(f, "etc/group", "root:x:0:\nusers:x:100:\n");
    f->arena = arena_new();
    assert_int_equal(root_open(f->arena, f->directory, 0, &f->root, NULL), 0);
    f->host = host_open(f->root, (time_t)TODAY * 86400 + 3600);
}

static int drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static void done(struct fixture *f)
{
    root_close(f->root);
    arena_free(f->arena);
    (void)nftw(f->directory, drop, 8, FTW_DEPTH | FTW_PHYS);
}

static int64_t number(struct fixture *f, const char *key)
{
    struct want w = {.key_name = key};
    struct facts facts = {.arena = f->arena};
    resource_find("account")->observe(f->host, &w, &facts);
    assert_int_equal(facts.n, 1);
    assert_int_equal(facts.v[0].configured.kind, VALUE_NUMBER);
    return facts.v[0].configured.number;
}

/* The staged shadow file, or NULL when nothing is staged. */
static const char *planned(struct fixture *f, const char *key, enum want_op op, int64_t n,
                           const char *grace, int *ret_code)
{
    struct root *staged;
    struct want w = {.key_name = key, .op = op, .expected = value_number(n)};
    struct want_arg arg = {"grace", grace};
    if (grace)
        vec_push(f->arena, &w.args, arg);
    struct changes changes = {.arena = f->arena};
    assert_int_equal(root_stage(f->root, &staged), 0);
    *ret_code = resource_find("account")->plan(host_open(staged, f->host->now), &w, &changes);
    const struct staged_change *c;
    size_t count;
    root_staged_changes(staged, &c, &count);
    const char *text = count ? str_dup(f->arena, c[0].bytes) : NULL;
    root_close(staged);
    return text;
}

static void days_are_counted_from_today(void **state)
{
    (void)state;
    struct fixture f;
    make(&f, "root:*:1::::::\na:$6$s$h:19950:7:90:7:30::\n");
    assert_int_equal(number(&f, "days-until-expiry"), 40);
    assert_int_equal(number(&f, "last-change"), 50);
    assert_int_equal(number(&f, "inactive-days"), 30);
    done(&f);
}

static void a_maximum_in_the_future_is_set(void **state)
{
    (void)state;
    struct fixture f;
    int code;
    make(&f, "root:*:1::::::\na:$6$s$h:19950:7:99999:7:::\n");
    assert_string_equal(planned(&f, "max-days", WANT_MAX, 90, NULL, &code),
                        "root:*:1::::::\na:$6$s$h:19950:7:90:7:::\n");
    assert_int_equal(code, 0);
    done(&f);
}

static void a_maximum_that_expires_today_is_refused(void **state)
{
    (void)state;
    struct fixture f;
    int code;
    make(&f, "root:*:1::::::\na:$6$s$h:19910:7:99999:7:::\n");
    assert_null(planned(&f, "max-days", WANT_MAX, 90, NULL, &code));
    assert_int_equal(code, -EPERM);
    assert_string_equal(planned(&f, "max-days", WANT_MAX, 90, "14", &code),
                        "root:*:1::::::\na:$6$s$h:19910:7:104:7:::\n");
    done(&f);
}

static void grace_never_loosens(void **state)
{
    (void)state;
    struct fixture f;
    int code;
    make(&f, "root:*:1::::::\na:$6$s$h:19900:7:100:7:::\n");
    assert_null(planned(&f, "max-days", WANT_MAX, 90, "14", &code));
    done(&f);
}

static void a_minimum_above_the_maximum_is_refused(void **state)
{
    (void)state;
    struct fixture f;
    int code;
    make(&f, "root:*:1::::::\na:$6$s$h:19990:0:5:7:::\n");
    assert_null(planned(&f, "min-days", WANT_MIN, 7, NULL, &code));
    assert_int_equal(code, -EPERM);
    done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_are_counted_from_today),
        cmocka_unit_test(a_maximum_in_the_future_is_set),
        cmocka_unit_test(a_maximum_that_expires_today_is_refused),
        cmocka_unit_test(grace_never_loosens),
        cmocka_unit_test(a_minimum_above_the_maximum_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
