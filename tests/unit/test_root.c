/* The handle, once with openat2 and once with the walker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "root/root.h"
#include "tree.h"

struct fixture {
    struct tree tree;
    struct arena *arena;
    struct root *root;
};

static unsigned flags_of_run;

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (!f || !tree_make(&f->tree))
        return -1;
    f->arena = arena_new();
    *state = f;
    return root_open(f->arena, f->tree.dir, flags_of_run, &f->root, NULL);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    root_close(f->root);
    arena_free(f->arena);
    tree_done(&f->tree);
    free(f);
    return 0;
}

static int read_code(struct fixture *f, const char *path)
{
    struct str s;
    return root_read(f->root, path, &s);
}

static void is_read(struct fixture *f, const char *path, const char *text)
{
    struct str s = {0};
    assert_int_equal(root_read(f->root, path, &s), 0);
    assert_int_equal(s.n, strlen(text));
    assert_memory_equal(s.p, text, s.n);
}

static void a_root_must_be_a_system(void **state)
{
    struct fixture *f = *state;
    struct root *r;
    struct err e = {.arena = f->arena};
    char path[128];
    (void)snprintf(path, sizeof path, "%s/none", f->tree.dir);
    assert_int_equal(root_open(f->arena, path, 0, &r, &e), -ENOENT);
    assert_non_null(strstr(e.message.en, path));
    (void)snprintf(path, sizeof path, "%s/etc", f->tree.dir);
    assert_int_equal(root_open(f->arena, path, 0, &r, &e), -EINVAL);
    assert_non_null(strstr(e.message.zh, "/etc"));
    assert_true(tree_text(&f->tree, "file", ""));
    (void)snprintf(path, sizeof path, "%s/file", f->tree.dir);
    assert_int_equal(root_open(f->arena, path, 0, &r, &e), -ENOTDIR);
    assert_false(root_is_live(f->root));
    assert_int_equal(root_open(f->arena, "//.", 0, &r, &e), 0);
    assert_true(root_is_live(r));
    root_close(r);
    root_close(NULL);
}

static void reads_the_same_bytes_however_often(void **state)
{
    struct fixture *f = *state;
    assert_true(tree_file(&f->tree, "etc/a", "x\0\xff\ny", 5));
    struct str one, two;
    assert_int_equal(root_read(f->root, "/etc/a", &one), 0);
    assert_true(tree_text(&f->tree, "etc/a", "changed"));
    assert_int_equal(root_read(f->root, "//etc/./a", &two), 0);
    assert_int_equal(one.n, 5);
    assert_ptr_equal(one.p, two.p);
    assert_int_equal(one.p[5], '\0');
    assert_int_equal(read_code(f, "/etc/b"), -ENOENT);
    assert_true(tree_text(&f->tree, "etc/b", "late"));
    assert_int_equal(read_code(f, "/etc/b"), -ENOENT); /* one answer a run */
    assert_true(tree_text(&f->tree, "etc/empty", ""));
    is_read(f, "/etc/empty", "");
}

static void links_stay_inside(void **state)
{
    struct fixture *f = *state;
    const char *resolved;
    assert_true(tree_text(&f->tree, "etc/passwd", "inside"));
    assert_true(tree_link(&f->tree, "absolute", "/etc/passwd"));
    assert_true(tree_link(&f->tree, "etc/up", "../../../../../../etc/passwd"));
    assert_true(tree_link(&f->tree, "etc/host", "/etc/hostname"));
    assert_true(tree_link(&f->tree, "dir", "etc/"));
    assert_true(tree_link(&f->tree, "chain", "/dir/../absolute"));
    is_read(f, "/absolute", "inside");
    is_read(f, "/etc/up", "inside");
    is_read(f, "/chain", "inside");
    is_read(f, "/../../etc/passwd", "inside");
    assert_int_equal(read_code(f, "/etc/host"), -ENOENT); /* the machine has one */
    assert_int_equal(root_resolve(f->root, "/chain", &resolved), 0);
    assert_string_equal(resolved, "/etc/passwd");
    assert_int_equal(root_resolve(f->root, "/dir", &resolved), 0);
    assert_string_equal(resolved, "/etc");
    assert_int_equal(root_readlink(f->root, "/absolute", &resolved), 0);
    assert_string_equal(resolved, "/etc/passwd");
    assert_int_equal(root_readlink(f->root, "/etc/passwd", &resolved), -EINVAL);
    assert_false(root_exists(f->root, "/etc/host"));
    assert_true(root_exists(f->root, "/chain"));
}

