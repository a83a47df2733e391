#include "format/auditrule.h"

#include <string.h>

#include "base/cleanup.h"

enum { LINE_LIMIT = 6144, KEY_LIMIT = 256 }; /* auditctl's buffer; AUDIT_MAX_KEY_LEN */

struct words {
    const char **v;
    size_t n, at;
};

struct reader {
    struct arena *arena;
    struct auditrule *rule;
    struct words words;
    size_t key_length;
    bool field_key; /* -F key= */
};

static bool bad(struct reader *r, const char *en, const char *zh)
{
    r->rule->kind = AUDITRULE_BAD;
    r->rule->problem = TEXT(en, zh);
    return false;
}

/* "\ " -> blank and "\\" -> backslash inside a word. */
static const char *unescape(struct arena *a, struct str s)
{
    char *word = arena_alloc(a, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\' && i + 1 < s.n && (s.p[i + 1] == ' ' || s.p[i + 1] == '\\'))
            i++;
        word[n++] = s.p[i];
    }
    return word;
}

static void split(struct arena *a, struct str line, struct strings *ret)
{
    size_t i = 0;
    while (i < line.n) {
        while (i < line.n && line.p[i] == ' ')
            i++;
        size_t start = i;
        bool escaped = false;
        for (; i < line.n && (line.p[i] != ' ' || escaped); i++)
            escaped = !escaped && line.p[i] == '\\';
        if (i > start)
            strings_add(a, ret, unescape(a, str_slice(line, start, i)));
    }
}

static bool take_list(struct reader *r, const char *value, bool prepend, bool remove)
{
    static const char *const lists[] = {"task",    "exit",       "user",
                                        "exclude", "filesystem", "io_uring"};
    struct auditrule *rule = r->rule;
    struct str rest = str_of(value), word;
    bool action = false;
    if (rule->list)
        return bad(r, "two rules on one line", "一行中有两条规则");
    while (str_next_field(&rest, ',', &word)) {
        bool known = false;
        for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
            if (str_is(word, lists[i])) {
                if (rule->list)
                    return bad(r, "two lists in one rule", "一条规则中有两个列表");
                rule->list = lists[i];
                known = true;
            }
        if (str_is(word, "always") || str_is(word, "never")) {
            if (action)
                return bad(r, "two actions in one rule", "一条规则中有两个动作");
            rule->never = str_is(word, "never");
            action = known = true;
        }
        if (!known)
            return bad(r, "unknown list or action", "未知的列表或动作");
    }
    if (!rule->list || !action)
        return bad(r, "a rule needs a list and an action", "规则需要列表和动作");
    if (strcmp(rule->list, "task") == 0 && rule->has_syscalls)
        return bad(r, "syscalls given for the task list", "task 列表不能带系统调用");
    rule->kind = remove ? AUDITRULE_DELETE : AUDITRULE_ADD;
    rule->prepend = prepend;
    return true;
}

static bool take_watch(struct reader *r, const char *value, bool remove)
{
    struct auditrule *rule = r->rule;
    if (rule->list)
        return bad(r, "a watch cannot be given with a syscall rule", "监视不能与系统调用规则同行");
    if (value[0] != '/')
        return bad(r, "the path of a watch must be absolute", "监视的路径必须是绝对路径");
    size_t n = strlen(value);
    if (n > 1 && value[n - 1] == '/')
        n--;
    rule->watch = arena_strndup(r->arena, value, n);
    rule->list = "exit";
    rule->kind = remove ? AUDITRULE_DELETE : AUDITRULE_ADD;
    return true;
}

static bool take_key(struct reader *r, const char *value)
{
    r->key_length += strlen(value) + (r->rule->keys.n ? 1 : 0);
    if (r->key_length > KEY_LIMIT)
        return bad(r, "the key is too long", "键值过长");
    strings_add(r->arena, &r->rule->keys, value);
    return true;
}

/* -k is taken only behind what makes a rule, -F key= only in a rule that has it anywhere (setopt of
 * auditctl.c; libaudit says so at the end of the line). */
