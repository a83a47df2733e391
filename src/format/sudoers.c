/* The grammar of sudoers(5) (gram.y), by recursive descent; one token of lookahead, as bison. */
#include "format/sudoers_lex.h"

struct parse {
    struct arena *arena;
    struct sudoers *doc;
    struct sudoers_lex lex;
    enum sudoers_token token;
    const char *error; /* of the lexer or ours; NULL: "syntax error" */
};

struct sudoers_syntax sudoers_syntax(unsigned major, unsigned minor, unsigned patch)
{
    uint64_t v = (uint64_t)major * 1000000 + (uint64_t)minor * 1000 + patch;
    return (struct sudoers_syntax){
        .at_include = v >= 1009001,
        .recovery = v >= 1009003,
        .cwd = v >= 1009003,
        .intercept = v >= 1009008,
        .regex = v >= 1009010,
        .apparmor = v >= 1009012,
        .list = v >= 1009013,
    };
}

static void advance(struct parse *p)
{
    p->token = sudoers_lex_next(&p->lex);
    if (p->token == TOKEN_ERROR && p->lex.error)
        p->error = p->lex.error;
}

static bool take(struct parse *p, enum sudoers_token t)
{
    if (p->token != t)
        return false;
    advance(p);
    return true;
}

static bool member(struct parse *p, bool host, struct sudoers_members *ret)
{
    struct sudoers_member m = {.line = p->lex.at_line};
    if (p->token == TOKEN_NOT) {
        m.negated = true;
        advance(p);
    }
    m.name = p->lex.text;
    m.line = p->lex.at_line;
    switch (p->token) {
    case TOKEN_ALL:
        m.kind = SUDOERS_ALL;
        m.name = NULL;
        break;
    case TOKEN_ALIAS:
        m.kind = SUDOERS_ALIAS;
        break;
    case TOKEN_WORD:
        m.kind = SUDOERS_WORD;
        break;
    case TOKEN_NETGROUP:
        m.kind = SUDOERS_NETGROUP;
        break;
    case TOKEN_GROUP:
        if (host)
            return false;
        m.kind = SUDOERS_GROUP;
        break;
    case TOKEN_NETWORK:
        if (!host)
            return false;
        m.kind = SUDOERS_NETWORK;
        break;
    default:
        return false;
    }
    vec_push(p->arena, ret, m);
    advance(p);
    return true;
}

static bool members(struct parse *p, bool host, struct sudoers_members *ret)
{
    do {
        if (!member(p, host, ret))
            return false;
    } while (take(p, TOKEN_COMMA));
    return true;
}

static bool command_member(struct parse *p, struct sudoers_member *ret)
{
    struct sudoers_member m = {.line = p->lex.at_line};
    while (p->token == TOKEN_SHA) {
        advance(p);
        if (!take(p, TOKEN_COLON) || !take(p, TOKEN_DIGEST))
            return false;
        m.digest = true;
        if (p->token == TOKEN_COMMA) {
            advance(p);
            if (p->token != TOKEN_SHA)
                return false;
        }
    }
    if (take(p, TOKEN_NOT))
        m.negated = true;
    m.line = p->lex.at_line;
    m.name = p->lex.text;
    if (p->token == TOKEN_COMMAND) {
        m.kind = SUDOERS_COMMAND;
        m.args = p->lex.args;
    } else if (p->token == TOKEN_WORD && p->lex.syntax.list && cstr_eq(m.name, "list")) {
        m.kind = SUDOERS_COMMAND;
        m.args = "\"\"";
    } else if (p->token == TOKEN_ALL) {
        m.kind = SUDOERS_ALL;
        m.name = NULL;
    } else if (p->token == TOKEN_ALIAS) {
        m.kind = SUDOERS_ALIAS;
        if (m.digest) {
            p->error = "a digest requires a path name";
            advance(p);
            return false;
        }
    } else if (p->token == TOKEN_WORD && p->lex.syntax.recovery) {
        p->error = "expected a fully-qualified path name";
        advance(p); /* the grammar's own error, not the parser's: the word is taken */
        return false;
    } else {
        return false;
    }
    *ret = m;
    advance(p);
    return true;
}

