/* Packages that rules need, by the image's own package manager, confined. */
#include <errno.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "base/width.h"
#include "engine/activate.h"
#include "engine/build.h"
#include "engine/txn_manifest.h"
#include "root/confine.h"
#include "root/image.h"
#include "root/worker.h"

enum { TIMEOUT_MS = 30 * 60 * 1000, MOST_TASKS = 512 };

#define APT_SOURCES "/etc/apt/.dengbao-mirror.list"
#define POLICY_RC "/usr/sbin/policy-rc.d"

static const struct manager {
    const char *program;
    const char *update[8], *install[8], *remove[8], *clean[4];
    const char *dry[8]; /* a removal that only says what would go; none: it is not asked */
} managers[] = {
    {"/usr/bin/apt-get",
     {"-q", "-o", "Acquire::http::Pipeline-Depth=0", "-o", "Acquire::Retries=2", "update"},
     {"-y", "-q", "--no-install-recommends", "--no-remove", "install"},
     {"-y", "-q", "remove"},
     {"clean"},
     {"-s", "-q", "remove"}},
    {"/usr/bin/dnf",
     {NULL},
     {"-y", "-q", "install"},
     {"-y", "-q", "remove"},
     {"clean", "all"},
     {NULL}},
    {"/usr/bin/yum",
     {NULL},
     {"-y", "-q", "install"},
     {"-y", "-q", "remove"},
     {"clean", "all"},
     {NULL}},
};

struct needed {
    struct strings install, remove;
};

static int find_needed(struct build *b, struct needed *ret)
{
    const struct build_request *q = b->request;
    struct plan_options options = *q->plan;
    struct plan *plan;
    options.packages = PACKAGES_LIST;
    int code = plan_make(b->host, q->policy, q->selection, &options, &plan);
    if (code < 0)
        return code;
    vec_each (s, &plan->steps)
        if (s->kind == STEP_PACKAGE && s->target[0] != '-')
            strings_add(q->arena, cstr_eq(s->verb, "remove") ? &ret->remove : &ret->install,
                        s->target);
    return 0;
}

/* ---- running it ---- */

static int failed(struct build *b, const char *program, const char *verb, const struct confined *r,
                  struct err *e)
{
    struct str said = r->said, line, last = STR("");
    if (r->too_many)
        return err_set(e, -EREMOTEIO, "%s of the image started too many processes and was ended",
                       "镜像中的 %s 启动了过多进程，已被终止", program);
    if (r->timed_out)
        return err_set(e, -EREMOTEIO, "%s of the image did not end in time and was ended",
                       "镜像中的 %s 超时，已被终止", program);
    while (str_next_line(&said, &line))
        if (str_trim(line).n)
            last = str_trim(line);
    if (last.n > 300)
        last.n = 300;
    return err_set(e, -EREMOTEIO, "%s %s of the image failed with status %d: %s",
                   "镜像中的 %s %s 失败，状态 %d：%s", program, verb, r->status,
                   safe_text(b->request->arena, str_dup(b->request->arena, last)));
}

static int run(struct build *b, const struct manager *m, const char *const *words, size_t most,
               const struct strings *names, struct str *ret_said, struct err *e)
{
    const struct build_request *q = b->request;
    struct strings argv = {0};
    const char *proxy = arena_printf(q->arena, "http_proxy=http://127.0.0.1:%u", q->gate_port);
    const char *environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                                 "LC_ALL=C",
                                 "HOME=/root",
                                 "DEBIAN_FRONTEND=noninteractive",
                                 "SYSTEMD_OFFLINE=1",
                                 proxy,
                                 arena_printf(q->arena, "https_%s", proxy + 5),
                                 NULL};
    if (!q->gate_port)
        environment[5] = NULL;
    const struct confine c = {.root = media_root(b->media),
                              .work = q->work,
                              .environment = environment,
                              .timeout_ms = TIMEOUT_MS,
                              .most_tasks = MOST_TASKS};
    struct confined result = {0};
    const char *verb = "";
    strings_add(q->arena, &argv, m->program);
    if (q->mirror && cstr_ends(m->program, "/apt-get")) {
        strings_add(q->arena, &argv, "-oDir::Etc::SourceList=" APT_SOURCES);
        strings_add(q->arena, &argv, "-oDir::Etc::SourceParts=/dev/null");
    }
    for (size_t i = 0; i < most && words[i]; i++)
        strings_add(q->arena, &argv, verb = words[i]);
    if (names) {
        strings_add(q->arena, &argv, "--");
        for (size_t i = 0; i < names->n; i++)
            strings_add(q->arena, &argv, names->v[i]);
    }
    strings_add(q->arena, &argv, NULL);
    int code = confine_run(q->arena, &c, argv.v, &result, e);
    if (code == 0 && (result.status || result.timed_out || result.too_many))
        code = failed(b, m->program, verb, &result, e);
    if (code == 0 && ret_said)
        *ret_said = result.said;
    return code;
}

