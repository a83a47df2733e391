#include "engine/plan.h"

#include <errno.h>

#include "base/cleanup.h"
#include "engine/digest.h"
#include "engine/prove.h"
#include "engine/prove_access.h"
#include "engine/redact.h"
#include "format/diff.h"
#include "resource/resource.h"

/* What one rule added to the plan, by resolved path. */
struct attribution {
    const char *path;
    struct strings rules;
    enum risk risk;
};

struct planner {
    struct plan *plan;
    struct arena *arena;
    enum package_choice packages;
    struct {
        struct attribution *v;
        size_t n, cap;
    } files;
};

bool plan_allows(const struct plan_options *o, const struct rule *r)
{
    if (strings_find(&o->excluded, r->id) >= 0)
        return false;
    return strings_find(&o->named, r->id) >= 0 || o->allow[r->class];
}

int plan_replay(const struct staged_change *c, size_t count, struct root *to)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < count; i++) {
        switch (c[i].kind) {
        case STAGED_WRITE:
            r = stage_write(to, c[i].path, c[i].bytes, &c[i].attributes);
            break;
        case STAGED_ATTRIBUTES:
            r = stage_attributes(to, c[i].path, &c[i].attributes);
            break;
        case STAGED_SYMLINK:
            r = stage_symlink(to, c[i].path, c[i].target);
            break;
        case STAGED_MKDIR:
            r = stage_mkdir(to, c[i].path, &c[i].attributes);
            break;
        case STAGED_REMOVE:
            r = stage_remove(to, c[i].path);
            break;
        }
    }
    return r;
}

/* Replays what was staged on one view onto the view below it. */
static int commit(struct root *from, struct root *to)
{
    const struct staged_change *changes;
    size_t count;
    root_staged_changes(from, &changes, &count);
    return plan_replay(changes, count, to);
}

struct host *plan_host_over(struct host *h, struct root *root)
{
    struct host *over = arena_make(h->arena, struct host);
    *over = *h;
    over->root = root;
    return over;
}

static struct facts observe(struct host *h, const struct want *w)
{
    struct facts facts = {.arena = h->arena};
    resource_find(w->resource)->observe(h, w, &facts);
    return facts;
}

static bool holds(const struct want *w, const struct facts *facts)
{
    for (size_t i = 0; i < facts->n; i++) {
        enum verdict v = judge_fact(w, &facts->v[i]);
        if (v != VERDICT_PASS && v != VERDICT_NOT_APPLICABLE)
            return false;
    }
    return true;
}

/* A rule that asks for a package: the staged view cannot show what comes with it. */
static size_t packages_in(const struct changes *c)
{
    size_t n = 0;
    vec_each (a, &c->actions)
        n += a->kind == STEP_PACKAGE;
    return n;
}

static int plan_want(struct host *staged, const struct want *w, struct changes *changes)
{
    const struct resource *resource = resource_find(w->resource);
    struct facts facts = observe(staged, w);
    if (holds(w, &facts))
        return 0;
    for (size_t i = 0; i < facts.n; i++) {
        if (judge_fact(w, &facts.v[i]) == VERDICT_UNKNOWN) {
            changes->why = facts.v[i].reason; /* what is not understood is not changed */
            return -ENOTSUP;
        }
    }
    if (!resource->plan) {
        changes->why = TEXT("dengbao does not change this; it needs a person's decision",
                            "dengbao 不自动修改此项，需由人决定");
        return -ENOTSUP;
    }
    return resource->plan(staged, w, changes);
}

/* What follows a package of the same rule is planned again when the package is there. */
static int plan_or_defer(struct planner *p, struct host *staged, const struct want *w,
                         struct changes *changes)
{
    size_t before = packages_in(changes);
    int r = plan_want(staged, w, changes);
    bool more = packages_in(changes) > before; /* also where the rest cannot be planned without */
    if (!more && (r == 0 || !before))
        return r;
    r = 0;
    vec_push(p->arena, &p->plan->deferred, w);
    return r;
}