static bool command_members(struct parse *p, struct sudoers_members *ret)
{
    do {
        struct sudoers_member m;
        if (!command_member(p, &m))
            return false;
        vec_push(p->arena, ret, m);
    } while (take(p, TOKEN_COMMA));
    return true;
}

/* "(" users ":" groups ")"; the empty list means the invoking user. */
static bool runas(struct parse *p, struct sudoers_command *c)
{
    if (!take(p, TOKEN_OPEN))
        return true;
    c->has_runas = true;
    if (p->token != TOKEN_COLON && p->token != TOKEN_CLOSE && !members(p, false, &c->runas_users))
        return false;
    if (take(p, TOKEN_COLON) && p->token != TOKEN_CLOSE) {
        do {
            if (p->token == TOKEN_GROUP || p->token == TOKEN_NETGROUP ||
                !member(p, false, &c->runas_groups))
                return false;
        } while (take(p, TOKEN_COMMA));
    }
    if (c->runas_users.n == 0 && c->runas_groups.n == 0)
        vec_push(p->arena, &c->runas_users,
                 (struct sudoers_member){.kind = SUDOERS_MYSELF, .line = p->lex.at_line});
    return take(p, TOKEN_CLOSE);
}

/* timeout.c: numbers of days, hours, minutes and seconds, the units not out of order. */
static bool is_timeout(const char *s)
{
    static const char units[] = "dhms";
    const char *unit = units;
    int64_t total = 0;
    do {
        int64_t n = 0;
        size_t digits = strspn(s, "0123456789");
        if (!digits || str_to_int64((struct str){s, digits}, 10, &n) < 0 || n > INT32_MAX)
            return false;
        s += digits;
        if (*s) {
            unit = strchr(unit, *s | 0x20);
            if (!unit || !*unit)
                return false;
            n *= *unit == 'd' ? 86400 : *unit == 'h' ? 3600 : *unit == 'm' ? 60 : 1;
            s++;
        }
        total += n;
    } while (*s && total <= INT32_MAX);
    return total <= INT32_MAX;
}

static const char *option_error(const char *name, const char *value)
{
    if ((cstr_eq(name, "CHROOT") || cstr_eq(name, "CWD")) && !strchr("/~*", *value))
        return "values must start with a '/', '~', or '*'";
    return cstr_eq(name, "TIMEOUT") && !is_timeout(value) ? "invalid timeout value" : NULL;
}

static bool options(struct parse *p, struct sudoers_command *c)
{
    while (p->token == TOKEN_OPTION) {
        const char *name = p->lex.text;
        advance(p);
        if (!take(p, TOKEN_EQUALS) || p->token != TOKEN_WORD)
            return false;
        if (cstr_starts(name, "NOT"))
            c->timed = true;
        if (cstr_eq(name, "CHROOT"))
            c->chroot = p->lex.text;
        const char *wrong = option_error(name, p->lex.text);
        advance(p);
        if (wrong) {
            p->error = wrong;
            return false;
        }
    }
    return true;
}

static void tags(struct parse *p, struct sudoers_command *c)
{
    for (; p->token == TOKEN_TAG; advance(p)) {
        switch (p->lex.tag) {
        case NAME_NOPASSWD:
        case NAME_PASSWD:
            c->nopasswd = p->lex.tag == NAME_NOPASSWD ? TAG_YES : TAG_NO;
            if (c->nopasswd == TAG_YES)
                vec_push(p->arena, &p->doc->nopasswd,
                         (struct sudoers_span){p->lex.from, p->lex.pos, p->lex.at_line});
            break;
        case NAME_NOEXEC:
        case NAME_EXEC:
            c->noexec = p->lex.tag == NAME_NOEXEC ? TAG_YES : TAG_NO;
            break;
        case NAME_SETENV:
        case NAME_NOSETENV:
            c->setenv = p->lex.tag == NAME_SETENV ? TAG_YES : TAG_NO;
            break;
        case NAME_INTERCEPT:
        case NAME_NOINTERCEPT:
        case NAME_OTHER:
            break;
        }
    }
}

static void inherit(struct sudoers_command *c, const struct sudoers_command *before)
{
    if (!c->has_runas) {
        c->has_runas = before->has_runas;
        c->runas_users = before->runas_users;
        c->runas_groups = before->runas_groups;
    }
    if (c->nopasswd == TAG_UNSET)
        c->nopasswd = before->nopasswd;
    if (c->noexec == TAG_UNSET)
        c->noexec = before->noexec;
    if (c->setenv == TAG_UNSET)
        c->setenv = before->setenv;
    if (!c->chroot)
        c->chroot = before->chroot;
    c->timed = c->timed || before->timed;
}

