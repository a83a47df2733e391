#include "cli/completion.h"

#include "base/str.h"
#include "cli/manual.h"

/* The words of the tables that stand for something the completions can offer. */
static const struct {
    const char *word, *kind;
} kinds[] = {
    {"DIR", "dir"},           {"FILE", "file"},     {"IN", "file"},
    {"OUT", "file"},          {"RULE", "rule"},     {"ITEM", "item"},
    {"FORMAT", "format"},     {"PRESET", "preset"}, {"COMMAND", "command"},
    {"RESOURCE", "resource"}, {"PAGE", "page"},     {"TRANSACTION", "transaction"},
    {"TXN", "transaction"},
};

static bool is_literal(struct str word)
{
    for (size_t k = 0; k < word.n; k++)
        if (!(word.p[k] >= 'a' && word.p[k] <= 'z') && word.p[k] != '-')
            return false;
    return word.n && word.p[0] != '-';
}

/* The next word between brackets, bars, blanks and "…". */
static bool next_word(struct str *rest, struct str *word)
{
    size_t start = 0, end;
    while (start < rest->n && (rest->p[start] & 0x80 || strchr("[]| ", rest->p[start])))
        start++;
    for (end = start; end < rest->n; end++)
        if (rest->p[end] & 0x80 || strchr("[]| ", rest->p[end]))
            break;
    *word = str_slice(*rest, start, end);
    *rest = str_slice(*rest, end, rest->n);
    return word->n > 0;
}

static bool takes_value(struct str option)
{
    for (int o = 0; o < OPTION_COUNT; o++)
        if (str_is(str_slice(option, 2, option.n), option_rows[o].name))
            return option_rows[o].argument.en != NULL;
    return false;
}

static void add_once(struct arena *a, struct strings *list, const char *s)
{
    if (strings_find(list, s) < 0)
        strings_add(a, list, s);
}

struct strings completion_kinds(struct arena *a, const char *arguments)
{
    struct strings found = {0};
    struct str rest = str_of(arguments), word;
    while (next_word(&rest, &word)) {
        if (str_starts(word, "--")) { /* the option completes its own value */
            if (takes_value(word))
                (void)next_word(&rest, &word);
            continue;
        }
        if (str_ends(word, ".json"))
            add_once(a, &found, "file");
        if (is_literal(word))
            add_once(a, &found, arena_printf(a, "=%.*s", STR_ARG(word)));
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
            if (str_is(word, kinds[k].word))
                add_once(a, &found, kinds[k].kind);
    }
    return found;
}

static const char *kinds_of(struct arena *a, const char *arguments)
{
    struct strings found = completion_kinds(a, arguments);
    return strings_join(a, &found, " ", 0);
}

static bool takes_argument(const struct option_row *row)
{
    return row->argument.en && row->argument.en[0] != '[';
}

static bool belongs(const struct option_row *row, const struct command *command)
{
    return command ? row->commands & command->set : row->commands == COMMAND_ALL;
}

/* Inside single quotes of bash and zsh. */
static void put_quoted(struct buf *b, const char *text)
{
    for (; *text; text++)
        if (*text == '\'')
            buf_puts(b, "'\\''");
        else
            buf_putc(b, *text);
}

/* ---- what bash and zsh share: functions that answer from the tables ---- */

static void put_value_table(struct arena *a, struct buf *b)
{
    buf_puts(b, "_dengbao_value_kinds() {\n\tcase $1 in\n");
    for (int o = 0; o < OPTION_COUNT; o++) {
        const struct option_row *row = &option_rows[o];
        if (!row->argument.en)
            continue;
        buf_printf(b, "\t--%s", row->name);
        if (row->letter)
            buf_printf(b, " | -%c", row->letter);
        buf_puts(b, ") echo '");
        for (const char *const *c = row->choices; c && *c; c++)
            buf_printf(b, "=%s ", *c);
        buf_printf(b, "%s' ;;\n", row->choices ? "" : kinds_of(a, row->argument.en));
    }
    buf_puts(b, "\tesac\n}\n_dengbao_argument_kinds() {\n\tcase $1 in\n");
    for (const struct command *const *c = commands_all(); *c; c++)
        buf_printf(b, "\t%s) echo '%s' ;;\n", (*c)->name, kinds_of(a, (*c)->arguments));
    buf_puts(b, "\tesac\n}\n# Options whose value is a word of its own.\n_dengbao_valued=' ");
    for (int o = 0; o < OPTION_COUNT; o++)
        if (takes_argument(&option_rows[o])) {
            buf_printf(b, "--%s ", option_rows[o].name);
            if (option_rows[o].letter)
                buf_printf(b, "-%c ", option_rows[o].letter);
        }
    buf_puts(b, "'\n_dengbao_commands='");
    for (const struct command *const *c = commands_all(); *c; c++)
        buf_printf(b, "%s%s", c == commands_all() ? "" : " ", (*c)->name);
    buf_puts(b, "'\n_dengbao_pages='");
    struct strings pages = manual_pages(a);
    buf_printf(b, "%s'\n", strings_join(a, &pages, " ", 0));
}

static void put_bash(struct arena *a, struct buf *b)
{
    put_value_table(a, b);
    buf_puts(b, "_dengbao_options() {\n\tcase $1 in\n");
    for (const struct command *const *c = commands_all();; c++) {
        buf_printf(b, "\t%s) echo '", *c ? (*c)->name : "*");
        for (int o = 0; o < OPTION_COUNT; o++)
            if (belongs(&option_rows[o], *c)) {
                buf_printf(b, "--%s ", option_rows[o].name);
                if (option_rows[o].letter)
                    buf_printf(b, "-%c ", option_rows[o].letter);
            }
        buf_puts(b, "' ;;\n");
        if (!*c)
            break;
    }
    buf_puts(b, "\tesac\n}\n");
    buf_puts(b, completion_bash);
}