static bool key_allowed(const struct auditrule *r)
{
    static const char *const makers[] = {"perm", "path", "dir", "exe", "fstype"};
    bool enough = r->watch || r->has_syscalls;
    for (size_t i = 0; i < r->fields.n * ARRAY_SIZE(makers); i++)
        enough = enough || strcmp(r->fields.v[i / ARRAY_SIZE(makers)].name,
                                  makers[i % ARRAY_SIZE(makers)]) == 0;
    return r->list && enough;
}

static bool take_field(struct reader *r, const char *value, bool compare)
{
    static const char *const ops[] = {"!=", ">=", "<=", "&=", "=", ">", "<", "&"};
    struct auditrule *rule = r->rule;
    if (!rule->list)
        return bad(r, "a field needs a list before it", "字段之前需要列表");
    if (!compare && cstr_starts(value, "key=")) {
        r->field_key = true;
        return take_key(r, value + 4);
    }
    size_t at = strcspn(value, "!=<>&");
    for (size_t i = 0; value[at] && at && i < ARRAY_SIZE(ops); i++) {
        if (!cstr_starts(value + at, ops[i]))
            continue;
        struct auditrule_field f = {arena_strndup(r->arena, value, at), ops[i],
                                    value + at + strlen(ops[i])};
        if (!*f.value)
            return bad(r, "a field without a value", "字段缺少值");
        vec_push(r->arena, &rule->fields, f);
        rule->compares += compare;
        return true;
    }
    return bad(r, "a field without an operator", "字段缺少运算符");
}

static bool take_syscalls(struct reader *r, const char *value)
{
    struct auditrule *rule = r->rule;
    struct str rest = str_of(value), word;
    if (rule->list && strcmp(rule->list, "exit") != 0 && strcmp(rule->list, "io_uring") != 0)
        return bad(r, "this list takes no syscalls", "该列表不接受系统调用");
    while (str_next_field(&rest, ',', &word))
        if (word.n)
            strings_add(r->arena, &rule->syscalls, str_dup(r->arena, word));
    rule->has_syscalls = true;
    return true;
}

static bool take_perm(struct reader *r, const char *value)
{
    if (!r->rule->list)
        return bad(r, "-p needs a watch before it", "-p 之前需要监视路径");
    if (!*value || strlen(value) > 4 || value[strspn(value, "rwxaRWXA")])
        return bad(r, "permissions are letters of rwxa", "权限只能是 rwxa 中的字母");
    r->rule->perm = value;
    return true;
}

static bool take_control(struct reader *r, const char *option, const char *argument)
{
    bool number = argument && *argument >= '0' && *argument <= '9';
    static const char *const numbers[] = {"e", "f", "b", "r", "backlog_wait_time"};
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
        if (strcmp(option, numbers[i]) == 0 && !number)
            return bad(r, "this option takes a number", "该选项需要数字");
    bool small = strcmp(option, "e") == 0 || strcmp(option, "f") == 0;
    if (small && (strlen(argument) != 1 || argument[0] > '2'))
        return bad(r, "this option takes 0, 1 or 2", "该选项只能为 0、1 或 2");
    r->rule->kind = AUDITRULE_CONTROL;
    r->rule->option = option;
    r->rule->argument = argument;
    return true;
}

static bool take_long(struct reader *r, const char *word)
{
    static const char *const with_value[] = {"backlog_wait_time", "signal"};
    static const char *const plain[] = {"loginuid-immutable", "reset-lost",
                                        "reset_backlog_wait_time_actual"};
    const char *equals = strchr(word, '=');
    struct str name = {word, equals ? (size_t)(equals - word) : strlen(word)};
    for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
        if (str_is(name, plain[i]))
            return take_control(r, plain[i], NULL);
    for (size_t i = 0; i < ARRAY_SIZE(with_value); i++) {
        if (!str_is(name, with_value[i]))
            continue;
        const char *value = equals ? equals + 1 : NULL;
        if (!value && r->words.at < r->words.n)
            value = r->words.v[r->words.at++];
        return value ? take_control(r, with_value[i], value)
                     : bad(r, "this option takes a number", "该选项需要数字");
    }
    return bad(r, "unknown option", "未知选项");
}