static bool privilege(struct parse *p, struct sudoers_privilege *ret)
{
    if (!members(p, true, &ret->hosts) || !take(p, TOKEN_EQUALS))
        return false;
    do {
        struct sudoers_command c = {
            .nopasswd = TAG_UNSET, .noexec = TAG_UNSET, .setenv = TAG_UNSET};
        c.line = p->lex.at_line;
        if (!runas(p, &c) || !options(p, &c))
            return false;
        tags(p, &c);
        if (!command_member(p, &c.command))
            return false;
        if (ret->commands.n)
            inherit(&c, &ret->commands.v[ret->commands.n - 1]);
        vec_push(p->arena, &ret->commands, c);
    } while (take(p, TOKEN_COMMA));
    return true;
}

/* "privileges: privileges ':' error": what stood before it stays, and the line goes on where the
 * token that does not fit is the next colon or the end of the line. */
static bool recovers(struct parse *p, const struct sudoers_entry *e)
{
    if (!p->lex.syntax.recovery || !e->privileges.n ||
        (p->token != TOKEN_NEWLINE && p->token != TOKEN_COLON))
        return false;
    if (!p->error)
        p->error = "syntax error";
    return true;
}

static bool spec(struct parse *p, struct sudoers_entry *e)
{
    e->kind = SUDOERS_SPEC;
    if (!members(p, false, &e->users))
        return false;
    do {
        struct sudoers_privilege v = {0};
        if (privilege(p, &v))
            vec_push(p->arena, &e->privileges, v);
        else if (!recovers(p, e))
            return false;
    } while (take(p, TOKEN_COLON));
    return true;
}

static bool reserved(const struct parse *p)
{
    return p->token == TOKEN_ALL || p->token == TOKEN_OPTION || p->token == TOKEN_TAG;
}

/* Each alias counts as soon as it is complete, whatever follows on the line. */
static bool aliases(struct parse *p, struct sudoers_entry *e)
{
    enum sudoers_alias_kind kind = p->lex.alias_kind;
    e->kind = SUDOERS_ALIASES;
    advance(p);
    do {
        struct sudoers_alias alias = {.kind = kind, .line = p->lex.at_line, .name = p->lex.text};
        if (reserved(p))
            p->error = "syntax error, reserved word used as an alias name";
        if (!take(p, TOKEN_ALIAS) || !take(p, TOKEN_EQUALS))
            return false;
        if (kind == ALIAS_CMND ? !command_members(p, &alias.members)
                               : !members(p, kind == ALIAS_HOST, &alias.members))
            return false;
        vec_push(p->arena, &e->aliases, alias);
    } while (take(p, TOKEN_COLON));
    return true;
}

static bool defaults(struct parse *p, struct sudoers_entry *e)
{
    e->kind = SUDOERS_DEFAULTS;
    e->scope = p->lex.scope;
    advance(p);
    if (e->scope == SCOPE_CMND
            ? !command_members(p, &e->users)
            : e->scope != SCOPE_ALL && !members(p, e->scope == SCOPE_HOST, &e->users))
        return false;
    do {
        struct sudoers_setting s = {.line = p->lex.at_line};
        if (take(p, TOKEN_NOT))
            s.op = '!';
        s.name = p->lex.text;
        if (!take(p, TOKEN_DEFVAR))
            return false;
        if (!s.op &&
            (p->token == TOKEN_EQUALS || p->token == TOKEN_PLUS || p->token == TOKEN_MINUS)) {
            s.op = p->token == TOKEN_EQUALS ? '=' : p->token == TOKEN_PLUS ? '+' : '-';
            advance(p);
            s.value = p->lex.text;
            if (!take(p, TOKEN_WORD))
                return false;
        }
        vec_push(p->arena, &e->settings, s);
    } while (take(p, TOKEN_COMMA));
    return true;
}

