/* From a plan to a transaction, and from a transaction to the one that takes it back. */
#include "engine/txn.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/width.h"
#include "engine/activate.h"
#include "engine/redact.h"
#include "format/diff.h"

static const char *new_id(struct arena *a)
{
    struct timespec now;
    struct tm tm;
    char text[32];
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (!gmtime_r(&now.tv_sec, &tm))
        tm = (struct tm){0};
    (void)strftime(text, sizeof text, "%Y%m%dT%H%M%S", &tm);
    return arena_printf(a, "%s.%06ldZ", text, now.tv_nsec / 1000);
}

static struct txn *new_txn(struct arena *a)
{
    struct txn *t = arena_make(a, struct txn);
    t->id = new_id(a);
    t->started = time(NULL);
    t->version = DENGBAO_VERSION;
    return t;
}

static const char *parent_of(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == path ? "/" : arena_strndup(a, path, (size_t)(slash - path));
}

/* The directory whose entries a step changes. One that the transaction makes is not there yet. */
static int note_directory(struct root *r, struct txn *t, const char *path)
{
    const char *parent = parent_of(root_arena(r), path);
    vec_each (d, &t->directories)
        if (cstr_eq(d->path, parent))
            return 0;
    struct image is;
    int code = image_capture(r, parent, &is);
    if (code < 0 || is.kind != IMAGE_DIRECTORY)
        return code == -ENOENT ? 0 : code;
    struct txn_directory d = {.path = parent, .before = is.mtime};
    vec_push(root_arena(r), &t->directories, d);
    return 0;
}

static int refuse(struct err *e, int code, const char *path, struct text why)
{
    if (e)
        e->message = why;
    return err_at(e, code, path, 0, 0);
}

static int may_replace(const struct image *before, const char *path, struct err *e)
{
    if (before->kind == IMAGE_OTHER)
        return refuse(e, -ENODEV, path,
                      TEXT("is neither file, directory nor link", "不是文件、目录或链接"));
    if (before->kind == IMAGE_FILE && before->nlink > 1)
        return refuse(e, -EMLINK, path,
                      TEXT("has several hard links; replacing it would part them",
                           "有多个硬链接；替换会使它们分离"));
    if (before->immutable)
        return refuse(e, -EPERM, path,
                      TEXT("is immutable (chattr +i or +a); remove the flag first",
                           "带有不可修改标志（chattr +i 或 +a）；请先去除"));
    return 0;
}

static struct image planned_image(struct root *staged, const struct staged_change *c,
                                  const struct image *before)
{
    struct image after = {.mtime = {.tv_nsec = UTIME_OMIT}};
    struct file_info info;
    if (c->kind == STAGED_REMOVE || root_lstat(staged, c->path, &info) < 0)
        return (struct image){.kind = IMAGE_ABSENT};
    if (before->kind == IMAGE_FILE || before->kind == IMAGE_DIRECTORY)
        after.xattrs = before->xattrs; /* ACL, label, capabilities stay */
    after.mode = info.mode & 07777;
    after.uid = info.uid;
    after.gid = info.gid;
    switch (c->kind) {
    case STAGED_WRITE:
        after.kind = IMAGE_FILE;
        after.bytes = c->bytes;
        break;
    case STAGED_ATTRIBUTES:
        after.kind = before->kind;
        after.bytes = before->bytes;
        after.target = before->target;
        after.mtime = before->mtime;
        break;
    case STAGED_SYMLINK:
        after.kind = IMAGE_SYMLINK;
        after.target = c->target;
        after.xattrs = (typeof(after.xattrs)){0};
        break;
    case STAGED_MKDIR:
        after.kind = IMAGE_DIRECTORY;
        break;
    case STAGED_REMOVE:
        break;
    }
    return after;
}

/* The plan was made from bytes that were read once; are they still there? */
static bool unchanged_since(const struct plan *plan, const char *path, const struct image *now)
{
    struct str was;
    int code = root_read(plan->host->root, path, &was);
    if (now->kind == IMAGE_FILE)
        return code == 0 && str_eq(was, now->bytes);
    if (now->kind == IMAGE_ABSENT)
        return code < 0;
    return true;
}

