/* Taking back: a run, one rule of a run, what a crash left. */
#include <errno.h>

#include "base/cleanup.h"
#include "engine/apply.h"
#include "engine/txn_manifest.h"
#include "engine/window.h"
#include "root/lock.h"

static struct txn *find_txn(const struct txn_list *list, const char *id)
{
    for (size_t i = list->n; i > 0; i--) {
        struct txn *t = list->v[i - 1];
        bool can = (t->status == TXN_COMMITTED || t->status == TXN_UNCONFIRMED) && !t->undoes;
        if (id ? cstr_eq(t->id, id) : can)
            return t;
    }
    return NULL;
}

int undo_run(struct host *h, const char *id, bool force, struct txn **ret,
             struct txn_conflicts *ret_conflicts, struct strings *ret_left, struct err *e)
{
    _cleanup_lock_ int lock = -1;
    struct txn_list all = {0};
    int code = apply_begin(h->root, &lock, e);
    if (code == 0)
        code = txn_load_all(h->root, &all, e);
    if (code < 0)
        return code;
    struct txn *t = find_txn(&all, id), *back = NULL;
    if (!t)
        return err_set(e, -ENOENT, "there is no such transaction to undo; see: dengbao history",
                       "没有可撤销的事务；参见 dengbao history");
    if (t->status != TXN_COMMITTED && t->status != TXN_UNCONFIRMED)
        return err_set(e, -EALREADY, "transaction %s is %s; there is nothing to undo",
                       "事务 %s 的状态为 %s，无需撤销", t->id, txn_status_name(t->status));
    code = refuse_while_waiting(h->root, t->id, e);
    if (code == 0)
        code = txn_reverse(h->root, t, force, &back, ret_conflicts, ret_left, e);
    if (code == 0)
        code = txn_execute(h->root, back, NULL, e);
    if (code < 0)
        return code;
    if (t->status == TXN_UNCONFIRMED)
        window_disarm(h->root, t);
    *ret = back;
    return 0;
}

int recover_run(struct root *r, bool booting, unsigned *ret_count, struct err *e)
{
    _cleanup_lock_ int lock = -1;
    struct image state;
    *ret_count = 0;
    int code = image_capture(r, TXN_DIR, &state);
    if (code < 0 || state.kind == IMAGE_ABSENT)
        return code; /* never used here: nothing is made */
    code = state_directory(r, e);
    if (code < 0)
        return code;
    lock = root_lock(r, TXN_STATE_DIR "/lock");
    if (lock == -EAGAIN)
        return err_set(e, -EBUSY, "another dengbao is changing this system; try again later",
                       "另一个 dengbao 正在更改本系统；请稍后再试");
    return lock < 0 ? lock : txn_recover(r, booting, ret_count, e);
}

/* ---- one rule ---- */

static struct txn *find_txn_of_rule(const struct txn_list *list, const char *rule)
{
    for (size_t i = list->n; i > 0; i--) {
        struct txn *t = list->v[i - 1];
        if (t->undoes || (t->status != TXN_COMMITTED && t->status != TXN_UNCONFIRMED))
            continue;
        vec_each (s, &t->steps)
            if (strings_find(&s->rules, rule) >= 0)
                return t;
    }
    return NULL;
}

const char *undo_rule_preset(struct root *r, const char *rule)
{
    struct txn_list all = {0};
    const struct txn *t = txn_load_all(r, &all, NULL) < 0 ? NULL : find_txn_of_rule(&all, rule);
    return t ? t->preset : NULL;
}

static int stage_image(struct root *view, const struct txn_step *s)
{
    const struct image *was = &s->before;
    struct attributes attributes = {true, was->mode, was->uid, was->gid};
    if (s->kind == STEP_SET_ATTRIBUTES)
        return stage_attributes(view, s->target, &attributes);
    switch (was->kind) {
    case IMAGE_ABSENT:
        return stage_remove(view, s->target);
    case IMAGE_FILE:
        return stage_write(view, s->target, was->bytes, &attributes);
    case IMAGE_DIRECTORY:
        return stage_mkdir(view, s->target, &attributes);
    case IMAGE_SYMLINK:
        return stage_symlink(view, s->target, was->target);
    case IMAGE_OTHER:
        break;
    }
    return -EOPNOTSUPP;
}

/* The system as it was before the transaction, as far as nobody changed it since. */
static int stage_before(struct root *view, const struct txn *t)
{
    for (size_t i = t->steps.n; i > 0; i--) {
        const struct txn_step *s = &t->steps.v[i - 1];
        struct image is;
        int code = s->verb ? 0 : image_capture(view, s->target, &is);
        if (code == 0 && !s->verb && image_equal(&is, &s->after, false))
            code = stage_image(view, s);
        if (code < 0 && code != -ENOENT)
            return code;
    }
    return 0;
}

/* What the other rules of the transaction alone would have given. */
static int plan_others(struct host *h, const struct policy *p, const struct txn *t,
                       const char *rule, struct plan **ret)
{
    struct plan_options options = {.packages = PACKAGES_NO};
    struct root *view;
    for (size_t i = 0; i < t->rules.n; i++)
        if (!cstr_eq(t->rules.v[i], rule))
            strings_add(h->arena, &options.named, t->rules.v[i]);
    strings_add(h->arena, &options.excluded, rule);
    int code = root_stage(h->root, &view);
    if (code == 0)
        code = stage_before(view, t);
    return code < 0 ? code : plan_make(plan_host_over(h, view), p, NULL, &options, ret);
}

int undo_rule_run(struct host *h, const struct policy *p, const char *rule, bool force,
                  struct txn **ret, struct txn_conflicts *ret_conflicts, struct strings *ret_left,
                  struct err *e)
{
    _cleanup_lock_ int lock = -1;
    struct txn_list all = {0};
    struct plan *others;
    struct txn *back;
    int code = apply_begin(h->root, &lock, e);
    if (code == 0)
        code = txn_load_all(h->root, &all, e);
    if (code < 0)
        return code;
    const struct txn *t = find_txn_of_rule(&all, rule);
    if (!t)
        return err_set(e, -ENOENT, "no transaction that could be undone changed anything for %s",
                       "没有可撤销的事务为 %s 更改过内容", rule);
    code = refuse_while_waiting(h->root, NULL, e);
    if (code < 0)
        return code;
    code = plan_others(h, p, t, rule, &others);
    if (code < 0)
        return err_set(e, code, "cannot work out what the other rules need: %s",
                       "无法推算其他规则所需的更改：%s", errno_text(code).en);
    code = txn_reverse_rule(h->root, t, rule, others->staged->root, force, &back, ret_conflicts,
                            ret_left, e);
    if (code == 0 && back->steps.n == 0)
        return err_set(e, -EALREADY, "other rules need everything that %s changed",
                       "%s 所做的更改都是其他规则需要的", rule);
    if (code == 0)
        code = txn_execute(h->root, back, NULL, e);
    if (code == 0)
        *ret = back;
    return code;
}
