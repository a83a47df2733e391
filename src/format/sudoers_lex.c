/* sudo's lexer: longest match, earlier pattern first, as flex does it (toke.l). */
#include "format/sudoers_lex.h"

static bool blank(char c)
{
    return c == ' ' || c == '\t'; /* [[:blank:]] */
}

static struct str rest(const struct sudoers_lex *l)
{
    return str_slice(l->bytes, l->pos, l->bytes.n);
}

static char at(const struct sudoers_lex *l, size_t ahead)
{
    return l->pos + ahead < l->bytes.n ? l->bytes.p[l->pos + ahead] : '\0';
}

static size_t blanks(struct str s, size_t i)
{
    while (i < s.n && blank(s.p[i]))
        i++;
    return i;
}

static enum sudoers_token lex_error(struct sudoers_lex *l, const char *why)
{
    l->error = why;
    return TOKEN_ERROR;
}

static enum sudoers_token word(struct sudoers_lex *l, size_t n, enum sudoers_token token)
{
    l->text = sudoers_unescape(l->arena, str_slice(rest(l), 0, n), false);
    l->pos += n;
    return token;
}

static void add_arg(struct sudoers_lex *l, struct str s, bool spaced)
{
    if (spaced && l->has_args)
        buf_putc(&l->command_args, ' ');
    buf_append(&l->command_args, s.p, s.n);
    l->has_args = true;
}

static enum sudoers_token command(struct sudoers_lex *l)
{
    l->state = LEX_INITIAL;
    l->args = l->has_args
                  ? arena_strndup(l->arena, l->command_args.data ? l->command_args.data : "",
                                  l->command_args.len)
                  : NULL;
    return TOKEN_COMMAND;
}

static void start_command(struct sudoers_lex *l, size_t n)
{
    l->text = sudoers_unescape(l->arena, str_slice(rest(l), 0, n), true);
    l->pos += n;
    l->state = LEX_GOTCMND;
    l->sawspace = false;
    buf_clear(&l->command_args);
    l->has_args = false;
    l->args = NULL;
}

/* Length of "\", blanks, newline at s; 0: none. */
static size_t continuation(struct str s)
{
    if (s.n == 0 || s.p[0] != '\\')
        return 0;
    size_t i = blanks(s, 1);
    if (i < s.n && s.p[i] == '\r')
        i++;
    return i < s.n && s.p[i] == '\n' ? i + 1 : 0;
}

/* What every state understands. TOKEN_END here means: skipped something, go on. */
static enum sudoers_token common(struct sudoers_lex *l)
{
    struct str s = rest(l);
    size_t n;
    if (s.p[0] == '!') {
        for (n = 0; n < s.n && s.p[n] == '!'; n++)
            continue;
        l->pos += n;
        return n & 1 ? TOKEN_NOT : TOKEN_END;
    }
    if (s.p[0] == '\n' || (s.p[0] == '\r' && at(l, 1) == '\n')) {
        l->pos += s.p[0] == '\r' ? 2 : 1;
        l->line++;
        l->state = LEX_INITIAL;
        l->continued = false;
        l->bol = true;
        return TOKEN_NEWLINE;
    }
    if (blank(s.p[0])) {
        l->pos += blanks(s, 0);
        l->sawspace = true;
        return TOKEN_END;
    }
    if ((n = continuation(s)) > 0) {
        l->pos += n;
        l->line++;
        l->sawspace = l->continued = l->bol = true;
        return TOKEN_END;
    }
    l->pos++;
    return lex_error(l, NULL);
}

static enum sudoers_token comment(struct sudoers_lex *l, size_t n)
{
    bool newline = at(l, n - 1) == '\n';
    l->pos += n;
    l->line += newline;
    l->continued = l->continued && !newline;
    l->bol = newline;
    if (newline)
        l->state = LEX_INITIAL;
    return TOKEN_NEWLINE;
}

static enum sudoers_token string_end(struct sudoers_lex *l)
{
    l->state = l->previous;
    l->text = arena_strndup(l->arena, l->string.data ? l->string.data : "", l->string.len);
    if (!l->text[0])
        return lex_error(l, "empty string");
    if (l->state == LEX_INITIAL || l->state == LEX_GOTDEFS) {
        if (cstr_eq(l->text, "%") || cstr_eq(l->text, "%:"))
            return lex_error(l, "empty group");
        if (l->text[0] == '%')
            return TOKEN_GROUP;
        if (cstr_eq(l->text, "+"))
            return lex_error(l, "empty netgroup");
        if (l->text[0] == '+')
            return TOKEN_NETGROUP;
    }
    return TOKEN_WORD;
}

