#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "format/tar.h"

struct input {
    struct str left;
};

static ssize_t pull(void *context, void *bytes, size_t n)
{
    struct input *in = context;
    n = n < in->left.n ? n : in->left.n;
    if (n)
        memcpy(bytes, in->left.p, n);
    in->left = str_slice(in->left, n, in->left.n);
    return (ssize_t)n;
}

static int read_one(struct arena *a, const struct buf *b, struct tar_member *ret)
{
    struct input in = {{b->data, b->len}};
    struct tar_reader t = {.pull = pull, .context = &in, .globals = a};
    struct err e = {.arena = a};
    return tar_next(&t, a, ret, &e);
}

static void header_round_trip(struct arena *a, const struct tar_member *m)
{
    _cleanup_buf_ struct buf b = {0};
    struct tar_member back;
    tar_put_header(&b, m);
    assert_int_equal(b.len % TAR_BLOCK, 0);
    assert_int_equal(read_one(a, &b, &back), 1);
    assert_int_equal(back.type, m->type);
    assert_string_equal(back.path, m->path);
    assert_true(cstr_eq(back.link, m->link));
    assert_int_equal(back.mode, m->mode);
    assert_int_equal(back.uid, m->uid);
    assert_int_equal(back.gid, m->gid);
    assert_int_equal(back.size, m->size);
    assert_int_equal(back.mtime, m->mtime);
    assert_int_equal(back.mtime_nsec, m->mtime_nsec);
    assert_int_equal(back.xattrs.n, m->xattrs.n);
    for (size_t i = 0; i < m->xattrs.n; i++) {
        assert_string_equal(back.xattrs.v[i].name, m->xattrs.v[i].name);
        assert_true(str_eq(back.xattrs.v[i].value, m->xattrs.v[i].value));
    }
}

static void everything_a_header_can_say_comes_back(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    _cleanup_buf_ struct buf name = {0};
    buf_puts(&name, "d");
    buf_fill(&name, 'x', 98);
    for (int i = 0; i < 4; i++, buf_putc(&name, 'y')) { /* 99 to 102 bytes: around the field */
        header_round_trip(a, &(struct tar_member){.path = name.data, .mode = 0644});
        header_round_trip(
            a, &(struct tar_member){.type = TAR_DIRECTORY, .path = name.data, .mode = 0755});
        header_round_trip(
            a, &(struct tar_member){.type = TAR_SYMLINK, .path = "l", .link = name.data});
        header_round_trip(
            a, &(struct tar_member){.type = TAR_HARD_LINK, .path = "l", .link = name.data});
    }
    header_round_trip(a, &(struct tar_member){.type = TAR_DIRECTORY, .path = "", .mode = 01777});
    header_round_trip(a, &(struct tar_member){.path = "b", .size = 1ull << 40});
    header_round_trip(a, &(struct tar_member){.path = "b", .uid = 4000000000u, .gid = 2097152});
    header_round_trip(a, &(struct tar_member){.path = "b", .mtime = -1, .mtime_nsec = 500000000});
    header_round_trip(a, &(struct tar_member){.path = "b", .mtime = -7});
    header_round_trip(a, &(struct tar_member){.path = "b", .mtime = 1LL << 40, .mtime_nsec = 1});
    header_round_trip(a, &(struct tar_member){.type = TAR_CHARACTER, .path = "n", .minor = 3});
    struct tar_member m = {.path = "x", .mode = 04755};
    struct tar_xattr one = {"security.capability", {"\1\0\0\2\0=\n", 7}};
    struct tar_xattr two = {"user.a=b%c", {"", 0}};
    vec_push(a, &m.xattrs, one);
    vec_push(a, &m.xattrs, two);
    header_round_trip(a, &m);
}

static const char *name_of(struct arena *a, const char *path)
{
    _cleanup_buf_ struct buf b = {0};
    struct tar_member back;
    tar_put_header(&b, &(struct tar_member){.path = path});
    return read_one(a, &b, &back) == 1 ? back.path : NULL;
}

static void names_lead_nowhere_else(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    assert_string_equal(name_of(a, "/etc/passwd"), "etc/passwd");
    assert_string_equal(name_of(a, "./a//b/./c"), "a/b/c");
    assert_string_equal(name_of(a, "//a"), "a");
    assert_string_equal(name_of(a, "a..b"), "a..b");
    assert_null(name_of(a, "../a"));
    assert_null(name_of(a, "a/../../b"));
    assert_null(name_of(a, "a/.."));
}

static void damage_is_an_error(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    _cleanup_buf_ struct buf b = {0};
    struct tar_member back;
    tar_put_header(&b, &(struct tar_member){.path = "f", .size = 10});
    for (size_t i = 0; i < b.len; i += 37) {
        b.data[i] ^= 1;
        assert_int_not_equal(read_one(a, &b, &back), 1);
        b.data[i] ^= 1;
    }
    b.len = 300;
    assert_int_equal(read_one(a, &b, &back), -EINVAL);
}

static void body_ends_early(void **state)
{
    (void)state;
    _cleanup_arena_ struct arena *a = arena_new();
    _cleanup_buf_ struct buf b = {0};
    struct tar_member m;
    char bytes[16];
    tar_put_header(&b, &(struct tar_member){.path = "f", .size = 10});
    buf_puts(&b, "12345");
    struct input in = {{b.data, b.len}};
    struct tar_reader t = {.pull = pull, .context = &in, .globals = a};
    assert_int_equal(tar_next(&t, a, &m, NULL), 1);
    assert_int_equal(tar_body(&t, bytes, sizeof bytes), 5);
    assert_int_equal(tar_body(&t, bytes, sizeof bytes), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_a_header_can_say_comes_back),
        cmocka_unit_test(names_lead_nowhere_else),
        cmocka_unit_test(damage_is_an_error),
        cmocka_unit_test(body_ends_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
