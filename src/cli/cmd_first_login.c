#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/session.h"
#include "engine/first_login.h"
#include "root/live.h"

#define both(i, en, zh) ((i)->lang == LANG_ZH ? (zh) : (en))

static int hint(const struct invocation *i)
{
    _cleanup_buf_ struct buf out = {0};
    const char *sudo = live_privileged() ? "" : "sudo ";
    buf_printf(&out,
               both(i,
                    "\nThis system is not set up for MLPS 2.0 level 3 yet. Log in as root (or with "
                    "sudo) and run:\n    %sdengbao setup\n\n",
                    "\n本系统尚未完成等保 2.0 三级的设置。请以 root（或通过 sudo）执行：\n"
                    "    %sdengbao setup\n\n"),
               sudo);
    return put_output(i, &out);
}

/* The fonts of a virtual console have no Chinese. */
static void choose_language(struct invocation *i)
{
    if (cstr_eq(getenv("TERM"), "linux"))
        i->lang = LANG_EN;
}

static int run_first_login(struct invocation *i)
{
    _cleanup_root_ struct root *root = NULL;
    const struct command *setup = command_find("setup");
    choose_language(i);
    if (i->options[OPTION_HINT])
        return hint(i);
    int r = session_root(i, &root);
    if (r)
        return r;
    enum first_login what = first_login(host_open(root, time(NULL)));
    if (what == FIRST_LOGIN_DONE)
        return EXIT_OK;
    if (what == FIRST_LOGIN_HINT || !setup || !live_privileged() || !isatty(STDIN_FILENO))
        return hint(i);
    _cleanup_buf_ struct buf out = {0};
    buf_puts(&out, both(i,
                        "\nNobody can log in to this system yet: no account has a password or key "
                        "that works.\nWhoever is at this console can set it up now, and does so "
                        "once.\n\n",
                        "\n本系统尚无任何可登录的账户（没有可用的口令或密钥）。\n"
                        "位于本控制台的人员现在可以进行一次性设置。\n\n"));
    r = put_output(i, &out);
    if (r)
        return r;
    i->command = setup;
    return setup->run(i);
}

const struct command command_first_login = {
    .name = "first-login",
    .arguments = "",
    .summary = {"what a console shows before its login prompt until setup is done",
                "setup 完成之前控制台在登录提示前显示的内容"},
    .about =
        {"Says that dengbao setup is to be run. On a console of a system where no account at "
         "all can log in, and no cloud or directory can bring one, it runs setup itself: "
         "otherwise nobody ever could. Does nothing once setup has been done.",
         "提示运行 dengbao setup。若系统没有任何可登录的账户，且不会由云平台或目录服务提供账户，"
         "则在控制台上直接运行 setup，否则将永远无人能够登录。setup 完成后不再起作用。"},
    .set = COMMAND_FIRST_LOGIN,
    .run = run_first_login,
};
