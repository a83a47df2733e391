/*
 * Resolving against the kernel: over generated trees both ways of the handle must find the very
 * inode, or fail with the very errno, of openat2(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS).
 * COUNT=trees and SEED=n in the environment make longer and other runs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "root/root.h"
#include "tree.h"

#ifndef SYS_openat2
#define SYS_openat2 437
#endif

enum { NODES = 24, PATHS = 60, LONG_NAME = 256 };

static const char *const words[] = {"a", "b", "c", "etc", "..", ".", "", "d"};

static void add_word(uint64_t *random, char *path, size_t size, size_t from)
{
    size_t n = strlen(path);
    if (random_below(random, 200) == 0 && n + LONG_NAME + 1 < size) {
        memset(path + n, 'n', LONG_NAME);
        path[n + LONG_NAME] = '\0';
        return;
    }
    size_t w = from + random_below(random, sizeof words / sizeof *words - from);
    (void)snprintf(path + n, size - n, "%s", words[w]);
}

static void make_path(uint64_t *random, char *path, size_t size)
{
    path[0] = '\0';
    size_t parts = 1 + random_below(random, 6);
    if (random_below(random, 2))
        (void)snprintf(path, size, "/");
    for (size_t i = 0; i < parts; i++) {
        add_word(random, path, size, 0);
        if (i + 1 < parts || random_below(random, 6) == 0)
            (void)snprintf(path + strlen(path), size - strlen(path), "/");
    }
}

/* Names without "..", below directories that were made before. */
struct grown {
    char dirs[NODES + 1][64];
    size_t n;
};

static void grow(uint64_t *random, const struct tree *t, struct grown *g)
{
    char path[128], target[1024];
    g->n = 1;
    g->dirs[0][0] = '\0';
    for (int i = 0; i < NODES; i++) {
        const char *parent = g->dirs[random_below(random, g->n)];
        if (strlen(parent) > 32)
            continue;
        (void)snprintf(path, sizeof path, "%s%s%s", parent, *parent ? "/" : "",
                       words[random_below(random, 4)]);
        switch (random_below(random, 8)) {
        case 0:
        case 1:
        case 2:
            if (mkdirat(t->fd, path, 0755) == 0)
                (void)snprintf(g->dirs[g->n++], sizeof g->dirs[0], "%.60s", path);
            break;
        case 3:
            (void)mkfifoat(t->fd, path, 0644);
            break;
        case 4:
            (void)tree_text(t, path, path);
            break;
        default:
            make_path(random, target, sizeof target);
            (void)symlinkat(target, t->fd, path);
        }
    }
    static const mode_t modes[] = {0, 0644, 0711, 0100};
    for (size_t i = g->n; i > 1 && random_below(random, 3) == 0; i--)
        (void)fchmodat(t->fd, g->dirs[i - 1], modes[random_below(random, 4)], 0);
}

static int kernel_lookup(const struct tree *t, const char *path, bool follow, ino_t *ret)
{
    uint64_t how[3] = {(uint64_t)(O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW)), 0, 0x10 | 0x02};
    struct stat st;
    _cleanup_close_ int fd = -1;
    do /* EAGAIN: something was renamed somewhere while ".." was resolved */
        fd = (int)syscall(SYS_openat2, t->fd, path, how, sizeof how);
    while (fd < 0 && errno == EAGAIN);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) < 0)
        return -errno;
    *ret = st.st_ino;
    return 0;
}

static size_t disagreements;

static void compare(const struct tree *t, struct root *r, const char *way, const char *path)
{
    for (int follow = 0; follow < 2; follow++) {
        ino_t expected = 0, direct = 0;
        struct file_info info = {0};
        int code = kernel_lookup(t, path, follow, &expected);
        int ours = follow ? root_stat(r, path, &info) : root_lstat(r, path, &info);
        const char *resolved = "/";
        if (ours == 0 && follow && root_resolve(r, path, &resolved) == 0 &&
            (kernel_lookup(t, resolved, false, &direct) < 0 || direct != expected))
            ours = 1;
        if (code == ours && (code < 0 || info.ino == expected))
            continue;
        disagreements++;
        print_error("%s %s %s: kernel %d inode %llu, here %d inode %llu (%s)\n", way,
                    follow ? "stat" : "lstat", path, code, (unsigned long long)expected, ours,
                    (unsigned long long)info.ino, resolved);
    }
}

static void compare_reading(struct root *one, struct root *two, const char *path)
{
    struct str a = {"", 0}, b = {"", 0};
    struct strings la = {0}, lb = {0};
    int ca = root_read(one, path, &a), cb = root_read(two, path, &b);
    int da = root_list(one, path, &la), db = root_list(two, path, &lb);
    if (ca == cb && str_eq(a, b) && da == db && la.n == lb.n)
        return;
    disagreements++;
    print_error("read %s: %d and %d, list %d and %d\n", path, ca, cb, da, db);
}

static void one_tree(uint64_t *random)
{
    struct tree t;
    struct grown grown;
    char path[2048];
    struct root *kernel, *walker;
    assert_true(tree_make(&t));
    grow(random, &t, &grown);
    struct arena *a = arena_new();
    assert_int_equal(root_open(a, t.dir, 0, &kernel, NULL), 0);
    assert_int_equal(root_open(a, t.dir, ROOT_FORCE_WALKER, &walker, NULL), 0);
    size_t before = disagreements;
    for (int i = 0; i < PATHS; i++) {
        make_path(random, path, sizeof path);
        compare(&t, kernel, "openat2", path);
        compare(&t, walker, "walker", path);
        compare_reading(kernel, walker, path);
    }
    root_close(kernel);
    root_close(walker);
    arena_free(a);
    if (disagreements > before && getenv("KEEP"))
        print_error("kept %s\n", t.dir);
    else {
        for (size_t i = 1; i < grown.n; i++) /* closed ones could not be removed */
            (void)fchmodat(t.fd, grown.dirs[i], 0755, 0);
        tree_done(&t);
    }
}

static void trees(uint64_t seed)
{
    uint64_t random = random_seed(seed);
    size_t count = random_count(60);
    for (size_t i = 0; i < count && disagreements < 20; i++)
        one_tree(&random);
}

static bool kernel_has_openat2(void)
{
    uint64_t how[3] = {O_PATH | O_CLOEXEC, 0, 0x10};
    _cleanup_close_ int fd = (int)syscall(SYS_openat2, AT_FDCWD, "/", how, sizeof how);
    return fd >= 0;
}

static void the_kernel_agrees(void **state)
{
    (void)state;
    if (!kernel_has_openat2())
        skip();
    trees(1);
    assert_int_equal(disagreements, 0);
}

static void the_kernel_agrees_without_rights(void **state)
{
    (void)state;
    if (!kernel_has_openat2())
        skip();
    pid_t pid = fork();
    if (pid == 0) {
        if (geteuid() == 0 &&
            (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0))
            _exit(9);
        trees(2);
        _exit(disagreements > 0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_kernel_agrees),
        cmocka_unit_test(the_kernel_agrees_without_rights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
