/*
 * Is a kind of event recorded?  The kernel asks the rules of the exit list one after the other and
 * the first that fits decides; a rule covers the events when none of its conditions leaves one out.
 */
#include <errno.h>
#include <libaudit.h>
#include <string.h>

#include "base/cleanup.h"
#include "effective/audit.h"
#include "root/accounts.h"

#define AUID_UNSET 4294967295

enum fit { FIT_NONE, FIT_SOME, FIT_ALL };

/* One combination of the question. */
struct event {
    const struct audit_question *q;
    const char *syscall; /* NULL: any */
    char perm;           /* '\0': not about a file */
    bool b64;
    const char *path; /* resolved; NULL: any */
};

static enum fit fit_compare(const char *op, int64_t v, int64_t low, int64_t high)
{
    bool all = false, none = false;
    if (strcmp(op, "=") == 0) {
        all = low == v && high == v;
        none = v < low || v > high;
    } else if (strcmp(op, "!=") == 0) {
        all = v < low || v > high;
        none = low == v && high == v;
    } else if (strcmp(op, ">=") == 0) {
        all = low >= v;
        none = high < v;
    } else if (strcmp(op, ">") == 0) {
        all = low > v;
        none = high <= v;
    } else if (strcmp(op, "<=") == 0) {
        all = high <= v;
        none = low > v;
    } else if (strcmp(op, "<") == 0) {
        all = high < v;
        none = low >= v;
    }
    return all ? FIT_ALL : none ? FIT_NONE : FIT_SOME;
}

static enum fit fit_auid(struct host *h, const struct event *e, const struct auditrule_field *f)
{
    int64_t v = AUID_UNSET;
    if (strcmp(f->value, "unset") != 0 && strcmp(f->value, "-1") != 0 &&
        str_to_int64(str_of(f->value), 10, &v) < 0) {
        const struct account *who = accounts_find(root_accounts(h->root), f->value);
        if (!who)
            return FIT_SOME;
        v = who->uid;
    }
    return e->q->users_only ? fit_compare(f->op, v, e->q->uid_min, AUID_UNSET - 1)
                            : fit_compare(f->op, v, 0, AUID_UNSET);
}

static enum fit fit_arch(const struct event *e, const struct auditrule_field *f)
{
    static const char *const wide[] = {"b64", "x86_64", "aarch64", "ppc64", "ppc64le", "s390x"};
    bool is_wide = false;
    for (size_t i = 0; i < ARRAY_SIZE(wide); i++)
        is_wide = is_wide || strcmp(f->value, wide[i]) == 0;
    bool same = is_wide == e->b64;
    return same == (strcmp(f->op, "=") == 0) ? FIT_ALL : FIT_NONE;
}

static enum fit fit_result(const struct event *e, const struct auditrule_field *f)
{
    int64_t v = 0;
    const char *asked = e->q->exit;
    if (strcmp(f->name, "success") == 0) {
        bool good = strcmp(f->value, "1") == 0 || strcmp(f->value, "yes") == 0;
        good = good == (strcmp(f->op, "=") == 0);
        return good == !asked ? FIT_ALL : FIT_NONE;
    }
    bool named = f->value[0] == '-' && f->value[1] == 'E';
    if (named || str_to_int64(str_of(f->value), 10, &v) < 0)
        v = audit_name_to_errno(f->value);
    if (!asked)
        return fit_compare(f->op, v, 0, INT32_MAX);
    int64_t result = audit_name_to_errno(asked);
    return fit_compare(f->op, v, result, result);
}

/* Links in the directory part resolved, as the kernel does when the rule is added. */
static const char *clean_path(struct host *h, const char *path)
{
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    const char *plain = arena_strndup(h->arena, path, n), *slash = strrchr(plain, '/');
    const char *dir = NULL;
    if (!slash || slash == plain ||
        root_resolve(h->root, arena_strndup(h->arena, plain, (size_t)(slash - plain)), &dir) < 0)
        return plain;
    return arena_printf(h->arena, "%s%s", strcmp(dir, "/") == 0 ? "" : dir, slash);
}

