#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/commands.h"

static const struct command *const table[] = {
    &command_check,   &command_plan,     &command_apply,       &command_undo,   &command_history,
    &command_recover, &command_confirm,  &command_image,       &command_access, &command_setup,
    &command_waive,   &command_evidence, &command_record,      &command_list,   &command_explain,
    &command_report,  &command_verify,   &command_first_login, &command_help,   NULL,
};

const struct command *const *commands_all(void)
{
    return table;
}

const struct command *command_find(const char *name)
{
    for (size_t k = 0; table[k]; k++)
        if (cstr_eq(table[k]->name, name))
            return table[k];
    return NULL;
}

static unsigned terminal_columns(void)
{
    struct winsize size;
    if (!isatty(STDOUT_FILENO))
        return 0;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40 ? size.ws_col : 80;
}

static bool wants_colour(const struct invocation *i)
{
    const char *when = i->options[OPTION_COLOR], *term = getenv("TERM"), *no = getenv("NO_COLOR");
    if (when && !cstr_eq(when, "auto"))
        return cstr_eq(when, "always");
    return i->columns && !(no && *no) && term && !cstr_eq(term, "dumb");
}

static int run(struct invocation *i, int argc, char **argv)
{
    i->lang = arguments_lang(argc, argv);
    i->columns = terminal_columns();
    int r = arguments_read(i, argc, argv);
    if (r)
        return r;
    i->colour = wants_colour(i);
    if (i->options[OPTION_VERSION]) {
        _cleanup_buf_ struct buf b = {0};
        buf_puts(&b, "dengbao " DENGBAO_VERSION "\n");
        return put_output(i, &b);
    }
    if (i->options[OPTION_HELP] || i->command == &command_help)
        return command_help.run(i);
    if (!i->command)
        return complain(
            i, EXIT_USAGE,
            TEXT("which command? see: dengbao --help", "缺少命令；参见：dengbao --help"));
    return i->command->run(i);
}

int main(int argc, char **argv)
{
    struct invocation i = {.arena = arena_new()};
    int r = run(&i, argc, argv);
    arena_free(i.arena);
    return r;
}
