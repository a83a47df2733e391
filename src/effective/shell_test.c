/* test, [ and [[: strings, numbers, files. */
#include "effective/shell_state.h"

#include <errno.h>
#include <fnmatch.h>
#include <regex.h>

struct test {
    struct sh *sh;
    struct sh_value *v;
    size_t n, at;
    bool cond, bad; /* bad: not a test that we understand */
    unsigned depth;
};

static enum tri invert(enum tri t)
{
    return t == MAYBE ? MAYBE : t == YES ? NO : YES;
}

static enum tri from(bool b)
{
    return b ? YES : NO;
}

static bool is(const struct test *t, size_t ahead, const char *text)
{
    size_t i = t->at + ahead;
    return i < t->n && t->v[i].known && cstr_eq(t->v[i].text, text);
}

/* May the account do this with a file of that mode? root may read and write everything. */
static bool allowed(struct sh *sh, const struct file_info *f, unsigned bit)
{
    const struct accounts *accounts = root_accounts(sh->host->root);
    unsigned shift = 0;
    if (sh->account->uid == 0)
        return bit != 1 || S_ISDIR(f->mode) || (f->mode & 0111);
    if (sh->account->uid == (int64_t)f->uid)
        shift = 6;
    else if (sh->account->gid == (int64_t)f->gid)
        shift = 3;
    for (size_t i = 0; shift == 0 && i < accounts->groups.n; i++)
        if (accounts->groups.v[i].gid == (int64_t)f->gid &&
            strings_find(&sh->groups, accounts->groups.v[i].name) >= 0)
            shift = 3;
    return (f->mode >> shift) & bit;
}

static enum tri file_test(struct sh *sh, char op, const char *path)
{
    struct file_info f;
    if (op == 't')
        return path[0] == '0' || path[0] == '1' || path[0] == '2' ? from(sh->interactive) : NO;
    if (path[0] != '/')
        return *path ? MAYBE : NO;
    /* What exists while a system runs is not what lies in its files. */
    if (cstr_starts(path, "/proc/") || cstr_starts(path, "/sys/") || cstr_starts(path, "/run/") ||
        cstr_starts(path, "/dev/") || cstr_starts(path, "/tmp/") || cstr_starts(path, "/var/run/"))
        return MAYBE;
    int r = op == 'L' || op == 'h' ? root_lstat(sh->host->root, path, &f)
                                   : root_stat(sh->host->root, path, &f);
    if (r < 0)
        return r == -ENOENT || r == -ENOTDIR || r == -ELOOP ? NO : MAYBE;
    switch (op) {
    case 'a':
    case 'e':
        return YES;
    case 'f':
        return from(S_ISREG(f.mode));
    case 'd':
        return from(S_ISDIR(f.mode));
    case 'h':
    case 'L':
        return from(S_ISLNK(f.mode));
    case 's':
        return from(f.size > 0);
    case 'r':
        return from(allowed(sh, &f, 4));
    case 'w':
        return from(allowed(sh, &f, 2));
    case 'x':
        return from(allowed(sh, &f, 1));
    case 'S':
        return from(S_ISSOCK(f.mode));
    case 'p':
        return from(S_ISFIFO(f.mode));
    case 'O':
        return from((int64_t)f.uid == sh->account->uid);
    default:
        return MAYBE;
    }
}

enum tri sh_readable(struct sh *sh, const char *path)
{
    enum tri there = file_test(sh, 'e', path);
    return there == YES ? file_test(sh, 'r', path) : there;
}

enum tri sh_writable(struct sh *sh, const char *path)
{
    enum tri there = file_test(sh, 'e', path);
    const char *slash = strrchr(path, '/');
    if (there == MAYBE)
        return MAYBE;
    if (there == YES)
        return file_test(sh, 'd', path) == YES ? NO : file_test(sh, 'w', path);
    if (!slash)
        return MAYBE;
    const char *directory =
        slash == path ? "/" : arena_strndup(sh->arena, path, (size_t)(slash - path));
    return file_test(sh, 'd', directory) == YES ? file_test(sh, 'w', directory)
                                                : file_test(sh, 'd', directory);
}

enum tri sh_executable(struct sh *sh, const char *path)
{
    enum tri there = file_test(sh, 'f', path);
    return there == YES ? file_test(sh, 'x', path) : there;
}

static enum tri unary(struct test *t, char op, struct sh_value v)
{
    if (op == 'z' || op == 'n') {
        if (!v.known)
            return v.nonempty ? from(op == 'n') : MAYBE;
        return from((v.text[0] == '\0') == (op == 'z'));
    }
    if (op == 'v') {
        return v.known ? sh_get(t->sh, v.text).set : MAYBE;
    }
    if (op == 'o')
        return MAYBE;
    return v.known ? file_test(t->sh, op, v.text) : MAYBE;
}

static enum tri numeric(const char *op, const char *a, const char *b)
{
    int64_t x, y;
    if (str_to_int64(str_trim(str_of(a)), 10, &x) < 0 ||
        str_to_int64(str_trim(str_of(b)), 10, &y) < 0)
        return NO; /* "integer expression expected": status 2 */
    static const char *const ops[] = {"-eq", "-ne", "-lt", "-le", "-gt", "-ge"};
    const bool results[] = {x == y, x != y, x<y, x <= y, x> y, x >= y};
    for (size_t i = 0; i < 6; i++)
        if (cstr_eq(op, ops[i]))
            return from(results[i]);
    return MAYBE;
}

