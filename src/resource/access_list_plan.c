/*
 * Limits ssh logins to the sources that the rule names, by AllowUsers: the account stays in the
 * list as "account@source", and where there was no list "*@source" keeps every account.  Without
 * sources nothing is planned: only a person knows from where the host is managed.
 */
#include <errno.h>

#include "resource/access_list.h"
#include "resource/sshd_keys.h"

static int refuse(struct changes *ret, int code, struct text why)
{
    ret->why = why;
    return code;
}

/* AllowUsers lists tie an account to one source with each entry. */
static int tie(struct host *h, const struct strings *users, const struct strings *sources,
               struct strings *ret)
{
    struct strings out = {0};
    for (size_t i = 0; i < users->n; i++) {
        if (strchr(users->v[i], '@')) { /* has its own sources already */
            strings_add(h->arena, &out, users->v[i]);
            continue;
        }
        if (*users->v[i] == '!')
            return -EINVAL;
        for (size_t k = 0; k < sources->n; k++)
            strings_add(h->arena, &out,
                        arena_printf(h->arena, "%s@%s", users->v[i], sources->v[k]));
    }
    *ret = out;
    return 0;
}

static int read_sources(struct host *h, const char *text, struct strings *ret)
{
    struct str rest = str_of(text), word;
    while (str_next_word(&rest, &word)) {
        struct packet_value v;
        while (word.n && word.p[word.n - 1] == ',')
            word.n--;
        if (!word.n)
            continue;
        if (packet_address(word, &v) < 0 || str_index(word, '-') >= 0)
            return -EINVAL;
        strings_add(h->arena, ret, str_dup(h->arena, word));
    }
    return ret->n ? 0 : -ENOENT;
}

int access_list_plan(struct host *h, const struct want *w, struct changes *ret)
{
    struct facts facts = {.arena = h->arena};
    struct strings sources = {0}, users = {0}, wanted = {0};
    const char *text = want_arg(w, "sources");
    if (!cstr_eq(w->key_name, "restricted") ||
        !want_accepts(w, &(struct value){.kind = VALUE_WORD, .text = "yes"}))
        return refuse(ret, -ENOTSUP, TEXT("only a restriction can be planned", "只能规划来源限制"));
    resource_access_list.observe(h, w, &facts);
    if (facts.n && facts.v[0].state == FACT_KNOWN && want_accepts(w, &facts.v[0].configured))
        return 0;
    int r = text ? read_sources(h, text, &sources) : -ENOENT;
    if (r < 0)
        return refuse(
            ret, r == -ENOENT ? -ENODATA : r,
            r == -ENOENT
                ? TEXT("needs setup: name the addresses from where this host is managed (sources)",
                       "需先配置：请指定管理终端的来源地址（sources）")
                : text_make(h->arena, "not a list of addresses: %s", "不是地址列表：%s", text));
    const struct sshd *conf;
    struct err why = {.arena = h->arena};
    struct sshd_answer answer;
    r = sshd_load(h, &conf, &why);
    if (r < 0)
        return refuse(ret, r, sshd_load_text(h->arena, r, &why));
    if (sshd_query(conf, "AllowUsers", NULL, &answer) == 0)
        users = answer.values;
    if (!users.n)
        strings_add(h->arena, &users, "*");
    if (tie(h, &users, &sources, &wanted) < 0)
        return refuse(ret, -ENOTSUP,
                      TEXT("AllowUsers has negated names: it has to be changed by hand",
                           "AllowUsers 含否定项，须人工修改"));
    struct want sshd = {.resource = "sshd",
                        .key_name = "AllowUsers",
                        .key = resource_key(h->arena, &resource_sshd, "AllowUsers"),
                        .op = WANT_IS,
                        .expected = value_list(wanted)};
    r = sshd_plan(h, &sshd, ret);
    if (r < 0)
        return r;
    facts.n = 0;
    resource_access_list.observe(h, w, &facts);
    if (!facts.n || facts.v[0].state != FACT_KNOWN || !want_accepts(w, &facts.v[0].configured))
        return refuse(ret, -EBUSY,
                      TEXT("an entry of AllowUsers or a Match block still lets in from anywhere",
                           "AllowUsers 条目或 Match 块仍允许任意来源"));
    return 0;
}
