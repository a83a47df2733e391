#include "cli/cli.h"

#include "base/str.h"
#include "base/width.h"
#include "base/wrap.h"

static const char *option_left(const struct invocation *i, const struct option_row *row)
{
    const char *letter = row->letter ? arena_printf(i->arena, "-%c, ", row->letter) : "    ";
    const char *argument = text_in(row->argument, i->lang);
    if (*argument == '[') /* a value that may be left out is never a word of its own */
        return arena_printf(i->arena, "  %s--%s[=%s", letter, row->name, argument + 1);
    return arena_printf(i->arena, "  %s--%s%s%s", letter, row->name, *argument ? " " : "",
                        argument);
}

static void put_options(const struct invocation *i, struct buf *b, const struct command *command)
{
    unsigned left = 0, columns = i->columns ? i->columns : 100;
    for (int o = 0; o < OPTION_COUNT; o++) {
        unsigned width = width_of(str_of(option_left(i, &option_rows[o])));
        left = width > left ? width : left;
    }
    buf_puts(b, i->lang == LANG_ZH ? "\n选项：\n" : "\nOptions:\n");
    for (int o = 0; o < OPTION_COUNT; o++) {
        const struct option_row *row = &option_rows[o];
        if (command ? !(row->commands & command->set) : row->commands != COMMAND_ALL)
            continue;
        buf_put_padded(b, option_left(i, row), left + 2);
        buf_put_wrapped(b, text_in(row->help, i->lang), left + 2, columns);
        buf_putc(b, '\n');
    }
}

static void put_overview(const struct invocation *i, struct buf *b)
{
    bool zh = i->lang == LANG_ZH;
    buf_puts(
        b,
        zh ? "dengbao：检查 Linux 主机或镜像是否符合等保2.0三级（GB/T 22239-2019），并给出证据\n\n"
             "用法：dengbao 命令 [选项]\n\n命令：\n"
           : "dengbao: brings a Linux host or image to MLPS 2.0 level 3 (GB/T 22239-2019) "
             "and proves it\n\nUsage: dengbao COMMAND [OPTIONS]\n\nCommands:\n");
    for (const struct command *const *c = commands_all(); *c; c++) {
        buf_puts(b, "  ");
        buf_put_padded(b, (*c)->name, 13);
        buf_puts(b, text_in((*c)->summary, i->lang));
        buf_putc(b, '\n');
    }
    put_options(i, b, NULL);
    buf_puts(b, zh ? "\n退出码：0 符合或完成，1 错误，2 不符合，3 无不符合项但有未知或需举证项，64 "
                     "用法错误\n"
                     "命令的选项：dengbao 命令 --help\n"
                   : "\nExit: 0 compliant or done, 1 error, 2 not compliant, 3 nothing failed but "
                     "something is unknown\nor lacks evidence, 64 usage. Options of a command: "
                     "dengbao COMMAND --help\n");
}

void help_print(const struct invocation *i, const struct command *command)
{
    _cleanup_buf_ struct buf b = {0};
    if (!command) {
        put_overview(i, &b);
    } else {
        buf_printf(&b,
                   i->lang == LANG_ZH ? "用法：dengbao %s %s[选项]\n\n"
                                      : "Usage: dengbao %s %s[OPTIONS]\n\n",
                   command->name,
                   *command->arguments ? arena_printf(i->arena, "%s ", command->arguments) : "");
        buf_put_wrapped(&b, text_in(command->about, i->lang), 0, i->columns ? i->columns : 100);
        buf_putc(&b, '\n');
        put_options(i, &b, command);
    }
    (void)put_output(i, &b);
}
