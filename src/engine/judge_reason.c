#include "engine/judge.h"

#include "base/vec.h"

/* Members of a list that a sentence shows; reports with the whole list have the value itself. */
enum { SHOWN_MEMBERS = 8, SHOWN_FACTS = 2 };

static struct text show(struct arena *a, const struct value *v)
{
    if (v->kind == VALUE_NULL)
        return TEXT("not set", "未设置");
    if (v->kind == VALUE_LIST && !v->list.n)
        return TEXT("none", "无");
    const char *shown =
        v->kind == VALUE_LIST ? strings_join(a, &v->list, ", ", SHOWN_MEMBERS) : value_show(a, v);
    return TEXT(shown, shown);
}

static struct text expected(struct arena *a, const struct want *w)
{
    if (w->expected.kind != VALUE_LIST || w->expected.list.n <= SHOWN_MEMBERS)
        return want_expected_text(a, w);
    struct want shorter = *w;
    const char *members = strings_join(a, &w->expected.list, ", ", SHOWN_MEMBERS);
    struct strings one = {0};
    strings_add(a, &one, members);
    shorter.expected = value_list(one);
    return want_expected_text(a, &shorter);
}

static struct text with_remark(struct arena *a, struct text sentence, struct text remark)
{
    if (!remark.en || !*remark.en)
        return sentence;
    return (struct text){arena_printf(a, "%s; %s", sentence.en, remark.en),
                         arena_printf(a, "%s；%s", sentence.zh, remark.zh)};
}

struct text reason_of_fact(struct arena *a, const struct judged *j)
{
    const struct fact *f = &j->fact;
    if (j->verdict == VERDICT_PASS)
        return (struct text){0};
    if (f->state != FACT_KNOWN) {
        if (f->reason.en && *f->reason.en)
            return f->reason;
        return TEXT("could not be observed", "无法观察");
    }
    if (!f->has_configured && !f->has_running)
        return TEXT("nothing was observed", "未观察到任何值");
    struct text wanted = expected(a, j->want);
    bool only_running =
        f->has_running && (!f->has_configured || want_accepts(j->want, &f->configured));
    struct text found = show(a, only_running ? &f->running : &f->configured);
    struct text sentence;
    if (only_running && f->has_configured) {
        struct text configured = show(a, &f->configured);
        sentence.en = arena_printf(a, "running value is %s although %s is configured, wanted %s",
                                   found.en, configured.en, wanted.en);
        sentence.zh = arena_printf(a, "已配置为 %s，但运行值为 %s，要求 %s", configured.zh,
                                   found.zh, wanted.zh);
    } else {
        sentence.en = arena_printf(a, "found %s, wanted %s", found.en, wanted.en);
        sentence.zh = arena_printf(a, "当前为 %s，要求 %s", found.zh, wanted.zh);
    }
    return with_remark(a, sentence, f->reason);
}

/* "sshd PermitRootLogin (Match user bob): found yes, wanted no" */
static struct text placed(struct arena *a, const struct judged *j)
{
    const char *subject = j->fact.subject;
    struct text t;
    t.en = subject
               ? arena_printf(a, "%s %s (%s): %s", j->want->resource, j->want->key_name, subject,
                              j->reason.en)
               : arena_printf(a, "%s %s: %s", j->want->resource, j->want->key_name, j->reason.en);
    t.zh = subject
               ? arena_printf(a, "%s %s（%s）：%s", j->want->resource, j->want->key_name, subject,
                              j->reason.zh)
               : arena_printf(a, "%s %s：%s", j->want->resource, j->want->key_name, j->reason.zh);
    return t;
}

struct text reason_of_rule(struct arena *a, const struct rule_result *r)
{
    struct text sentence = {0};
    size_t shown = 0, more = r->omitted;
    vec_each (j, &r->judged) {
        if (j->verdict != r->verdict)
            continue;
        if (shown == SHOWN_FACTS) {
            more++;
            continue;
        }
        struct text next = placed(a, j);
        sentence = shown ? (struct text){arena_printf(a, "%s; %s", sentence.en, next.en),
                                         arena_printf(a, "%s；%s", sentence.zh, next.zh)}
                         : next;
        shown++;
    }
    if (!shown)
        return TEXT("nothing was observed that this rule speaks of",
                    "未观察到本规则所涉及的任何状态");
    if (more)
        sentence = text_concat(a, sentence, text_make(a, "; and %zu more", "；另有 %zu 处", more));
    return sentence;
}

struct text reason_of_condition(struct arena *a, const struct condition *c, const struct fact *f)
{
    if (c->otherwise.en && *c->otherwise.en)
        return c->otherwise;
    struct text wanted = expected(a, &c->want);
    struct text found = TEXT("nothing", "无");
    if (f && f->state != FACT_KNOWN)
        found = f->reason;
    else if (f)
        found = show(a, f->has_configured ? &f->configured : &f->running);
    return (struct text){
        arena_printf(a, "applies only where %s %s is %s (found %s)", c->want.resource,
                     c->want.key_name, wanted.en, text_in(found, LANG_EN)),
        arena_printf(a, "仅适用于 %s %s 为 %s 的主机（当前为 %s）", c->want.resource,
                     c->want.key_name, wanted.zh, text_in(found, LANG_ZH)),
    };
}