static int run_all(struct build *b, const struct manager *m, const struct needed *n, struct err *e)
{
    struct str said;
    int code = 0;
    if (n->install.n && m->update[0])
        code = run(b, m, m->update, ARRAY_SIZE(m->update), NULL, NULL, e);
    if (code == 0 && n->install.n)
        code = run(b, m, m->install, ARRAY_SIZE(m->install), &n->install, NULL, e);
    if (code == 0 && n->remove.n && m->dry[0]) {
        code = run(b, m, m->dry, ARRAY_SIZE(m->dry), &n->remove, &said, e);
        if (code == 0)
            code = packages_only_named(b->request->arena, said, &n->remove, e);
    }
    if (code == 0 && n->remove.n)
        code = run(b, m, m->remove, ARRAY_SIZE(m->remove), &n->remove, NULL, e);
    return code == 0 ? run(b, m, m->clean, ARRAY_SIZE(m->clean), NULL, NULL, e) : code;
}

/* ---- before and after ---- */

static bool is_foreign(const char *architecture)
{
    struct utsname machine;
    if (!architecture || uname(&machine) < 0)
        return false;
    return !cstr_eq(architecture, machine.machine) &&
           !(cstr_eq(architecture, "i386") && cstr_eq(machine.machine, "x86_64"));
}

static int put_text(struct build *b, const char *path, mode_t mode, const char *text)
{
    const struct image file = {.kind = IMAGE_FILE, .mode = mode, .bytes = str_of(text)};
    return image_put(b->root, path, &file, ".dengbao-packages");
}

static void remove_text(struct build *b, const char *path)
{
    static const struct image absent = {.kind = IMAGE_ABSENT};
    (void)image_put(b->root, path, &absent, ".dengbao-packages");
}

static const char *suite(const struct build *b)
{
    struct str bytes, line;
    if (root_read(b->root, "/etc/os-release", &bytes) < 0)
        return NULL;
    while (str_next_line(&bytes, &line))
        if (str_starts(line, "VERSION_CODENAME="))
            return str_dup(b->request->arena, str_slice(line, 17, line.n));
    return NULL;
}

/* Services are not started (invoke-rc.d(8)); apt takes the mirror instead of the image's sources.
 */
static int prepare(struct build *b, bool *ret_policy)
{
    const struct build_request *q = b->request;
    const char *name = suite(b);
    int code = 0;
    *ret_policy = root_exists(b->root, "/usr/sbin") && !root_exists(b->root, POLICY_RC);
    if (*ret_policy)
        code = put_text(b, POLICY_RC, 0755, "#!/bin/sh\nexit 101\n");
    if (code == 0 && q->mirror && root_exists(b->root, "/etc/apt"))
        code =
            put_text(b, APT_SOURCES, 0644,
                     arena_printf(q->arena, "deb %s %s main\n", q->mirror, name ? name : "stable"));
    return code;
}

static const struct manager *find_manager(struct build *b)
{
    for (size_t i = 0; i < ARRAY_SIZE(managers); i++)
        if (root_exists(b->root, managers[i].program))
            return &managers[i];
    return NULL;
}

int build_packages(struct build *b, struct err *e)
{
    const struct build_request *q = b->request;
    struct needed n = {0};
    bool policy = false;
    int code = find_needed(b, &n);
    if (code < 0 || (!n.install.n && !n.remove.n))
        return code;
    const char *list = strings_join(q->arena, n.install.n ? &n.install : &n.remove, ", ", 16);
    if (!q->packages) {
        vec_push(
            q->arena, &b->notes,
            n.install.n
                ? text_make(q->arena, "packages that rules need are not installed: %s (--packages)",
                            "未安装规则所需的软件包：%s（--packages）", list)
                : text_make(q->arena, "packages that rules forbid are not removed: %s (--packages)",
                            "未移除规则不允许的软件包：%s（--packages）", list));
        return 0;
    }
    if (is_foreign(build_architecture(b)))
        return err_set(e, -ENOEXEC,
                       "the image is for %s: its package manager cannot be run on this machine",
                       "镜像的架构为 %s，无法在本机运行其软件包管理器", b->architecture);
    if (!worker_has_ids())
        return err_set(e, -EPERM,
                       "packages have files of more than one user: run as root, or give this user "
                       "a range in /etc/subuid and /etc/subgid",
                       "软件包中的文件属于多个用户：请以 root 运行，"
                       "或在 /etc/subuid 与 /etc/subgid 中为当前用户分配范围");
    const struct manager *m = find_manager(b);
    if (!m)
        return err_set(e, -ENOENT, "the image has no apt-get, dnf or yum to install %s",
                       "镜像中没有可用于安装 %s 的 apt-get、dnf 或 yum", list);
    code = prepare(b, &policy);
    if (code == 0)
        code = run_all(b, m, &n, e);
    if (policy)
        remove_text(b, POLICY_RC);
    remove_text(b, APT_SOURCES);
    for (size_t i = 0; i < n.install.n && code == 0; i++)
        strings_add(q->arena, &b->installed, n.install.v[i]);
    for (size_t i = 0; i < n.remove.n && code == 0; i++)
        strings_add(q->arena, &b->removed, n.remove.v[i]);
    return code;
}
