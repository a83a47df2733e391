/* Saying that a change may stay, from a login that the changed system has let in. */
#include <errno.h>

#include "base/cleanup.h"
#include "engine/apply.h"
#include "engine/txn_manifest.h"
#include "engine/window.h"
#include "root/accounts.h"
#include "root/live.h"
#include "root/lock.h"

static void json_free(json_t **j)
{
    json_decref(*j);
}
#define _cleanup_json_ _cleanup_(json_free)

static const char *confirmation_path(struct root *r, const struct txn *t)
{
    return txn_path(root_arena(r), t, "confirmation.json");
}

int txn_confirmation(struct root *r, const struct txn *t, struct txn_confirmation *ret)
{
    struct arena *a = root_arena(r);
    struct image file;
    int code = image_capture(r, confirmation_path(r, t), &file);
    if (code < 0 || file.kind != IMAGE_FILE)
        return code < 0 ? code : -ENOENT;
    _cleanup_json_ json_t *j = json_loadb(file.bytes.p, file.bytes.n, 0, NULL);
    const char *account = json_string_value(json_object_get(j, "account"));
    const char *client = json_string_value(json_object_get(j, "client"));
    if (!account)
        return -EINVAL;
    *ret = (struct txn_confirmation){(time_t)json_integer_value(json_object_get(j, "at")),
                                     arena_strdup(a, account),
                                     client ? arena_strdup(a, client) : NULL};
    return 0;
}

static const char *account_of(struct root *r, const struct login *login)
{
    const struct account *account = accounts_find_uid(root_accounts(r), login->uid);
    return account ? account->name : arena_printf(root_arena(r), "uid %lld", (long long)login->uid);
}

static int note_confirmation(struct root *r, const struct txn *t, const struct login *by)
{
    _cleanup_json_ json_t *j = json_pack("{s:I, s:s, s:s?}", "at", (json_int_t)time(NULL),
                                         "account", account_of(r, by), "client", by->client);
    _cleanup_free_ char *text = j ? json_dumps(j, JSON_SORT_KEYS) : NULL;
    return text ? state_put(r, confirmation_path(r, t), str_of(text)) : -EILSEQ;
}

/* ---- who may ---- */

#define AGAIN_EN "log in anew (keep this session open) and say there: dengbao confirm"
#define AGAIN_ZH "请保持当前会话，另行登录后在新会话中执行：dengbao confirm"

/* Why a login does not show that the changed system lets people in; no text: it does. */
static struct text login_refusal(const struct login *now, const struct txn_window *w)
{
    bool same = now->audit_session >= 0 && now->audit_session == w->by.audit_session;
    same |= now->pid && now->pid == w->by.pid && now->started_ms == w->by.started_ms;
    if (same)
        return TEXT("this is the login that made the change; " AGAIN_EN,
                    "这就是执行更改的登录；" AGAIN_ZH);
    if (!now->pid || now->started_ms < 0)
        return TEXT("no login is seen that this command runs in (it runs in the background, in an "
                    "older tmux, or was not started by sshd or login); " AGAIN_EN,
                    "看不出本命令属于哪次登录（在后台、在先前的 tmux 中运行，或不是由 sshd、login "
                    "启动）；" AGAIN_ZH);
    if (now->started_ms <= w->effective_ms)
        return TEXT("this login is older than the change and shows nothing; " AGAIN_EN,
                    "本次登录早于更改，不能说明更改后仍可登录；" AGAIN_ZH);
    if (now->local && w->by.client && !w->by.local)
        return TEXT("this login comes from the machine itself and does not show that it can be "
                    "reached from outside; " AGAIN_EN,
                    "本次登录来自本机自身，不能说明可从外部登录；" AGAIN_ZH);
    return (struct text){0};
}

struct text confirm_refusal(struct root *r, const struct txn *t)
{
    struct login now;
    int code = live_login(r, &now);
    return code < 0 ? errno_text(code) : login_refusal(&now, t->window);
}

static struct txn *last_with_window(const struct txn_list *all)
{
    for (size_t i = all->n; i > 0; i--)
        if (all->v[i - 1]->window)
            return all->v[i - 1];
    return NULL;
}

static int nothing_waits(const struct txn_list *all, struct err *e)
{
    const struct txn *t = last_with_window(all);
    if (!t)
        return err_set(e, -ENOENT, "nothing waits for a confirmation", "没有待确认的更改");
    if (t->status == TXN_COMMITTED)
        return err_set(e, -EALREADY, "transaction %s is confirmed already", "事务 %s 已经确认",
                       t->id);
    return err_set(e, -ETIME, "too late: transaction %s was taken back; see: dengbao history",
                   "已过确认期：事务 %s 已被撤销；参见 dengbao history", t->id);
}

int confirm_run(struct root *r, struct txn **ret, struct err *e)
{
    _cleanup_lock_ int lock = -1;
    struct txn_list all = {0};
    struct login now;
    if (!root_is_live(r))
        return err_set(e, -EOPNOTSUPP, "only a running system can be confirmed",
                       "只有正在运行的系统才能确认");
    int code = apply_begin(r, &lock, e);
    if (code == 0)
        code = txn_load_all(r, &all, e);
    if (code < 0)
        return code;
    struct txn *t = window_waiting(&all);
    if (!t)
        return nothing_waits(&all, e);
    code = live_login(r, &now);
    if (code < 0)
        return err_errno(e, code, "the login cannot be looked at", "无法查看本次登录");
    struct text refused = login_refusal(&now, t->window);
    if (refused.en) {
        if (e)
            e->message = refused;
        return -EPERM;
    }
    code = note_confirmation(r, t, &now);
    if (code == 0)
        code = txn_set_status(r, t, TXN_COMMITTED);
    if (code < 0)
        return err_errno(e, code, "cannot write the journal", "无法写入日志");
    window_disarm(r, t);
    live_log(r, arena_printf(root_arena(r), "transaction %s is confirmed by %s%s%s", t->id,
                             account_of(r, &now), now.client ? " from " : "",
                             now.client ? now.client : ""));
    *ret = t;
    return 0;
}

/* ---- while one waits ---- */

int refuse_while_waiting(struct root *r, const char *but, struct err *e)
{
    struct txn_list all = {0};
    int code = txn_load_all(r, &all, e);
    const struct txn *t = code < 0 ? NULL : window_waiting(&all);
    if (!t || cstr_eq(t->id, but))
        return code;
    return err_set(e, -EBUSY,
                   "transaction %s waits for its confirmation (%lld s left): say dengbao confirm "
                   "in a new login, or take it back: dengbao undo %s",
                   "事务 %s 尚待确认（剩余 %lld 秒）：请在新登录中执行 dengbao confirm，"
                   "或将其撤销：dengbao undo %s",
                   t->id, (long long)window_left(r, t), t->id);
}

int recover_wait(struct root *r, const char *id, struct err *e)
{
    enum { TRIES = 100, PAUSE_MS = 3000 };
    struct txn_list all = {0};
    unsigned count;
    int code = txn_load_all(r, &all, e);
    for (size_t i = 0; code == 0 && i < all.n; i++)
        if (cstr_eq(all.v[i]->id, id) && all.v[i]->window &&
            window_state(r, all.v[i]) == WINDOW_WAITS)
            boot_time_wait(all.v[i]->window->deadline_ms);
    for (int i = 0; i < TRIES; i++) {
        code = recover_run(r, false, &count, e);
        if (code == 0)
            return 0;
        boot_time_wait(boot_time_ms() + PAUSE_MS);
    }
    return code;
}