static void forty_links_and_no_more(void **state)
{
    struct fixture *f = *state;
    char name[32], target[32];
    assert_true(tree_text(&f->tree, "l0", "end"));
    for (int i = 1; i <= 41; i++) {
        (void)snprintf(name, sizeof name, "l%d", i);
        (void)snprintf(target, sizeof target, "l%d", i - 1);
        assert_true(tree_link(&f->tree, name, target));
    }
    is_read(f, "/l40", "end");
    assert_int_equal(read_code(f, "/l41"), -ELOOP);
    assert_true(tree_link(&f->tree, "loop", "loop"));
    assert_int_equal(read_code(f, "/loop"), -ELOOP);
    assert_int_equal(read_code(f, "/loop/x"), -ELOOP);
    struct file_info info;
    assert_int_equal(root_lstat(f->root, "/loop", &info), 0);
    assert_true(S_ISLNK(info.mode));
}

static void every_errno(void **state)
{
    struct fixture *f = *state;
    char longer[300] = "/etc/";
    assert_true(tree_text(&f->tree, "etc/file", "x"));
    assert_true(tree_dir(&f->tree, "etc/dir"));
    assert_int_equal(read_code(f, ""), -ENOENT);
    assert_int_equal(read_code(f, "/etc/dir"), -EISDIR);
    assert_int_equal(read_code(f, "/"), -EISDIR);
    assert_int_equal(read_code(f, "/etc/file/"), -ENOTDIR);
    assert_int_equal(read_code(f, "/etc/file/x"), -ENOTDIR);
    assert_int_equal(read_code(f, "/etc/file/.."), -ENOTDIR);
    assert_int_equal(read_code(f, "/etc/file/."), -ENOTDIR);
    memset(longer + 5, 'n', sizeof longer - 6);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(read_code(f, longer), -ENAMETOOLONG);
    char *path = malloc(5001);
    assert_non_null(path);
    memset(path, '/', 5000);
    path[5000] = '\0';
    assert_int_equal(read_code(f, path), -ENAMETOOLONG);
    free(path);
    struct strings names;
    assert_int_equal(root_list(f->root, "/etc/file", &names), -ENOTDIR);
    assert_int_equal(root_list(f->root, "/none", &names), -ENOENT);
    struct text t = root_error_text(f->root, "/etc/shadow", -EACCES);
    assert_string_equal(t.en, "cannot read /etc/shadow: permission denied");
    assert_string_equal(t.zh, "无法读取 /etc/shadow：没有权限");
}

static void nothing_but_files_is_opened(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mkfifoat(f->tree.fd, "etc/fifo", 0644), 0);
    assert_true(tree_link(&f->tree, "etc/to-fifo", "fifo"));
    assert_int_equal(read_code(f, "/etc/fifo"), -ENODEV);
    assert_int_equal(read_code(f, "/etc/to-fifo"), -ENODEV);
    struct str s;
    _cleanup_buf_ struct buf b = {0};
    assert_int_equal(root_load(f->root, "/etc/fifo", 100, &b), -ENODEV);
    assert_int_equal(root_getxattr(f->root, "/etc/fifo", "user.x", &s), -ENODEV);
    if (mknodat(f->tree.fd, "etc/zero", S_IFCHR | 0644, makedev(1, 5)) == 0)
        assert_int_equal(read_code(f, "/etc/zero"), -ENODEV);
}

