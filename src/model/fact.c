#include "model/fact.h"

static struct fact *add(struct facts *f, struct fact fact)
{
    vec_push(f->arena, f, fact);
    return &f->v[f->n - 1];
}

struct fact *facts_configured(struct facts *f, const char *subject, struct value v)
{
    return add(f, (struct fact){.subject = subject, .has_configured = true, .configured = v});
}

struct fact *facts_running(struct facts *f, const char *subject, struct value v)
{
    return add(f, (struct fact){.subject = subject, .has_running = true, .running = v});
}

struct fact *facts_unknown(struct facts *f, const char *subject, struct text why)
{
    return add(f, (struct fact){.subject = subject, .state = FACT_UNKNOWN, .reason = why});
}

struct fact *facts_not_applicable(struct facts *f, const char *subject, struct text why)
{
    return add(f, (struct fact){.subject = subject, .state = FACT_NOT_APPLICABLE, .reason = why});
}

void fact_set_running(struct fact *fact, struct value v)
{
    fact->has_running = true;
    fact->running = v;
}

void fact_add_where(struct facts *f, struct fact *fact, const char *path, unsigned line)
{
    struct where w = {path, line};
    vec_push(f->arena, &fact->where, w);
}
