#include "cli/saved.h"

#include "base/str.h"
#include "engine/check.h"
#include "engine/record.h"
#include "engine/result_read.h"
#include "engine/units.h"
#include "root/own.h"

static int read_saved(const struct invocation *i, const char *name, const struct result **ret)
{
    struct err e = {.arena = i->arena};
    const char *path = cstr_eq(name, "-") ? "/dev/stdin" : name;
    _cleanup_buf_ struct buf bytes = {0};
    int r = own_read_input(path, RESULT_FILE_LIMIT, &bytes, &e);
    if (r == 0)
        r = result_read(i->arena, (struct str){bytes.data, bytes.len}, ret, &e);
    return r < 0 ? complain(i, EXIT_ERROR, e.message) : 0;
}

int saved_or_checked(const struct invocation *i, struct policy *policy, struct root **ret_root,
                     const struct result **ret)
{
    if (i->args.n)
        return read_saved(i, i->args.v[0], ret);
    int r = session_root(i, ret_root);
    if (r)
        return r;
    struct host_options *asked = arena_make(i->arena, struct host_options);
    struct check_options options = {.settlements = session_settlements(i, policy)};
    *ret = check_run(session_host(i, *ret_root, policy, asked), policy, &options);
    return 0;
}

int record_of_result(const struct invocation *i, struct policy *policy, const struct result *result,
                     struct record **ret)
{
    struct err e = {.arena = i->arena};
    struct str bytes = {0};
    struct units *units = arena_make(i->arena, struct units);
    if (policy_data(policy, "data/units.yaml", &bytes) < 0)
        return complain(i, EXIT_ERROR,
                        TEXT("the policy has no data/units.yaml", "策略缺少 data/units.yaml"));
    if (units_read(i->arena, "data/units.yaml", bytes, units, &e) < 0)
        return complain(i, EXIT_ERROR, e.message);
    *ret = record_make(i->arena, result, units);
    return 0;
}
