#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "base/width.h"
#include "cli/commands.h"
#include "cli/plan_text.h"
#include "cli/session.h"
#include "engine/apply.h"
#include "engine/window.h"

#define both(i, en, zh) ((i)->lang == LANG_ZH ? (zh) : (en))

static int fail(const struct invocation *i, int code, const struct err *e)
{
    struct text why = e->message.en ? e->message : errno_text(code);
    if (e->path)
        why = (struct text){arena_printf(i->arena, "%s: %s", e->path, why.en),
                            arena_printf(i->arena, "%s：%s", e->path, why.zh)};
    if (code == -EUCLEAN) {
        (void)complain(i, 0, why);
        why = text_unfinished();
    }
    return complain(i, code == -EALREADY ? EXIT_OK : EXIT_ERROR, why);
}

static struct host *bare_host(const struct invocation *i, struct root *root)
{
    (void)i;
    return host_open(root, time(NULL));
}

static void put_conflicts(const struct invocation *i, const struct txn_conflicts *c, struct buf *b)
{
    for (size_t k = 0; k < c->n; k++) {
        buf_printf(b, both(i, "changed since by somebody else: %s\n", "此后被他人更改：%s\n"),
                   safe_text(i->arena, c->v[k].path));
        diff_text(i, c->v[k].diff, b);
    }
}

static int undo(struct invocation *i)
{
    struct err e = {.arena = i->arena};
    struct txn *back = NULL;
    struct txn_conflicts conflicts = {0};
    struct strings left = {0};
    _cleanup_root_ struct root *root = NULL;
    if (i->args.n > (i->options[OPTION_RULE] ? 0 : 1))
        return complain(i, EXIT_USAGE,
                        TEXT("undo takes one transaction; see: dengbao history",
                             "undo 只接受一个事务；参见 dengbao history"));
    int r = session_root(i, &root);
    if (r)
        return r;
    if (!i->options[OPTION_YES]) {
        if (!isatty(STDIN_FILENO))
            return complain(
                i, EXIT_USAGE,
                TEXT("not at a terminal: say --yes to undo", "不在终端上运行：撤销请加 --yes"));
        if (!ask_yes(i, "Put everything back as it was?", "恢复到更改之前的状态吗？"))
            return complain(i, EXIT_OK, TEXT("nothing was changed", "未做任何更改"));
    }
    bool force = i->options[OPTION_FORCE] != NULL;
    if (i->options[OPTION_RULE]) {
        struct host_options asked = {0};
        struct policy *policy;
        if (!i->options[OPTION_PRESET]) /* not today's: what was done then is worked out again */
            i->options[OPTION_PRESET] = undo_rule_preset(root, i->options[OPTION_RULE]);
        r = session_policy(i, &policy);
        if (r)
            return r;
        r = undo_rule_run(session_host(i, root, policy, &asked), policy, i->options[OPTION_RULE],
                          force, &back, &conflicts, &left, &e);
    } else {
        r = undo_run(bare_host(i, root), i->args.n ? i->args.v[0] : NULL, force, &back, &conflicts,
                     &left, &e);
    }
    _cleanup_buf_ struct buf out = {0};
    put_conflicts(i, &conflicts, &out);
    if (r == 0) {
        buf_printf(
            &out,
            both(i, "%zu changes taken back (transaction %s)\n", "已收回 %zu 项更改（事务 %s）\n"),
            back->steps.n, back->undoes ? back->undoes : back->id);
        for (size_t k = 0; k < left.n; k++)
            buf_printf(&out,
                       both(i, "cannot be taken back by dengbao: %s\n", "dengbao 无法收回：%s\n"),
                       safe_text(i->arena, left.v[k]));
    }
    int code = put_output(i, &out);
    return r < 0 ? fail(i, r, &e) : code;
}

static const char *local_time(struct arena *a, time_t when)
{
    struct tm tm;
    char text[32];
    if (!localtime_r(&when, &tm) || !strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm))
        return "?";
    return arena_strdup(a, text);
}

/* Who said that a change stays, until when somebody may, or why it was taken back; no text: there
 * was no window. */