/* Wants of one any-group: the first branch that can be planned whole is taken. */
static int plan_group(struct planner *p, struct host *staged, const struct rule *rule, size_t first,
                      size_t end, struct changes *changes)
{
    int result = -ENOTSUP;
    for (size_t from = first; from < end;) {
        size_t to = from;
        while (to < end && rule->wants.v[to].branch == rule->wants.v[from].branch)
            to++;
        struct root *attempt = NULL;
        struct changes own = {.arena = changes->arena};
        int r = root_stage(staged->root, &attempt);
        struct host *on = plan_host_over(staged, attempt);
        for (size_t i = from; r == 0 && i < to; i++)
            r = plan_or_defer(p, on, &rule->wants.v[i], &own);
        if (r == 0)
            r = commit(attempt, staged->root);
        root_close(attempt);
        if (r == 0) {
            for (size_t i = 0; i < own.actions.n; i++)
                changes_add(changes, own.actions.v[i].kind, own.actions.v[i].target,
                            own.actions.v[i].verb);
            vec_each (note, &own.notes)
                changes_note(changes, *note);
            return 0;
        }
        if (result == -ENOTSUP && own.why.en)
            changes->why = own.why;
        result = r;
        from = to;
    }
    return result;
}

/* A row whose `when` does not hold left no judged facts behind. */
static bool when_applies(const struct rule *rule, size_t i, const struct rule_result *before)
{
    for (size_t k = 0; k < before->judged.n; k++)
        if (before->judged.v[k].want == &rule->wants.v[i])
            return true;
    return before->omitted > 0;
}

static int plan_wants(struct planner *p, struct host *staged, const struct rule *rule,
                      const struct rule_result *before, struct changes *changes)
{
    for (size_t i = 0; i < rule->wants.n;) {
        const struct want *w = &rule->wants.v[i];
        if (!when_applies(rule, i, before)) {
            i++;
            continue;
        }
        size_t end = i + 1;
        while (w->group && end < rule->wants.n && rule->wants.v[end].group == w->group)
            end++;
        int r = w->group ? plan_group(p, staged, rule, i, end, changes)
                         : plan_or_defer(p, staged, w, changes);
        if (r < 0)
            return r;
        i = end;
    }
    return 0;
}

static void attribute(struct planner *p, const char *path, const struct rule *rule)
{
    for (size_t i = 0; i < p->files.n; i++) {
        struct attribution *a = &p->files.v[i];
        if (!cstr_eq(a->path, path))
            continue;
        if (strings_find(&a->rules, rule->id) < 0)
            strings_add(p->arena, &a->rules, rule->id);
        if (rule->risk > a->risk)
            a->risk = rule->risk;
        return;
    }
    struct attribution fresh = {.path = path, .risk = rule->risk};
    strings_add(p->arena, &fresh.rules, rule->id);
    vec_push(p->arena, &p->files, fresh);
}

static void attribute_action(struct planner *p, const struct action *action,
                             const struct rule *rule)
{
    struct plan *plan = p->plan;
    for (size_t i = 0; i < plan->steps.n; i++) {
        struct step *s = &plan->steps.v[i];
        if (s->kind != action->kind || !cstr_eq(s->target, action->target) ||
            !cstr_eq(s->verb, action->verb))
            continue;
        if (strings_find(&s->rules, rule->id) < 0)
            strings_add(p->arena, &s->rules, rule->id);
        if (rule->risk > s->risk)
            s->risk = rule->risk;
        return;
    }
    struct step step = {.kind = action->kind,
                        .target = action->target,
                        .verb = action->verb,
                        .risk = rule->risk,
                        .diff = ""};
    strings_add(p->arena, &step.rules, rule->id);
    vec_push(p->arena, &plan->steps, step);
}

static struct text after(struct arena *a, struct text first, struct text second)
{
    return first.en ? text_concat(a, text_concat(a, first, TEXT("; ", "；")), second) : second;
}

