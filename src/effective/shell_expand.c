/* Expansion of words: parameters, substitutions, tilde, splitting, file names. */
#include "effective/shell_state.h"

#include <fnmatch.h>

#include "base/buf.h"

static struct sh_value special(struct sh *sh, const char *name)
{
    const struct sh_state *s = sh->s;
    char c = name[0];
    if (c == '?')
        return s->ok == YES ? sh_text("0") : sh_unknown();
    if (c == '#')
        return sh_text(arena_printf(sh->arena, "%zu", s->args.n));
    if (c == '-')
        return sh_text(sh->interactive ? "himBHs" : "hBc");
    if (c == '0') {
        const char *slash = strrchr(sh->account->shell, '/');
        return sh_text(arena_printf(sh->arena, "%s%s", sh->login ? "-" : "",
                                    slash ? slash + 1 : sh->account->shell));
    }
    if (c == '@' || c == '*') {
        struct strings all = {0};
        for (size_t i = 0; i < s->args.n; i++) {
            if (!s->args.v[i].known)
                return sh_unknown();
            strings_add(sh->arena, &all, s->args.v[i].text);
        }
        return sh_text(strings_join(sh->arena, &all, " ", 0));
    }
    if (c >= '1' && c <= '9') {
        size_t i = strtoul(name, NULL, 10);
        return i <= s->args.n ? s->args.v[i - 1] : (struct sh_value){.set = NO};
    }
    return sh_unknown(); /* $$ $! */
}

static struct sh_value parameter(struct sh *sh, const char *name)
{
    bool ordinary =
        (name[0] >= 'a' && name[0] <= 'z') || (name[0] >= 'A' && name[0] <= 'Z') || name[0] == '_';
    if (!*name)
        return sh_unknown();
    return ordinary ? sh_get(sh, name) : special(sh, name);
}

/* ${x#pattern} and its kin. */
static struct sh_value strip(struct sh *sh, const char *text, const char *op, const char *pattern)
{
    size_t n = strlen(text);
    bool longest = op[1] != '\0';
    if (n > 4096)
        return sh_unknown();
    for (size_t k = 0; k <= n; k++) {
        size_t cut = longest ? n - k : k;
        const char *part = op[0] == '#' ? arena_strndup(sh->arena, text, cut) : text + n - cut;
        if (fnmatch(pattern, part, 0) == 0)
            return sh_text(op[0] == '#' ? text + cut : arena_strndup(sh->arena, text, n - cut));
    }
    return sh_text(text);
}

static struct sh_value known_or_not(struct sh_value v)
{
    if (v.set == NO)
        return sh_text("");
    if (v.set == MAYBE)
        return sh_unknown();
    return v;
}

/* The longest part of text that the pattern fits; anchored by '#' or '%'. 0: none. */
static size_t longest(const char *text, const char *pattern, char *part)
{
    for (size_t n = strlen(text); n > 0; n--) {
        memcpy(part, text, n);
        part[n] = '\0';
        if (fnmatch(pattern, part, 0) == 0)
            return n;
    }
    return 0;
}

/* ${x/pattern/text}, ${x//…}, ${x:from:count}, ${x^^}, ${x,,} of bash, written without quotes. */
static struct sh_value edited(struct sh *sh, const char *text, const struct shell_word *w)
{
    struct buf out __attribute__((cleanup(buf_done))) = {0};
    struct sh_value v = sh_expand_pattern(sh, w);
    size_t n = strlen(text);
    if (!v.known || sh->dialect != DIALECT_BASH || n > 1024)
        return sh_unknown();
    char how = v.text[0];
    if (how == ':') {
        struct str rest = str_of(v.text + 1), field;
        int64_t from = 0, count = (int64_t)n;
        (void)str_next_field(&rest, ':', &field);
        bool ok = str_to_int64(str_trim(field), 10, &from) == 0 && from >= 0 &&
                  (!rest.n || (str_to_int64(str_trim(rest), 10, &count) == 0 && count >= 0));
        if (!ok)
            return sh_unknown();
        from = from > (int64_t)n ? (int64_t)n : from;
        count = count > (int64_t)n - from ? (int64_t)n - from : count;
        return sh_text(arena_strndup(sh->arena, text + from, (size_t)count));
    }
    if ((how == '^' || how == ',') && (!v.text[1] || (v.text[1] == how && !v.text[2]))) {
        char *copy = arena_strdup(sh->arena, text);
        for (size_t i = 0; copy[i] && (i == 0 || v.text[1]); i++)
            if (how == '^' ? copy[i] >= 'a' && copy[i] <= 'z' : copy[i] >= 'A' && copy[i] <= 'Z')
                copy[i] = (char)(copy[i] ^ 0x20);
        return sh_text(copy);
    }
    if (how != '/' || strchr(v.text, '\\'))
        return sh_unknown();
    bool all = v.text[1] == '/';
    const char *pattern = v.text + 1 + all, *slash = strchr(pattern, '/');
    if (pattern[0] == '#' || pattern[0] == '%' || !*pattern || slash == pattern)
        return sh_unknown();
    const char *with = slash ? slash + 1 : "";
    pattern = slash ? arena_strndup(sh->arena, pattern, (size_t)(slash - pattern)) : pattern;
    char *part = arena_new_array(sh->arena, char, n + 1);
    for (bool more = true; *text;) {
        size_t len = more ? longest(text, pattern, part) : 0;
        if (len)
            buf_puts(&out, with);
        else
            buf_putc(&out, *text);
        text += len ? len : 1;
        more = more && (all || !len);
    }
    return sh_text(arena_strdup(sh->arena, out.data ? out.data : ""));
}

