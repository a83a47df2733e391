/* Which installed kernel is the newest: what cannot be shown in a container. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "effective/updates.h"
#include "tree.h"

static const char *newest(const char *os_release, const char *const *kernels, const char *no_image)
{
    static char text[64];
    struct tree t;
    _cleanup_arena_ struct arena *a = arena_new();
    struct root *root;
    assert_true(tree_make(&t) && tree_text(&t, "etc/os-release", os_release));
    assert_true(tree_dir(&t, "lib") && tree_dir(&t, "lib/modules") && tree_dir(&t, "boot"));
    for (size_t i = 0; kernels[i]; i++) {
        assert_true(tree_dir(&t, arena_printf(a, "lib/modules/%s", kernels[i])));
        if (!no_image || strcmp(kernels[i], no_image) != 0)
            assert_true(tree_text(&t, arena_printf(a, "boot/vmlinuz-%s", kernels[i]), ""));
    }
    assert_int_equal(root_open(a, t.dir, 0, &root, NULL), 0);
    const char *found = updates_newest_kernel(host_open(root, 0));
    (void)snprintf(text, sizeof text, "%s", found ? found : "none");
    root_close(root);
    tree_done(&t);
    return text;
}

static void newest_by_version(void **state)
{
    (void)state;
    static const char debian[] = "ID=debian\nVERSION_ID=\"12\"\n";
    static const char el8[] = "ID=rocky\nVERSION_ID=\"8.9\"\nID_LIKE=\"rhel\"\n";
    const char *two[] = {"6.1.0-9-amd64", "6.1.0-28-amd64", NULL};
    const char *el[] = {"4.18.0-513.5.1.el8_9.x86_64", "4.18.0-80.el8.x86_64", NULL};
    const char *none[] = {NULL};
    assert_string_equal(newest(debian, two, NULL), "6.1.0-28-amd64");
    assert_string_equal(newest(el8, el, NULL), "4.18.0-513.5.1.el8_9.x86_64");
    assert_string_equal(newest(debian, none, NULL), "none");
}

/* Modules that a removed kernel left behind are no kernel. */
static void modules_alone_do_not_count(void **state)
{
    (void)state;
    const char *two[] = {"6.1.0-9-amd64", "6.1.0-28-amd64", NULL};
    assert_string_equal(newest("ID=debian\nVERSION_ID=\"12\"\n", two, "6.1.0-28-amd64"),
                        "6.1.0-9-amd64");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newest_by_version),
        cmocka_unit_test(modules_alone_do_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
