#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

#include "base/near.h"
#include "base/str.h"
#include "base/width.h"

enum lang arguments_lang(int argc, char **argv)
{
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (int k = 1; k < argc && !cstr_eq(argv[k], "--"); k++) {
        const char *value = NULL;
        if (cstr_starts(argv[k], "--lang="))
            value = argv[k] + strlen("--lang=");
        else if (cstr_eq(argv[k], "--lang") && k + 1 < argc)
            value = argv[k + 1];
        if (value)
            return cstr_eq(value, "zh") ? LANG_ZH : LANG_EN;
    }
    for (size_t k = 0; k < sizeof variables / sizeof variables[0]; k++) {
        const char *value = getenv(variables[k]);
        if (value && *value)
            return cstr_starts(value, "zh") ? LANG_ZH : LANG_EN;
    }
    return LANG_EN;
}

static int unknown_option(const struct invocation *i, const char *word)
{
    struct strings known = {0};
    for (int o = 0; o < OPTION_COUNT; o++)
        if (!i->command || (option_rows[o].commands & i->command->set))
            strings_add(i->arena, &known, arena_printf(i->arena, "--%s", option_rows[o].name));
    return complain_unknown(i, TEXT("unknown option", "未知选项"), word, &known);
}

static int set_option(struct invocation *i, enum option_id id, const char *value)
{
    const struct option_row *row = &option_rows[id];
    if (row->choices) {
        struct strings known = {0};
        for (const char *const *c = row->choices; *c; c++)
            strings_add(i->arena, &known, *c);
        if (strings_find(&known, value) < 0) {
            const char *all = strings_join(i->arena, &known, ", ", 0);
            return complain(i, EXIT_USAGE,
                            text_make(i->arena, "--%s: \"%s\" is none of %s",
                                      "--%s：“%s”不是 %s 之一", row->name,
                                      safe_text(i->arena, value), all));
        }
    }
    if (row->argument.en && row->argument.en[0] != '[' && !*value)
        return complain(i, EXIT_USAGE,
                        text_make(i->arena, "--%s: the value is empty", "--%s：值为空", row->name));
    i->options[id] = value;
    if (id == OPTION_FROM)
        strings_add(i->arena, &i->from, value);
    return 0;
}

/* One word that begins with "-"; *k moves over a value that is a word of its own. */
static int read_option(struct invocation *i, int argc, char **argv, int *k)
{
    const char *word = argv[*k], *value = NULL;
    bool is_long = word[1] == '-';
    struct str name = str_of(is_long ? word + 2 : word + 1);
    int equals = is_long ? str_index(name, '=') : -1;
    if (equals >= 0) {
        value = name.p + equals + 1;
        name = str_slice(name, 0, (size_t)equals);
    } else if (!is_long && name.n > 1) {
        value = name.p + 1;
        name = str_slice(name, 0, 1);
    }
    for (int o = 0; o < OPTION_COUNT; o++) {
        const struct option_row *row = &option_rows[o];
        if (is_long ? !str_is(name, row->name) : name.n != 1 || name.p[0] != row->letter)
            continue;
        bool optional = row->argument.en && row->argument.en[0] == '[';
        if (row->argument.en && !value && !optional) {
            if (*k + 1 >= argc)
                return complain(i, EXIT_USAGE,
                                text_make(i->arena, "%s needs a value", "%s 需要一个值", word));
            value = argv[++*k];
        } else if (!row->argument.en && value) {
            return complain(
                i, EXIT_USAGE,
                text_make(i->arena, "%s takes no value", "%s 不带值", safe_text(i->arena, word)));
        }
        return set_option(i, (enum option_id)o, value ? value : "");
    }
    return unknown_option(i, is_long ? arena_printf(i->arena, "--%.*s", STR_ARG(name)) : word);
}

/* Options may stand before the command, so that it is known only at the end what belongs. */
static int check_belonging(const struct invocation *i)
{
    for (int o = 0; i->command && o < OPTION_COUNT; o++)
        if (i->options[o] && !(option_rows[o].commands & i->command->set))
            return complain(i, EXIT_USAGE,
                            text_make(i->arena,
                                      "--%s does not belong to \"%s\"; see: dengbao %s "
                                      "--help",
                                      "--%s 不是“%s”的选项；参见：dengbao %s --help",
                                      option_rows[o].name, i->command->name, i->command->name));
    return 0;
}

int arguments_read(struct invocation *i, int argc, char **argv)
{
    bool only_names = false;
    for (int k = 1; k < argc; k++) {
        if (!only_names && cstr_eq(argv[k], "--")) {
            only_names = true;
        } else if (!only_names && argv[k][0] == '-' && argv[k][1]) {
            int r = read_option(i, argc, argv, &k);
            if (r)
                return r;
        } else if (!i->command) {
            i->command = command_find(argv[k]);
            if (i->command)
                continue;
            struct strings known = {0};
            for (const struct command *const *c = commands_all(); *c; c++)
                strings_add(i->arena, &known, (*c)->name);
            return complain_unknown(i, TEXT("unknown command", "未知命令"), argv[k], &known);
        } else {
            strings_add(i->arena, &i->args, argv[k]);
        }
    }
    return check_belonging(i);
}