/* ${x?}: a shell without a terminal ends, bash with one gives up the command line. */
static struct sh_value not_there(struct sh *sh)
{
    bool goes_on = sh->dialect == DIALECT_BASH && sh->interactive;
    if (sh->s->flow == FLOW_RUN)
        sh->s->flow = goes_on ? FLOW_DISCARD : FLOW_EXIT;
    return sh_unknown();
}

static struct sh_value with_operator(struct sh *sh, const struct shell_part *p)
{
    struct sh_value v = parameter(sh, p->text);
    const char *op = p->op[0] == ':' ? p->op + 1 : p->op;
    if (cstr_eq(p->op, "len"))
        return v.set == YES && v.known ? sh_text(arena_printf(sh->arena, "%zu", strlen(v.text)))
                                       : (v.set == NO ? sh_text("0") : sh_unknown());
    if (cstr_eq(p->op, "other") && sh->dialect == DIALECT_POSIX) { /* "Bad substitution" */
        sh->s->flow = sh->s->flow == FLOW_RUN ? FLOW_EXIT : sh->s->flow;
        return sh_unknown();
    }
    if (op[0] == '?' && (v.set == NO || (p->op[0] == ':' && v.set == YES && v.known && !v.text[0])))
        return not_there(sh);
    if (cstr_eq(p->op, "other"))
        return v.set == NO || !v.known ? sh_unknown() : edited(sh, v.text, p->word);
    if (op[0] == '#' || op[0] == '%') {
        struct sh_value pattern = sh_expand_pattern(sh, p->word);
        v = known_or_not(v);
        return v.known && pattern.known ? strip(sh, v.text, p->op, pattern.text) : sh_unknown();
    }
    /* Is it there, in the sense of the operator: with ":" the empty string counts as unset. */
    enum tri there = v.set;
    if (p->op[0] == ':' && v.set != NO)
        there = v.set == YES && v.known ? (v.text[0] ? YES : NO) : v.nonempty ? YES : MAYBE;
    if (op[0] == '+')
        return there == NO ? sh_text("") : there == YES ? sh_expand(sh, p->word) : sh_unknown();
    if (there == YES)
        return known_or_not(v);
    struct sh_value other = sh_expand(sh, p->word);
    if (op[0] == '=' && there == NO)
        (void)sh_set(sh, p->text, other, p->word ? p->word->line : 0);
    else if (op[0] == '=')
        sh_forget_name(sh, p->text, p->word ? p->word->line : 0);
    return there == NO ? other : sh_unknown();
}

/* A mistake in it: bash gives up the command line, dash the whole start. */
static struct sh_value arithmetic(struct sh *sh, const char *text)
{
    int64_t n;
    bool wrong;
    enum tri r = sh_arithmetic(sh, text, &n, &wrong);
    if (wrong && sh->s->flow == FLOW_RUN)
        sh->s->flow = sh->dialect == DIALECT_BASH ? FLOW_DISCARD : FLOW_EXIT;
    return r == MAYBE ? sh_unknown() : sh_text(arena_printf(sh->arena, "%lld", (long long)n));
}

static struct sh_value part_value(struct sh *sh, const struct shell_part *p)
{
    switch (p->kind) {
    case PART_TEXT:
        return sh_text(p->text);
    case PART_PARAMETER:
        return *p->op ? with_operator(sh, p) : known_or_not(parameter(sh, p->text));
    case PART_COMMANDS:
        return sh_output(sh, p->commands);
    case PART_ARITHMETIC:
        return arithmetic(sh, p->text);
    case PART_OPAQUE:
        break;
    }
    return sh_unknown();
}

/* "~/x" and "~": the home of the account; "~other" is left to the unknown. */
static const char *tilde(struct sh *sh, const char *text, bool *ret_known)
{
    *ret_known = true;
    if (text[0] != '~')
        return text;
    if (text[1] && text[1] != '/') {
        *ret_known = false;
        return text;
    }
    struct sh_value home = sh_get(sh, "HOME");
    *ret_known = home.set == YES && home.known;
    return *ret_known ? arena_printf(sh->arena, "%s%s", home.text, text + 1) : text;
}

