#include "cli/commands.h"

static int help(struct invocation *i)
{
    const struct command *about = i->command == &command_help ? NULL : i->command;
    if (i->command == &command_help && i->args.n) {
        about = command_find(i->args.v[0]);
        if (!about) {
            struct strings known = {0};
            for (const struct command *const *c = commands_all(); *c; c++)
                strings_add(i->arena, &known, (*c)->name);
            return complain_unknown(i, TEXT("unknown command", "未知命令"), i->args.v[0], &known);
        }
    }
    i->options[OPTION_OUTPUT] = NULL; /* help is for whoever asked */
    help_print(i, about);
    return EXIT_OK;
}

const struct command command_help = {
    .name = "help",
    .arguments = "[COMMAND]",
    .summary = {"explain a command", "说明一个命令"},
    .about = {"Shows the commands, or the options of one.", "显示全部命令，或某个命令的选项。"},
    .set = COMMAND_HELP,
    .run = help,
};
