#include "cli/manual.h"

#include "base/str.h"

static const struct text program_about = {
    "Judges the effective state of this machine, or of an image's root directory, against the 19 "
    "check items of China's MLPS 2.0 level 3 (GB/T 22239-2019), plans what is missing as diffs, "
    "makes the changes in one transaction that can be undone, and writes the results as reports "
    "for people, programs and assessors. A check changes nothing. What cannot be seen is unknown, "
    "never passed and never failed.",
    "对照等保2.0三级（GB/T 22239-2019）的 19 个检查项，判定本机或镜像根目录实际生效的状态；"
    "以差异形式给出整改计划，在一个可撤销的事务中完成更改，并输出供人员、程序和测评人员使用的报告。"
    "检查不做任何修改。无法看到的内容判为未知，既不算符合也不算不符合。",
};

static const struct manual_prose *prose_find(const char *name)
{
    for (const struct manual_prose *p = manual_prose; p->name; p++)
        if (cstr_eq(p->name, name))
            return p;
    return NULL;
}

static bool is_wide(const char *c) /* Chinese letters and punctuation, three bytes in UTF-8 */
{
    unsigned char lead = (unsigned char)c[0];
    return (lead >= 0xe3 && lead <= 0xe9) || lead == 0xef;
}

/* roff breaks lines at blanks only; between Chinese characters it is told where it may. */
static bool may_break(const char *before, const char *after)
{
    static const char *const never_first[] = {"，", "。", "；", "：", "、", "）", "》", "”", NULL};
    for (size_t k = 0; never_first[k]; k++)
        if (cstr_starts(after, never_first[k]))
            return false;
    return is_wide(after) && !cstr_starts(before, "（") && !cstr_starts(before, "《");
}

/* Text that roff leaves as it is: a hyphen stays the minus of options, no line is a request. */
static void put_plain(struct buf *b, const char *text)
{
    for (const char *c = text; *c; c++) {
        if (is_wide(c) && c[1] && c[2]) {
            buf_append(b, c, 3);
            c += 2;
            if (may_break(c - 2, c + 1))
                buf_puts(b, "\\:");
            continue;
        }
        bool first = !b->len || b->data[b->len - 1] == '\n';
        if (first && (*c == '.' || *c == '\''))
            buf_puts(b, "\\&");
        if (*c == '\\')
            buf_puts(b, "\\(rs");
        else if (*c == '-')
            buf_puts(b, "\\-");
        else if (*c == '^')
            buf_puts(b, "\\(ha");
        else if (*c == '~')
            buf_puts(b, "\\(ti");
        else
            buf_putc(b, *c);
    }
}

static void put_styled(struct buf *b, const char *font, const char *text)
{
    buf_printf(b, "\\f%s", font);
    put_plain(b, text);
    buf_puts(b, "\\fR");
}

static void put_heading(const struct invocation *i, struct buf *b, const char *en, const char *zh)
{
    buf_printf(b, ".SH %s\n", i->lang == LANG_ZH ? zh : en);
}

static void put_title(const struct invocation *i, struct buf *b, const char *name, int section)
{
    struct text kinds =
        section == 1 ? TEXT("User Commands", "用户命令") : TEXT("File Formats", "文件格式");
    buf_puts(b, ".\\\" Written by dengbao from its tables of commands and options.\n.TH ");
    for (const char *c = name; *c; c++)
        buf_putc(b, *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c);
    buf_printf(b, " %d \"%s\" \"dengbao %s\" \"%s\"\n.nh\n.ad l\n", section, DENGBAO_DATE,
               DENGBAO_VERSION, text_in(kinds, i->lang));
}

static void put_name(const struct invocation *i, struct buf *b, const char *name,
                     struct text summary)
{
    put_heading(i, b, "NAME", "名称");
    put_plain(b, name); /* no break marks here: whatis reads this line */
    buf_printf(b, " \\- %s\n", text_in(summary, i->lang));
}

static void put_options(const struct invocation *i, struct buf *b, const struct command *command)
{
    put_heading(i, b, "OPTIONS", "选项");
    for (int o = 0; o < OPTION_COUNT; o++) {
        const struct option_row *row = &option_rows[o];
        if (command ? !(row->commands & command->set) : row->commands != COMMAND_ALL)
            continue;
        buf_puts(b, ".TP\n");
        if (row->letter) {
            put_styled(b, "B", arena_printf(i->arena, "-%c", row->letter));
            buf_puts(b, ", ");
        }
        put_styled(b, "B", arena_printf(i->arena, "--%s", row->name));
        const char *argument = text_in(row->argument, i->lang);
        if (*argument == '[') {
            buf_puts(b, "[=");
            put_styled(b, "I",
                       str_dup(i->arena, str_slice(str_of(argument), 1, strlen(argument) - 1)));
            buf_putc(b, ']');
        } else if (*argument) {
            buf_putc(b, ' ');
            put_styled(b, "I", argument);
        }
        buf_putc(b, '\n');
        put_plain(b, text_in(row->help, i->lang));
        buf_putc(b, '\n');
    }
}