static int add_file_step(struct txn *t, const struct plan *plan, const struct step *s,
                         struct err *e)
{
    struct root *r = plan->host->root;
    struct txn_step step = {
        .kind = s->kind, .target = s->target, .rules = s->rules, .risk = s->risk};
    if (!utf8_valid(str_of(s->target)))
        return refuse(e, -EILSEQ, s->target, errno_text(EILSEQ));
    int code = image_capture(r, s->target, &step.before);
    if (code < 0)
        return refuse(e, code, s->target, errno_text(code));
    code = may_replace(&step.before, s->target, e);
    if (code < 0)
        return code;
    if (!unchanged_since(plan, s->target, &step.before))
        return refuse(e, -ESTALE, s->target,
                      TEXT("was changed while the plan was made; plan again",
                           "在制定计划期间被更改；请重新计划"));
    step.after = planned_image(plan->staged->root, s->change, &step.before);
    if (s->kind != STEP_SET_ATTRIBUTES)
        code = note_directory(r, t, s->target);
    vec_push(root_arena(r), &t->steps, step);
    return code;
}

static int by_rank(const void *a, const void *b)
{
    const struct txn_step *const *x = a, *const *y = b;
    unsigned rank_x = action_rank((*x)->kind, (*x)->verb);
    unsigned rank_y = action_rank((*y)->kind, (*y)->verb);
    if (rank_x != rank_y)
        return rank_x < rank_y ? -1 : 1;
    return (*x > *y) - (*x < *y);
}

/* Actions, in the order in which they are carried out. */
static void add_actions(struct txn *t, const struct plan *plan, enum txn_part part)
{
    struct arena *a = root_arena(plan->host->root);
    VEC(const struct txn_step *) order = {0};
    struct txn_step *steps = arena_alloc(a, (plan->steps.n + 1) * sizeof *steps);
    size_t n = 0;
    vec_each (s, &plan->steps) {
        if (s->change || (s->kind == STEP_PACKAGE) != (part == TXN_PART_PACKAGES))
            continue;
        steps[n] = (struct txn_step){.kind = s->kind,
                                     .target = s->target ? s->target : "",
                                     .verb = s->verb,
                                     .rules = s->rules,
                                     .risk = s->risk};
        steps[n].value_before = action_value(plan->host->root, s->kind, s->target, s->verb);
        vec_push(a, &order, &steps[n]);
        n++;
    }
    if (order.n > 1)
        qsort(order.v, order.n, sizeof *order.v, by_rank);
    for (size_t i = 0; i < order.n; i++)
        vec_push(a, &t->steps, *order.v[i]);
}

int txn_from_plan(const struct plan *plan, enum txn_part part, struct txn **ret, struct err *e)
{
    struct arena *a = root_arena(plan->host->root);
    struct txn *t = new_txn(a);
    t->preset = plan->policy->preset;
    t->policy_digest = plan->policy->digest;
    t->rules = plan->rules_planned;
    if (part == TXN_PART_PACKAGES) {
        add_actions(t, plan, part);
        *ret = t;
        return 0;
    }
    vec_each (s, &plan->steps) {
        int code = s->change && s->kind != STEP_REMOVE ? add_file_step(t, plan, s, e) : 0;
        if (code < 0)
            return code;
    }
    for (size_t i = plan->steps.n; i > 0; i--) { /* what is inside a directory goes before it */
        const struct step *s = &plan->steps.v[i - 1];
        int code = s->kind == STEP_REMOVE ? add_file_step(t, plan, s, e) : 0;
        if (code < 0)
            return code;
    }
    add_actions(t, plan, part);
    *ret = t;
    return 0;
}

/* ---- taking back ---- */

static void add_conflict(struct root *r, const struct txn_step *s, const struct image *is,
                         struct txn_conflicts *ret)
{
    _cleanup_buf_ struct buf b = {0};
    _cleanup_buf_ struct buf whole = {0};
    struct diff_side ours = {s->after.kind == IMAGE_FILE, s->after.bytes};
    struct diff_side now = {is->kind == IMAGE_FILE, is->bytes};
    diff_unified(&whole, s->target, ours, now);
    diff_redact(s->target, (struct str){whole.len ? whole.data : "", whole.len}, &b);
    if (!b.len)
        buf_printf(&b, "%s: mode %04o, owner %u:%u; dengbao left mode %04o, owner %u:%u\n",
                   s->target, is->mode, is->uid, is->gid, s->after.mode, s->after.uid,
                   s->after.gid);
    struct arena *a = root_arena(r);
    struct txn_conflict conflict = {s->target, arena_strndup(a, b.data, b.len)};
    vec_push(a, ret, conflict);
}

