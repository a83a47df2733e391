/*
 * What an answer rests on: a log of places, with scopes as positions in it. Closing a scope leaves
 * each place once, so that nested scopes cost no more than what they saw.
 */
#include "root/handle.h"

#include <errno.h>

void trace_place(struct root *r, struct place *p, enum trace_kind kind)
{
    if (r->scopes.n == 0)
        return;
    struct trace_entry e = {p, kind};
    vec_push(r->arena, &r->log, e);
}

void trace_lookup(struct root *r, const char *asked, const struct lookup *l)
{
    if (r->scopes.n == 0)
        return;
    for (size_t i = 0; i < l->links.n; i++)
        trace_place(r, l->links.v[i], TRACE_READ);
    enum trace_kind kind = l->code == -ENOENT || l->code == -ENOTDIR ? TRACE_ABSENT : TRACE_READ;
    trace_place(r, l->at, kind);
    if (l->links.n && strstr(asked, "..") == NULL)
        trace_place(r, place_of(r, asked), kind);
}

void root_trace_begin(struct root *r)
{
    vec_push(r->arena, &r->scopes, r->log.n);
}

/* Leaves every place of the innermost scope once in the log, with all its kinds. */
static size_t close_scope(struct root *r)
{
    size_t start = r->scopes.v[--r->scopes.n], n = start;
    uint64_t stamp = ++*r->stamps;
    for (size_t i = start; i < r->log.n; i++) {
        struct trace_entry e = r->log.v[i];
        if (e.place->stamp == stamp) {
            r->log.v[e.place->stamp_index].kind |= e.kind;
            continue;
        }
        e.place->stamp = stamp;
        e.place->stamp_index = n;
        r->log.v[n++] = e;
    }
    r->log.n = n;
    return start;
}

void root_trace_end(struct root *r, struct root_trace *ret)
{
    if (r->scopes.n == 0)
        return;
    size_t start = close_scope(r);
    if (ret) {
        *ret = (struct root_trace){0};
        for (size_t i = start; i < r->log.n; i++) {
            const struct trace_entry *e = &r->log.v[i];
            /* both: it was absent, then staged, within the scope */
            struct strings *list =
                e->kind & (TRACE_READ | TRACE_LISTED) ? &ret->read : &ret->absent;
            strings_add(r->arena, list, e->place->path);
        }
        strings_sort(&ret->read);
        strings_sort(&ret->absent);
    }
    if (r->scopes.n == 0)
        r->log.n = 0;
}

bool trace_meets(const struct trace_log *trace, const struct place *changed)
{
    for (size_t i = 0; i < trace->n; i++) {
        const struct place *p = trace->v[i].place;
        if (place_is_within(p, changed))
            return true;
        if ((trace->v[i].kind & TRACE_LISTED) && p == changed->parent)
            return true;
    }
    return false;
}

static void replay(struct root *r, const struct memo *m)
{
    for (size_t i = 0; i < m->trace.n && r->scopes.n; i++)
        vec_push(r->arena, &r->log, m->trace.v[i]);
}

static const struct memo *memo_of_base(const struct root *r, const void *key)
{
    for (const struct root *base = r->base; base; base = base->base) {
        const struct memo *m = map_get(&base->memos, key);
        bool usable = m && m->valid;
        for (const struct root *view = r; usable && view != base; view = view->base)
            for (size_t i = 0; usable && i < view->staged_order.n; i++)
                usable = !trace_meets(&m->trace, view->staged_order.v[i]);
        if (usable)
            return m;
    }
    return NULL;
}

void *root_memo(struct root *r, const void *key, root_make make, void *context)
{
    struct memo *m = map_get(&r->memos, key);
    if (m && m->making)
        return NULL; /* asked for while it is being made */
    if (m && m->valid) {
        replay(r, m);
        return m->value;
    }
    if (!m) {
        const struct memo *inherited = memo_of_base(r, key);
        m = arena_make(r->arena, struct memo);
        if (inherited)
            *m = *inherited;
        map_set(&r->memos, key, m);
        vec_push(r->arena, &r->memo_order, m);
        if (inherited) {
            replay(r, m);
            return m->value;
        }
    }
    m->making = true;
    root_trace_begin(r);
    void *value = make(r, context);
    size_t start = close_scope(r);
    m->trace = (struct trace_log){0};
    for (size_t i = start; i < r->log.n; i++)
        vec_push(r->arena, &m->trace, r->log.v[i]);
    if (r->scopes.n == 0)
        r->log.n = 0;
    m->value = value;
    m->making = false;
    m->valid = true;
    return value;
}

void memo_forget(struct root *r, const struct place *changed)
{
    for (size_t i = 0; i < r->memo_order.n; i++) {
        struct memo *m = r->memo_order.v[i];
        if (m->valid && trace_meets(&m->trace, changed))
            m->valid = false;
    }
}