static void put_exit(const struct invocation *i, struct buf *b)
{
    static const struct {
        enum exit_code code;
        struct text meaning;
    } codes[] = {
        {EXIT_OK, {"done; everything that was asked for passes", "完成；所查各项均符合"}},
        {EXIT_ERROR,
         {"error: one message says which; nothing was changed", "错误：有一条消息说明；未做更改"}},
        {EXIT_NOT_COMPLIANT,
         {"something fails, or changes are pending", "有不符合项，或有待执行的更改"}},
        {EXIT_OPEN,
         {"nothing fails, but something is unknown or lacks evidence",
          "无不符合项，但有未知或需举证项"}},
        {EXIT_PARTLY, {"applied in part; the rest was put back", "部分完成，其余已恢复"}},
        {EXIT_ROLLED_BACK,
         {"nothing is changed: everything was put back", "未改变任何内容：已全部恢复"}},
        {EXIT_USAGE, {"the command line is wrong", "命令行有误"}},
    };
    put_heading(i, b, "EXIT STATUS", "退出状态");
    for (size_t k = 0; k < sizeof codes / sizeof codes[0]; k++) {
        buf_printf(b, ".TP\n.B %d\n", codes[k].code);
        put_plain(b, text_in(codes[k].meaning, i->lang));
        buf_putc(b, '\n');
    }
}

static void put_reference(struct buf *b, const char *page, int section, bool last)
{
    buf_puts(b, ".BR ");
    put_plain(b, page);
    buf_printf(b, " (%d)%s\n", section, last ? "" : ",");
}

static bool is_format_page(const char *name)
{
    return !command_find(name) && !cstr_eq(name, "dengbao");
}

bool manual_knows(struct arena *a, const char *page)
{
    struct strings pages = manual_pages(a);
    return strings_find(&pages, page) >= 0;
}

int manual_section(const char *page)
{
    const char *name = cstr_starts(page, "dengbao-") ? page + sizeof "dengbao-" - 1 : page;
    return is_format_page(name) ? 5 : 1;
}

static void put_see_also(const struct invocation *i, struct buf *b, const char *page)
{
    struct strings pages = manual_pages(i->arena);
    size_t last = pages.n;
    for (size_t k = 0; k < pages.n; k++)
        if (!cstr_eq(pages.v[k], page))
            last = k;
    put_heading(i, b, "SEE ALSO", "参见");
    for (size_t k = 0; k < pages.n; k++)
        if (!cstr_eq(pages.v[k], page))
            put_reference(b, pages.v[k], manual_section(pages.v[k]), k == last);
}

static void put_command(const struct invocation *i, struct buf *b, const struct command *command)
{
    const char *page = arena_printf(i->arena, "dengbao-%s", command->name);
    const struct manual_prose *prose = prose_find(command->name);
    put_title(i, b, page, 1);
    put_name(i, b, page, command->summary);
    put_heading(i, b, "SYNOPSIS", "概要");
    put_styled(b, "B", arena_printf(i->arena, "dengbao %s", command->name));
    buf_putc(b, ' ');
    if (*command->arguments) {
        put_styled(b, "I", command->arguments);
        buf_putc(b, ' ');
    }
    buf_puts(b, i->lang == LANG_ZH ? "[\\fI选项\\fR]\n" : "[\\fIOPTIONS\\fR]\n");
    put_heading(i, b, "DESCRIPTION", "描述");
    put_plain(b, text_in(command->about, i->lang));
    buf_putc(b, '\n');
    put_options(i, b, command);
    if (prose)
        buf_puts(b, text_in(prose->roff, i->lang));
    put_exit(i, b);
    put_see_also(i, b, page);
}

static void put_program(const struct invocation *i, struct buf *b)
{
    const struct manual_prose *prose = prose_find("dengbao");
    put_title(i, b, "dengbao", 1);
    put_name(i, b, "dengbao",
             (struct text){"bring a Linux host or image to MLPS 2.0 level 3 and prove it",
                           "使 Linux 主机或镜像符合等保2.0三级并给出证据"});
    put_heading(i, b, "SYNOPSIS", "概要");
    buf_puts(b, i->lang == LANG_ZH ? "\\fBdengbao\\fR \\fI命令\\fR [\\fI选项\\fR]\n"
                                   : "\\fBdengbao\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n");
    put_heading(i, b, "DESCRIPTION", "描述");
    put_plain(b, text_in(program_about, i->lang));
    buf_putc(b, '\n');
    put_heading(i, b, "COMMANDS", "命令");
    for (const struct command *const *c = commands_all(); *c; c++) {
        buf_puts(b, ".TP\n");
        put_styled(b, "B", (*c)->name);
        if (*(*c)->arguments) {
            buf_putc(b, ' ');
            put_styled(b, "I", (*c)->arguments);
        }
        buf_putc(b, '\n');
        put_plain(b, text_in((*c)->summary, i->lang));
        buf_putc(b, '\n');
    }
    put_options(i, b, NULL);
    if (prose)
        buf_puts(b, text_in(prose->roff, i->lang));
    put_exit(i, b);
    put_see_also(i, b, "dengbao");
}

struct strings manual_pages(struct arena *a)
{
    struct strings pages = {0};
    strings_add(a, &pages, "dengbao");
    for (const struct command *const *c = commands_all(); *c; c++)
        strings_add(a, &pages, arena_printf(a, "dengbao-%s", (*c)->name));
    for (const struct manual_prose *p = manual_prose; p->name; p++)
        if (is_format_page(p->name))
            strings_add(a, &pages, arena_printf(a, "dengbao-%s", p->name));
    return pages;
}

int manual_write(const struct invocation *i, const char *page, struct buf *b)
{
    const char *name = cstr_starts(page, "dengbao-") ? page + sizeof "dengbao-" - 1 : page;
    const struct command *command = command_find(name);
    const struct manual_prose *prose = prose_find(name);
    if (command) {
        put_command(i, b, command);
        return 1;
    }
    if (cstr_eq(name, "dengbao")) {
        put_program(i, b);
        return 1;
    }
    if (!prose)
        return 0;
    page = arena_printf(i->arena, "dengbao-%s", name);
    put_title(i, b, page, 5);
    buf_puts(b, text_in(prose->roff, i->lang));
    put_see_also(i, b, page);
    return 5;
}