static enum tri regex_test(const char *pattern, const char *text)
{
    regex_t r;
    if (strlen(pattern) > 512 || regcomp(&r, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return MAYBE;
    bool match = regexec(&r, text, 0, NULL, 0) == 0;
    regfree(&r);
    return from(match);
}

static enum tri binary(struct test *t, const char *op, struct sh_value a, struct sh_value b)
{
    bool none = (a.nonempty && b.known && !*b.text) || (b.nonempty && a.known && !*a.text);
    if ((!a.known || !b.known) && none && (cstr_eq(op, "=") || cstr_eq(op, "==")))
        return NO;
    if ((!a.known || !b.known) && none && cstr_eq(op, "!="))
        return YES;
    if (!a.known || !b.known)
        return MAYBE;
    bool equal = cstr_eq(op, "=") || cstr_eq(op, "=="), differ = cstr_eq(op, "!=");
    if (t->cond && (equal || differ))
        return from((fnmatch(b.text, a.text, 0) == 0) == equal);
    if (equal || differ)
        return from(cstr_eq(a.text, b.text) == equal);
    if (t->cond && cstr_eq(op, "=~"))
        return regex_test(b.text, a.text);
    if (op[0] == '-' && strlen(op) == 3)
        return strchr("neo", op[1]) && (op[2] == 't' || op[2] == 'f') && !cstr_eq(op, "-ne")
                   ? MAYBE
                   : numeric(op, a.text, b.text);
    return MAYBE;
}

static bool is_binary(const struct test *t, size_t ahead)
{
    static const char *const ops[] = {"=",   "==",  "!=",  "-eq", "-ne", "-lt", "-le", "-gt",
                                      "-ge", "-nt", "-ot", "-ef", "<",   ">",   "=~"};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (is(t, ahead, ops[i]))
            return true;
    return false;
}

static enum tri either(struct test *t);

static enum tri primary(struct test *t)
{
    enum tri r;
    if (t->at >= t->n || t->depth > 40) {
        t->bad = true;
        return NO;
    }
    if (is_binary(t, 1) && t->at + 2 < t->n) {
        r = binary(t, t->v[t->at + 1].text, t->v[t->at], t->v[t->at + 2]);
        t->at += 3;
        return r;
    }
    if (is(t, 0, "!") && t->at + 1 < t->n) {
        t->at++;
        t->depth++;
        r = invert(primary(t));
        t->depth--;
        return r;
    }
    if ((is(t, 0, "(") || is(t, 0, "\\(")) && t->at + 1 < t->n) {
        t->at++;
        t->depth++;
        r = either(t);
        t->depth--;
        if (!is(t, 0, ")") && !is(t, 0, "\\)"))
            t->bad = true;
        t->at++;
        return r;
    }
    const struct sh_value *v = &t->v[t->at];
    if (v->known && v->text[0] == '-' && v->text[1] && !v->text[2] && t->at + 1 < t->n &&
        !is(t, 1, "-a") && !is(t, 1, "-o") && !is(t, 1, "&&") && !is(t, 1, "||")) {
        r = unary(t, v->text[1], t->v[t->at + 1]);
        t->at += 2;
        return r;
    }
    t->at++;
    return v->known ? from(v->text[0] != '\0') : v->nonempty ? YES : MAYBE;
}

static enum tri both(struct test *t)
{
    enum tri r = primary(t);
    while (!t->bad && (is(t, 0, "-a") || (t->cond && is(t, 0, "&&")))) {
        t->at++;
        enum tri other = primary(t);
        r = r == NO || other == NO ? NO : r == YES && other == YES ? YES : MAYBE;
    }
    return r;
}

static enum tri either(struct test *t)
{
    enum tri r = both(t);
    while (!t->bad && (is(t, 0, "-o") || (t->cond && is(t, 0, "||")))) {
        t->at++;
        enum tri other = both(t);
        r = r == YES || other == YES ? YES : r == NO && other == NO ? NO : MAYBE;
    }
    return r;
}

enum tri sh_test(struct sh *sh, struct sh_value *words, size_t n, bool cond)
{
    struct test t = {.sh = sh, .v = words, .n = n, .cond = cond};
    if (n == 0)
        return NO;
    enum tri r = either(&t);
    /* A malformed test ("[ = x ]" where a variable was empty) complains and is false. */
    return t.bad || t.at != n ? NO : r;
}

/* An expression that assigns: to which of its names is not worked out. */
void sh_forget_names_in(struct sh *sh, const char *expression, unsigned line)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    unsigned names = 0;
    for (const char *at = expression; *at;) {
        size_t n = strspn(at, letters);
        if (n && ++names > 64) {
            sh_forget_variables(sh, line);
            return;
        }
        if (n && !(*at >= '0' && *at <= '9'))
            sh_forget_name(sh, arena_strndup(sh->arena, at, n), line);
        at += n ? n : 1;
    }
}