/* Whether packages may be touched as the rule needs; else why not. */
static int packages_allowed(struct planner *p, struct changes *c)
{
    struct strings names = {0};
    struct text why = c->why; /* what the package is for, where a plan said so */
    vec_each (a, &c->actions)
        if (a->kind == STEP_PACKAGE)
            strings_add(p->arena, &names, arena_printf(p->arena, "%s %s", a->verb, a->target));
    const char *list = strings_join(p->arena, &names, ", ", 8);
    if (!names.n)
        return 0;
    if (p->packages == PACKAGES_LIST)
        return 0;
    if (!root_is_live(p->plan->host->root)) {
        c->why = text_make(p->arena, "the package manager has to %s, and none is run on an image",
                           "需由软件包管理器执行 %s，对镜像不运行软件包管理器", names.v[0]);
        c->why = after(p->arena, why, c->why);
        return -EOPNOTSUPP;
    }
    if (p->packages == PACKAGES_YES)
        return 0;
    if (p->packages == PACKAGES_NO)
        c->why = text_make(p->arena, "needs a change of packages (%s): say --packages",
                           "需要变更软件包（%s）：请加 --packages", list);
    else
        c->why = text_make(p->arena, "the package tool ran, and this is still to be done: %s",
                           "软件包工具已运行，但仍未完成：%s", list);
    c->why = after(p->arena, why, c->why);
    return -EPERM;
}

static void plan_rule(struct planner *p, const struct rule_result *before)
{
    struct plan *plan = p->plan;
    const struct rule *rule = before->rule;
    struct root *attempt = NULL;
    struct changes changes = {.arena = p->arena};
    int r = root_stage(plan->staged->root, &attempt);
    if (r == 0)
        r = plan_wants(p, plan_host_over(plan->staged, attempt), rule, before, &changes);
    if (r == 0)
        r = packages_allowed(p, &changes);
    if (r < 0) {
        struct text reason = changes.why.en ? changes.why : errno_text(r);
        struct not_planned row = {rule, reason, before};
        vec_push(p->arena, &plan->not_planned, row);
        root_close(attempt);
        return;
    }
    const struct staged_change *staged;
    size_t count;
    root_staged_changes(attempt, &staged, &count);
    for (size_t i = 0; i < count; i++)
        attribute(p, arena_strdup(p->arena, staged[i].path), rule);
    for (size_t i = 0; i < changes.actions.n; i++)
        attribute_action(p, &changes.actions.v[i], rule);
    vec_each (note, &changes.notes) {
        struct plan_note row = {rule, *note};
        vec_push(p->arena, &plan->notes, row);
    }
    (void)commit(attempt, plan->staged->root);
    struct rule_changes own = {rule->id, staged, count};
    vec_push(p->arena, &plan->by_rule, own);
    root_close(attempt);
    strings_add(p->arena, &plan->rules_planned, rule->id);
}

/* What somebody has accepted is not changed behind their back, even when it is named. */
static void leave_waived(struct planner *p, const struct rule_result *r)
{
    const struct settlement *s = r->settled;
    struct not_planned row = {
        .rule = r->rule,
        .reason =
            text_make(p->arena, "waived until %s by %s; to change it: dengbao waive --remove %s",
                      "已豁免至 %s（批准人 %s）；如需更改，先执行：dengbao waive --remove %s",
                      s->until, s->person, r->rule->id)};
    vec_push(p->arena, &p->plan->not_planned, row);
}

static enum step_kind kind_of(const struct staged_change *c)
{
    switch (c->kind) {
    case STAGED_WRITE:
        return STEP_WRITE_FILE;
    case STAGED_ATTRIBUTES:
        return STEP_SET_ATTRIBUTES;
    case STAGED_SYMLINK:
        return STEP_SYMLINK;
    case STAGED_MKDIR:
        return STEP_MAKE_DIRECTORY;
    case STAGED_REMOVE:
        return STEP_REMOVE;
    }
    return STEP_WRITE_FILE;
}