static enum sudoers_token in_string(struct sudoers_lex *l)
{
    struct str s = rest(l);
    size_t n = continuation(s);
    if (n) {
        l->pos += blanks(s, n);
        l->line++;
        l->continued = true;
        return TOKEN_END;
    }
    if (s.p[0] == '"') {
        l->pos++;
        return string_end(l);
    }
    if (s.p[0] == '\n' || s.p[0] == '\r') {
        l->state = LEX_INITIAL;
        return lex_error(l, "unexpected line break in string");
    }
    if (s.p[0] == '\\' && at(l, 1) == '"')
        l->pos++;
    buf_putc(&l->string, at(l, 0));
    l->pos++;
    return TOKEN_END;
}

static enum sudoers_token in_command(struct sudoers_lex *l)
{
    struct str s = rest(l);
    size_t n = 0;
    /* Two bytes match better than the one that ends a command: the command is lost. */
    if (str_starts(s, "\r\n"))
        return common(l);
    if (s.p[0] == '\\' && s.n > 1 && strchr("*?[]!^", s.p[1]) && s.p[1]) {
        add_arg(l, str_slice(s, 0, 2), l->sawspace);
        n = 2;
    } else if (s.p[0] == '\\' && s.n > 1 && strchr(":\\,= \t#", s.p[1]) && s.p[1] &&
               !(blank(s.p[1]) && continuation(s))) {
        add_arg(l, str_slice(s, 1, 2), l->sawspace);
        n = 2;
    } else {
        while (n < s.n && !(s.p[n] && strchr("#\\:, \t\r\n", s.p[n])))
            n++;
        if (n == 0 && s.p[0] && strchr("#:,\r\n", s.p[0]))
            return command(l);
        if (n == 1 && s.p[0] == '=')
            return command(l);
        if (n == 0)
            return common(l);
        if (!l->has_args && s.p[0] == '^' && l->syntax.regex) {
            l->state = LEX_GOTREGEX;
            return TOKEN_END;
        }
        add_arg(l, str_slice(s, 0, n), l->sawspace);
    }
    l->sawspace = false;
    l->pos += n;
    return TOKEN_END;
}

static enum sudoers_token in_regex(struct sudoers_lex *l)
{
    struct str s = rest(l);
    size_t n = continuation(s);
    if (n || str_starts(s, "\r\n"))
        return common(l);
    if (s.p[0] == '\\' && s.n > 1 && s.p[1] != '\r' && s.p[1] != '\n') {
        n = 2;
    } else if (s.p[0] == '#' || s.p[0] == '\r' || s.p[0] == '\n') {
        l->state = LEX_INITIAL;
        return lex_error(l, "unterminated regular expression");
    } else {
        n = 1;
    }
    if (l->continued && blank(s.p[0])) {
        l->pos++;
        return TOKEN_END;
    }
    l->continued = false;
    add_arg(l, str_slice(s, 0, n), false);
    l->pos += n;
    return n == 1 && s.p[0] == '$' ? command(l) : TOKEN_END;
}

static enum sudoers_token begin_string(struct sudoers_lex *l, enum sudoers_lex_state back)
{
    l->pos++;
    l->previous = back;
    l->state = LEX_INSTR;
    buf_clear(&l->string);
    return TOKEN_END;
}

static enum sudoers_token in_defaults(struct sudoers_lex *l)
{
    struct str s = rest(l);
    size_t n = sudoers_match_comment(s);
    if (n) {
        return comment(l, n);
    }
    if (l->state == LEX_STARTDEFS) {
        while (n < s.n && ((s.p[n] >= 'a' && s.p[n] <= 'z') || s.p[n] == '_'))
            n++;
        if (n == 0)
            return common(l);
        l->state = LEX_INDEFS;
        return word(l, n, TOKEN_DEFVAR);
    }
    n = sudoers_match_envar(s);
    if ((s.p[0] == '+' || s.p[0] == '-') && n == 1 && at(l, 1) == '=') {
        l->pos += 2;
        return s.p[0] == '+' ? TOKEN_PLUS : TOKEN_MINUS;
    }
    if (n && !continuation(s))
        return word(l, n, TOKEN_WORD);
    if (s.p[0] == '"')
        return begin_string(l, l->state);
    if (s.p[0] == ',' || s.p[0] == '=') {
        l->pos++;
        if (s.p[0] == ',')
            l->state = LEX_STARTDEFS;
        return s.p[0] == ',' ? TOKEN_COMMA : TOKEN_EQUALS;
    }
    return common(l);
}

