/* Packages through the distribution's own tool; what it calls is its business, not ours to undo. */
#include <errno.h>

#include "base/cleanup.h"
#include "engine/activate.h"
#include "root/run.h"

enum { DRY_TIMEOUT_MS = 5 * 60 * 1000, TIMEOUT_MS = 30 * 60 * 1000, MOST_SAID = 300 };

/* dnf.conf(5): a removal would take along what nothing needs any more; only what is named goes. */
#define KEEP_OTHERS "--setopt=clean_requirements_on_remove=False"

static const struct manager {
    const char *program;
    const char *dry[4], *real[4]; /* options before the verb */
    bool aborts_dry;              /* a dry run ends with status 1 and says so */
} managers[] = {
    {"/usr/bin/apt-get",
     {"-s", "-q", "--no-install-recommends"},
     {"-y", "-q", "--no-install-recommends"},
     false},
    {"/usr/bin/dnf", {"--assumeno", KEEP_OTHERS}, {"-y", "-q", KEEP_OTHERS}, true},
    {"/usr/bin/yum", {"--assumeno", KEEP_OTHERS}, {"-y", "-q", KEEP_OTHERS}, true},
};

static void put(struct arena *a, struct strings *argv, const char *const *words, size_t most)
{
    for (size_t i = 0; i < most && words[i]; i++)
        strings_add(a, argv, words[i]);
}

static int run(struct root *r, const struct manager *m, bool dry, const char *verb,
               const struct strings *names, struct run_result *ret)
{
    struct arena *a = root_arena(r);
    struct strings argv = {0};
    strings_add(a, &argv, m->program);
    put(a, &argv, dry ? m->dry : m->real, ARRAY_SIZE(m->dry));
    strings_add(a, &argv, verb);
    strings_add(a, &argv, "--");
    put(a, &argv, names->v, names->n);
    strings_add(a, &argv, NULL);
    return dry ? root_run(r, argv.v, DRY_TIMEOUT_MS, ret)
               : root_run_to_end(r, argv.v, TIMEOUT_MS, ret);
}

static int failed(const struct manager *m, const char *verb, int code, const struct run_result *r,
                  struct err *e)
{
    struct str words = str_trim(r->err.n ? r->err : r->out);
    if (words.n > MOST_SAID)
        words = str_slice(words, words.n - MOST_SAID, words.n);
    if (code < 0)
        return err_set(e, code, "%s did not run: %s", "%s 未能运行：%s", m->program,
                       errno_text(code).en);
    return err_set(e, -EREMOTEIO, "%s %s failed with status %d: %.*s", "%s %s 失败，状态 %d：%.*s",
                   m->program, verb, r->status, STR_ARG(words));
}

/* The package that a line of a dry run says would go. apt-get -s: "Remv NAME [VERSION]". dnf and
 * yum: rows " NAME ARCH VERSION …" below "Removing:", "Removing dependent packages:", "Removing for
 * dependencies:" and the like; a row that is set in deeper goes on with the one above. */
static bool removed_by(struct str line, bool *in_table, struct str *ret_name)
{
    struct str rest = line;
    if (str_starts(line, "Remv "))
        return str_next_word(&rest, ret_name) && str_next_word(&rest, ret_name);
    if (line.n == 0 || line.p[0] != ' ')
        *in_table = str_starts(line, "Removing") && line.p[line.n - 1] == ':';
    bool row = *in_table && line.n > 1 && line.p[0] == ' ' && line.p[1] != ' ';
    return row && str_next_word(&rest, ret_name);
}

int packages_only_named(struct arena *a, struct str said, const struct strings *names,
                        struct err *e)
{
    bool in_table = false;
    for (struct str line; str_next_line(&said, &line);) {
        struct str word;
        if (!removed_by(line, &in_table, &word))
            continue;
        const char *name = str_dup(a, word);
        const char *colon = strchr(name, ':');
        if (colon)
            name = arena_strndup(a, name, (size_t)(colon - name));
        if (strings_find(names, name) < 0)
            return err_set(e, -EPERM, "%s would be removed as well: decide about it first",
                           "%s 也将被移除：请先决定如何处理", name);
    }
    return 0;
}

static int try_out(struct root *r, const struct manager *m, const char *verb,
                   const struct strings *names, struct err *e)
{
    struct run_result result = {0};
    static const struct strings none = {0};
    int code = run(r, m, true, verb, names, &result);
    bool aborted = m->aborts_dry && code == 0 && result.status == 1 &&
                   (memmem(result.out.p, result.out.n, "abort", 5) ||
                    memmem(result.err.p, result.err.n, "abort", 5));
    if (code < 0 || (result.status != 0 && !aborted))
        return failed(m, verb, code, &result, e);
    return packages_only_named(root_arena(r), result.out, cstr_eq(verb, "remove") ? names : &none,
                               e);
}

static const struct manager *find(struct root *r)
{
    for (size_t i = 0; i < ARRAY_SIZE(managers); i++)
        if (root_exists(r, managers[i].program))
            return &managers[i];
    return NULL;
}

/* A fresh system has no lists of packages yet, and apt-get finds nothing without them. What it says
 * when it cannot fetch them is said by the dry run that follows. */
static void fetch_lists(struct root *r, const struct manager *m)
{
    static const char *const argv[] = {"/usr/bin/apt-get", "-q", "update", NULL};
    struct strings lists = {0};
    struct run_result result = {0};
    (void)root_glob(r, "/var/lib/apt/lists/*_Packages*", &lists);
    if (cstr_eq(m->program, argv[0]) && !lists.n)
        (void)root_run(r, argv, DRY_TIMEOUT_MS, &result);
}

int packages_run(struct root *r, const struct txn *t, struct err *e)
{
    static const char *const verbs[] = {"install", "remove"};
    struct strings names[2] = {0};
    vec_each (s, &t->steps)
        for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
            if (s->kind == STEP_PACKAGE && cstr_eq(s->verb, verbs[i]) && s->target[0] != '-')
                strings_add(root_arena(r), &names[i], s->target);
    if ((!names[0].n && !names[1].n) || !root_is_live(r))
        return 0;
    const struct manager *m = find(r);
    int code = m ? 0
                 : err_set(e, -ENOENT, "neither apt-get, dnf nor yum is installed",
                           "未安装 apt-get、dnf 或 yum");
    if (code == 0 && names[0].n)
        fetch_lists(r, m);
    for (size_t i = 0; code == 0 && i < ARRAY_SIZE(verbs); i++)
        code = names[i].n ? try_out(r, m, verbs[i], &names[i], e) : 0;
    for (size_t i = 0; code == 0 && i < ARRAY_SIZE(verbs); i++) {
        struct run_result result = {0};
        int done = names[i].n ? run(r, m, false, verbs[i], &names[i], &result) : 0;
        if (done < 0 || result.status != 0)
            code = failed(m, verbs[i], done, &result, e);
    }
    return code;
}
