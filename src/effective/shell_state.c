/* The state of an evaluated shell: variables, umask, functions; copies and joins. */
#include "effective/shell_state.h"

#include <errno.h>

struct sh_value sh_text(const char *s)
{
    return (struct sh_value){.set = YES, .known = true, .text = s};
}

struct sh_value sh_unknown(void)
{
    return (struct sh_value){.set = YES};
}

struct sh_state *sh_copy(struct sh *sh, const struct sh_state *s)
{
    struct sh_state *c = arena_make(sh->arena, struct sh_state);
    *c = *s;
    c->vars.v = arena_new_array(sh->arena, struct sh_var, s->vars.n + 1);
    if (s->vars.n)
        memcpy(c->vars.v, s->vars.v, s->vars.n * sizeof *s->vars.v);
    c->vars.cap = s->vars.n;
    c->functions.v = arena_new_array(sh->arena, struct sh_function, s->functions.n + 1);
    if (s->functions.n)
        memcpy(c->functions.v, s->functions.v, s->functions.n * sizeof *s->functions.v);
    c->functions.cap = s->functions.n;
    c->locals.cap = c->locals.n; /* what is added goes to a copy of its own */
    c->aliases.v = arena_new_array(sh->arena, struct sh_alias, s->aliases.n + 1);
    if (s->aliases.n)
        memcpy(c->aliases.v, s->aliases.v, s->aliases.n * sizeof *s->aliases.v);
    c->aliases.cap = s->aliases.n;
    /* Copying costs; it counts as work. */
    size_t cost = 1 + s->vars.n * s->vars.n / 256;
    sh->steps = sh->steps > cost ? sh->steps - cost : 0;
    return c;
}

static struct sh_var *find(const struct sh_state *s, const char *name)
{
    for (size_t i = 0; i < s->vars.n; i++)
        if (cstr_eq(s->vars.v[i].name, name))
            return &s->vars.v[i];
    return NULL;
}

static bool same_value(const struct sh_value *a, const struct sh_value *b)
{
    if (a->set != b->set || a->set == MAYBE)
        return false;
    return a->set == NO || (a->known && b->known && cstr_eq(a->text, b->text));
}

static struct sh_var absent(const struct sh_state *s, const char *name)
{
    struct sh_var v = {.name = name};
    if (s->others_unknown) {
        v.value.set = MAYBE;
        v.exported = v.readonly = MAYBE;
        v.where = s->lost;
    }
    return v;
}

static bool never_empty(const struct sh_value *v)
{
    return v->set == YES && (v->known ? v->text[0] != '\0' : v->nonempty);
}

static void join_var(struct sh_var *a, const struct sh_var *b, struct where where)
{
    if (!same_value(&a->value, &b->value)) {
        a->value.set = a->value.set == b->value.set ? a->value.set : MAYBE;
        a->value.nonempty = never_empty(&a->value) && never_empty(&b->value);
        a->value.known = false;
        a->where = where;
    }
    if (a->exported != b->exported)
        a->exported = MAYBE;
    if (a->readonly != b->readonly)
        a->readonly = MAYBE;
    if (a->attribute != b->attribute)
        a->attribute = '?';
}

static void join_aliases(struct sh *sh, struct sh_state *a, const struct sh_state *b)
{
    for (size_t i = 0; i < b->aliases.n; i++) {
        const struct sh_alias *other = &b->aliases.v[i];
        size_t k = 0;
        while (k < a->aliases.n && !cstr_eq(a->aliases.v[k].name, other->name))
            k++;
        if (k == a->aliases.n)
            vec_push(sh->arena, &a->aliases, *other); /* using one is decided both ways anyway */
        else if (!cstr_eq(a->aliases.v[k].text, other->text))
            a->aliases.v[k].text = NULL;
    }
}

/* Made local in one of two ways: what it is behind the call is not known. */
static void join_locals(struct sh *sh, struct sh_state *a, const struct sh_state *b)
{
    for (size_t i = 0; i < a->locals.n; i++) {
        size_t k = 0;
        while (k < b->locals.n &&
               !(b->locals.v[k].call == a->locals.v[i].call &&
                 cstr_eq(b->locals.v[k].before.name, a->locals.v[i].before.name)))
            k++;
        if (k == b->locals.n) {
            struct sh_local l = a->locals.v[i];
            l.before.value = (struct sh_value){.set = MAYBE};
            struct sh_local *v = arena_new_array(sh->arena, struct sh_local, a->locals.n);
            memcpy(v, a->locals.v, a->locals.n * sizeof *v);
            v[i] = l;
            a->locals.v = v;
            a->locals.cap = a->locals.n;
        }
    }
    for (size_t k = 0; k < b->locals.n; k++) {
        size_t i = 0;
        while (i < a->locals.n &&
               !(b->locals.v[k].call == a->locals.v[i].call &&
                 cstr_eq(b->locals.v[k].before.name, a->locals.v[i].before.name)))
            i++;
        if (i < a->locals.n)
            continue;
        struct sh_local l = b->locals.v[k];
        l.before.value = (struct sh_value){.set = MAYBE};
        vec_push(sh->arena, &a->locals, l);
    }
}

