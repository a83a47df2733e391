#include <errno.h>

#include "base/width.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "engine/apply.h"
#include "engine/window.h"

#define both(i, en, zh) ((i)->lang == LANG_ZH ? (zh) : (en))

/* "90", "90s", "10m", "1h". */
static int seconds_of(struct str s, int64_t *ret)
{
    int64_t unit = 1, n;
    if (str_ends(s, "s") || str_ends(s, "m") || str_ends(s, "h")) {
        char last = s.p[s.n - 1];
        unit = last == 'h' ? 3600 : last == 'm' ? 60 : 1;
        s.n--;
    }
    if (str_to_int64(s, 10, &n) < 0 || n < 0 || n > WINDOW_MOST)
        return -EINVAL;
    *ret = n * unit;
    return *ret <= WINDOW_MOST ? 0 : -EINVAL;
}

int confirm_within_of(const struct invocation *i, int *ret)
{
    const char *asked = i->options[OPTION_CONFIRM_WITHIN];
    int64_t seconds = 0;
    if (!asked) {
        *ret = CONFIRM_AUTO;
        return 0;
    }
    if (!cstr_eq(asked, "none") && seconds_of(str_of(asked), &seconds) < 0)
        return complain(i, EXIT_USAGE,
                        text_make(i->arena,
                                  "\"%s\" is not a time: 10m, 90s, 1h (at most 24h), or none",
                                  "“%s”不是时间：应为 10m、90s、1h（最长 24h）或 none",
                                  safe_text(i->arena, asked)));
    *ret = (int)seconds;
    return 0;
}

void confirm_hint(const struct invocation *i, int64_t within, struct buf *b)
{
    int64_t minutes = within / 60, seconds = within % 60;
    const char *time =
        !seconds   ? arena_printf(i->arena, both(i, "%lld min", "%lld 分钟"), (long long)minutes)
        : !minutes ? arena_printf(i->arena, both(i, "%lld s", "%lld 秒"), (long long)seconds)
                   : arena_printf(i->arena, both(i, "%lld min %lld s", "%lld 分 %lld 秒"),
                                  (long long)minutes, (long long)seconds);
    buf_printf(b,
               both(i,
                    "Not for good yet: keep this session open, log in anew, and say there:\n"
                    "    dengbao confirm\n"
                    "Otherwise everything is taken back in %s, and at once by a restart.\n",
                    "更改尚未最终生效：请保持当前会话，另行登录，并在新会话中执行：\n"
                    "    dengbao confirm\n"
                    "否则将在 %s后全部撤销；期间重启也会立即撤销。\n"),
               time);
}

static int confirm(struct invocation *i)
{
    struct err e = {.arena = i->arena};
    _cleanup_root_ struct root *root = NULL;
    struct txn *t;
    int r = session_root(i, &root);
    if (r)
        return r;
    r = confirm_run(root, &t, &e);
    if (r < 0)
        return complain(i, r == -EALREADY ? EXIT_OK : EXIT_ERROR,
                        e.message.en ? e.message : errno_text(r));
    _cleanup_buf_ struct buf out = {0};
    buf_printf(&out, both(i, "confirmed: transaction %s stays\n", "已确认：事务 %s 保留\n"), t->id);
    return put_output(i, &out);
}

const struct command command_confirm = {
    .name = "confirm",
    .arguments = "",
    .summary = {"say from a new login that a change may stay", "从新的登录中确认更改可以保留"},
    .about = {"After apply --confirm-within everything is taken back unless this is said in time, "
              "in a session that was logged in to after the change: being able to log in is what "
              "it shows. The session that made the change cannot say it, nor can one that was open "
              "before.",
              "执行 apply --confirm-within "
              "后，若未在期限内从更改之后的新登录中执行本命令，则全部撤销：新登录表明仍可登录系统。"
              "执行更改的会话以及更改之前已打开的会话不能确认。"},
    .set = COMMAND_CONFIRM,
    .run = confirm,
};