static void put_escaped(struct buf *b, const char *text)
{
    for (; *text; text++) {
        if (strchr("*?[]\\", *text))
            buf_putc(b, '\\');
        buf_putc(b, *text);
    }
}

static struct sh_value expand(struct sh *sh, const struct shell_word *w, bool pattern)
{
    struct buf out __attribute__((cleanup(buf_done))) = {0};
    bool known = true, nonempty = false;
    for (size_t i = 0; w && i < w->parts.n; i++) {
        const struct shell_part *p = &w->parts.v[i];
        struct sh_value v = part_value(sh, p);
        nonempty = nonempty || v.nonempty || (v.known && v.text[0]);
        if (!v.known || out.len > SH_TEXT) {
            known = false; /* go on: ${x:=y} further on still counts */
            continue;
        }
        if (i == 0 && p->kind == PART_TEXT && !p->quoted)
            v.text = tilde(sh, v.text, &known);
        if (pattern && p->quoted)
            put_escaped(&out, v.text);
        else
            buf_puts(&out, v.text);
    }
    struct sh_value v =
        known ? sh_text(arena_strdup(sh->arena, out.data ? out.data : "")) : sh_unknown();
    v.nonempty = !known && nonempty;
    return v;
}

struct sh_value sh_expand(struct sh *sh, const struct shell_word *w)
{
    return expand(sh, w, false);
}

struct sh_value sh_expand_pattern(struct sh *sh, const struct shell_word *w)
{
    return expand(sh, w, true);
}

static bool quoted_everywhere(const struct shell_word *w)
{
    for (size_t i = 0; i < w->parts.n; i++)
        if (!w->parts.v[i].quoted)
            return false;
    return true;
}

static bool has_braces(const struct shell_word *w)
{
    for (size_t i = 0; i < w->parts.n; i++) {
        const struct shell_part *p = &w->parts.v[i];
        if (p->kind == PART_TEXT && !p->quoted && strchr(p->text, '{') && strchr(p->text, '}'))
            return true;
    }
    return false;
}

static bool all_arguments(struct sh *sh, const struct shell_word *w, struct strings *ret)
{
    const struct shell_part *p = &w->parts.v[0];
    if (w->parts.n != 1 || p->kind != PART_PARAMETER || !cstr_eq(p->text, "@") || *p->op)
        return false;
    for (size_t i = 0; i < sh->s->args.n; i++) {
        if (!sh->s->args.v[i].known)
            return false;
        strings_add(sh->arena, ret, sh->s->args.v[i].text);
    }
    return true;
}

/* Splitting at blanks, then file names, for a word with something unquoted in it. */
static bool split(struct sh *sh, const struct shell_word *w, const char *text, const char *pattern,
                  struct strings *ret)
{
    bool literal_only = true;
    for (size_t i = 0; i < w->parts.n; i++)
        literal_only = literal_only && w->parts.v[i].kind == PART_TEXT;
    if (strpbrk(pattern, "*?[")) {
        struct strings found = {0};
        if (!literal_only && strpbrk(text, " \t\n"))
            return false;
        if (root_glob(sh->host->root, pattern, &found) < 0)
            return false;
        for (size_t i = 0; i < found.n; i++)
            strings_add(sh->arena, ret, found.v[i]);
        if (found.n == 0)
            strings_add(sh->arena, ret, text);
        return true;
    }
    if (literal_only) {
        strings_add(sh->arena, ret, text);
        return true;
    }
    size_t unquoted = 0;
    for (size_t i = 0; i < w->parts.n; i++)
        unquoted += !w->parts.v[i].quoted && w->parts.v[i].kind != PART_TEXT;
    if (unquoted && w->parts.n > 1 && strpbrk(text, " \t\n"))
        return false; /* a mixture: where it is split is not followed here */
    struct sh_value ifs = sh_get(sh, "IFS");
    if (ifs.set != NO && !(ifs.known && cstr_eq(ifs.text, " \t\n")))
        return false;
    char *copy = arena_strdup(sh->arena, text), *rest = copy, *word;
    while ((word = strsep(&rest, " \t\n")))
        if (*word)
            strings_add(sh->arena, ret, word);
    return true;
}

bool sh_expand_words(struct sh *sh, const struct shell_words *words, struct strings *ret)
{
    bool known = true;
    for (size_t i = 0; i < words->n; i++) {
        const struct shell_word *w = words->v[i];
        if (w->parts.n && all_arguments(sh, w, ret))
            continue;
        struct sh_value v = sh_expand(sh, w);
        if (!v.known || has_braces(w)) {
            known = false;
        } else if (quoted_everywhere(w)) {
            strings_add(sh->arena, ret, v.text);
        } else {
            struct sh_value pattern = sh_expand_pattern(sh, w);
            known = split(sh, w, v.text, pattern.known ? pattern.text : v.text, ret) && known;
        }
    }
    return known;
}