static void large_files_are_not_read(void **state)
{
    struct fixture *f = *state;
    assert_true(tree_text(&f->tree, "etc/sparse", ""));
    int fd = openat(f->tree.fd, "etc/sparse", O_WRONLY | O_CLOEXEC);
    assert_int_equal(ftruncate(fd, (off_t)10 << 30), 0);
    size_t before = arena_used(f->arena);
    assert_int_equal(read_code(f, "/etc/sparse"), -EFBIG);
    assert_true(arena_used(f->arena) - before < 65536);
    assert_true(tree_text(&f->tree, "etc/limit", ""));
    (void)close(fd);
    fd = openat(f->tree.fd, "etc/limit", O_WRONLY | O_CLOEXEC);
    assert_int_equal(ftruncate(fd, ROOT_FILE_LIMIT), 0);
    (void)close(fd);
    struct str s;
    assert_int_equal(root_read(f->root, "/etc/limit", &s), 0);
    assert_int_equal(s.n, ROOT_FILE_LIMIT);
    _cleanup_buf_ struct buf b = {0};
    assert_int_equal(root_load(f->root, "/etc/limit", 1000, &b), -EFBIG);
    assert_int_equal(root_load(f->root, "/etc/limit", ROOT_FILE_LIMIT, &b), 0);
    assert_int_equal(b.len, ROOT_FILE_LIMIT);
    assert_int_equal(b.data[b.len - 1], 0);
}

static void pieces_of_a_file(void **state)
{
    struct fixture *f = *state;
    struct root_file file = {.fd = -1};
    struct root *view;
    char piece[8] = "";
    assert_int_equal(root_file_open(f->root, "/etc/none", &file), -ENOENT);
    assert_int_equal(root_file_open(f->root, "/etc", &file), -EISDIR);
    assert_int_equal(mkfifoat(f->tree.fd, "etc/fifo", 0644), 0);
    assert_int_equal(root_file_open(f->root, "/etc/fifo", &file), -ENODEV);
    assert_true(tree_text(&f->tree, "etc/program", "0123456789"));
    assert_int_equal(root_stage(f->root, &view), 0);
    assert_int_equal(stage_write(view, "/etc/program", STR("abcdefghij"), NULL), 0);
    struct root *const roots[] = {f->root, view};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(root_file_open(roots[i], "/etc/program", &file), 0);
        assert_int_equal(file.size, 10);
        assert_int_equal(root_file_read(&file, 3, piece, 4), 4);
        assert_memory_equal(piece, i ? "defg" : "3456", 4);
        assert_int_equal(root_file_read(&file, 8, piece, 8), 2);
        assert_int_equal(root_file_read(&file, 10, piece, 8), 0);
        assert_int_equal(root_file_read(&file, UINT64_MAX, piece, 8), 0);
        root_file_close(&file);
    }
    root_close(view);
}

static void a_line_of_a_mebibyte(void **state)
{
    struct fixture *f = *state;
    size_t n = 1 << 20;
    char *line = malloc(n);
    assert_non_null(line);
    memset(line, 'x', n);
    assert_true(tree_file(&f->tree, "etc/long", line, n));
    struct str s;
    assert_int_equal(root_read(f->root, "/etc/long", &s), 0);
    assert_int_equal(s.n, n);
    assert_memory_equal(s.p, line, n);
    free(line);
}

static void is_names(const struct strings *got, const char *const *expected, size_t n)
{
    assert_int_equal(got->n, n);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(got->v[i], expected[i]);
}

