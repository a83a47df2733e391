/* Running tools and what only a running system can tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include "root/live.h"
#include "root/run.h"
#include "tree.h"

static struct arena *arena;
static struct root *live;

static int setup(void **state)
{
    (void)state;
    arena = arena_new();
    return root_open(arena, "/", 0, &live, NULL);
}

static int teardown(void **state)
{
    (void)state;
    root_close(live);
    arena_free(arena);
    return 0;
}

static struct run_result run(const char *script, unsigned timeout_ms, int expected)
{
    struct run_result r = {0};
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    assert_int_equal(root_run(live, argv, timeout_ms, &r), expected);
    return r;
}

static bool is_text(struct str s, const char *text)
{
    return str_is(s, text);
}

static void a_tool_sees_nothing_of_ours(void **state)
{
    (void)state;
    assert_int_equal(setenv("SECRET", "x", 1), 0);
    struct run_result r = run("env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= -e ^OLDPWD= | sort;"
                              "pwd; cat; echo no >&2; exit 3",
                              5000, 0);
    assert_true(is_text(r.out, "DEBIAN_FRONTEND=noninteractive\nLANG=C\nLC_ALL=C\n"
                               "PATH=/usr/sbin:/usr/bin:/sbin:/bin\n/\n"));
    assert_true(is_text(r.err, "no\n"));
    assert_int_equal(r.status, 3);
    assert_false(r.timed_out);
    int leak = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */
    char script[64];
    (void)snprintf(script, sizeof script, "[ -e /proc/self/fd/%d ] && echo leaked", leak);
    assert_int_equal(run(script, 5000, 0).out.n, 0);
    (void)close(leak);
    assert_int_equal(run("kill -9 $$", 5000, 0).status, 128 + 9);
    assert_int_equal(run("trap '' TERM; exec 1>&- 2>&-; sleep 0.05; exit 4", 5000, 0).status, 4);
}

static void time_and_output_are_bounded(void **state)
{
    (void)state;
    struct run_result r = run("echo begun; sleep 60 & sleep 60", 150, -ETIMEDOUT);
    assert_true(r.timed_out);
    assert_true(is_text(r.out, "begun\n"));
    (void)run("exec cat /dev/zero", 20000, -EFBIG);
    /* what it leaves behind with our pipes does not hold us up */
    struct timespec before, after;
    (void)clock_gettime(CLOCK_MONOTONIC, &before);
    assert_int_equal(run("sleep 3 & exit 0", 20000, 0).status, 0);
    (void)clock_gettime(CLOCK_MONOTONIC, &after);
    assert_true(after.tv_sec - before.tv_sec <= 2);
}

static void input_is_fed(void **state)
{
    (void)state;
    struct run_result r;
    size_t n = 1 << 20;
    char *bytes = calloc(1, n);
    assert_non_null(bytes);
    const char *cat[] = {"/bin/cat", NULL}, *none[] = {"/bin/true", NULL};
    assert_int_equal(root_run_input(live, cat, (struct str){bytes, n}, 5000, &r), 0);
    assert_int_equal(r.out.n, n);
    assert_int_equal(root_run_input(live, none, (struct str){bytes, n}, 5000, &r), 0);
    assert_int_equal(r.status, 0);
    assert_int_equal(root_run_input(live, cat, STR(""), 5000, &r), 0);
    assert_int_equal(r.out.n, 0);
    free(bytes);
}

static void programs_that_others_may_change_are_refused(void **state)
{
    (void)state;
    struct run_result r;
    struct tree t;
    assert_int_equal(root_run(live, (const char *[]){"true", NULL}, 100, &r), -EINVAL);
    assert_int_equal(root_run(live, (const char *[]){"/none", NULL}, 100, &r), -ENOENT);
    assert_int_equal(root_run(live, (const char *[]){"/etc", NULL}, 100, &r), -EACCES);
    assert_int_equal(root_run(live, (const char *[]){"/etc/passwd", NULL}, 100, &r), -EACCES);
    assert_true(tree_make(&t));
    assert_true(tree_text(&t, "etc/tool", "#!/bin/sh\necho ran\n"));
    const char *path = arena_printf(arena, "%s/etc/tool", t.dir);
    assert_int_equal(chmod(path, 0757), 0);
    assert_int_equal(root_run(live, (const char *[]){path, NULL}, 100, &r), -EPERM);
    if (geteuid() == 0) {
        struct root *again;
        assert_int_equal(chmod(path, 0755), 0);
        assert_int_equal(root_open(arena, "/", 0, &again, NULL), 0);
        assert_int_equal(root_run(again, (const char *[]){path, NULL}, 5000, &r), 0);
        assert_true(is_text(r.out, "ran\n"));
        root_close(again);
    }
    tree_done(&t);
}

