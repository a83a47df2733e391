#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "root/tree.h"
#include "root/workdir.h"

static char top[] = "/tmp/dengbao-workdir-XXXXXX";
static const char *const names[] = {"out.tar.manifest.json", "out.tar", NULL};

static bool there(int dir, const char *name)
{
    struct stat st;
    return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void put(int dir, const char *name)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static int open_top(void **state)
{
    static int dir;
    memcpy(top + sizeof top - 7, "XXXXXX", 6);
    assert_non_null(mkdtemp(top));
    dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *state = &dir;
    return dir < 0;
}

static int close_top(void **state)
{
    close(*(int *)*state);
    return tree_remove(AT_FDCWD, top);
}

static void one_in_use_stays_and_a_dead_one_goes(void **state)
{
    int dir = *(int *)*state;
    int lock = workdir_make(dir, WORKDIR_PREFIX "a", names);
    assert_true(lock >= 0);
    assert_int_equal(mkdirat(lock, "root", 0700), 0);
    workdir_clean(top);
    assert_true(there(lock, "root"));
    close(lock);
    workdir_clean(top);
    assert_false(there(dir, WORKDIR_PREFIX "a"));
}

static void a_manifest_goes_without_its_output_and_stays_with_it(void **state)
{
    int dir = *(int *)*state;
    for (int with = 0; with < 2; with++) {
        close(workdir_make(dir, WORKDIR_PREFIX "a", names));
        put(dir, names[0]);
        if (with)
            put(dir, names[1]);
        workdir_clean(top);
        assert_int_equal(there(dir, names[0]), with);
        assert_int_equal(there(dir, names[1]), with);
    }
}

static void the_janitor_removes_what_is_not_locked_any_more(void **state)
{
    int dir = *(int *)*state;
    close(workdir_make(dir, WORKDIR_PREFIX "a", names));
    put(dir, names[0]);
    assert_int_equal(workdir_remove(dir, WORKDIR_PREFIX "a", names), 0);
    assert_false(there(dir, names[0]));
    assert_int_equal(workdir_remove(dir, WORKDIR_PREFIX "a", names), 0);
}

static void what_is_not_ours_stays(void **state)
{
    int dir = *(int *)*state;
    assert_int_equal(mkdirat(dir, WORKDIR_PREFIX "open", 0755), 0);
    assert_int_equal(mkdirat(dir, WORKDIR_PREFIX "open/in", 0755), 0);
    assert_int_equal(mkdirat(dir, WORKDIR_PREFIX "new", 0700), 0); /* about to be locked */
    assert_int_equal(mkdirat(dir, "real", 0700), 0);
    assert_int_equal(symlinkat("real", dir, WORKDIR_PREFIX "link"), 0);
    put(dir, "real/file");
    put(dir, WORKDIR_PREFIX "file");
    workdir_clean(top);
    static const char *const kept[] = {WORKDIR_PREFIX "open/in", WORKDIR_PREFIX "new",
                                       WORKDIR_PREFIX "link", WORKDIR_PREFIX "file", "real/file"};
    for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
        assert_true(there(dir, kept[i]));
}

static void names_that_lead_elsewhere_are_not_removed(void **state)
{
    static const char *const bad[] = {"../outside", "sub/file", "out", NULL};
    int dir = *(int *)*state;
    assert_int_equal(mkdirat(dir, "sub", 0700), 0);
    put(dir, "sub/file");
    close(workdir_make(dir, WORKDIR_PREFIX "a", bad));
    workdir_clean(top);
    assert_true(there(dir, "sub/file"));
    assert_false(there(dir, WORKDIR_PREFIX "a"));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, open_top, close_top)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(one_in_use_stays_and_a_dead_one_goes),
        CASE(a_manifest_goes_without_its_output_and_stays_with_it),
        CASE(the_janitor_removes_what_is_not_locked_any_more),
        CASE(what_is_not_ours_stays),
        CASE(names_that_lead_elsewhere_are_not_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
