/* Redirections: whether the files of a command can be opened, for otherwise it does not run. */
#include "effective/shell_state.h"

static bool opens_for_reading(const char *op)
{
    return cstr_eq(op, "<");
}

static bool opens_for_writing(const char *op)
{
    return cstr_eq(op, ">") || cstr_eq(op, ">>") || cstr_eq(op, ">|") || cstr_eq(op, "&>") ||
           cstr_eq(op, "&>>") || cstr_eq(op, "<>") || cstr_eq(op, ">&");
}

static bool is_descriptor(const char *text)
{
    return *text && strspn(text, "0123456789-") == strlen(text);
}

static enum tri one(struct sh *sh, const struct shell_redirect *r)
{
    if (!r->word || cstr_eq(r->op, "<<<"))
        return YES;
    struct sh_value v = sh_expand(sh, r->word);
    if (cstr_eq(r->op, "<&") || cstr_eq(r->op, ">&"))
        if (!v.known || is_descriptor(v.text))
            return v.known && (v.text[0] == '-' ||
                               (v.text[0] >= '0' && v.text[0] <= '2' && !v.text[1]))
                       ? YES
                       : MAYBE;
    if (!v.known)
        return MAYBE;
    if (cstr_eq(v.text, "/dev/null") || cstr_eq(v.text, "/dev/zero") ||
        cstr_eq(v.text, "/dev/stdout") || cstr_eq(v.text, "/dev/stderr"))
        return YES;
    if (v.text[0] != '/')
        return *v.text ? MAYBE : NO;
    if (opens_for_reading(r->op))
        return sh_readable(sh, v.text);
    return opens_for_writing(r->op) ? sh_writable(sh, v.text) : MAYBE;
}

enum tri sh_redirects(struct sh *sh, const struct shell_command *c)
{
    enum tri all = YES;
    for (size_t i = 0; i < c->redirects.n && all != NO; i++) {
        enum tri r = one(sh, &c->redirects.v[i]);
        all = r == YES ? all : r;
    }
    return all;
}