/* Mode and owner as a diff of one line each, so that attribute changes are seen like text. */
static void put_attributes(struct planner *p, struct buf *b, const struct staged_change *c)
{
    struct file_info was, is;
    if (root_lstat(p->plan->host->root, c->path, &was) < 0 ||
        root_lstat(p->plan->staged->root, c->path, &is) < 0 || S_ISLNK(is.mode))
        return;
    if ((was.mode & 07777) != (is.mode & 07777))
        buf_printf(b, "mode %s: %04o -> %04o\n", c->path, (unsigned)was.mode & 07777,
                   (unsigned)is.mode & 07777);
    if (was.uid != is.uid || was.gid != is.gid)
        buf_printf(b, "owner %s: %u:%u -> %u:%u\n", c->path, was.uid, was.gid, is.uid, is.gid);
}

/* Password hashes never leave the machine in a plan. */
static bool holds_secrets(const char *path)
{
    static const char *const files[] = {"/etc/shadow", "/etc/gshadow", "/etc/shadow-",
                                        "/etc/gshadow-", "/etc/security/opasswd"};
    for (size_t i = 0; i < ARRAY_SIZE(files); i++)
        if (cstr_eq(path, files[i]))
            return true;
    return false;
}

/* The lines around a change may hold a secret that has nothing to do with it. */
static void put_diff(struct buf *b, const char *path, struct diff_side before,
                     struct diff_side after)
{
    _cleanup_buf_ struct buf whole = {0};
    diff_unified(&whole, path, before, after);
    diff_redact(path, (struct str){whole.len ? whole.data : "", whole.len}, b);
}

static const char *diff_of(struct planner *p, const struct staged_change *c)
{
    _cleanup_buf_ struct buf b = {0};
    put_attributes(p, &b, c);
    struct diff_side before = {0}, after = {0};
    before.exists = root_read(p->plan->host->root, c->path, &before.bytes) == 0;
    after.exists = root_read(p->plan->staged->root, c->path, &after.bytes) == 0;
    const char *was = NULL, *is = NULL;
    if (root_readlink(p->plan->host->root, c->path, &was) == 0)
        before = (struct diff_side){true, str_of(arena_printf(p->arena, "-> %s\n", was))};
    if (root_readlink(p->plan->staged->root, c->path, &is) == 0)
        after = (struct diff_side){true, str_of(arena_printf(p->arena, "-> %s\n", is))};
    if (holds_secrets(c->path) && !str_eq(before.bytes, after.bytes))
        buf_printf(&b, "secret fields of %s change; not shown\n", c->path);
    else
        put_diff(&b, c->path, before, after);
    return arena_strndup(p->arena, b.data ? b.data : "", b.len);
}

/* File steps first, in path order, then actions in the order the rules asked for them. */
static void collect_steps(struct planner *p)
{
    struct plan *plan = p->plan;
    const struct staged_change *staged;
    size_t count;
    root_staged_changes(plan->staged->root, &staged, &count);
    typeof(plan->steps) actions = plan->steps;
    plan->steps = (typeof(plan->steps)){0};
    for (size_t i = 0; i < count; i++) {
        struct step step = {.kind = kind_of(&staged[i]),
                            .target = staged[i].path,
                            .change = &staged[i],
                            .diff = diff_of(p, &staged[i])};
        for (size_t k = 0; k < p->files.n; k++) {
            if (cstr_eq(p->files.v[k].path, staged[i].path)) {
                step.rules = p->files.v[k].rules;
                step.risk = p->files.v[k].risk;
            }
        }
        vec_push(p->arena, &plan->steps, step);
    }
    vec_each (action, &actions)
        vec_push(p->arena, &plan->steps, *action);
}