static void join_functions(struct sh *sh, struct sh_state *a, const struct sh_state *b)
{
    for (size_t i = 0; i < b->functions.n; i++) {
        bool found = false;
        for (size_t k = 0; k < a->functions.n; k++)
            if (cstr_eq(a->functions.v[k].name, b->functions.v[i].name)) {
                found = true;
                if (a->functions.v[k].body != b->functions.v[i].body)
                    a->functions.v[k].body = NULL;
            }
        if (!found)
            vec_push(sh->arena, &a->functions,
                     (struct sh_function){b->functions.v[i].name, NULL, b->functions.v[i].path});
    }
    for (size_t k = 0; k < a->functions.n; k++) {
        bool found = false;
        for (size_t i = 0; i < b->functions.n; i++)
            found = found || cstr_eq(a->functions.v[k].name, b->functions.v[i].name);
        if (!found)
            a->functions.v[k].body = NULL;
    }
}

struct sh_state *sh_join(struct sh *sh, struct sh_state *a, const struct sh_state *b,
                         struct where where)
{
    if (!a)
        return b ? sh_copy(sh, b) : NULL;
    if (!b)
        return a;
    for (size_t i = 0; i < a->vars.n; i++) {
        const struct sh_var *other = find(b, a->vars.v[i].name);
        struct sh_var none = absent(b, a->vars.v[i].name);
        join_var(&a->vars.v[i], other ? other : &none, where);
    }
    for (size_t i = 0; i < b->vars.n; i++) {
        if (find(a, b->vars.v[i].name))
            continue;
        struct sh_var v = absent(a, b->vars.v[i].name);
        join_var(&v, &b->vars.v[i], where);
        vec_push(sh->arena, &a->vars, v);
    }
    if (a->umask_known != b->umask_known || a->umask != b->umask) {
        if (a->umask_known || b->umask_known)
            a->umask_where = where;
        a->umask_known = false;
    }
    join_functions(sh, a, b);
    join_aliases(sh, a, b);
    join_locals(sh, a, b);
    a->all_exported = a->all_exported == b->all_exported ? a->all_exported : MAYBE;
    a->expand_aliases = a->expand_aliases == b->expand_aliases ? a->expand_aliases : MAYBE;
    a->trapped = a->trapped || b->trapped;
    if (a->ok != b->ok)
        a->ok = MAYBE;
    a->others_unknown = a->others_unknown || b->others_unknown;
    if (!a->lost.path)
        a->lost = b->lost.path ? b->lost : where;
    return a;
}

struct sh_var *sh_var(struct sh *sh, const char *name)
{
    struct sh_var *v = find(sh->s, name);
    if (v)
        return v;
    vec_push(sh->arena, &sh->s->vars, absent(sh->s, arena_strdup(sh->arena, name)));
    return &sh->s->vars.v[sh->s->vars.n - 1];
}

struct sh_value sh_get(struct sh *sh, const char *name)
{
    const struct sh_var *v = find(sh->s, name);
    return v ? v->value : absent(sh->s, name).value;
}

/* What declare -i, -l and -u make of a value. */
static struct sh_value with_attribute(struct sh *sh, char attribute, struct sh_value v)
{
    int64_t n;
    bool wrong;
    if (!v.known || v.set != YES || !attribute)
        return v;
    if (attribute == 'i')
        return sh_arithmetic(sh, v.text, &n, &wrong) == MAYBE
                   ? sh_unknown()
                   : sh_text(arena_printf(sh->arena, "%lld", (long long)n));
    if (attribute == '?')
        return sh_unknown();
    char *text = arena_strdup(sh->arena, v.text);
    for (char *c = text; *c; c++)
        if (attribute == 'l' ? *c >= 'A' && *c <= 'Z' : *c >= 'a' && *c <= 'z')
            *c = (char)(*c ^ 0x20);
    return sh_text(text);
}

int sh_set(struct sh *sh, const char *name, struct sh_value v, unsigned line)
{
    struct where where = {sh->path, line};
    if (sh->s->vars.n > SH_VARS && !find(sh->s, name)) {
        sh_forget(sh, line);
        return 0;
    }
    struct sh_var *var = sh_var(sh, name);
    if (var->readonly == YES)
        return -EPERM;
    if (var->attribute && v.set != NO) {
        char attribute = var->attribute;
        var->attribute = '\0'; /* "x=x+1" asks for itself */
        v = with_attribute(sh, attribute, v);
        var = sh_var(sh, name);
        var->attribute = attribute;
    }
    if (var->readonly == MAYBE && !(v.known && same_value(&v, &var->value))) {
        v.known = false;
        v.set = var->value.set == v.set ? v.set : MAYBE;
    }
    if (v.known && strlen(v.text) > SH_TEXT)
        v.known = false;
    var->value = v;
    var->where = where;
    if (v.set == NO)
        var->attribute = '\0';
    else if (sh->s->all_exported != NO && var->exported != YES)
        var->exported = sh->s->all_exported;
    return 0;
}

void sh_forget_name(struct sh *sh, const char *name, unsigned line)
{
    struct sh_var *v = sh_var(sh, name);
    if (v->readonly == YES)
        return;
    v->value = (struct sh_value){.set = MAYBE};
    v->where = (struct where){sh->path, line};
}

void sh_forget_variables(struct sh *sh, unsigned line)
{
    struct where where = {sh->path, line};
    for (size_t i = 0; i < sh->s->vars.n; i++) {
        struct sh_var *v = &sh->s->vars.v[i];
        if (v->readonly != YES) {
            v->value = (struct sh_value){.set = MAYBE};
            v->readonly = MAYBE;
            v->where = where;
        }
        v->exported = MAYBE;
    }
    sh->s->others_unknown = true;
    sh->s->lost = where;
}

void sh_forget(struct sh *sh, unsigned line)
{
    sh_forget_variables(sh, line);
    if (sh->s->umask_known) {
        sh->s->umask_known = false;
        sh->s->umask_where = (struct where){sh->path, line};
    }
    sh->s->ok = MAYBE;
}
