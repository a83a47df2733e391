/* The programs themselves have the last word on their own files, where they can be asked. */
#include <errno.h>

#include "base/cleanup.h"
#include "engine/prove.h"
#include "root/live.h"
#include "root/run.h"

enum { TIMEOUT_MS = 20 * 1000, MOST_SAID = 300 };

/* Asked when a path with one of the prefixes changes; $ stands for the path, and then the program
 * is asked for each of them. */
static const struct prover {
    const char *touched[4];
    const char *argv[5];
    const char *name;
} provers[] = {
    {{"/etc/ssh/"}, {"/usr/sbin/sshd", "-t"}, "sshd -t"},
    {{"/etc/sudoers"}, {"/usr/sbin/visudo", "-c", "-q"}, "visudo -c"},
    {{"/etc/nftables.conf", "/etc/nftables/", "/etc/sysconfig/nftables.conf"},
     {"/usr/sbin/nft", "-c", "-f", "$"},
     "nft -c"},
    {{"/etc/audit/rules.d/"}, {"/usr/sbin/augenrules", "--check"}, "augenrules --check"},
    {{NULL}, {"/bin/bash", "-n", "$"}, "bash -n"}, /* is_shell_file */
};

static bool is_shell_file(const char *path)
{
    static const char *const ends[] = {"/.bashrc",        "/.profile",   "/.bash_profile",
                                       "/.bash_login",    "/etc/bashrc", "/etc/profile",
                                       "/etc/bash.bashrc"};
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
        if (cstr_ends(path, ends[i]))
            return true;
    return cstr_starts(path, "/etc/profile.d/") && cstr_ends(path, ".sh");
}

static bool concerns(const struct prover *p, const struct step *s)
{
    if (!s->change || s->kind == STEP_REMOVE || s->kind == STEP_MAKE_DIRECTORY)
        return false;
    if (cstr_eq(p->name, "bash -n"))
        return is_shell_file(s->target);
    for (size_t i = 0; i < ARRAY_SIZE(p->touched) && p->touched[i]; i++)
        if (cstr_starts(s->target, p->touched[i]))
            return true;
    return false;
}

static bool is_per_file(const struct prover *p)
{
    for (size_t i = 0; p->argv[i]; i++)
        if (cstr_eq(p->argv[i], "$"))
            return true;
    return false;
}

static struct text said(struct arena *a, const struct prover *p, const struct run_result *r)
{
    struct str words = str_trim(r->err.n ? r->err : r->out);
    if (words.n > MOST_SAID)
        words = str_slice(words, 0, MOST_SAID);
    if (r->timed_out)
        return text_make(a, "%s did not end in time on the planned files",
                         "%s 在计划后的文件上未能及时结束", p->name);
    return text_make(a, "%s refuses the planned files: %.*s", "%s 拒绝计划后的文件：%.*s", p->name,
                     STR_ARG(words));
}

struct proof {
    struct plan *plan;
    struct strings ran, missing;
    int unable; /* why the staged files cannot be shown to a tool; 0: they can */
};

/* A program that complains about what is there already says nothing about the plan; one that would
 * complain because a new file is not there yet is not asked. */
static bool complains_anyway(struct plan *plan, const struct prover *p, const char *const argv[],
                             const char *path)
{
    struct run_result r = {0};
    if (is_per_file(p) && !root_exists(plan->host->root, path))
        return false;
    return root_run(plan->host->root, argv, TIMEOUT_MS, &r) == 0 && r.status != 0;
}

struct question {
    const struct prover *p;
    const char *const *argv;
    const char *path;
};

static bool is_accepted(struct host *staged, void *context)
{
    const struct question *q = context;
    struct run_result r = {0};
    if (is_per_file(q->p) && !root_exists(staged->root, q->path))
        return true;
    return root_run_staged(staged->root, q->argv, TIMEOUT_MS, &r) < 0 || r.status == 0;
}

static void ask(struct proof *proof, const struct prover *p, const char *path)
{
    struct plan *plan = proof->plan;
    struct arena *a = plan->host->arena;
    const char *argv[6] = {0};
    struct run_result r = {0};
    for (size_t i = 0; p->argv[i]; i++)
        argv[i] = cstr_eq(p->argv[i], "$") ? path : p->argv[i];
    int code = root_run_staged(plan->staged->root, argv, TIMEOUT_MS, &r);
    struct strings *list = code == -ENOENT ? &proof->missing : &proof->ran;
    if (code < 0 && code != -ENOENT && code != -ETIMEDOUT) {
        proof->unable = code;
        return;
    }
    if (strings_find(list, p->name) < 0)
        strings_add(a, list, p->name);
    if (code == -ENOENT || (code == 0 && r.status == 0))
        return;
    if (code == 0 && complains_anyway(plan, p, argv, path))
        return;
    struct question q = {p, argv, path};
    /* One that hangs would hang again with each rule. */
    const char *by = r.timed_out ? NULL : prove_blame(plan, is_accepted, &q);
    struct refusal refusal = {said(a, p, &r), by};
    vec_push(a, &plan->refusals, refusal);
}

static void ask_all(struct proof *proof, const struct prover *p)
{
    vec_each (s, &proof->plan->steps) {
        if (!concerns(p, s) || proof->unable)
            continue;
        ask(proof, p, s->target);
        if (!is_per_file(p))
            return;
    }
}

static struct text summary(const struct proof *proof)
{
    struct arena *a = proof->plan->host->arena;
    if (proof->unable)
        return text_make(
            a, "the real programs could not be shown the planned files (%s); judged without them",
            "无法让实际程序读取计划后的文件（%s），仅由内部判定", errno_text(proof->unable).en);
    if (!proof->ran.n)
        return (struct text){0};
    return text_make(a, "the planned files were accepted or refused by %s",
                     "计划后的文件已由以下程序检验：%s", strings_join(a, &proof->ran, ", ", 0));
}

void prove_tools(struct plan *plan)
{
    struct proof proof = {.plan = plan};
    if (!root_is_live(plan->host->root)) {
        plan->proved = TEXT("nothing of an image is run: judged by evaluation alone",
                            "不运行镜像中的任何程序，仅由内部判定");
        return;
    }
    if (!live_privileged()) {
        plan->proved = TEXT("not root: the real programs were not asked about the planned files",
                            "非 root 用户：未让实际程序检验计划后的文件");
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(provers); i++)
        ask_all(&proof, &provers[i]);
    plan->proved = summary(&proof);
}
