/*
 * sshd_config(5): one fact for a plain connection, one more for each Match block that gives another
 * value.
 */
#include <errno.h>

#include "resource/sshd_keys.h"

struct text sshd_load_text(struct arena *a, int error, const struct err *why)
{
    if (!why->path)
        return why->message;
    const char *place = why->line ? arena_printf(a, "%s:%u", why->path, why->line) : why->path;
    if (error == -EINVAL)
        return text_make(a, "sshd refuses this configuration, %s: %s", "sshd 拒绝该配置，%s：%s",
                         place, why->message.en);
    return text_make(a, "cannot tell what sshd does, %s: %s", "无法判断 sshd 的行为，%s：%s", place,
                     why->message.en);
}

static struct value list_of(struct arena *a, const struct sshd_answer *answer)
{
    struct strings list = {0};
    for (size_t i = 0; i < answer->values.n; i++)
        strings_add(a, &list, answer->values.v[i]);
    return value_list(list);
}

/* One comma-separated list on one line. */
static struct value list_of_names(struct arena *a, const char *text)
{
    struct strings list = {0};
    struct str rest = str_of(text), one;
    while (str_next_field(&rest, ',', &one))
        if (one.n)
            strings_add(a, &list, str_dup(a, one));
    return value_list(list);
}

static bool is_names(const char *key)
{
    return cstr_eq(key, "Ciphers") || cstr_eq(key, "MACs") || cstr_ends(key, "Algorithms") ||
           cstr_ends(key, "KeyTypes");
}

static struct value number_of(const char *key, const char *text)
{
    int64_t n;
    if (cstr_eq(text, "none"))
        return value_number(NUMBER_NEVER);
    if (str_to_int64(str_of(text), 10, &n) < 0)
        return VALUE_UNSET;
    bool zero_is_never = cstr_eq(key, "LoginGraceTime") || cstr_eq(key, "ClientAliveInterval");
    return value_number(zero_is_never && n == 0 ? NUMBER_NEVER : n);
}

struct value sshd_key_value(struct arena *a, const struct key *key,
                            const struct sshd_answer *answer)
{
    const char *first = answer->values.n ? answer->values.v[0] : NULL;
    switch (key->kind) {
    case VALUE_LIST:
        if (!first && cstr_starts(key->name, "Allow"))
            return VALUE_UNSET; /* no list lets everybody in: not the same as an empty one */
        return first && is_names(key->name) ? list_of_names(a, first) : list_of(a, answer);
    case VALUE_NUMBER:
        return first ? number_of(key->name, first) : VALUE_UNSET;
    case VALUE_WORD:
        return value_word(cstr_eq(first, "without-password") ? "prohibit-password" : first);
    default:
        return value_text(first);
    }
}

static bool known_already(const struct facts *facts, struct value v, const struct where *where)
{
    for (size_t i = 0; i < facts->n; i++) {
        const struct fact *f = &facts->v[i];
        bool same_line = f->where.n && where->path && f->where.v[0].line == where->line &&
                         cstr_eq(f->where.v[0].path, where->path);
        if (f->state == FACT_KNOWN && value_equal(&f->configured, &v) && (same_line || !f->subject))
            return true;
    }
    return false;
}

void sshd_add_fact(struct facts *ret, const char *subject, struct value v,
                   const struct sshd_answer *answer, const struct sshd *conf)
{
    if (known_already(ret, v, &answer->where))
        return;
    struct fact *f = facts_configured(ret, subject, v);
    if (!answer->where.path) {
        const char *name = sshd_conf_program(conf)->name;
        f->reason = text_make(ret->arena, "default of %s", "%s 的默认值", name);
        return;
    }
    if (!answer->lines.n)
        fact_add_where(ret, f, answer->where.path, answer->where.line);
    for (size_t i = 0; i < answer->lines.n; i++)
        fact_add_where(ret, f, answer->lines.v[i].path, answer->lines.v[i].line);
}

static struct text query_text(struct arena *a, const struct sshd *conf, const char *key, int error)
{
    const char *name = sshd_conf_program(conf)->name;
    if (error == -ENODATA)
        return text_make(a, "the default of %s in %s is not known", "%s 在 %s 中的默认值未知", key,
                         name);
    return text_make(a, "sshd refuses such a connection: %s of %s cannot be used",
                     "sshd 拒绝此类连接：%s（%s）无法生效", key, name);
}

static void observe_keyword(struct host *h, const struct sshd *conf, const struct want *w,
                            struct facts *ret)
{
    const struct sshd_contexts *contexts;
    if (sshd_contexts(conf, &contexts) < 0) {
        (void)facts_unknown(ret, NULL,
                            TEXT("too many combinations of Match blocks to look at all",
                                 "Match 块组合过多，无法逐一判断"));
        return;
    }
    for (size_t i = 0; i < contexts->n; i++) {
        const struct sshd_context *c = &contexts->v[i];
        struct sshd_answer answer;
        int r = sshd_query(conf, w->key_name, c, &answer);
        if (r == -ENOENT) {
            (void)facts_not_applicable(ret, NULL,
                                       text_make(h->arena, "%s has no effect in %s",
                                                 "%s 在 %s 中不起作用", w->key_name,
                                                 sshd_conf_program(conf)->name));
            return;
        }
        if (r < 0)
            (void)facts_unknown(ret, c->label, query_text(h->arena, conf, w->key_name, r));
        if (r == -ENODATA)
            return; /* the same for every connection */
        if (r == 0)
            sshd_add_fact(ret, c->label, sshd_key_value(h->arena, w->key, &answer), &answer, conf);
    }
}

static void observe(struct host *h, const struct want *w, struct facts *ret)
{
    const struct sshd *conf;
    struct err why = {.arena = h->arena};
    int r = sshd_load(h, &conf, &why);
    if (r == -ENOENT && !sshd_program(h)->installed) {
        (void)facts_not_applicable(ret, NULL,
                                   TEXT("no OpenSSH server is installed", "未安装 OpenSSH 服务端"));
        return;
    }
    if (r < 0) {
        struct fact *f = facts_unknown(ret, NULL, sshd_load_text(h->arena, r, &why));
        if (why.path)
            fact_add_where(ret, f, why.path, why.line);
        return;
    }
    if (sshd_observe_derived(h, conf, w, ret) == -ENOENT)
        observe_keyword(h, conf, w, ret);
}

const struct resource resource_sshd = {
    .name = "sshd",
    .summary = {"what sshd does with a connection, Include and Match resolved",
                "sshd 对连接的实际处理（已解析 Include 与 Match）"},
    .keys = sshd_keys,
    .observe = observe,
    .plan = sshd_plan,
};