static int reverse_file(struct root *r, struct txn *back, const struct txn_step *s, bool force,
                        struct txn_conflicts *ret)
{
    struct txn_step step = *s;
    int code = image_capture(r, s->target, &step.before);
    if (code < 0)
        return code;
    if (image_equal(&step.before, &s->before, true))
        return 0;
    struct image expected = s->after;
    if (!image_equal(&step.before, &expected, false)) {
        add_conflict(r, s, &step.before, ret);
        if (!force)
            return 0;
    }
    step.after = s->before;
    switch (s->kind) {
    case STEP_MAKE_DIRECTORY:
        step.kind = s->before.kind == IMAGE_ABSENT ? STEP_REMOVE : STEP_SET_ATTRIBUTES;
        break;
    case STEP_REMOVE:
        step.kind = s->before.kind == IMAGE_DIRECTORY ? STEP_MAKE_DIRECTORY
                    : s->before.kind == IMAGE_SYMLINK ? STEP_SYMLINK
                                                      : STEP_WRITE_FILE;
        break;
    default:
        if (s->before.kind == IMAGE_ABSENT)
            step.kind = STEP_REMOVE;
    }
    vec_push(root_arena(r), &back->steps, step);
    return 0;
}

static void reverse_action(struct root *r, struct txn *back, const struct txn_step *s,
                           struct strings *ret_left)
{
    struct arena *a = root_arena(r);
    struct txn_step step = *s;
    step.value_before = action_value(r, s->kind, s->target, s->verb);
    /* newaliases reads what is there then: it belongs to the file that comes back. */
    bool tool = s->kind == STEP_RUN_TOOL && !cstr_eq(s->target, "newaliases");
    if (s->kind == STEP_PACKAGE || tool) {
        strings_add(a, ret_left, arena_printf(a, "%s %s", s->verb, s->target));
        return;
    }
    if (s->kind == STEP_KERNEL_VALUE) {
        if (!s->value_before)
            return;
        step.verb = s->value_before;
    }
    bool was_active = cstr_eq(s->value_before, "active");
    if (s->kind == STEP_UNIT_STATE && cstr_eq(s->verb, "start")) {
        if (was_active)
            return;
        step.verb = "stop";
    } else if (s->kind == STEP_UNIT_STATE && cstr_eq(s->verb, "stop")) {
        if (!was_active)
            return;
        step.verb = "start";
    }
    vec_push(a, &back->steps, step);
}

/* A directory that nobody used since gets the time it had before. */
static int reverse_directories(struct root *r, struct txn *back, const struct txn *t)
{
    vec_each (d, &t->directories) {
        struct image is;
        int code = image_capture(r, d->path, &is);
        if (code < 0)
            return code;
        if (is.mtime.tv_sec != d->after.tv_sec || is.mtime.tv_nsec != d->after.tv_nsec)
            continue;
        struct txn_directory own = {d->path, is.mtime, d->before, true};
        vec_push(root_arena(r), &back->directories, own);
    }
    return 0;
}

int txn_reverse(struct root *r, const struct txn *t, bool force, struct txn **ret,
                struct txn_conflicts *ret_conflicts, struct strings *ret_left, struct err *e)
{
    struct txn *back = new_txn(root_arena(r));
    back->undoes = t->id;
    back->preset = t->preset;
    back->policy_digest = t->policy_digest;
    back->rules = t->rules;
    int code = 0;
    for (size_t i = t->steps.n; code == 0 && i > 0; i--)
        if (!t->steps.v[i - 1].verb)
            code = reverse_file(r, back, &t->steps.v[i - 1], force, ret_conflicts);
    for (size_t i = 0; code == 0 && i < t->steps.n; i++) /* units are read again first here too */
        if (t->steps.v[i].verb)
            reverse_action(r, back, &t->steps.v[i], ret_left);
    if (code == 0)
        code = reverse_directories(r, back, t);
    if (code < 0)
        return err_set(e, code, "cannot read what has to be put back: %s",
                       "无法读取需要恢复的内容：%s", errno_text(code).en);
    if (ret_conflicts->n && !force)
        return err_set(e, -ESTALE, "%zu files were changed since by somebody else",
                       "有 %zu 个文件在此后被他人更改", ret_conflicts->n);
    *ret = back;
    return 0;
}

/* ---- one rule of a transaction ---- */

