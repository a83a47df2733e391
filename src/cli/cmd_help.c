#include "base/str.h"
#include "cli/commands.h"
#include "cli/manual.h"

static int help_man(const struct invocation *i, const char *page)
{
    _cleanup_buf_ struct buf b = {0};
    if (manual_write(i, page, &b))
        return put_output(i, &b);
    struct strings pages = manual_pages(i->arena), known = {0};
    for (size_t k = 0; k < pages.n; k++) {
        strings_add(i->arena, &known, pages.v[k]);
        if (cstr_starts(pages.v[k], "dengbao-"))
            strings_add(i->arena, &known, pages.v[k] + sizeof "dengbao-" - 1);
    }
    return complain_unknown(i, TEXT("unknown manual page", "未知手册页"), page, &known);
}

static int help_completion(const struct invocation *i)
{
    _cleanup_buf_ struct buf b = {0};
    (void)completion_write(i->arena, i->options[OPTION_COMPLETION], &b);
    return put_output(i, &b);
}

static int help(struct invocation *i)
{
    const struct command *about = i->command == &command_help ? NULL : i->command;
    i->options[OPTION_OUTPUT] = NULL; /* help is for whoever asked */
    if (i->options[OPTION_MAN])
        return help_man(i, about ? about->name : i->args.n ? i->args.v[0] : "dengbao");
    if (i->options[OPTION_COMPLETION])
        return help_completion(i);
    if (i->command == &command_help && i->options[OPTION_HELP])
        about = &command_help;
    else if (i->command == &command_help && i->args.n) {
        about = command_find(i->args.v[0]);
        if (!about && manual_knows(i->arena, i->args.v[0]))
            return help_man(i, i->args.v[0]);
        if (!about) {
            struct strings known = {0};
            for (const struct command *const *c = commands_all(); *c; c++)
                strings_add(i->arena, &known, (*c)->name);
            return complain_unknown(i, TEXT("unknown command", "未知命令"), i->args.v[0], &known);
        }
    }
    help_print(i, about);
    return EXIT_OK;
}

const struct command command_help = {
    .name = "help",
    .arguments = "[COMMAND|PAGE]",
    .summary = {"explain a command; man pages and shell completion",
                "说明一个命令；手册页与命令补全"},
    .about =
        {"Shows the commands, or the options of one. The program also carries its man pages and "
         "the completions of the shells; where it was not installed from a package, this is "
         "how to get them.",
         "显示全部命令，或某个命令的选项。程序自带手册页和各 shell "
         "的命令补全，未通过软件包安装时可由此取得。"},
    .set = COMMAND_HELP,
    .run = help,
};