static bool take_option(struct reader *r, char letter, const char *value)
{
    switch (letter) {
    case 'a':
    case 'A':
        return take_list(r, value, letter == 'A', false);
    case 'd':
        return take_list(r, value, false, true);
    case 'w':
    case 'W':
        return take_watch(r, value, letter == 'W');
    case 'S':
        return take_syscalls(r, value);
    case 'F':
    case 'C':
        return take_field(r, value, letter == 'C');
    case 'p':
        return take_perm(r, value);
    case 'k':
        return key_allowed(r->rule) ? take_key(r, value)
                                    : bad(r, "-k needs a watch, -S, perm or exe before it",
                                          "-k 之前需要监视路径、-S、perm 或 exe");
    default:
        return take_control(r, arena_printf(r->arena, "%c", letter), value);
    }
}

static bool take_word(struct reader *r, const char *word)
{
    static const char valued[] = "aAdwWSFCpkefbrmq", plain[] = "Dicstlv";
    if (word[0] != '-' || !word[1])
        return bad(r, "a word without an option", "缺少选项的多余内容");
    if (word[1] == '-')
        return take_long(r, word + 2);
    if (strchr(plain, word[1])) {
        if (word[2])
            return bad(r, "options must not be joined", "选项不能连写");
        bool with_key = word[1] == 'D' && r->words.n - r->words.at == 2 &&
                        strcmp(r->words.v[r->words.at], "-k") == 0;
        const char *key = with_key ? r->words.v[r->words.at + 1] : NULL;
        r->words.at += with_key ? 2 : 0;
        return take_control(r, arena_strndup(r->arena, word + 1, 1), key);
    }
    if (!strchr(valued, word[1]))
        return bad(r, "unknown option", "未知选项");
    const char *value = word[2] ? word + 2 : NULL;
    if (!value && r->words.at < r->words.n)
        value = r->words.v[r->words.at++];
    if (!value)
        return bad(r, "an option without its value", "选项缺少取值");
    return take_option(r, word[1], value);
}

static void take_line(struct arena *a, struct str line, struct auditrule *rule)
{
    struct strings words = {0};
    size_t nul = line.n ? strnlen(line.p, line.n) : 0; /* a C string ends there */
    line.n = nul;
    if (line.n >= LINE_LIMIT) {
        rule->kind = AUDITRULE_BAD;
        rule->problem = TEXT("the line is too long", "该行过长");
        return;
    }
    split(a, line, &words);
    if (words.n == 0 || words.v[0][0] == '#')
        return;
    struct reader r = {.arena = a, .rule = rule, .words = {words.v, words.n, 0}};
    while (r.words.at < r.words.n)
        if (!take_word(&r, r.words.v[r.words.at++]))
            return;
    if (!rule->list && (rule->has_syscalls || rule->perm))
        (void)bad(&r, "a rule without a list", "规则缺少列表");
    else if (r.field_key && !key_allowed(rule))
        (void)bad(&r, "a key needs a watch, -S, perm or exe", "键值需要监视路径、-S、perm 或 exe");
}

void auditrules_parse(struct arena *a, struct str bytes, struct auditrules *ret)
{
    *ret = (struct auditrules){0};
    unsigned number = 0;
    for (struct str rest = bytes, before = bytes, line; str_next_line(&rest, &line);) {
        struct auditrule rule = {.line = ++number};
        size_t left = rest.p ? rest.n : 0;
        rule.raw = str_slice(before, 0, before.n - left);
        take_line(a, line, &rule);
        vec_push(a, &ret->lines, rule);
        before = rest;
    }
}

void auditrules_print(const struct auditrules *r, struct buf *out)
{
    for (size_t i = 0; i < r->lines.n; i++)
        buf_append(out, r->lines.v[i].raw.p, r->lines.v[i].raw.n);
}
