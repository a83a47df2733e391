/* export, readonly, declare, typeset, local and printf: what they do to variables. */
#include "effective/shell_state.h"

#include <errno.h>

#include "base/buf.h"

struct flags {
    bool export, unexport, readonly, function, print, global;
    bool local;     /* of the function that runs */
    bool declares;  /* declare, typeset, local: a mistake leaves the rest undone */
    char attribute; /* 'i', 'l', 'u', '?', or '-': taken off */
};

/* Variables of a function: bash's begin unset (but keep the export mark), dash's keep their value.
 */
static void make_local(struct sh *sh, const char *name)
{
    struct sh_var *v = sh_var(sh, name);
    for (size_t i = 0; i < sh->s->locals.n; i++)
        if (sh->s->locals.v[i].call == sh->calls &&
            cstr_eq(sh->s->locals.v[i].before.name, v->name))
            return;
    vec_push(sh->arena, &sh->s->locals, ((struct sh_local){sh->calls, *v}));
    if (sh->dialect == DIALECT_POSIX)
        return;
    v->value = (struct sh_value){.set = sh->s->others_unknown ? v->value.set : NO};
    if (v->value.set != NO)
        v->value.set = NO;
    v->attribute = '\0';
}

void sh_leave_call(struct sh *sh)
{
    while (sh->s->locals.n && sh->s->locals.v[sh->s->locals.n - 1].call >= sh->calls) {
        struct sh_local l = sh->s->locals.v[--sh->s->locals.n];
        *sh_var(sh, l.before.name) = l.before;
    }
    sh->s->locals.cap = sh->s->locals.n; /* a copy may share the array */
}

static struct sh_value appended(struct sh *sh, const char *name, struct sh_value v)
{
    const struct sh_var *var = sh_var(sh, name);
    struct sh_value old = var->value;
    if (old.set == NO)
        return v;
    if (!v.known || old.set != YES || !old.known)
        return sh_unknown();
    if (var->attribute == 'i')
        return sh_text(arena_printf(sh->arena, "(%s)+(%s)", *old.text ? old.text : "0", v.text));
    return sh_text(arena_printf(sh->arena, "%s%s", old.text, v.text));
}

/* NAME, or NAME=value with v (set == MAYBE: none given). */
static void declare_one(struct sh *sh, const char *name, bool append, struct sh_value v,
                        const struct flags *f, unsigned line)
{
    bool fails = false;
    if (f->local && sh_var(sh, name)->readonly == YES && sh->dialect == DIALECT_BASH) {
        sh->s->ok = NO; /* "local: x: readonly variable" */
        return;
    }
    if (f->local)
        make_local(sh, name);
    if (f->attribute && sh_var(sh, name)->readonly != YES)
        sh_var(sh, name)->attribute = f->attribute == '-' ? '\0' : f->attribute;
    if (v.set != MAYBE)
        fails = sh_set(sh, name, append ? appended(sh, name, v) : v, line) < 0;
    if (fails) {
        sh->s->ok = NO;
        /* In dash an error of a special builtin ends the shell (POSIX 2.8.1). */
        if (sh->dialect == DIALECT_POSIX)
            sh->s->flow = FLOW_EXIT;
        if (f->declares)
            return;
    }
    struct sh_var *var = sh_var(sh, name);
    if (f->export)
        var->exported = YES;
    if (f->unexport)
        var->exported = NO;
    if (f->readonly && var->readonly != YES) {
        var->readonly = YES;
        var->where = var->where.path ? var->where : (struct where){sh->path, line};
    }
}

static void read_flags(const char *text, struct flags *f)
{
    bool on = text[0] == '-';
    bool export = strchr(text, 'x') != NULL, takes_back = !f->declares && strchr(text, 'n');
    f->unexport = f->unexport || (export && !on) || (f->export && takes_back);
    f->export = (f->export || (export && on)) && !f->unexport;
    f->readonly = f->readonly || (on && strchr(text, 'r'));
    f->function = f->function || strpbrk(text, "fF");
    f->print = f->print || strchr(text, 'p');
    f->global = f->global || strchr(text, 'g');
    if (!f->declares)
        return;
    if (strpbrk(text, "aAn") && on)
        f->attribute = '?';
    else if (strchr(text, 'i'))
        f->attribute = on ? 'i' : '-';
    else if (strpbrk(text, "luc"))
        f->attribute = !on ? '-' : strchr(text, 'l') ? 'l' : strchr(text, 'u') ? 'u' : '?';
}

/* "NAME=…" whose value is not known; NULL: it may be any name. */
static const char *name_before_unknown(struct sh *sh, const struct shell_word *w)
{
    const char *text = w && w->parts.n && w->parts.v[0].kind == PART_TEXT ? w->parts.v[0].text : "";
    const char *equals = strchr(text, '=');
    if (!equals || equals == text)
        return NULL;
    return arena_strndup(sh->arena, text, (size_t)(equals - text) - (equals[-1] == '+'));
}

