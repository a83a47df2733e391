#include "access/access.h"

static enum access_state best(const struct access_account *a, int from, int to)
{
    enum access_state s = ACCESS_NO;
    for (int w = from; w < to; w++)
        if (a->ways[w].state > s)
            s = a->ways[w].state;
    return s;
}

static enum access_state both(enum access_state a, enum access_state b)
{
    return a < b ? a : b;
}

enum access_state access_in(const struct access_account *a, unsigned paths)
{
    enum access_state ssh = best(a, ACCESS_SSH_PASSWORD, ACCESS_CONSOLE);
    enum access_state console = a->ways[ACCESS_CONSOLE].state, s = ACCESS_NO;
    if (paths & ACCESS_BY_SSH)
        s = ssh;
    if ((paths & ACCESS_BY_CONSOLE) && console > s)
        s = console;
    return s;
}

enum access_state access_to_root(const struct access_account *a)
{
    return a->uid == 0 ? ACCESS_YES : best(a, ACCESS_SU, ACCESS_WAYS);
}

enum access_state access_root(const struct access_account *a, unsigned paths)
{
    return both(access_in(a, paths), access_to_root(a));
}

enum access_state access_anybody_root(const struct access *a, unsigned paths)
{
    enum access_state s = ACCESS_NO;
    vec_each (row, &a->accounts)
        if (access_root(row, paths) > s)
            s = access_root(row, paths);
    return s;
}

bool access_operator_keeps_root(const struct access *a, unsigned paths)
{
    vec_each (row, &a->accounts)
        if (row->uid != 0 && access_root(row, paths) == ACCESS_YES)
            return true;
    return false;
}

/* Rows come in passwd order on both sides; accounts may be added or go. */
static const struct access_account *find(const struct access *a, const char *name, size_t hint)
{
    if (hint < a->accounts.n && cstr_eq(a->accounts.v[hint].name, name))
        return &a->accounts.v[hint];
    vec_each (row, &a->accounts)
        if (cstr_eq(row->name, name))
            return row;
    return NULL;
}

static bool differs(const struct access_account *a, const struct access_account *b)
{
    for (int w = 0; w < ACCESS_WAYS; w++)
        if (a->ways[w].state != b->ways[w].state ||
            a->ways[w].must_change != b->ways[w].must_change ||
            a->ways[w].nothing != b->ways[w].nothing)
            return true;
    return false;
}

void access_compare(const struct access *before, const struct access *after,
                    struct access_changes *ret)
{
    struct arena *arena = before->host->arena;
    for (size_t i = 0; i < before->accounts.n; i++) {
        const struct access_account *was = &before->accounts.v[i];
        const struct access_account *is = find(after, was->name, i);
        if (!is || differs(was, is))
            vec_push(arena, ret, (struct access_change){was, is});
    }
    for (size_t i = 0; i < after->accounts.n; i++)
        if (!find(before, after->accounts.v[i].name, i))
            vec_push(arena, ret, (struct access_change){NULL, &after->accounts.v[i]});
}

/* ---- refusing ---- */

static bool newly_bad(const struct access_service *was, const struct access_service *is)
{
    return is->wrong != PAM_REFUSED && is->wrong != was->wrong && was->wrong != PAM_ACCEPTED;
}

static struct text service_refusal(struct arena *arena, const struct access_service *s)
{
    struct text why = s->wrong_at.text;
    if (s->wrong == PAM_ACCEPTED)
        return text_make(arena, "%s would let people in with a wrong or empty password",
                         "%s 将接受错误或空口令", s->name);
    return (struct text){
        arena_printf(arena, "what %s says to a wrong password could no longer be decided: %s",
                     s->name, why.en),
        arena_printf(arena, "将无法判定 %s 对错误口令的反应：%s", s->name, why.zh)};
}

/* What closed the way of an account that was root from there, for naming file and rule. */
static const struct access_answer *closed(const struct access_account *was,
                                          const struct access_account *is, unsigned paths)
{
    int first = paths & ACCESS_BY_SSH ? 0 : ACCESS_CONSOLE;
    int last = paths & ACCESS_BY_CONSOLE ? ACCESS_WAYS : ACCESS_CONSOLE;
    for (int w = first; w < ACCESS_WAYS; w++)
        if ((w < last || w >= ACCESS_SU) && is->ways[w].state < was->ways[w].state)
            return &is->ways[w];
    return NULL;
}

static struct text place_text(const struct access *access, unsigned paths)
{
    if (!(paths & ACCESS_BY_SSH))
        return TEXT("the console", "控制台");
    if (access->from)
        return (struct text){access->from, access->from};
    return TEXT("ssh or the console", "ssh 或控制台");
}

