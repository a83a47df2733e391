/*
 * The staged view against really doing it: the same random operations are staged over one tree and
 * carried out on its twin; every reader must then see the same. COUNT and SEED as elsewhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>

#include "root/accounts.h"
#include "root/root.h"
#include "tree.h"

static const char *const start[] = {"d:etc/a",
                                    "d:etc/a/b",
                                    "d:etc/c",
                                    "f:etc/f",
                                    "f:etc/a/f",
                                    "f:etc/a/b/f",
                                    "l:etc/l:f",
                                    "l:etc/dir:a",
                                    "l:etc/a/up:../f",
                                    "l:etc/c/abs:/etc/a/b/f",
                                    "l:etc/gone:/etc/none",
                                    "l:etc/loop:loop",
                                    "l:etc/c/dir:/etc/dir/b"};

static const char *const paths[] = {
    "/etc/f",       "/etc/a",      "/etc/a/f",   "/etc/a/b",    "/etc/a/b/f",    "/etc/a/b/g",
    "/etc/a/up",    "/etc/c",      "/etc/c/abs", "/etc/c/dir",  "/etc/c/dir/f",  "/etc/c/dir/n",
    "/etc/l",       "/etc/dir",    "/etc/dir/f", "/etc/dir/n",  "/etc/dir/../n", "/etc/gone",
    "/etc/none",    "/etc/none/x", "/etc/loop",  "/etc/loop/x", "/etc/new",      "/etc/new/x",
    "/etc/new/x/y", "/etc/f/x",    "/etc/f/",    "/etc/dir/",   "/etc/new/",     "/n"};

enum { N_PATHS = sizeof paths / sizeof *paths };

static void plant(const struct tree *t)
{
    for (size_t i = 0; i < sizeof start / sizeof *start; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, "%s", start[i] + 2);
        char *target = strchr(path, ':');
        if (target)
            *target++ = '\0';
        assert_true(start[i][0] == 'd'   ? tree_dir(t, path)
                    : start[i][0] == 'f' ? tree_text(t, path, path)
                                         : tree_link(t, path, target));
    }
}

/* What the path names, resolved by a fresh handle over the twin: then done with plain calls. */
struct twin {
    struct tree tree;
    struct arena *arena;
};

static struct root *fresh(struct twin *t)
{
    struct root *r = NULL;
    assert_int_equal(root_open(t->arena, t->tree.dir, 0, &r, NULL), 0);
    return r;
}

/* Opens a path of the twin as a process with that root directory would. */
static int open_in(const struct twin *t, const char *path, int flags, mode_t mode)
{
    uint64_t how[3] = {(uint64_t)(flags | O_CLOEXEC), mode, 0x10 | 0x02};
    // NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): a failed assertion does not come back
    int fd = (int)syscall(437, t->tree.fd, path, how, sizeof how);
    return fd < 0 ? -errno : fd;
}

/* The parent of the last name, and that name. */
static int open_parent(const struct twin *t, const char *path, char *name, size_t size)
{
    char parent[128];
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    (void)snprintf(parent, sizeof parent, "%.*s", (int)n, path);
    char *slash = strrchr(parent, '/');
    (void)snprintf(name, size, "%s%s", slash + 1, path[n] ? "/" : "");
    slash[1] = '\0';
    return open_in(t, parent, O_PATH | O_DIRECTORY, 0);
}

static int really_write(const struct twin *t, const char *path, const char *text, mode_t mode)
{
    struct stat st;
    int probe = open_in(t, path, O_PATH, 0);
    bool new = probe == -ENOENT;
    if (probe >= 0) {
        assert_int_equal(fstat(probe, &st), 0);
        (void)close(probe);
    }
    int fd = open_in(t, path, O_WRONLY | O_CREAT | O_TRUNC, new ? 0600 : 0);
    if (fd < 0)
        return fd;
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    if (mode)
        assert_int_equal(fchmod(fd, mode), 0);
    return close(fd);
}

