#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "root/walk.h"

/* Every test works in a fresh directory that is also the current one. */
static int enter_root(void **state)
{
    char *dir = strdup("/tmp/dengbao-walk-XXXXXX");
    assert_non_null(mkdtemp(dir));
    assert_int_equal(chdir(dir), 0);
    assert_int_equal(mkdir("etc", 0755), 0);
    FILE *f = fopen("etc/passwd", "w");
    assert_non_null(f);
    (void)fprintf(f, "root:x:0:0::/root:/bin/sh\nme:x:%u:%u::/:/bin/sh\n", getuid(), getgid());
    (void)fclose(f);
    f = fopen("etc/group", "w");
    assert_non_null(f);
    (void)fprintf(f, "root:x:0:\nme:x:%u:\n", getgid());
    (void)fclose(f);
    *state = dir;
    return 0;
}

static int leave_root(void **state)
{
    char command[128];
    (void)snprintf(command, sizeof command, "%s", (char *)*state);
    pid_t pid = fork();
    if (pid == 0) {
        execlp("rm", "rm", "-rf", "--", command, (char *)NULL);
        _exit(127);
    }
    free(*state);
    return chdir("/");
}

static void make_file(const char *path, mode_t mode)
{
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, mode), 0);
    (void)close(fd);
}

static const struct walk *walk_here(struct arena *a, void **state, unsigned threads)
{
    struct root *root;
    const struct walk *walk;
    struct walk_options options = {.threads = threads};
    assert_int_equal(root_open(a, *state, 0, &root, NULL), 0);
    assert_int_equal(root_walk(root, &options, &walk), 0);
    root_close(root);
    return walk;
}

static const struct walk_hit *hit_of(const struct walk *w, const char *path)
{
    vec_each (h, &w->hits)
        if (strcmp(h->path, path) == 0)
            return h;
    return NULL;
}

static void findings_are_what_the_modes_say(void **state)
{
    _cleanup_arena_ struct arena *a = arena_new();
    assert_int_equal(mkdir("open", 0755), 0);
    assert_int_equal(chmod("open", 0777), 0);
    assert_int_equal(mkdir("tmp", 0755), 0);
    assert_int_equal(chmod("tmp", 01777), 0);
    make_file("open/writable", 0666);
    make_file("open/setuid", 04755);
    make_file("tmp/.rhosts", 0600);
    make_file("etc/hosts.equiv", 0644);
    assert_int_equal(symlink("/nowhere", "open/link"), 0); /* mode 0777, but a link */
    assert_int_equal(symlink("..", "open/up"), 0);
    make_file("open/new\nline", 0602);
    const struct walk *w = walk_here(a, state, 2);
    assert_int_equal(hit_of(w, "/open")->kinds, WALK_WORLD_WRITABLE);
    assert_int_equal(hit_of(w, "/open/writable")->kinds, WALK_WORLD_WRITABLE);
    assert_int_equal(hit_of(w, "/open/new\nline")->kinds, WALK_WORLD_WRITABLE);
    assert_int_equal(hit_of(w, "/open/setuid")->kinds, WALK_SET_ID);
    assert_int_equal(hit_of(w, "/tmp/.rhosts")->kinds, WALK_TRUST_FILE);
    assert_int_equal(hit_of(w, "/etc/hosts.equiv")->kinds, WALK_TRUST_FILE);
    assert_int_equal(w->hits.n, 6);
    assert_int_equal(w->directories, 4);
    assert_int_equal(w->others, 9);
    assert_int_equal(w->unreadable, 0);
}

static void an_owner_nobody_knows_is_found(void **state)
{
    _cleanup_arena_ struct arena *a = arena_new();
    make_file("orphan", 0600);
    make_file("group-orphan", 0600);
    if (chown("orphan", 54321, 0) < 0 || chown("group-orphan", 0, 3000000) < 0)
        skip(); /* needs root rights */
    const struct walk *w = walk_here(a, state, 1);
    assert_int_equal(hit_of(w, "/orphan")->kinds, WALK_UNOWNED);
    assert_int_equal(hit_of(w, "/group-orphan")->kinds, WALK_UNOWNED);
    assert_int_equal(w->counts[0], 2);
}

/* 500 levels with names of 20 bytes: longer than PATH_MAX and deeper than the open frames. */
static void a_tree_deeper_than_any_path_is_walked(void **state)
{
    _cleanup_arena_ struct arena *a = arena_new();
    int at = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    enum { LEVELS = 500 };
    for (int i = 0; i < LEVELS; i++) {
        assert_int_equal(mkdirat(at, "directory-twenty-ch", 0755), 0);
        int next = openat(at, "directory-twenty-ch", O_PATH | O_DIRECTORY | O_CLOEXEC);
        assert_true(next >= 0);
        assert_int_equal(mkdirat(at, "z", 0755), 0); /* a sibling to come back for */
        (void)close(at);
        at = next;
    }
    int fd = openat(at, "deep", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, 0666), 0);
    (void)close(fd);
    (void)close(at);
    for (unsigned threads = 1; threads <= 2; threads++) {
        const struct walk *w = walk_here(a, state, threads);
        assert_int_equal(w->counts[1], 1);
        assert_int_equal(w->directories, 2 + 2 * LEVELS);
        assert_int_equal(w->unreadable, 0);
    }
}

static void a_wide_tree_is_counted_completely(void **state)
{
    _cleanup_arena_ struct arena *a = arena_new();
    char name[64];
    for (int i = 0; i < 60; i++) {
        (void)snprintf(name, sizeof name, "d%d", i);
        assert_int_equal(mkdir(name, 0755), 0);
        for (int k = 0; k < 40; k++) {
            (void)snprintf(name, sizeof name, "d%d/sub%d", i, k);
            assert_int_equal(mkdir(name, 0755), 0);
            (void)snprintf(name, sizeof name, "d%d/sub%d/file", i, k);
            make_file(name, 0644);
        }
    }
    for (unsigned threads = 1; threads <= 4; threads++) {
        const struct walk *w = walk_here(a, state, threads);
        assert_int_equal(w->directories, 2 + 60 + 60 * 40);
        assert_int_equal(w->others, 2 + 60 * 40);
    }
}

static void container_layers_are_named_and_left_out(void **state)
{
    _cleanup_arena_ struct arena *a = arena_new();
    static const char *const dirs[] = {"var", "var/lib", "var/lib/docker",
                                       "var/lib/docker/overlay2"};
    for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
        assert_int_equal(mkdir(dirs[i], 0755), 0);
    make_file("var/lib/docker/overlay2/x", 0666);
    const struct walk *w = walk_here(a, state, 1);
    assert_int_equal(w->hits.n, 0);
    assert_int_equal(w->skipped.n, 1);
    assert_string_equal(w->skipped.v[0].path, "/var/lib/docker/overlay2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(findings_are_what_the_modes_say, enter_root, leave_root),
        cmocka_unit_test_setup_teardown(an_owner_nobody_knows_is_found, enter_root, leave_root),
        cmocka_unit_test_setup_teardown(a_tree_deeper_than_any_path_is_walked, enter_root,
                                        leave_root),
        cmocka_unit_test_setup_teardown(a_wide_tree_is_counted_completely, enter_root, leave_root),
        cmocka_unit_test_setup_teardown(container_layers_are_named_and_left_out, enter_root,
                                        leave_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