struct text access_nobody_text(const struct access *after, unsigned paths)
{
    struct text place = place_text(after, paths);
    struct arena *a = after->host->arena;
    return (struct text){
        arena_printf(
            a, "afterwards no account but root's is certain to log in from %s and become root",
            place.en),
        arena_printf(a, "更改后不能确定有 root 之外的账户可从 %s 登录并成为 root", place.zh)};
}

struct text access_kept_out(const struct access *after, const char *name, unsigned paths,
                            struct where *ret_where)
{
    struct arena *a = after->host->arena;
    const struct access_account *row = find(after, name, 0);
    struct text place = place_text(after, paths);
    if (!row || access_root(row, paths) == ACCESS_YES)
        return (struct text){0};
    bool in = access_in(row, paths) == ACCESS_YES;
    enum access_way from = paths & ACCESS_BY_SSH ? ACCESS_SSH_PASSWORD : ACCESS_CONSOLE;
    const struct access_fact *fact = access_deciding(&row->ways[in ? ACCESS_SU : from]);
    struct text why = fact ? fact->text : TEXT("not possible", "不可行");
    if (fact)
        *ret_where = fact->where;
    if (in)
        return (struct text){
            arena_printf(a, "afterwards %s would not be certain to become root: %s", name, why.en),
            arena_printf(a, "更改后不能确定 %s 可成为 root：%s", name, why.zh)};
    return (struct text){
        arena_printf(a, "afterwards %s would not be certain to log in from %s: %s", name, place.en,
                     why.en),
        arena_printf(a, "更改后不能确定 %s 可从 %s 登录：%s", name, place.zh, why.zh)};
}

static struct text cut_text(const struct access *before, const struct access *after, unsigned paths,
                            struct where *ret_where)
{
    struct arena *arena = before->host->arena;
    struct text why = {0};
    const char *who = NULL;
    for (size_t i = 0; !who && i < before->accounts.n; i++) {
        const struct access_account *was = &before->accounts.v[i];
        const struct access_account *is = find(after, was->name, i);
        if (access_root(was, paths) != access_anybody_root(before, paths))
            continue;
        who = was->name;
        const struct access_answer *answer = is ? closed(was, is, paths) : NULL;
        const struct access_fact *fact = answer ? access_deciding(answer) : NULL;
        if (fact) {
            *ret_where = fact->where;
            why = fact->text;
        }
    }
    bool gone = access_anybody_root(after, paths) == ACCESS_NO;
    struct text place = place_text(before, paths);
    struct text what = gone ? TEXT("nobody could", "无人能")
                            : TEXT("it is not certain that anybody could", "无法确定是否有人能");
    struct text base = {arena_printf(arena,
                                     "afterwards %s log in from %s and become root (today %s can)",
                                     what.en, place.en, who),
                        arena_printf(arena, "更改后%s从 %s 登录并成为 root（目前 %s 可以）",
                                     what.zh, place.zh, who)};
    return why.en ? (struct text){arena_printf(arena, "%s: %s", base.en, why.en),
                                  arena_printf(arena, "%s：%s", base.zh, why.zh)}
                  : base;
}

/* Root still gets in by itself, but nobody under a name of his own any more. */
static struct text operator_text(const struct access *before, const struct access *after,
                                 unsigned paths, struct where *ret_where)
{
    for (size_t i = 0; i < before->accounts.n; i++) {
        const struct access_account *was = &before->accounts.v[i];
        const struct access_account *is = find(after, was->name, i);
        const struct access_answer *answer = is ? closed(was, is, paths) : NULL;
        const struct access_fact *fact = answer ? access_deciding(answer) : NULL;
        if (was->uid != 0 && access_root(was, paths) == ACCESS_YES && fact)
            *ret_where = fact->where;
    }
    return access_nobody_text(after, paths);
}

struct text access_refusal(const struct access *before, const struct access *after, unsigned paths,
                           struct where *ret_where)
{
    *ret_where = (struct where){0};
    for (size_t i = 0; i < before->services.n && i < after->services.n; i++)
        if (newly_bad(&before->services.v[i], &after->services.v[i])) {
            *ret_where = after->services.v[i].wrong_at.where;
            return service_refusal(before->host->arena, &after->services.v[i]);
        }
    if (access_anybody_root(after, paths) < access_anybody_root(before, paths))
        return cut_text(before, after, paths, ret_where);
    if (access_operator_keeps_root(before, paths) && !access_operator_keeps_root(after, paths))
        return operator_text(before, after, paths, ret_where);
    return (struct text){0};
}