static void lists_and_patterns(void **state)
{
    struct fixture *f = *state;
    struct strings got;
    assert_true(tree_dir(&f->tree, "etc/x.d") && tree_dir(&f->tree, "etc/y.d"));
    assert_true(tree_text(&f->tree, "etc/x.d/b.conf", "") &&
                tree_text(&f->tree, "etc/x.d/a.conf", "") &&
                tree_text(&f->tree, "etc/x.d/.hidden.conf", "") &&
                tree_link(&f->tree, "etc/x.d/dangling.conf", "/none") &&
                tree_text(&f->tree, "etc/y.d/c[1].conf", ""));
    assert_int_equal(root_list(f->root, "/etc/x.d", &got), 0);
    is_names(&got, (const char *[]){".hidden.conf", "a.conf", "b.conf", "dangling.conf"}, 4);
    assert_int_equal(root_glob(f->root, "/etc/*.d/*.conf", &got), 0);
    is_names(&got,
             (const char *[]){"/etc/x.d/a.conf", "/etc/x.d/b.conf", "/etc/x.d/dangling.conf",
                              "/etc/y.d/c[1].conf"},
             4);
    assert_int_equal(root_glob(f->root, "/etc/*/a.conf", &got), 0);
    is_names(&got, (const char *[]){"/etc/x.d/a.conf"}, 1);
    assert_int_equal(root_glob(f->root, "/etc/y.d/c\\[1\\].conf", &got), 0);
    is_names(&got, (const char *[]){"/etc/y.d/c[1].conf"}, 1);
    assert_int_equal(root_glob(f->root, "/etc/[!x].d/", &got), 0);
    is_names(&got, (const char *[]){"/etc/y.d/"}, 1);
    assert_int_equal(root_glob(f->root, "/etc/none/*", &got), 0);
    assert_int_equal(got.n, 0);
    assert_int_equal(root_glob(f->root, "/etc/x.d/a.conf/*", &got), 0);
    assert_int_equal(got.n, 0);
    assert_int_equal(root_glob(f->root, "/etc/none", &got), 0);
    assert_int_equal(got.n, 0);
    const char *const dirs[] = {"/none", "/etc/y.d", "/etc/x.d", NULL};
    const char *found;
    assert_int_equal(root_find(f->root, dirs, "dangling.conf", &found), 0);
    assert_string_equal(found, "/etc/x.d/dangling.conf");
    assert_int_equal(root_find(f->root, dirs, "nothing", &found), -ENOENT);
}

static void attributes_of_files(void **state)
{
    struct fixture *f = *state;
    struct file_info info;
    struct str value;
    assert_true(tree_text(&f->tree, "etc/a", "12345"));
    assert_int_equal(fchmodat(f->tree.fd, "etc/a", 04751, 0), 0);
    assert_true(tree_link(&f->tree, "etc/l", "a"));
    assert_int_equal(root_stat(f->root, "/etc/l", &info), 0);
    assert_int_equal(info.mode, S_IFREG | 04751);
    assert_int_equal(info.size, 5);
    assert_int_equal(info.nlink, 1);
    assert_int_equal(root_lstat(f->root, "/etc/l", &info), 0);
    assert_true(S_ISLNK(info.mode));
    assert_int_equal(root_lstat(f->root, "/etc/l/", &info), -ENOTDIR);
    assert_int_equal(root_getxattr(f->root, "/etc/a", "user.dengbao", &value), -ENODATA);
    char path[128];
    (void)snprintf(path, sizeof path, "%s/etc/a", f->tree.dir);
    if (setxattr(path, "user.dengbao", "v\0w", 3, 0) == 0) {
        assert_int_equal(root_getxattr(f->root, "/etc/l", "user.dengbao", &value), 0);
        assert_int_equal(value.n, 3);
        assert_memory_equal(value.p, "v\0w", 3);
    }
}

static void is_traced(const struct strings *list, const char *path)
{
    if (strings_find(list, path) < 0)
        fail_msg("%s is not in the trace", path);
}

static int made;

static void *make_answer(struct root *r, void *context)
{
    struct str s;
    made++;
    (void)root_read(r, context, &s);
    (void)root_exists(r, "/etc/none");
    return context;
}