static void put_zsh_options(struct buf *b, const struct command *command, enum lang lang)
{
    for (int o = 0; o < OPTION_COUNT; o++) {
        const struct option_row *row = &option_rows[o];
        if (!belongs(row, command))
            continue;
        for (int letter = 0; letter <= (row->letter ? 1 : 0); letter++) {
            if (letter)
                buf_printf(b, " '-%c:", row->letter);
            else
                buf_printf(b, " '--%s:", row->name);
            put_quoted(b, text_in(row->help, lang));
            buf_putc(b, '\'');
        }
    }
}

static void put_zsh(struct arena *a, struct buf *b)
{
    buf_puts(b, "#compdef dengbao\n");
    put_value_table(a, b);
    for (int lang = LANG_EN; lang <= LANG_ZH; lang++) {
        buf_printf(b, "_dengbao_options_%s() {\n\tcase $1 in\n", lang == LANG_ZH ? "zh" : "en");
        for (const struct command *const *c = commands_all();; c++) {
            buf_printf(b, "\t%s) options=(", *c ? (*c)->name : "*");
            put_zsh_options(b, *c, (enum lang)lang);
            buf_puts(b, ") ;;\n");
            if (!*c)
                break;
        }
        buf_printf(b, "\tesac\n}\n_dengbao_commands_%s() {\n\tcommands=(",
                   lang == LANG_ZH ? "zh" : "en");
        for (const struct command *const *c = commands_all(); *c; c++) {
            buf_printf(b, " '%s:", (*c)->name);
            put_quoted(b, text_in((*c)->summary, (enum lang)lang));
            buf_putc(b, '\'');
        }
        buf_puts(b, ")\n}\n");
    }
    buf_puts(b, completion_zsh);
}

/* ---- fish: one line per option ---- */

static void put_fish_quoted(struct buf *b, const char *text)
{
    for (buf_putc(b, '\''); *text; text++) {
        if (*text == '\'' || *text == '\\')
            buf_putc(b, '\\');
        buf_putc(b, *text);
    }
    buf_putc(b, '\'');
}

static void put_fish_options(struct arena *a, struct buf *b, enum lang lang)
{
    for (int o = 0; o < OPTION_COUNT; o++) {
        const struct option_row *row = &option_rows[o];
        buf_puts(b, "    complete -c dengbao");
        if (row->commands != COMMAND_ALL) {
            buf_puts(b, " -n '__dengbao_at");
            for (const struct command *const *c = commands_all(); *c; c++)
                if (belongs(row, *c))
                    buf_printf(b, " %s", (*c)->name);
            buf_putc(b, '\'');
        }
        buf_printf(b, " -l %s", row->name);
        if (row->letter)
            buf_printf(b, " -s %c", row->letter);
        if (takes_argument(row))
            buf_puts(b, " -x -a '(__dengbao_values");
        for (const char *const *c = row->choices; takes_argument(row) && c && *c; c++)
            buf_printf(b, " =%s", *c);
        if (takes_argument(row))
            buf_printf(b, " %s)'", row->choices ? "" : kinds_of(a, row->argument.en));
        buf_puts(b, " -d ");
        put_fish_quoted(b, text_in(row->help, lang));
        buf_putc(b, '\n');
    }
}

static void put_fish(struct arena *a, struct buf *b)
{
    buf_puts(b, "set -g __dengbao_valued");
    for (int o = 0; o < OPTION_COUNT; o++)
        if (takes_argument(&option_rows[o])) {
            buf_printf(b, " --%s", option_rows[o].name);
            if (option_rows[o].letter)
                buf_printf(b, " -%c", option_rows[o].letter);
        }
    struct strings pages = manual_pages(a);
    buf_printf(b, "\nset -g __dengbao_pages %s\nset -g __dengbao_commands",
               strings_join(a, &pages, " ", 0));
    for (const struct command *const *c = commands_all(); *c; c++)
        buf_printf(b, " %s", (*c)->name);
    buf_putc(b, '\n');
    buf_puts(b, completion_fish);
    for (const struct command *const *c = commands_all(); *c; c++)
        if (*kinds_of(a, (*c)->arguments))
            buf_printf(b, "complete -c dengbao -n '__dengbao_at %s' -a '(__dengbao_values %s)'\n",
                       (*c)->name, kinds_of(a, (*c)->arguments));
    for (int lang = LANG_ZH; lang >= (int)LANG_EN; lang--) {
        buf_puts(b, lang == LANG_ZH ? "if __dengbao_zh\n" : "else\n");
        for (const struct command *const *c = commands_all(); *c; c++) {
            buf_printf(b, "    complete -c dengbao -n __dengbao_at -a %s -d ", (*c)->name);
            put_fish_quoted(b, text_in((*c)->summary, (enum lang)lang));
            buf_putc(b, '\n');
        }
        put_fish_options(a, b, (enum lang)lang);
    }
    buf_puts(b, "end\n");
}

const char *const completion_shells[] = {"bash", "zsh", "fish", NULL};

bool completion_write(struct arena *a, const char *shell, struct buf *b)
{
    static void (*const writers[])(struct arena *, struct buf *) = {put_bash, put_zsh, put_fish};
    for (size_t k = 0; completion_shells[k]; k++)
        if (cstr_eq(completion_shells[k], shell)) {
            writers[k](a, b);
            return true;
        }
    return false;
}
