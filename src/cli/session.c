#include "cli/session.h"

#include <errno.h>
#include <time.h>

#include "base/str.h"
#include "engine/txn.h"

int session_policy(const struct invocation *i, struct policy **ret)
{
    return session_policy_with(i, NULL, 0, ret);
}

int session_policy_with(const struct invocation *i, const struct site_file *files, size_t n,
                        struct policy **ret)
{
    struct problems problems = {.arena = i->arena};
    struct policy_options options = {
        .directory = i->options[OPTION_POLICY],
        .overrides = i->options[OPTION_CONFIG],
        .site_files = files,
        .site_file_count = n,
        .preset = i->options[OPTION_PRESET],
    };
    /* Values for the rules of the product make no sense to a policy of somebody else. */
    if (!options.overrides && !options.directory)
        options.overrides = "/etc/dengbao";
    int r = policy_load(i->arena, &options, ret, &problems);
    if (r == 0)
        return 0;
    if (r == -ENOENT && problems.n == 1 && options.preset)
        return complain(i, EXIT_USAGE, problems.v[0].message);
    complain_problems(i, &problems);
    return EXIT_ERROR;
}

int session_select(const struct invocation *i, const struct policy *p, struct selection *ret)
{
    for (size_t k = 0; k < i->args.n; k++) {
        if (policy_select(i->arena, p, i->args.v[k], ret) == 0)
            continue;
        struct strings known = policy_names(i->arena, p);
        return complain_unknown(i, TEXT("unknown rule or item", "未知的规则或检查项"), i->args.v[k],
                                &known);
    }
    return 0;
}

const char *session_config(const struct invocation *i)
{
    const char *root = i->options[OPTION_ROOT];
    if (i->options[OPTION_CONFIG])
        return i->options[OPTION_CONFIG];
    return i->options[OPTION_POLICY] || (root && !cstr_eq(root, "/")) ? NULL : "/etc/dengbao";
}

struct settlements *session_settlements(const struct invocation *i, const struct policy *p)
{
    struct settlements *all = arena_make(i->arena, struct settlements);
    settlements_load(i->arena, session_config(i), p, time(NULL), all);
    return all;
}

int session_root(const struct invocation *i, struct root **ret)
{
    struct err e = {.arena = i->arena};
    const char *dir = i->options[OPTION_ROOT] ? i->options[OPTION_ROOT] : "/";
    int r = root_open(i->arena, dir, 0, ret, &e);
    return r < 0 ? complain(i, EXIT_ERROR, e.message) : 0;
}

struct host *session_host(const struct invocation *i, struct root *root, struct policy *policy,
                          struct host_options *options)
{
    options->no_walk = i->options[OPTION_NO_WALK] != NULL;
    options->weak_passwords = i->options[OPTION_WEAK_PASSWORDS];
    options->data = policy_data;
    options->data_context = policy;
    struct host *host = host_open(root, time(NULL));
    host->options = options;
    return host;
}

void session_unfinished(const struct invocation *i, struct root *root)
{
    const char *id = txn_unfinished(root);
    if (id)
        (void)complain(
            i, 0,
            text_make(i->arena,
                      "transaction %s is not finished: it is going on, or was "
                      "interrupted; then: dengbao recover",
                      "事务 %s 尚未完成：正在执行，或已被中断；若已中断，请执行：dengbao "
                      "recover",
                      id));
}