static bool is_name(const char *s)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    return *s && !(*s >= '0' && *s <= '9') && strspn(s, letters) == strlen(s);
}

static void declare_word(struct sh *sh, const char *text, const struct flags *f, unsigned line)
{
    const char *equals = strchr(text, '=');
    bool append = equals && equals > text && equals[-1] == '+' && sh->dialect == DIALECT_BASH;
    const char *name =
        equals ? arena_strndup(sh->arena, text, (size_t)(equals - text) - append) : text;
    if (!is_name(name)) {
        sh->s->ok = NO; /* "not a valid identifier": in dash an error of a special builtin */
        if (sh->dialect == DIALECT_POSIX)
            sh->s->flow = FLOW_EXIT;
        const char *bracket = strchr(name, '[');
        if (bracket)
            sh_forget_name(sh, arena_strndup(sh->arena, name, (size_t)(bracket - name)), line);
        return;
    }
    declare_one(sh, name, append, equals ? sh_text(equals + 1) : (struct sh_value){.set = MAYBE}, f,
                line);
}

void sh_declare(struct sh *sh, const struct shell_command *c, struct sh_value *w, size_t n)
{
    const char *command = w[0].text;
    struct flags f = {.export = cstr_eq(command, "export"),
                      .readonly = cstr_eq(command, "readonly")};
    f.declares = !f.export && !f.readonly;
    sh->s->ok = YES;
    bool options = true;
    for (size_t i = 1; i < n && sh->s->flow == FLOW_RUN; i++) {
        if (!w[i].known) {
            const char *name =
                n == c->words.n && i < c->words.n ? name_before_unknown(sh, c->words.v[i]) : NULL;
            if (!name) {
                sh_forget_variables(sh, c->line);
                return;
            }
            declare_one(sh, name, false, sh_unknown(), &f, c->line);
            continue;
        }
        const char *text = w[i].text;
        if (options && (text[0] == '-' || text[0] == '+') && text[1]) {
            options = !cstr_eq(text, "--");
            read_flags(text, &f);
            f.local = f.declares && sh->calls > 0 && !f.global;
            continue;
        }
        f.local = f.declares && sh->calls > 0 && !f.global;
        if (f.attribute == '?' &&
            strstr(text, "=")) { /* an array, or a name for another variable */
            sh_forget_variables(sh, c->line);
            return;
        }
        if (!f.function && !f.print)
            declare_word(sh, text, &f, c->line);
    }
}

/* One conversion of printf(1); false: not one that is followed here. */
static bool convert(struct buf *out, const char **format, const char *arg)
{
    int64_t number = 0, width = 0;
    bool zero = **format == '0';
    while (**format >= '0' && **format <= '9' && width < 100)
        width = width * 10 + *(*format)++ - '0';
    char type = *(*format)++;
    if (type == 's' && !width) {
        buf_puts(out, arg);
        return true;
    }
    if (!type || !strchr("dox", type) || (width && !zero) ||
        (*arg && str_to_int64(str_of(arg), 10, &number) < 0) || number < 0 ||
        (arg[0] == '0' && arg[1])) /* octal or hexadecimal */
        return false;
    if (type == 'd')
        buf_printf(out, "%0*lld", (int)width, (long long)number);
    else if (type == 'o')
        buf_printf(out, "%0*llo", (int)width, (unsigned long long)number);
    else
        buf_printf(out, "%0*llx", (int)width, (unsigned long long)number);
    return true;
}

static bool escape(struct buf *out, const char **format)
{
    static const char codes[] = "n\nt\tr\ra\ab\bf\fv\v\\\\";
    const char *at = **format ? strchr(codes, **format) : NULL;
    if (!at || (at - codes) % 2)
        return false;
    buf_putc(out, at[1]);
    ++*format;
    return true;
}

struct sh_value sh_printf(struct sh *sh, struct sh_value *w, size_t n)
{
    struct buf out __attribute__((cleanup(buf_done))) = {0};
    size_t next = 1;
    for (size_t i = 0; i < n; i++)
        if (!w[i].known)
            return sh_unknown();
    if (n == 0)
        return sh_unknown();
    do {
        size_t before = next;
        for (const char *f = w[0].text; *f;) {
            char c = *f++;
            if (c == '\\' && !escape(&out, &f))
                return sh_unknown();
            else if (c == '%' && *f == '%')
                buf_putc(&out, *f++);
            else if (c == '%') {
                if (!convert(&out, &f, next < n ? w[next].text : ""))
                    return sh_unknown();
                next++;
            } else if (c != '\\') {
                buf_putc(&out, c);
            }
        }
        if (next == before || out.len > SH_TEXT)
            break;
    } while (next < n); /* the format is used again for what is left */
    return sh_text(arena_strdup(sh->arena, out.data ? out.data : ""));
}
