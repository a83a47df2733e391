#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>

#include "root/own.h"
#include "tree.h"

static struct tree tree;
static char path[128], other[128];

static int setup(void **state)
{
    (void)state;
    if (!tree_make(&tree))
        return -1;
    (void)snprintf(path, sizeof path, "%s/etc/report", tree.dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tree_done(&tree);
    return 0;
}

static void holds(const char *text)
{
    char bytes[64];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, bytes, sizeof bytes);
    (void)close(fd);
    assert_int_equal(n, strlen(text));
    assert_memory_equal(bytes, text, strlen(text));
}

static size_t names(void)
{
    size_t n = 0;
    (void)snprintf(other, sizeof other, "%s/etc", tree.dir);
    DIR *d = opendir(other);
    while (readdir(d))
        n++;
    closedir(d);
    return n - 2;
}

static void files_are_replaced_and_keep_their_mode(void **state)
{
    (void)state;
    struct stat before, after;
    assert_int_equal(own_write(path, STR("one")), 0);
    holds("one");
    assert_int_equal(chmod(path, 0604), 0);
    assert_int_equal(stat(path, &before), 0);
    assert_int_equal(own_write(path, STR("two")), 0);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(after.st_mode & 07777, 0604);
    assert_true(before.st_ino != after.st_ino);
    holds("two");
    assert_true(tree_link(&tree, "etc/link", "report"));
    (void)snprintf(other, sizeof other, "%s/etc/link", tree.dir);
    assert_int_equal(own_write(other, STR("three")), 0);
    holds("three");
    assert_int_equal(names(), 2);
}

static void streams_are_written_into(void **state)
{
    (void)state;
    int ends[2];
    char got[4];
    assert_int_equal(own_write("/dev/null", STR("x")), 0);
    assert_int_equal(pipe(ends), 0);
    (void)snprintf(other, sizeof other, "/dev/fd/%d", ends[1]);
    assert_int_equal(own_write(other, STR("abc")), 0);
    assert_int_equal(read(ends[0], got, sizeof got), 3);
    (void)close(ends[0]);
    (void)close(ends[1]);
    assert_int_equal(own_write(path, STR("kept ")), 0);
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    (void)snprintf(other, sizeof other, "/dev/fd/%d", fd);
    assert_int_equal(own_write(other, STR("added")), 0);
    (void)close(fd);
    holds("kept added");
}

static void failures(void **state)
{
    (void)state;
    assert_int_equal(own_write(tree.dir, STR("x")), -EISDIR);
    assert_int_equal(own_write("/none/x", STR("x")), -ENOENT);
    assert_int_equal(own_write("", STR("x")), -ENOENT);
    assert_true(tree_link(&tree, "etc/report", "report"));
    assert_int_equal(own_write(path, STR("x")), -ELOOP);
    assert_int_equal(own_write("/dev/fd/999", STR("x")), -EBADF);
}

/* Another user's link in /tmp must not make root overwrite a file of root's. */
static void a_planted_link_is_refused(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(own_write(path, STR("mine")), 0);
    assert_true(tree_dir(&tree, "tmp") && tree_link(&tree, "tmp/planted", "../etc/report"));
    assert_int_equal(fchmodat(tree.fd, "tmp", 01777, 0), 0);
    assert_int_equal(fchownat(tree.fd, "tmp/planted", 1000, 1000, AT_SYMLINK_NOFOLLOW), 0);
    (void)snprintf(other, sizeof other, "%s/tmp/planted", tree.dir);
    assert_int_equal(own_write(other, STR("x")), -EACCES);
    holds("mine");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(files_are_replaced_and_keep_their_mode),
        TEST(streams_are_written_into),
        TEST(failures),
        TEST(a_planted_link_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
