#include "engine/window.h"

#include <errno.h>

#include "root/live.h"

int window_open(struct root *r, struct txn *t, int64_t seconds, struct err *e)
{
    struct arena *a = root_arena(r);
    struct txn_window *w = arena_make(a, struct txn_window);
    if (seconds < 1 || seconds > WINDOW_MOST)
        return err_set(e, -EINVAL, "a confirmation window lasts from 1 second to %d hours",
                       "确认期须为 1 秒至 %d 小时", WINDOW_MOST / 3600);
    if (!root_is_live(r))
        return err_set(e, -EOPNOTSUPP, "a confirmation window needs a running system",
                       "确认期只适用于正在运行的系统");
    int code = boot_identity(a, &w->boot);
    if (code == 0)
        code = live_login(r, &w->by);
    if (code < 0)
        return err_errno(e, code, "no confirmation window can be kept here", "此处无法设置确认期");
    w->within = seconds;
    w->deadline_ms = boot_time_ms() + seconds * 1000;
    t->confirm_until = time(NULL) + (time_t)seconds;
    t->window = w;
    return 0;
}

/* Whether the system has been started anew. Of an image's we only know our own kernel: it may be a
 * container that runs on it. Where nobody can tell, the state that was good before comes back. */
static bool is_another_start(struct root *r, const struct txn_window *w)
{
    struct boot_identity now;
    if (boot_identity(root_arena(r), &now) < 0)
        return true;
    return root_is_live(r) ? !boot_identity_equal(&now, &w->boot)
                           : !cstr_eq(now.kernel, w->boot.kernel);
}

enum window_state window_state(struct root *r, const struct txn *t)
{
    if (!t->window || is_another_start(r, t->window))
        return WINDOW_RESTART;
    return boot_time_ms() >= t->window->deadline_ms ? WINDOW_LATE : WINDOW_WAITS;
}

int64_t window_left(struct root *r, const struct txn *t)
{
    if (window_state(r, t) != WINDOW_WAITS)
        return 0;
    int64_t left = t->window->deadline_ms - boot_time_ms();
    return left > 0 ? (left + 999) / 1000 : 0;
}

struct txn *window_waiting(const struct txn_list *list)
{
    for (size_t i = list->n; i > 0; i--)
        if (list->v[i - 1]->status == TXN_UNCONFIRMED)
            return list->v[i - 1];
    return NULL;
}

static int revert(struct root *r, struct txn *t, enum window_state why, bool booting, struct err *e)
{
    struct arena *a = root_arena(r);
    struct txn_conflicts conflicts = {0};
    struct strings left = {0};
    struct txn *back;
    int code = txn_reverse(r, t, true, &back, &conflicts, &left, e);
    if (code < 0)
        return code;
    back->because = why == WINDOW_RESTART ? "restart" : "unconfirmed";
    back->booting = booting;
    live_log(r, arena_printf(a, "transaction %s is taken back: %s", t->id,
                             why == WINDOW_RESTART ? "restarted before it was confirmed"
                                                   : "not confirmed in time"));
    for (size_t i = 0; i < conflicts.n; i++)
        live_log(r, arena_printf(a,
                                 "%s was changed by somebody else since %s; their version is in "
                                 "the journal of %s",
                                 conflicts.v[i].path, t->id, back->id));
    code = txn_execute(r, back, NULL, e);
    if (code == 0)
        window_disarm(r, t);
    return code;
}

int window_revert_expired(struct root *r, bool booting, unsigned *count, struct err *e)
{
    struct txn_list all = {0};
    int code = txn_load_all(r, &all, e);
    for (size_t i = all.n; code == 0 && i > 0; i--) {
        struct txn *t = all.v[i - 1];
        enum window_state state = t->status == TXN_UNCONFIRMED ? window_state(r, t) : WINDOW_WAITS;
        if (state == WINDOW_WAITS)
            continue;
        code = revert(r, t, state, booting, e);
        *count += code == 0;
    }
    return code;
}