static struct text window_text(const struct invocation *i, struct root *r, const struct txn *t)
{
    struct txn_confirmation by;
    if (cstr_eq(t->because, "restart"))
        return TEXT("restarted before it was confirmed", "确认前系统已重启");
    if (t->because)
        return TEXT("not confirmed in time", "未在期限内确认");
    if (t->status == TXN_UNCONFIRMED && window_left(r, t))
        return text_make(i->arena, "unconfirmed until %s (%lld s left)",
                         "待确认，截至 %s（剩余 %lld 秒）",
                         local_time(i->arena, time(NULL) + (time_t)window_left(r, t)),
                         (long long)window_left(r, t));
    if (t->status == TXN_UNCONFIRMED)
        return TEXT("not confirmed; the next command takes it back", "未确认；将由下一条命令撤销");
    if (t->status != TXN_COMMITTED || !t->window || txn_confirmation(r, t, &by) < 0)
        return (struct text){0};
    const char *when = local_time(i->arena, by.at);
    return by.client
               ? text_make(i->arena, "confirmed by %s from %s, %s", "由 %s 自 %s 确认，%s",
                           by.account, by.client, when)
               : text_make(i->arena, "confirmed by %s, %s", "由 %s 确认，%s", by.account, when);
}

static int history(struct invocation *i)
{
    struct err e = {.arena = i->arena};
    struct txn_list all = {0};
    _cleanup_root_ struct root *root = NULL;
    int r = session_root(i, &root);
    if (r)
        return r;
    r = txn_load_all(root, &all, &e);
    if (r < 0)
        return fail(i, r, &e);
    session_unfinished(i, root);
    _cleanup_buf_ struct buf out = {0};
    for (size_t k = 0; k < all.n; k++) {
        const struct txn *t = all.v[k];
        buf_printf(&out, "%s  ", t->id);
        buf_put_padded(&out, txn_status_name(t->status), 12);
        buf_printf(&out, both(i, "%3zu changes  ", "%3zu 项更改  "), t->steps.n);
        if (t->undoes)
            buf_printf(&out, both(i, "undo of %s", "撤销 %s"), t->undoes);
        else
            buf_puts(&out, strings_join(i->arena, &t->rules, ", ", 6));
        struct text window = window_text(i, root, t);
        if (window.en)
            buf_printf(&out, both(i, "; %s", "；%s"),
                       safe_text(i->arena, text_in(window, i->lang)));
        buf_putc(&out, '\n');
    }
    if (!all.n)
        buf_puts(&out, both(i, "no transactions\n", "没有事务\n"));
    return put_output(i, &out);
}

static int recover(struct invocation *i)
{
    struct err e = {.arena = i->arena};
    unsigned count;
    _cleanup_root_ struct root *root = NULL;
    int r = session_root(i, &root);
    if (r)
        return r;
    if (i->options[OPTION_UNCONFIRMED]) {
        r = recover_wait(root, i->options[OPTION_UNCONFIRMED], &e);
        return r < 0 ? fail(i, r, &e) : EXIT_OK;
    }
    r = recover_run(root, i->options[OPTION_BOOT] != NULL, &count, &e);
    if (r < 0)
        return fail(i, r, &e);
    _cleanup_buf_ struct buf out = {0};
    if (count)
        buf_printf(&out,
                   both(i, "%u interrupted or unconfirmed transactions put back\n",
                        "已恢复 %u 个中断或未确认的事务\n"),
                   count);
    else
        buf_puts(&out, both(i, "nothing to recover\n", "没有需要恢复的事务\n"));
    return put_output(i, &out);
}

const struct command command_undo = {
    .name = "undo",
    .arguments = "[TRANSACTION]",
    .summary = {"take a transaction back, byte for byte", "逐字节撤销一个事务"},
    .about = {"Puts back what the last transaction (or the one named) changed: bytes, mode, owner, "
              "extended attributes and times. Refuses, with a diff, where somebody changed a file "
              "since. Packages that were installed or removed stay as they are.",
              "恢复最近一次（或指定的）事务更改的内容：字节、权限、属主、扩展属性和时间。"
              "文件此后被他人更改时给出差异并拒绝。已安装或移除的软件包保持现状。"},
    .set = COMMAND_UNDO,
    .run = undo,
};

const struct command command_history = {
    .name = "history",
    .arguments = "",
    .summary = {"list the transactions of this system", "列出本系统的事务"},
    .about = {"One line per transaction, the oldest first.", "每个事务一行，最早的在前。"},
    .set = COMMAND_HISTORY,
    .run = history,
};

const struct command command_recover = {
    .name = "recover",
    .arguments = "",
    .summary = {"put back what an interrupted transaction left", "恢复中断的事务留下的更改"},
    .about = {"Undoes every transaction that a crash or power loss left unfinished, and every one "
              "whose confirmation window is over. Runs at boot and before every other "
              "transaction.",
              "撤销因崩溃或断电而未完成的事务，以及确认期已过的事务。系统启动时和每个事务开始前都会"
              "执行。"},
    .set = COMMAND_RECOVER,
    .run = recover,
};