static int really_chmod(const struct twin *t, const char *path, mode_t mode)
{
    char name[64];
    int fd = open_in(t, path, O_PATH, 0);
    if (fd < 0)
        return fd;
    (void)snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    assert_int_equal(chmod(name, mode), 0);
    return close(fd);
}

static int really_mkdir(const struct twin *t, const char *path)
{
    char name[64];
    struct stat st;
    int fd = open_in(t, path, O_PATH | O_DIRECTORY, 0);
    if (fd >= 0)
        return close(fd);
    fd = open_parent(t, path, name, sizeof name);
    if (fd < 0)
        return fd;
    int code = mkdirat(fd, name, 0755) < 0 ? -errno : 0;
    if (code == 0) {
        assert_int_equal(fstatat(fd, name, &st, 0), 0);
        assert_int_equal(fchmodat(fd, name, 0755, 0), 0);
    }
    (void)close(fd);
    return code;
}

static int really_remove(const struct twin *t, const char *path)
{
    char name[64];
    struct stat st;
    int fd = open_parent(t, path, name, sizeof name);
    if (fd < 0)
        return fd;
    int code = fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
    if (code == 0 && unlinkat(fd, name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0) < 0)
        code = -errno;
    (void)close(fd);
    return code;
}

static int really_symlink(const struct twin *t, const char *path, const char *target)
{
    char name[64];
    int fd = open_parent(t, path, name, sizeof name);
    if (fd < 0)
        return fd;
    int code = symlinkat(target, fd, name) < 0 ? -errno : 0;
    if (code == -EEXIST && unlinkat(fd, name, 0) == 0)
        code = symlinkat(target, fd, name) < 0 ? -errno : 0;
    else if (code == -EEXIST)
        code = -errno;
    (void)close(fd);
    return code;
}

static void is_same(struct root *staged, struct root *real, const char *path, unsigned long step)
{
    struct str a = {"", 0}, b = {"", 0};
    struct file_info ia = {0}, ib = {0};
    struct strings la = {0}, lb = {0};
    const char *ra = "", *rb = "", *ta = "", *tb = "";
    bool same = root_read(staged, path, &a) == root_read(real, path, &b) && str_eq(a, b);
    same = same && root_stat(staged, path, &ia) == root_stat(real, path, &ib);
    same =
        same && ia.mode == ib.mode && ia.uid == ib.uid && (!S_ISREG(ia.mode) || ia.size == ib.size);
    same = same && root_lstat(staged, path, &ia) == root_lstat(real, path, &ib);
    same = same && (ia.mode & S_IFMT) == (ib.mode & S_IFMT);
    same = same && root_readlink(staged, path, &ta) == root_readlink(real, path, &tb);
    same = same && root_resolve(staged, path, &ra) == root_resolve(real, path, &rb);
    same = same && root_list(staged, path, &la) == root_list(real, path, &lb) && la.n == lb.n;
    for (size_t i = 0; same && i < la.n; i++)
        same = strcmp(la.v[i], lb.v[i]) == 0;
    same = same && strcmp(ra, rb) == 0 && strcmp(ta, tb) == 0;
    if (!same)
        fail_msg("after step %lu %s differs: read %d %d, stat %d %d mode %o %o, %s %s", step, path,
                 root_read(staged, path, &a), root_read(real, path, &b),
                 root_stat(staged, path, &ia), root_stat(real, path, &ib), ia.mode, ib.mode, ra,
                 rb);
}

/* One operation on both; a change between directory and other is refused when staged. */
static size_t done_well;