/* The plan is the same only if what it replaces and what it puts there are the same. */
static const char *plan_digest(struct planner *p)
{
    struct digest *d = digest_new(DIGEST_SHA256);
    vec_each (s, &p->plan->steps) {
        digest_field(d, step_kind_name(s->kind));
        digest_field(d, s->target);
        digest_field(d, s->verb ? s->verb : "");
        digest_field(d, s->diff);
        struct str was = {0};
        struct file_info info;
        if (s->change && root_lstat(p->plan->host->root, s->target, &info) == 0)
            digest_field(d, arena_printf(p->arena, "%o %u:%u", info.mode, info.uid, info.gid));
        if (s->change && root_read(p->plan->host->root, s->target, &was) == 0)
            digest_block(d, was);
        if (s->change)
            digest_block(d, s->change->bytes);
    }
    return digest_hex(p->arena, d);
}

static bool selected(const struct selection *selection, const struct rule *rule)
{
    for (size_t i = 0; selection && i < selection->n; i++)
        if (selection->v[i] == rule)
            return true;
    return !selection || selection->n == 0;
}

/* What could not be planned alone may be once others are (a line of a stack that another module has
 * to stand before), so they are tried until nothing more can be: else a second run would go on. */
static void plan_again(struct planner *p)
{
    struct plan *plan = p->plan;
    for (size_t planned = 0; planned < plan->rules_planned.n && plan->not_planned.n;) {
        struct not_planned_list left = plan->not_planned;
        plan->not_planned = (struct not_planned_list){0};
        planned = plan->rules_planned.n;
        vec_each (row, &left) {
            if (row->before)
                plan_rule(p, row->before);
            else
                vec_push(p->arena, &plan->not_planned, *row);
        }
    }
}

static void plan_rules(struct planner *p, const struct selection *selection,
                       const struct plan_options *options)
{
    vec_each (item, &p->plan->before->items) {
        vec_each (rule, &item->rules) {
            if (!selected(selection, rule->rule) || !plan_allows(options, rule->rule))
                continue;
            if (rule->verdict == VERDICT_WAIVED && rule->found == VERDICT_FAIL)
                leave_waived(p, rule);
            if (rule->verdict == VERDICT_FAIL)
                plan_rule(p, rule);
        }
    }
    plan_again(p);
}

/* Everything is judged, and what was named although the preset leaves it out. */
static void judge_named(struct plan *plan, const struct plan_options *options)
{
    struct arena *a = plan->host->arena;
    vec_each (item, &plan->policy->items) {
        const struct item *whole = item;
        vec_push(a, &plan->judged.items, whole);
        vec_each (r, &item->rules) {
            const struct rule *rule = r;
            if (rule->skipped && strings_find(&options->named, rule->id) >= 0)
                vec_push(a, &plan->judged, rule);
        }
    }
}

struct result *plan_check(const struct plan *plan, struct host *h)
{
    return check_run(
        h, plan->policy,
        &(struct check_options){.selection = &plan->judged, .settlements = plan->settlements});
}

static int plan_once(struct host *h, const struct policy *policy, const struct selection *selection,
                     const struct plan_options *options, struct plan **ret)
{
    struct plan *plan = arena_make(h->arena, struct plan);
    struct planner p = {.plan = plan, .arena = h->arena, .packages = options->packages};
    struct root *staged = NULL;
    int r = root_stage(h->root, &staged);
    if (r < 0)
        return r;
    plan->host = h;
    plan->policy = policy;
    plan->packages = options->packages;
    plan->staged = plan_host_over(h, staged);
    plan->settlements = options->settlements;
    judge_named(plan, options);
    plan->before = plan_check(plan, h);
    plan_rules(&p, selection, options);
    collect_steps(&p);
    plan->digest = plan_digest(&p);
    prove(plan);
    prove_access(plan, options);
    *ret = plan;
    return 0;
}

int plan_make(struct host *h, const struct policy *policy, const struct selection *selection,
              const struct plan_options *options, struct plan **ret)
{
    struct plan_options own = *options;
    struct not_planned_list left_out = {0};
    struct plan *plan;
    int code;
    do
        code = plan_once(h, policy, selection, &own, &plan);
    while (code == 0 && prove_leave_out(plan, &own, &left_out));
    if (code < 0)
        return code;
    vec_each (row, &left_out)
        vec_push(h->arena, &plan->not_planned, *row);
    *ret = plan;
    return 0;
}