/* Contents and attributes as a staged view has them. */
static int desired_image(struct root *view, const char *path, const struct image *now,
                         struct image *ret)
{
    struct file_info info;
    struct image image = {.mtime = {.tv_nsec = UTIME_OMIT}, .xattrs = now->xattrs};
    int code = root_lstat(view, path, &info);
    if (code == -ENOENT) {
        *ret = (struct image){.kind = IMAGE_ABSENT};
        return 0;
    }
    if (code < 0)
        return code;
    image.mode = info.mode & 07777;
    image.uid = info.uid;
    image.gid = info.gid;
    image.kind = S_ISLNK(info.mode)   ? IMAGE_SYMLINK
                 : S_ISDIR(info.mode) ? IMAGE_DIRECTORY
                                      : IMAGE_FILE;
    if (image.kind == IMAGE_FILE)
        code = root_read(view, path, &image.bytes);
    if (image.kind == IMAGE_SYMLINK)
        code = root_readlink(view, path, &image.target);
    if (image.kind != now->kind)
        image.xattrs = (typeof(image.xattrs)){0};
    if (code == 0)
        *ret = image;
    return code;
}

static enum step_kind kind_of_change(const struct image *before, const struct image *after)
{
    switch (after->kind) {
    case IMAGE_ABSENT:
        return STEP_REMOVE;
    case IMAGE_DIRECTORY:
        return before->kind == IMAGE_DIRECTORY ? STEP_SET_ATTRIBUTES : STEP_MAKE_DIRECTORY;
    case IMAGE_SYMLINK:
        return STEP_SYMLINK;
    case IMAGE_FILE:
    case IMAGE_OTHER:
        break;
    }
    bool same = before->kind == IMAGE_FILE && str_eq(before->bytes, after->bytes);
    return same ? STEP_SET_ATTRIBUTES : STEP_WRITE_FILE;
}

static int reverse_file_to(struct root *r, struct txn *back, const struct txn_step *s,
                           struct root *desired, bool force, struct txn_conflicts *ret)
{
    struct txn_step step = {.target = s->target, .rules = back->rules, .risk = s->risk};
    int code = image_capture(r, s->target, &step.before);
    if (code == 0)
        code = desired_image(desired, s->target, &step.before, &step.after);
    if (code < 0)
        return code;
    struct image was = s->before;
    was.mtime.tv_nsec = UTIME_OMIT;
    if (image_equal(&was, &step.after, false))
        step.after = s->before; /* all of it, the time included */
    if (image_equal(&step.after, &step.before, true))
        return 0;
    if (!image_equal(&step.before, &s->after, false)) {
        add_conflict(r, s, &step.before, ret);
        if (!force)
            return 0;
    }
    step.kind = kind_of_change(&step.before, &step.after);
    if (step.kind != STEP_SET_ATTRIBUTES)
        code = note_directory(r, back, s->target);
    vec_push(root_arena(r), &back->steps, step);
    return code;
}

int txn_reverse_rule(struct root *r, const struct txn *t, const char *rule, struct root *desired,
                     bool force, struct txn **ret, struct txn_conflicts *ret_conflicts,
                     struct strings *ret_left, struct err *e)
{
    struct txn *back = new_txn(root_arena(r));
    int code = 0;
    back->preset = t->preset;
    back->policy_digest = t->policy_digest;
    strings_add(root_arena(r), &back->rules, rule);
    for (size_t i = t->steps.n; code == 0 && i > 0; i--) {
        const struct txn_step *s = &t->steps.v[i - 1];
        if (!s->verb && strings_find(&s->rules, rule) >= 0)
            code = reverse_file_to(r, back, s, desired, force, ret_conflicts);
    }
    for (size_t i = 0; code == 0 && i < t->steps.n; i++) {
        const struct txn_step *s = &t->steps.v[i];
        bool own = s->verb && strings_find(&s->rules, rule) >= 0;
        bool again =
            s->kind == STEP_LOAD_RULES ||
            (s->kind == STEP_UNIT_STATE && !cstr_eq(s->verb, "start") && !cstr_eq(s->verb, "stop"));
        if (own && (s->rules.n == 1 || again))
            reverse_action(r, back, s, ret_left);
    }
    if (code < 0)
        return err_set(e, code, "cannot read what has to be put back: %s",
                       "无法读取需要恢复的内容：%s", errno_text(code).en);
    if (ret_conflicts->n && !force)
        return err_set(e, -ESTALE, "%zu files were changed since by somebody else",
                       "有 %zu 个文件在此后被他人更改", ret_conflicts->n);
    *ret = back;
    return 0;
}