static enum sudoers_token in_include(struct sudoers_lex *l)
{
    struct str s = rest(l);
    size_t n = 0;
    if (s.p[0] == '"')
        return begin_string(l, LEX_INITIAL);
    while (n < s.n && s.p[n] && !strchr(" \t\r\n\v\f", s.p[n])) {
        n++;
        if (s.p[n - 1] == '\\' && n < s.n && blank(s.p[n]) &&
            !continuation(str_slice(s, n - 1, s.n)))
            n = blanks(s, n);
    }
    if (n == 0 || continuation(s))
        return common(l);
    l->state = LEX_INITIAL;
    return word(l, n, TOKEN_WORD);
}

/* "Defaults", "Defaults:user" …, at the beginning of a line; 0: not one. */
static enum sudoers_token defaults(struct sudoers_lex *l, size_t n)
{
    static const struct {
        char c;
        enum sudoers_scope scope;
    } scopes[] = {{'@', SCOPE_HOST}, {':', SCOPE_USER}, {'!', SCOPE_CMND}, {'>', SCOPE_RUNAS}};
    struct str s = rest(l);
    l->scope = SCOPE_ALL;
    for (size_t i = 0; n < s.n && i < sizeof scopes / sizeof *scopes; i++) {
        size_t to = blanks(s, n + 1), first = to;
        if (s.p[n] != scopes[i].c)
            continue;
        while (to < s.n && s.p[to] == '!')
            to++;
        if (to < s.n && s.p[to] == '"')
            to++;
        if (sudoers_match_word(str_slice(s, to, s.n)) || sudoers_match_id(str_slice(s, to, s.n))) {
            l->scope = scopes[i].scope;
            n = first;
            break;
        }
    }
    l->pos += n;
    l->state = LEX_GOTDEFS;
    return l->continued ? lex_error(l, "invalid line continuation") : TOKEN_DEFAULTS;
}

/* Directives that count only where a line begins (the bytes before were a newline). */
static enum sudoers_token line_start(struct sudoers_lex *l)
{
    static const struct {
        const char *name;
        enum sudoers_alias_kind kind;
    } aliases[] = {{"User_Alias", ALIAS_USER},
                   {"Runas_Alias", ALIAS_RUNAS},
                   {"Host_Alias", ALIAS_HOST},
                   {"Cmnd_Alias", ALIAS_CMND},
                   {"Cmd_Alias", ALIAS_CMND}};
    struct str s = rest(l);
    size_t i = blanks(s, 0);
    struct str t = str_slice(s, i, s.n);
    for (int dir = 1; dir >= 0; dir--) {
        const char *name = dir ? "#includedir" : "#include";
        size_t n = strlen(name);
        if (!str_starts(s, name) || n >= s.n || !blank(s.p[n]))
            continue;
        l->pos += n;
        l->state = LEX_GOTINC;
        if (l->continued)
            return lex_error(l, "invalid line continuation");
        return dir ? TOKEN_INCLUDEDIR : TOKEN_INCLUDE;
    }
    if (str_starts(t, "Defaults")) {
        size_t n = strlen("Defaults"), plain = sudoers_match_word(t);
        /* "@" is a byte of ordinary words too, the other scope marks are not. */
        if (plain <= n || t.p[n] == '@')
            return defaults(l, i + n);
    }
    for (size_t k = 0; k < sizeof aliases / sizeof *aliases; k++) {
        size_t n = strlen(aliases[k].name);
        if (!str_starts(t, aliases[k].name) || sudoers_match_word(t) > n)
            continue;
        l->pos += i + n;
        l->alias_kind = aliases[k].kind;
        return l->continued ? lex_error(l, "invalid line continuation") : TOKEN_ALIASES;
    }
    return TOKEN_END;
}

static enum sudoers_token tag(struct sudoers_lex *l)
{
    /* The first eight in the order of enum sudoers_tag_name. */
    static const char *const tags[] = {"NOPASSWD",   "PASSWD",       "NOEXEC", "EXEC",
                                       "INTERCEPT",  "NOINTERCEPT",  "SETENV", "NOSETENV",
                                       "LOG_INPUT",  "NOLOG_INPUT",  "MAIL",   "NOMAIL",
                                       "LOG_OUTPUT", "NOLOG_OUTPUT", "FOLLOW", "NOFOLLOW"};
    struct str s = rest(l);
    size_t n = sudoers_match_alias(s), colon = blanks(s, n);
    if (n == 0 || colon >= s.n || s.p[colon] != ':')
        return TOKEN_END;
    for (unsigned i = 0; i < sizeof tags / sizeof *tags; i++) {
        bool intercept = i == NAME_INTERCEPT || i == NAME_NOINTERCEPT;
        if (!str_is(str_slice(s, 0, n), tags[i]) || (intercept && !l->syntax.intercept))
            continue;
        l->tag = i < NAME_OTHER ? (enum sudoers_tag_name)i : NAME_OTHER;
        l->pos += colon + 1;
        return TOKEN_TAG;
    }
    return TOKEN_END;
}