static bool below(const char *path, const char *dir)
{
    size_t n = strlen(dir);
    if (strcmp(dir, "/") == 0)
        return true;
    return strncmp(path, dir, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static enum fit fit_path(struct host *h, const struct event *e, const char *path, bool tree)
{
    if (!e->path)
        return FIT_SOME;
    const char *p = clean_path(h, path), *real = NULL;
    if (tree && root_resolve(h->root, p, &real) == 0)
        p = real;
    if (tree && below(e->path, p))
        return FIT_ALL;
    if (strcmp(p, e->path) == 0)
        return e->q->directory ? FIT_SOME : FIT_ALL;
    return e->q->directory && below(p, e->path) ? FIT_SOME : FIT_NONE;
}

static enum fit fit_perm(const struct event *e, const char *perm)
{
    if (!e->perm)
        return FIT_SOME;
    bool has = strchr(perm, e->perm) || strchr(perm, e->perm - 'a' + 'A');
    return has ? FIT_ALL : FIT_NONE;
}

static int machine(bool b64)
{
    return b64 ? MACH_86_64 : MACH_X86;
}

static enum fit fit_syscalls(const struct event *e, const struct auditrule *r)
{
    bool has_arch = false;
    if (r->syscalls.n == 0 || strings_find(&r->syscalls, "all") >= 0)
        return FIT_ALL;
    if (!e->syscall)
        return FIT_SOME;
    for (size_t i = 0; i < r->fields.n; i++)
        has_arch = has_arch || strcmp(r->fields.v[i].name, "arch") == 0;
    for (size_t i = 0; i < r->syscalls.n; i++) {
        const char *name = r->syscalls.v[i];
        /* Without an arch the number of the native name is compared, whatever the caller's ABI. */
        if (!e->b64 && !has_arch) {
            int number = audit_name_to_syscall(name, machine(true));
            const char *other = number >= 0 ? audit_syscall_to_name(number, machine(false)) : NULL;
            name = other ? other : "";
        } else if (name[strspn(name, "0123456789")] == '\0') {
            int64_t number = 0;
            (void)str_to_int64(str_of(name), 10, &number);
            const char *other = audit_syscall_to_name((int)number, machine(e->b64));
            name = other ? other : "";
        }
        if (strcmp(name, e->syscall) == 0)
            return FIT_ALL;
    }
    return FIT_NONE;
}

static enum fit fit_field(struct host *h, const struct event *e, const struct auditrule_field *f)
{
    const char *name = f->name;
    if (strcmp(name, "auid") == 0 || strcmp(name, "loginuid") == 0)
        return fit_auid(h, e, f);
    if (strcmp(name, "arch") == 0)
        return fit_arch(e, f);
    if (strcmp(name, "success") == 0 || strcmp(name, "exit") == 0)
        return fit_result(e, f);
    if (strcmp(name, "path") == 0 || strcmp(name, "dir") == 0)
        return fit_path(h, e, f->value, strcmp(name, "dir") == 0);
    if (strcmp(name, "perm") == 0)
        return fit_perm(e, f->value);
    return FIT_SOME;
}

/* How much of the event a rule of the exit list matches; why names the field that leaves some out.
 */
static enum fit fit_rule(struct host *h, const struct event *e, const struct auditrule *r,
                         const char **ret_why)
{
    enum fit all = fit_syscalls(e, r);
    *ret_why = all == FIT_SOME ? "-S" : NULL;
    if (r->watch && all != FIT_NONE) {
        struct file_info info;
        bool dir = root_stat(h->root, r->watch, &info) == 0 && S_ISDIR(info.mode);
        enum fit one = fit_path(h, e, r->watch, dir);
        *ret_why = one == FIT_SOME && !*ret_why ? "-w" : *ret_why;
        all = one < all ? one : all;
    }
    if ((r->watch || r->perm) && all != FIT_NONE) {
        enum fit one = fit_perm(e, r->perm ? r->perm : "rwxa");
        *ret_why = one == FIT_SOME && !*ret_why ? "perm" : *ret_why;
        all = one < all ? one : all;
    }
    for (size_t i = 0; i < r->fields.n && all != FIT_NONE; i++) {
        const struct auditrule_field *f = &r->fields.v[i];
        enum fit one =
            r->compares && i + r->compares >= r->fields.n ? FIT_SOME : fit_field(h, e, f);
        if (one == FIT_SOME && !*ret_why)
            *ret_why = arena_printf(h->arena, "%s%s%s", f->name, f->op, f->value);
        all = one < all ? one : all;
    }
    return all;
}

/* `task,never` leaves new processes without any record; `exclude` drops record types. */
static bool hidden_elsewhere(struct host *h, const struct event *e, const struct loaded_rule *l)
{
    const struct auditrule *r = l->rule;
    const char *why = NULL;
    bool task = strcmp(r->list, "task") == 0 && r->never;
    bool exclude = strcmp(r->list, "exclude") == 0;
    if (!task && !exclude)
        return false;
    for (size_t i = 0; exclude && i < r->fields.n; i++) {
        const struct auditrule_field *f = &r->fields.v[i];
        if (strcmp(f->name, "msgtype") != 0)
            continue;
        static const char *const carry[] = {"SYSCALL", "1300", "PATH", "1302"};
        bool ours = false;
        for (size_t k = 0; k < (e->path ? 4 : 2); k++)
            ours = ours || strcmp(f->value, carry[k]) == 0;
        return ours == (strcmp(f->op, "=") == 0);
    }
    return fit_rule(h, e, r, &why) != FIT_NONE;
}

struct gap {
    const char *what;
    const struct loaded_rule *rule; /* NULL: no rule fits */
    bool never;
    const char *why;
};

static bool event_covered(struct host *h, const struct audit_set *set, const struct event *e,
                          struct audit_answer *a, struct gap *gap)
{
    const char *why = NULL;
    for (size_t i = 0; i < set->rules.n; i++)
        if (hidden_elsewhere(h, e, &set->rules.v[i])) {
            *gap = (struct gap){.rule = &set->rules.v[i], .never = true};
            return false;
        }
    for (size_t i = 0; i < set->rules.n; i++) {
        const struct loaded_rule *l = &set->rules.v[i];
        if (strcmp(l->rule->list, "exit") != 0)
            continue;
        enum fit fit = fit_rule(h, e, l->rule, &why);
        if (fit == FIT_NONE)
            continue;
        if (l->rule->never) {
            *gap = (struct gap){.rule = l, .never = true, .why = why};
            return false;
        }
        if (fit == FIT_ALL) {
            for (size_t k = 0; k < a->where.n; k++)
                if (a->where.v[k].path == l->where.path && a->where.v[k].line == l->where.line)
                    return true;
            vec_push(h->arena, &a->where, l->where);
            return true;
        }
        if (!gap->rule)
            *gap = (struct gap){.rule = l, .why = why};
    }
    return false;
}

static struct text gap_text(struct host *h, const struct gap *g, const struct strings *missing)
{
    const char *what = strings_join(h->arena, missing, ", ", 8);
    if (!g->rule)
        return text_make(h->arena, "not recorded: %s", "未记录：%s", what);
    const struct where *w = &g->rule->where;
    if (g->never)
        return text_make(h->arena, "not recorded: %s; the rule at %s:%u drops them first",
                         "未记录：%s；%s:%u 处的规则先将其丢弃", what, w->path, w->line);
    return text_make(h->arena, "not recorded in full: %s; the rule at %s:%u is limited by %s",
                     "记录不完整：%s；%s:%u 处的规则受 %s 限制", what, w->path, w->line,
                     g->why ? g->why : "-S");
}

void audit_covers(struct host *h, const struct audit_set *set, const struct audit_question *q,
                  struct audit_answer *ret)
{
    struct strings missing = {0};
    struct gap first = {0};
    *ret = (struct audit_answer){0};
    size_t syscalls = q->syscalls.n ? q->syscalls.n : 1;
    size_t perms = q->perm && *q->perm ? strlen(q->perm) : 1;
    struct event e = {.q = q, .path = q->path ? clean_path(h, q->path) : NULL};
    for (size_t i = 0; i < syscalls * perms * 2; i++) {
        struct gap gap = {0};
        e.b64 = i % 2 == 0;
        e.syscall = q->syscalls.n ? q->syscalls.v[i / 2 % syscalls] : NULL;
        e.perm = q->perm && *q->perm ? q->perm[i / 2 / syscalls] : '\0';
        if ((e.b64 && !q->b64) || (!e.b64 && !q->b32) ||
            (e.syscall && audit_name_to_syscall(e.syscall, machine(e.b64)) < 0) ||
            event_covered(h, set, &e, ret, &gap))
            continue;
        const char *abi = e.b64 ? "b64" : "b32";
        strings_add(h->arena, &missing,
                    e.syscall ? arena_printf(h->arena, "%s %s", e.syscall, abi)
                    : e.perm  ? arena_printf(h->arena, "%c %s", e.perm, abi)
                              : abi);
        if (!first.rule)
            first = gap;
    }
    ret->covered = missing.n == 0;
    if (!ret->covered) {
        ret->missing = gap_text(h, &first, &missing);
        ret->where.n = 0;
        if (first.rule)
            vec_push(h->arena, &ret->where, first.rule->where);
    }
}