static void traces_nest_and_memos_replay(void **state)
{
    struct fixture *f = *state;
    static const char key, other;
    struct root_trace outer, inner, empty;
    struct strings names;
    struct str s;
    assert_true(tree_text(&f->tree, "etc/a", "a") && tree_link(&f->tree, "etc/l", "/etc/b") &&
                tree_text(&f->tree, "etc/b", "b"));
    made = 0;
    root_trace_begin(f->root);
    (void)root_read(f->root, "/etc/a", &s);
    root_trace_begin(f->root);
    char path[] = "/etc/l";
    assert_ptr_equal(root_memo(f->root, &key, make_answer, path), path);
    root_trace_end(f->root, &inner);
    is_names(&inner.read, (const char *[]){"/etc/b", "/etc/l"}, 2);
    is_names(&inner.absent, (const char *[]){"/etc/none"}, 1);
    assert_int_equal(root_list(f->root, "/etc", &names), 0);
    root_trace_end(f->root, &outer);
    is_names(&outer.read, (const char *[]){"/etc", "/etc/a", "/etc/b", "/etc/l"}, 4);
    is_names(&outer.absent, (const char *[]){"/etc/none"}, 1);
    root_trace_begin(f->root);
    assert_ptr_equal(root_memo(f->root, &key, make_answer, NULL), path);
    root_trace_end(f->root, &inner);
    is_traced(&inner.read, "/etc/l");
    is_traced(&inner.absent, "/etc/none");
    assert_int_equal(made, 1);
    char another[] = "/etc/a";
    assert_ptr_equal(root_memo(f->root, &other, make_answer, another), another);
    assert_int_equal(made, 2);
    root_trace_begin(f->root);
    root_trace_end(f->root, &empty);
    assert_int_equal(empty.read.n + empty.absent.n, 0);
}

/* A child without rights over the tree, so that EACCES can be seen as root as well. */
static void permission_is_reported(void **state)
{
    struct fixture *f = *state;
    assert_true(tree_text(&f->tree, "etc/shadow", "x") && tree_dir(&f->tree, "etc/closed") &&
                tree_text(&f->tree, "etc/closed/in", "x") &&
                tree_link(&f->tree, "etc/closed-link", "closed/in"));
    assert_int_equal(fchmodat(f->tree.fd, "etc/shadow", 0, 0), 0);
    assert_int_equal(fchmodat(f->tree.fd, "etc/closed", 0, 0), 0);
    pid_t pid = fork();
    if (pid == 0) {
        if (geteuid() == 0 &&
            (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0))
            _exit(9);
        struct buf b;
        struct strings names;
        const int codes[] = {read_code(f, "/etc/shadow"),
                             read_code(f, "/etc/closed/in"),
                             read_code(f, "/etc/closed-link"),
                             read_code(f, "/etc/closed/.."),
                             root_list(f->root, "/etc/closed", &names),
                             root_glob(f->root, "/etc/closed/*", &names),
                             root_load(f->root, "/etc/shadow", 10, &b)};
        for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
            if (codes[i] != -EACCES)
                _exit((int)i + 1);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(fchmodat(f->tree.fd, "etc/closed", 0755, 0), 0);
    assert_int_equal(status, 0);
}

static void magic_links_are_refused(void **state)
{
    struct fixture *f = *state;
    struct root *live;
    struct str s;
    const char *target;
    assert_int_equal(root_open(f->arena, "/", flags_of_run, &live, NULL), 0);
    if (root_exists(live, "/proc/self/status")) {
        assert_int_equal(root_read(live, "/proc/self/exe", &s), -ELOOP);
        assert_int_equal(root_read(live, "/proc/self/root/etc/passwd", &s), -ELOOP);
        assert_int_equal(root_read(live, "/proc/self/cwd/x", &s), -ELOOP);
        assert_int_equal(root_readlink(live, "/proc/self/exe", &target), 0);
        assert_int_equal(root_read(live, "/proc/self/status", &s), 0);
        assert_true(s.n > 100);
        assert_int_equal(root_read(live, "/proc/mounts", &s), 0);
    }
    assert_int_equal(root_read(live, "/dev/null", &s), -ENODEV);
    root_close(live);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_root_must_be_a_system),
        TEST(reads_the_same_bytes_however_often),
        TEST(links_stay_inside),
        TEST(forty_links_and_no_more),
        TEST(every_errno),
        TEST(nothing_but_files_is_opened),
        TEST(large_files_are_not_read),
        TEST(pieces_of_a_file),
        TEST(a_line_of_a_mebibyte),
        TEST(lists_and_patterns),
        TEST(attributes_of_files),
        TEST(traces_nest_and_memos_replay),
        TEST(permission_is_reported),
        TEST(magic_links_are_refused),
    };
    int failed = cmocka_run_group_tests_name("openat2", tests, NULL, NULL);
    flags_of_run = ROOT_FORCE_WALKER;
    return failed + cmocka_run_group_tests_name("walker", tests, NULL, NULL);
}