/* An upper-case name of n bytes: ALL, an option, an alias. */
static enum sudoers_token upper(struct sudoers_lex *l, size_t n)
{
    static const char *const options[] = {"TIMEOUT", "NOTBEFORE", "NOTAFTER", "ROLE", "TYPE"};
    struct str s = str_slice(rest(l), 0, n);
    if (str_is(s, "ALL")) {
        l->pos += n;
        return TOKEN_ALL;
    }
    bool initial = l->state == LEX_INITIAL;
    if (initial && l->syntax.cwd && (str_is(s, "CWD") || str_is(s, "CHROOT"))) {
        l->previous = l->state;
        l->state = LEX_EXPECTPATH;
        return word(l, n, TOKEN_OPTION);
    }
    for (size_t i = 0; initial && i < sizeof options / sizeof *options; i++)
        if (str_is(s, options[i]))
            return word(l, n, TOKEN_OPTION);
    if (initial && l->syntax.apparmor && str_is(s, "APPARMOR_PROFILE"))
        return word(l, n, TOKEN_OPTION);
    return word(l, n, TOKEN_ALIAS);
}

static enum sudoers_token digest(struct sudoers_lex *l)
{
    struct str s = rest(l);
    size_t n = 0, hex = 0, bytes = l->digest_bytes;
    while (hex < s.n && s.p[hex] && strchr("0123456789abcdefABCDEF", s.p[hex]))
        hex++;
    while (n < s.n && ((s.p[n] >= '0' && s.p[n] <= '9') || (s.p[n] >= 'A' && s.p[n] <= 'Z') ||
                       (s.p[n] >= 'a' && s.p[n] <= 'z') || (s.p[n] && strchr("+/=", s.p[n]))))
        n++;
    if (n == 0)
        return TOKEN_END;
    size_t want = hex == n            ? bytes * 2
                  : s.p[n - 1] == '=' ? 4 * ((bytes + 2) / 3)
                                      : (4 * bytes + 2) / 3;
    l->state = LEX_INITIAL;
    return word(l, n, n == want ? TOKEN_DIGEST : TOKEN_END);
}

static enum sudoers_token lower(struct sudoers_lex *l, size_t n)
{
    static const struct {
        const char *name;
        unsigned bytes;
    } digests[] = {{"sha224", 28}, {"sha256", 32}, {"sha384", 48}, {"sha512", 64}};
    struct str s = str_slice(rest(l), 0, n);
    for (size_t i = 0; i < sizeof digests / sizeof *digests; i++) {
        if (!str_is(s, digests[i].name))
            continue;
        l->digest_bytes = digests[i].bytes;
        l->state = LEX_WANTDIGEST;
        return word(l, n, TOKEN_SHA);
    }
    if (str_is(s, "sudoedit")) {
        if (l->state == LEX_GOTDEFS) {
            start_command(l, n);
            l->state = LEX_GOTDEFS;
            return TOKEN_COMMAND;
        }
        start_command(l, n);
    }
    return TOKEN_END;
}

/* A comment, or @include, where INITIAL has them and the other states do not. */
static enum sudoers_token initial_only(struct sudoers_lex *l, size_t plain)
{
    struct str s = rest(l);
    size_t n = sudoers_match_comment(s);
    if (n > sudoers_match_id(s)) {
        return comment(l, n);
    }
    for (int dir = 1; l->syntax.at_include && dir >= 0; dir--) {
        const char *name = dir ? "@includedir" : "@include";
        if (plain != strlen(name) || !str_starts(s, name))
            continue;
        l->pos += plain;
        l->state = LEX_GOTINC;
        if (l->continued)
            return lex_error(l, "invalid line continuation");
        return dir ? TOKEN_INCLUDEDIR : TOKEN_INCLUDE;
    }
    return TOKEN_END;
}

