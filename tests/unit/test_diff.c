/* diff_unified against an independent application of the hunks: a + diff == b, for random texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "format/diff.h"

static struct str next_line_with_newline(struct str *rest)
{
    int at = str_index(*rest, '\n');
    struct str line = str_slice(*rest, 0, at < 0 ? rest->n : (size_t)at + 1);
    *rest = str_slice(*rest, line.n, rest->n);
    return line;
}

/* Applies a unified diff; checks that every context and removed line is really there. */
static void apply(struct str a, struct str diff, struct buf *ret)
{
    size_t line_number = 1;
    (void)next_line_with_newline(&diff);
    (void)next_line_with_newline(&diff);
    while (diff.n) {
        struct str d = next_line_with_newline(&diff);
        bool cut = str_starts(diff, "\\ No newline");
        if (cut)
            (void)next_line_with_newline(&diff);
        if (d.p[0] == '@') {
            size_t first = strtoul(d.p + 4, NULL, 10);
            bool none = strncmp(strchr(d.p + 4, ' ') - 2, ",0", 2) == 0;
            for (; line_number < first + none; line_number++) {
                struct str keep = next_line_with_newline(&a);
                buf_append(ret, keep.p, keep.n);
            }
            continue;
        }
        struct str text = str_slice(d, 1, d.n - cut);
        if (d.p[0] != '+') {
            struct str is = next_line_with_newline(&a);
            assert_true(str_eq(is, text));
            line_number++;
        }
        if (d.p[0] != '-')
            buf_append(ret, text.p, text.n);
    }
    buf_append(ret, a.p, a.n);
}

static void random_text(struct buf *b, unsigned *seed)
{
    unsigned lines = (unsigned)rand_r(seed) % 30;
    for (unsigned i = 0; i < lines; i++)
        buf_printf(b, "line %d\n", rand_r(seed) % 9);
    if (b->len && rand_r(seed) % 4 == 0)
        b->data[--b->len] = '\0';
}

static void applying_the_diff_gives_the_other_side(void **state)
{
    (void)state;
    unsigned seed = 7;
    for (int i = 0; i < 3000; i++) {
        _cleanup_buf_ struct buf a = {0}, b = {0}, diff = {0}, got = {0};
        random_text(&a, &seed);
        random_text(&b, &seed);
        struct diff_side before = {true, {a.data, a.len}}, after = {true, {b.data, b.len}};
        diff_unified(&diff, "/x", before, after);
        if (!diff.len) {
            assert_true(str_eq(before.bytes, after.bytes));
            continue;
        }
        apply(before.bytes, (struct str){diff.data, diff.len}, &got);
        assert_int_equal(got.len, b.len);
        assert_true(b.len == 0 || memcmp(got.data, b.data, b.len) == 0);
    }
}

static void a_small_change_is_a_small_hunk(void **state)
{
    (void)state;
    _cleanup_buf_ struct buf diff = {0};
    diff_unified(&diff, "/f", (struct diff_side){true, STR("1\n2\n3\n4\n5\n6\n7\n8\n9\n")},
                 (struct diff_side){true, STR("1\n2\n3\n4\nfive\n6\n7\n8\n9\n")});
    assert_string_equal(diff.data, "--- a/f\n+++ b/f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n"
                                   " 6\n 7\n 8\n");
    buf_clear(&diff);
    diff_unified(&diff, "/f", (struct diff_side){false, STR("")},
                 (struct diff_side){true, STR("a\n")});
    assert_string_equal(diff.data, "--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+a\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(applying_the_diff_gives_the_other_side),
        cmocka_unit_test(a_small_change_is_a_small_hunk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
