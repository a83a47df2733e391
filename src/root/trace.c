/*
 * What an answer rests on: a log of places, with scopes as positions in it. Closing a scope leaves
 * each place once, so that nested scopes cost no more than what they saw.
 */
#include "root/handle.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"

void trace_place(struct root *r, struct place *p, enum trace_kind kind)
{
    if (r->scopes.n == 0)
        return;
    struct trace_entry e = {p, kind, NULL};
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

/* Leaves every entry of the innermost scope once in the log, with all its kinds. */
static size_t close_scope(struct root *r)
{
    size_t start = r->scopes.v[--r->scopes.n], n = start;
    uint64_t stamp = ++*r->stamps;
    for (size_t i = start; i < r->log.n; i++) {
        struct trace_entry e = r->log.v[i];
        if (e.sub) {
            if (e.sub->stamp != stamp)
                r->log.v[n++] = e;
            e.sub->stamp = stamp;
            continue;
        }
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

/* A log for a moment only, not the arena's. */
static void log_push(struct trace_log *log, struct trace_entry e)
{
    if (log->n == log->cap) {
        log->cap = log->cap ? 2 * log->cap : 256;
        log->v = mem_resize(log->v, log->cap, sizeof *log->v);
    }
    log->v[log->n++] = e; // NOLINT(clang-analyzer-core.NullDereference): mem_resize gives memory
}

/* All places of some entries, each once, with all its kinds. Memoised answers nest only as deep as
 * the code that asks for them. ret->v is the caller's to free. */
static void flatten(const struct trace_entry *v, size_t n, uint64_t stamp, struct trace_log *ret)
{
    for (size_t i = 0; i < n; i++) {
        struct trace_entry e = v[i];
        if (e.sub) {
            if (e.sub->stamp == stamp)
                continue;
            e.sub->stamp = stamp;
            flatten(e.sub->v, e.sub->n, stamp, ret);
        } else if (ret->v && e.place->stamp == stamp) {
            ret->v[e.place->stamp_index].kind |= e.kind;
        } else {
            e.place->stamp = stamp;
            e.place->stamp_index = ret->n;
            log_push(ret, e);
        }
    }
}

/* Both read and absent: it was absent, then staged, within the scope; that counts as read. */
static void take_paths(struct root *r, size_t start, struct root_trace *ret)
{
    struct trace_log all = {0};
    size_t count[2] = {0};
    flatten(r->log.v + start, r->log.n - start, ++*r->stamps, &all);
    vec_each (e, &all)
        count[(e->kind & (TRACE_READ | TRACE_LISTED)) == 0]++;
    ret->read = (struct strings){.v = arena_new_array(r->arena, const char *, count[0] + 1)};
    ret->absent = (struct strings){.v = arena_new_array(r->arena, const char *, count[1] + 1)};
    vec_each (e, &all) {
        struct strings *list = e->kind & (TRACE_READ | TRACE_LISTED) ? &ret->read : &ret->absent;
        list->v[list->n++] = e->place->path;
    }
    ret->read.cap = ret->read.n;
    ret->absent.cap = ret->absent.n;
    strings_sort(&ret->read);
    strings_sort(&ret->absent);
    free(all.v);
}

void root_trace_end(struct root *r, struct root_trace *ret)
{
    if (r->scopes.n == 0)
        return;
    size_t start = close_scope(r);
    if (ret)
        take_paths(r, start, ret);
    if (r->scopes.n == 0)
        r->log.n = 0;
}

static bool meets(struct trace_log *trace, const struct place *changed, uint64_t stamp)
{
    if (trace->stamp == stamp)
        return false; /* already looked through, without a match */
    trace->stamp = stamp;
    for (size_t i = 0; i < trace->n; i++) {
        const struct trace_entry *e = &trace->v[i];
        if (e->sub ? meets(e->sub, changed, stamp)
                   : place_is_within(e->place, changed) ||
                         ((e->kind & TRACE_LISTED) && e->place == changed->parent))
            return true;
    }
    return false;
}

static bool trace_meets(struct root *r, struct trace_log *trace, const struct place *changed)
{
    return meets(trace, changed, ++*r->stamps);
}

static void replay(struct root *r, const struct memo *m)
{
    struct trace_entry e = {.sub = m->trace};
    if (r->scopes.n && m->trace->n)
        vec_push(r->arena, &r->log, e);
}

static const struct memo *memo_of_base(struct root *r, const void *key)
{
    for (const struct root *base = r->base; base; base = base->base) {
        const struct memo *m = map_get(&base->memos, key);
        bool usable = m && m->valid;
        for (const struct root *view = r; usable && view != base; view = view->base)
            for (size_t i = 0; usable && i < view->staged_order.n; i++)
                usable = !trace_meets(r, m->trace, view->staged_order.v[i]);
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
    size_t n = r->log.n - start;
    m->trace = arena_make(r->arena, struct trace_log);
    m->trace->v = arena_new_array(r->arena, struct trace_entry, n + 1);
    if (n)
        memcpy(m->trace->v, r->log.v + start, n * sizeof *r->log.v);
    m->trace->n = m->trace->cap = n;
    r->log.n = start; /* the scopes outside see the answer as one entry */
    replay(r, m);
    m->value = value;
    m->making = false;
    m->valid = true;
    return value;
}

void memo_forget(struct root *r, const struct place *changed)
{
    for (size_t i = 0; i < r->memo_order.n; i++) {
        struct memo *m = r->memo_order.v[i];
        if (m->valid && trace_meets(r, m->trace, changed))
            m->valid = false;
    }
}