static void an_image_has_no_running_state(void **state)
{
    (void)state;
    struct tree t;
    struct root *image;
    const char *s;
    const struct listeners *l;
    const struct processes *p;
    struct unit_state u;
    struct run_result r;
    assert_true(tree_make(&t));
    assert_int_equal(root_open(arena, t.dir, 0, &image, NULL), 0);
    assert_int_equal(live_sysctl(image, "kernel.ostype", &s), -EOPNOTSUPP);
    assert_int_equal(live_kernel(image, &s), -EOPNOTSUPP);
    assert_int_equal(live_hostname(image, &s), -EOPNOTSUPP);
    assert_int_equal(live_cmdline(image, &s), -EOPNOTSUPP);
    assert_int_equal(live_container(image, &s), -EOPNOTSUPP);
    assert_int_equal(live_listeners(image, &l), -EOPNOTSUPP);
    assert_int_equal(live_processes(image, &p), -EOPNOTSUPP);
    assert_int_equal(live_unit(image, "sshd.service", &u), -EOPNOTSUPP);
    assert_int_equal(root_run(image, (const char *[]){"/bin/true", NULL}, 100, &r), -EOPNOTSUPP);
    root_close(image);
    tree_done(&t);
}

static void sysctl_names(void **state)
{
    (void)state;
    const char *s;
    struct utsname u;
    assert_int_equal(live_sysctl(live, "kernel.ostype", &s), 0);
    assert_string_equal(s, "Linux");
    assert_int_equal(live_sysctl(live, "kernel/ostype", &s), 0);
    assert_int_equal(live_sysctl(live, "kernel.none", &s), -ENOENT);
    assert_int_equal(live_sysctl(live, "../version", &s), -EINVAL);
    assert_int_equal(live_sysctl(live, "kernel/../ostype", &s), -EINVAL);
    assert_int_equal(live_sysctl(live, "", &s), -EINVAL);
    assert_int_equal(uname(&u), 0);
    assert_int_equal(live_kernel(live, &s), 0);
    assert_string_equal(s, u.release);
}

static const struct listener *find(const struct listeners *l, const char *protocol, unsigned port)
{
    for (size_t i = 0; i < l->n; i++)
        if (strcmp(l->v[i].protocol, protocol) == 0 && l->v[i].port == port)
            return &l->v[i];
    return NULL;
}

static void listeners_and_who_holds_them(void **state)
{
    (void)state;
    const struct listeners *l;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001)};
    socklen_t size = sizeof a;
    int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (tcp < 0 || bind(tcp, (struct sockaddr *)&a, sizeof a) < 0)
        skip();
    assert_int_equal(listen(tcp, 1), 0);
    assert_int_equal(getsockname(tcp, (struct sockaddr *)&a, &size), 0);
    unsigned port = ntohs(a.sin_port);
    int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    a.sin_addr.s_addr = 0;
    assert_int_equal(bind(udp, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(live_listeners(live, &l), 0);
    const struct listener *t = find(l, "tcp", port), *u = find(l, "udp", port);
    assert_non_null(t);
    assert_non_null(u);
    assert_string_equal(t->address, "127.0.0.1");
    assert_string_equal(u->address, "0.0.0.0");
    assert_true(t->loopback && !u->loopback);
    assert_int_equal(t->pid, getpid());
    assert_string_equal(t->process, "test_live");
    (void)close(tcp);
    (void)close(udp);
}

static void processes_are_seen(void **state)
{
    (void)state;
    const struct processes *p;
    bool seen = false;
    assert_int_equal(live_processes(live, &p), 0);
    for (size_t i = 0; i < p->n; i++)
        if (p->v[i].pid == getpid()) {
            seen = true;
            assert_int_equal(p->v[i].euid, geteuid());
            assert_string_equal(p->v[i].comm, "test_live");
            assert_non_null(strstr(p->v[i].cmdline, "test_live"));
            assert_non_null(strstr(p->v[i].exe, "/test_live"));
        }
    assert_true(seen);
    struct unit_state u;
    if (!root_exists(live, "/run/systemd/system"))
        assert_int_equal(live_unit(live, "ssh.service", &u), -ENOSYS);
    assert_int_equal(live_unit(live, "*.service", &u), -EINVAL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_tool_sees_nothing_of_ours),
        TEST(time_and_output_are_bounded),
        TEST(input_is_fed),
        TEST(programs_that_others_may_change_are_refused),
        TEST(an_image_has_no_running_state),
        TEST(sysctl_names),
        TEST(listeners_and_who_holds_them),
        TEST(processes_are_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