static void operate(uint64_t *random, struct root *staged, const struct twin *twin, size_t step)
{
    static const char *const targets[] = {"f", "/etc/a", "../etc/c", "/none", "loop", "b/f"};
    const char *path = paths[random_below(random, N_PATHS)];
    char text[32];
    (void)snprintf(text, sizeof text, "step %zu\n", step);
    struct attributes at = {true, (mode_t)(0400 | random_below(random, 0400)), 0, 0};
    struct root *base = root_staged_base(staged);
    struct file_info was = {0}, now = {0};
    const char *target = targets[random_below(random, sizeof targets / sizeof *targets)];
    at.uid = geteuid();
    at.gid = getegid();
    int code, real;
    switch (random_below(random, 5)) {
    case 0: {
        bool with = random_below(random, 2);
        code = stage_write(staged, path, str_of(text), with ? &at : NULL);
        if (code == -EISDIR && root_stat(staged, path, &now) < 0)
            return; /* a directory of the base, removed */
        real = really_write(twin, path, text, with ? at.mode : 0);
        break;
    }
    case 1:
        code = stage_attributes(staged, path, &at);
        real = really_chmod(twin, path, at.mode);
        break;
    case 2:
        code = stage_mkdir(staged, path, NULL);
        if (code == -EEXIST && root_lstat(staged, path, &now) == -ENOENT)
            return; /* something else of the base, removed */
        real = really_mkdir(twin, path);
        break;
    case 3:
        code = stage_remove(staged, path);
        real = really_remove(twin, path);
        break;
    default:
        code = stage_symlink(staged, path, target);
        if (code == -EISDIR && root_lstat(staged, path, &now) < 0 &&
            root_lstat(base, path, &was) == 0)
            return;
        real = really_symlink(twin, path, target);
    }
    done_well += code == 0;
    if ((code < 0) != (real < 0))
        fail_msg("step %zu on %s (%s): staged %d, really %d", step, path, target, code, real);
}

static void one_run(uint64_t *random)
{
    struct tree tree;
    struct twin twin;
    struct root *base, *staged;
    struct arena *a = arena_new();
    twin.arena = a;
    assert_true(tree_make(&tree) && tree_make(&twin.tree));
    plant(&tree);
    plant(&twin.tree);
    assert_int_equal(root_open(a, tree.dir, 0, &base, NULL), 0);
    assert_int_equal(root_stage(base, &staged), 0);
    size_t steps = 1 + random_below(random, 25);
    for (size_t i = 0; i < steps; i++)
        operate(random, staged, &twin, i);
    struct root *real = fresh(&twin);
    for (size_t i = 0; i < N_PATHS; i++)
        is_same(staged, real, paths[i], steps);
    struct strings ga, gb;
    assert_int_equal(root_glob(staged, "/etc/*/*", &ga), root_glob(real, "/etc/*/*", &gb));
    assert_int_equal(ga.n, gb.n);
    root_close(real);
    root_close(staged);
    root_close(base);
    arena_free(a);
    tree_done(&tree);
    tree_done(&twin.tree);
}

static void staged_is_as_if_done(void **state)
{
    (void)state;
    uint64_t random = random_seed(3);
    size_t count = random_count(60);
    for (size_t i = 0; i < count; i++)
        one_run(&random);
    assert_true(done_well > count); /* most operations must have had an effect */
}

static size_t changes_of(struct root *staged, const struct staged_change **ret)
{
    size_t n;
    root_staged_changes(staged, ret, &n);
    return n;
}

static void changes_are_what_differs(void **state)
{
    (void)state;
    struct tree t;
    struct root *base, *staged;
    const struct staged_change *c;
    _cleanup_arena_ struct arena *a = arena_new();
    assert_true(tree_make(&t));
    plant(&t);
    assert_int_equal(root_open(a, t.dir, 0, &base, NULL), 0);
    assert_int_equal(root_stage(base, &staged), 0);
    struct attributes same = {true, 0644, geteuid(), getegid()};
    assert_int_equal(stage_write(staged, "/etc/l", STR("etc/f"), &same), 0);
    assert_int_equal(stage_attributes(staged, "/etc/a/f", &same), 0);
    assert_int_equal(stage_symlink(staged, "/etc/l", "f"), 0);
    assert_int_equal(stage_write(staged, "/etc/new", STR("x"), NULL), 0);
    assert_int_equal(stage_remove(staged, "/etc/new"), 0);
    assert_int_equal(stage_mkdir(staged, "/etc/dir", NULL), 0);
    assert_int_equal(changes_of(staged, &c), 0);
    assert_int_equal(stage_write(staged, "/etc/dir/up", STR("y"), NULL), 0);
    assert_int_equal(stage_remove(staged, "/etc/a/b/f"), 0);
    assert_int_equal(stage_remove(staged, "/etc/a/b"), 0);
    assert_int_equal(changes_of(staged, &c), 3);
    assert_string_equal(c[0].path, "/etc/a/b");
    assert_int_equal(c[0].kind, STAGED_REMOVE);
    assert_string_equal(c[1].path, "/etc/a/b/f");
    assert_string_equal(c[2].path, "/etc/f"); /* through two links */
    assert_int_equal(c[2].kind, STAGED_WRITE);
    assert_true(c[2].attributes.set);
    root_close(base);
    tree_done(&t);
}