/* The words: the longest of word, path, address, group; the earlier pattern of equals. */
static enum sudoers_token words(struct sudoers_lex *l)
{
    struct str s = rest(l);
    size_t plain = sudoers_match_word(s), id = sudoers_match_id(s);
    size_t path = sudoers_match_path(s), net = sudoers_match_network(s);
    size_t group = 0, regex = l->syntax.regex ? sudoers_match_regex(s) : 0;
    size_t upper_n = sudoers_match_alias(s);
    if (s.p[0] == '%' || s.p[0] == '+') {
        size_t i = s.p[0] == '%' && at(l, 1) == ':' ? 2 : 1;
        struct str t = str_slice(s, i, s.n);
        size_t w = sudoers_match_word(t), d = s.p[0] == '%' ? sudoers_match_id(t) : 0;
        group = w > d ? i + w : d ? i + d : 0;
        if (!group) {
            l->pos += i;
            return lex_error(l, s.p[0] == '+' ? "empty netgroup" : "empty group");
        }
        return word(l, group, s.p[0] == '+' ? TOKEN_NETGROUP : TOKEN_GROUP);
    }
    if (net && net >= plain)
        return word(l, net, TOKEN_NETWORK);
    if (l->state == LEX_EXPECTPATH && (path || plain)) {
        l->state = l->previous;
        return word(l, path > plain ? path : plain, TOKEN_WORD);
    }
    if (upper_n && upper_n >= plain)
        return upper(l, upper_n);
    if ((path && path >= plain) || (regex && regex >= plain)) {
        bool scope = l->state == LEX_GOTDEFS, directory = path && s.p[path - 1] == '/';
        start_command(l, path ? path : regex);
        if (scope)
            l->state = LEX_GOTDEFS;
        else if (directory)
            l->state = LEX_INITIAL;
        return scope || directory ? TOKEN_COMMAND : TOKEN_END;
    }
    if (plain) {
        enum sudoers_token t = lower(l, plain);
        if (t != TOKEN_END || l->state == LEX_GOTCMND)
            return t;
    }
    if (l->state != LEX_INITIAL && l->state != LEX_GOTDEFS)
        return TOKEN_END;
    return plain || id ? word(l, plain > id ? plain : id, TOKEN_WORD) : TOKEN_END;
}

static enum sudoers_token in_general(struct sudoers_lex *l)
{
    struct str s = rest(l);
    bool bol = l->bol;
    size_t before = l->pos;
    enum sudoers_token t;
    l->bol = false;
    if (l->state == LEX_GOTDEFS) {
        size_t i = blanks(s, 0);
        if (i < s.n && s.p[i] == ',') {
            l->pos += blanks(s, i + 1);
            return TOKEN_COMMA;
        }
        if (i) {
            l->pos += i;
            l->state = LEX_STARTDEFS;
            return TOKEN_END;
        }
    }
    if (l->state == LEX_WANTDIGEST && ((t = digest(l)) != TOKEN_END || l->pos != before))
        return t;
    if (l->state == LEX_INITIAL && bol && ((t = line_start(l)) != TOKEN_END || l->pos != before))
        return t;
    if (l->state == LEX_INITIAL) {
        t = initial_only(l, sudoers_match_word(s));
        if (t != TOKEN_END)
            return t;
    }
    if ((t = tag(l)) != TOKEN_END || (t = words(l)) != TOKEN_END || l->pos != before)
        return t;
    static const enum sudoers_token marks[] = {TOKEN_OPEN, TOKEN_CLOSE, TOKEN_COMMA, TOKEN_EQUALS,
                                               TOKEN_COLON};
    int mark = str_index(STR("(),=:"), s.p[0]);
    if (mark >= 0) {
        l->pos++;
        return marks[mark];
    }
    if (s.p[0] == '"' && (l->state == LEX_INITIAL || l->state == LEX_GOTDEFS))
        return begin_string(l, l->state);
    return common(l);
}

enum sudoers_token sudoers_lex_next(struct sudoers_lex *l)
{
    while (l->pos < l->bytes.n) {
        enum sudoers_token t = TOKEN_END;
        bool fresh = l->state != LEX_GOTCMND && l->state != LEX_GOTREGEX && l->state != LEX_INSTR;
        l->error = NULL;
        if (fresh) {
            l->from = l->pos;
            l->at_line = l->line;
        }
        switch (l->state) {
        case LEX_INSTR:
            t = in_string(l);
            break;
        case LEX_GOTCMND:
            t = in_command(l);
            break;
        case LEX_GOTREGEX:
            t = in_regex(l);
            break;
        case LEX_STARTDEFS:
        case LEX_INDEFS:
            t = in_defaults(l);
            break;
        case LEX_GOTINC:
            t = in_include(l);
            break;
        case LEX_INITIAL:
        case LEX_GOTDEFS:
        case LEX_WANTDIGEST:
        case LEX_EXPECTPATH:
            t = in_general(l);
            break;
        }
        if (t != TOKEN_END)
            return t;
    }
    return TOKEN_END;
}

void sudoers_lex_done(struct sudoers_lex *l)
{
    buf_done(&l->string);
    buf_done(&l->command_args);
}
