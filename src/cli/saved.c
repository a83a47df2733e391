#include "cli/saved.h"

#include "base/str.h"
#include "engine/check.h"
#include "engine/record.h"
#include "engine/result_read.h"
#include "engine/units.h"
#include "root/own.h"

int saved_refused(const struct invocation *i, const char *path, const struct err *e)
{
    if (e->path) /* the message names it */
        return complain(i, EXIT_ERROR, e->message);
    return complain(i, EXIT_ERROR,
                    (struct text){arena_printf(i->arena, "%s: %s", path, e->message.en),
                                  arena_printf(i->arena, "%s：%s", path, e->message.zh)});
}

int saved_bytes(const struct invocation *i, const char *path, struct buf *ret)
{
    struct err e = {.arena = i->arena};
    const char *from = cstr_eq(path, "-") ? "/dev/stdin" : path;
    int r = own_read_input(from, RESULT_FILE_LIMIT, ret, &e);
    return r < 0 ? saved_refused(i, path, &e) : 0;
}

void saved_warn(const struct invocation *i, const char *path, bool altered)
{
    if (altered)
        (void)complain(i, 0,
                       text_make(i->arena,
                                 "%s: changed after it was written: its digests are not those of "
                                 "its contents; it proves nothing",
                                 "%s：保存后被更改：摘要与内容不符，不能作为证据", path));
}

int saved_read(const struct invocation *i, const char *path, const struct result **ret)
{
    struct err e = {.arena = i->arena};
    _cleanup_buf_ struct buf bytes = {0};
    int r = saved_bytes(i, path, &bytes);
    if (r)
        return r;
    if (result_read(i->arena, (struct str){bytes.data, bytes.len}, ret, &e) < 0)
        return saved_refused(i, path, &e);
    saved_warn(i, path, (*ret)->altered);
    return 0;
}

int saved_or_checked(const struct invocation *i, struct policy *policy, struct root **ret_root,
                     const struct result **ret)
{
    if (i->args.n)
        return saved_read(i, i->args.v[0], ret);
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