static void add_error(struct parse *p, unsigned line)
{
    vec_push(p->arena, &p->doc->entries,
             (struct sudoers_entry){.kind = SUDOERS_ERROR,
                                    .line = line,
                                    .error = p->error ? p->error : "syntax error"});
    p->error = NULL;
}

static bool entry(struct parse *p, struct sudoers_entry *e)
{
    switch (p->token) {
    case TOKEN_INCLUDE:
    case TOKEN_INCLUDEDIR:
        e->kind = p->token == TOKEN_INCLUDE ? SUDOERS_INCLUDE : SUDOERS_INCLUDEDIR;
        advance(p);
        if (p->token != TOKEN_WORD)
            return false;
        e->path = p->lex.text;
        advance(p);
        return true;
    case TOKEN_ALIASES:
        return aliases(p, e);
    case TOKEN_DEFAULTS:
        return defaults(p, e);
    default:
        return spec(p, e);
    }
}

static bool kept(const struct sudoers_entry *e, bool good)
{
    bool include = e->kind == SUDOERS_INCLUDE || e->kind == SUDOERS_INCLUDEDIR;
    return good || (e->kind == SUDOERS_ALIASES && e->aliases.n) || (include && e->path);
}

static void one_line(struct parse *p)
{
    struct sudoers_entry e = {.line = p->lex.at_line};
    bool good = entry(p, &e), ended = p->token == TOKEN_NEWLINE || p->token == TOKEN_END;
    unsigned line = p->lex.at_line;
    bool include = e.kind == SUDOERS_INCLUDE || e.kind == SUDOERS_INCLUDEDIR;
    if (kept(&e, good && (ended || include)))
        vec_push(p->arena, &p->doc->entries, e);
    if (!good || !ended || p->error)
        add_error(p, line);
    while (p->token != TOKEN_NEWLINE && p->token != TOKEN_END)
        advance(p);
    p->error = NULL;
}

struct sudoers *sudoers_parse(struct arena *a, struct str bytes, struct sudoers_syntax syntax)
{
    struct sudoers *doc = arena_make(a, struct sudoers);
    struct parse p = {.arena = a, .doc = doc};
    struct buf whole __attribute__((cleanup(buf_done))) = {0};
    doc->bytes = bytes;
    /* sudo reads by line and supplies the last newline. */
    if (bytes.n && bytes.p[bytes.n - 1] != '\n') {
        buf_append(&whole, bytes.p, bytes.n);
        buf_putc(&whole, '\n');
        bytes = (struct str){arena_strndup(a, whole.data, whole.len), whole.len};
    }
    p.lex =
        (struct sudoers_lex){.arena = a, .bytes = bytes, .syntax = syntax, .line = 1, .bol = true};
    advance(&p);
    while (p.token != TOKEN_END) {
        if (p.token != TOKEN_NEWLINE)
            one_line(&p);
        if (p.token == TOKEN_NEWLINE)
            advance(&p);
    }
    sudoers_lex_done(&p.lex);
    return doc;
}

void sudoers_drop_nopasswd(const struct sudoers *doc, const unsigned *lines, size_t n,
                           struct buf *ret)
{
    size_t done = 0;
    vec_each (span, &doc->nopasswd) {
        bool chosen = n == 0;
        for (size_t i = 0; i < n; i++)
            chosen = chosen || lines[i] == span->line;
        if (!chosen || span->from < done)
            continue;
        size_t to = span->to;
        while (to < doc->bytes.n && (doc->bytes.p[to] == ' ' || doc->bytes.p[to] == '\t'))
            to++;
        buf_append(ret, doc->bytes.p + done, span->from - done);
        done = to;
    }
    buf_append(ret, doc->bytes.p + done, doc->bytes.n - done);
}

const char *sudoers_scope_text(struct arena *a, const struct sudoers_entry *e)
{
    static const char marks[] = {
        [SCOPE_HOST] = '@', [SCOPE_USER] = ':', [SCOPE_CMND] = '!', [SCOPE_RUNAS] = '>'};
    struct strings names = {0};
    if (e->scope == SCOPE_ALL)
        return "Defaults";
    vec_each (m, &e->users)
        strings_add(a, &names,
                    arena_printf(a, "%s%s", m->negated ? "!" : "", m->name ? m->name : "ALL"));
    return arena_printf(a, "Defaults%c%s", marks[e->scope], strings_join(a, &names, ",", 0));
}