static int made;

static void *count_lines(struct root *r, void *context)
{
    struct str s = {"", 0};
    made++;
    (void)root_read(r, "/etc/l", &s);
    (void)root_exists(r, "/etc/none");
    (void)context;
    return arena_strndup(root_arena(r), s.p, s.n);
}

static void memos_are_remade_only_where_they_meet(void **state)
{
    (void)state;
    static const char key;
    struct tree t;
    struct root *base, *staged;
    _cleanup_arena_ struct arena *a = arena_new();
    assert_true(tree_make(&t));
    plant(&t);
    assert_int_equal(root_open(a, t.dir, 0, &base, NULL), 0);
    made = 0;
    const char *first = root_memo(base, &key, count_lines, NULL);
    assert_int_equal(root_stage(base, &staged), 0);
    assert_int_equal(stage_write(staged, "/etc/a/f", STR("x"), NULL), 0);
    assert_ptr_equal(root_memo(staged, &key, count_lines, NULL), first);
    assert_int_equal(made, 1);
    assert_int_equal(stage_write(staged, "/etc/none", STR("x"), NULL), 0); /* was absent */
    assert_string_equal(root_memo(staged, &key, count_lines, NULL), "etc/f");
    assert_int_equal(made, 2);
    assert_int_equal(stage_write(staged, "/etc/f", STR("new"), NULL), 0); /* behind the link */
    assert_string_equal(root_memo(staged, &key, count_lines, NULL), "new");
    assert_string_equal(root_memo(staged, &key, count_lines, NULL), "new");
    assert_int_equal(made, 3);
    assert_ptr_equal(root_memo(base, &key, count_lines, NULL), first);
    assert_int_equal(stage_symlink(staged, "/etc/l", "a/f"), 0);
    assert_string_equal(root_memo(staged, &key, count_lines, NULL), "x");
    root_close(base);
    tree_done(&t);
}

static void accounts_follow_the_staged_view(void **state)
{
    (void)state;
    struct tree t;
    struct root *base, *staged;
    _cleanup_arena_ struct arena *a = arena_new();
    assert_true(tree_make(&t));
    assert_true(tree_text(&t, "etc/passwd", "root:x:0:0::/root:/bin/sh\n"));
    assert_int_equal(root_open(a, t.dir, 0, &base, NULL), 0);
    assert_int_equal(root_accounts(base)->users.n, 1);
    assert_int_equal(root_stage(base, &staged), 0);
    assert_ptr_equal(root_accounts(staged), root_accounts(base));
    assert_int_equal(stage_write(staged, "/etc/shadow", STR("root::1:0:9:7:::\n"), NULL), 0);
    assert_int_equal(account_password(accounts_find(root_accounts(staged), "root")),
                     PASSWORD_EMPTY);
    assert_int_equal(account_password(accounts_find(root_accounts(base), "root")), PASSWORD_NONE);
    root_close(base);
    tree_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(staged_is_as_if_done),
        cmocka_unit_test(changes_are_what_differs),
        cmocka_unit_test(memos_are_remade_only_where_they_meet),
        cmocka_unit_test(accounts_follow_the_staged_view),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
