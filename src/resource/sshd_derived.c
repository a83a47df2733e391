/*
 * Keys of resource sshd that follow from several keywords and from the release.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "resource/sshd_keys.h"

static const char *value_of(const struct sshd *conf, const char *keyword,
                            const struct sshd_context *c)
{
    return sshd_value(conf, keyword, c, "");
}

static bool is_yes(const struct sshd *conf, const char *keyword, const struct sshd_context *c)
{
    return cstr_eq(value_of(conf, keyword, c), "yes");
}

/* client_alive_check() of serverloop.c: about interval * count seconds; a count of 0 dropped at the
 * first timeout to 8.1 and never drops since 8.2 (Red Hat: since 8.0p1-13). */
static bool idle_seconds(const struct sshd *conf, const struct sshd_context *c, int64_t *ret)
{
    int64_t interval = 0, count = 0;
    (void)str_to_int64(str_of(value_of(conf, "ClientAliveInterval", c)), 10, &interval);
    (void)str_to_int64(str_of(value_of(conf, "ClientAliveCountMax", c)), 10, &count);
    *ret = interval == 0 ? NUMBER_NEVER : interval * count;
    if (interval == 0 || count > 0)
        return true;
    *ret = interval;
    switch (sshd_conf_program(conf)->zero_count_drops) {
    case SSHD_YES:
        return true;
    case SSHD_NO:
        *ret = NUMBER_NEVER;
        return true;
    case SSHD_UNKNOWN:
        break;
    }
    return false;
}

static void idle_disconnect(struct host *h, const struct sshd *conf, const struct sshd_context *c,
                            const struct want *w, struct facts *ret)
{
    (void)w;
    struct sshd_answer answer, count;
    int64_t seconds;
    if (sshd_query(conf, "ClientAliveInterval", c, &answer) < 0 ||
        sshd_query(conf, "ClientAliveCountMax", c, &count) < 0)
        return;
    if (!idle_seconds(conf, c, &seconds)) {
        struct fact *f = facts_unknown(
            ret, c->label,
            text_make(h->arena,
                      "whether ClientAliveCountMax 0 drops a client or never drops one is not known"
                      " for %s",
                      "%s 中 ClientAliveCountMax 0 是立即断开还是永不断开无法确定",
                      sshd_conf_program(conf)->name));
        if (count.where.path)
            fact_add_where(ret, f, count.where.path, count.where.line);
        return;
    }
    size_t before = ret->n;
    if (!answer.where.path)
        answer.where = count.where;
    sshd_add_fact(ret, c->label, value_number(seconds), &answer, conf);
    if (ret->n > before && count.where.path &&
        (count.where.path != answer.where.path || count.where.line != answer.where.line))
        fact_add_where(ret, &ret->v[ret->n - 1], count.where.path, count.where.line);
    if (ret->n > before && seconds == NUMBER_NEVER && cstr_eq(count.values.v[0], "0"))
        ret->v[ret->n - 1].reason =
            text_make(h->arena, "ClientAliveCountMax 0 never disconnects in %s",
                      "在 %s 中 ClientAliveCountMax 0 表示永不断开", sshd_conf_program(conf)->name);
}

/* "publickey,password" and the like; every alternative must satisfy `all` for all_of. */
static bool password_alone(const char *methods)
{
    struct str rest = str_of(methods), one;
    bool any = false;
    while (str_next_field(&rest, ',', &one)) {
        any = true;
        int colon = str_index(one, ':');
        struct str name = colon < 0 ? one : str_slice(one, 0, (size_t)colon);
        if (!str_is(name, "password") && !str_is(name, "keyboard-interactive"))
            return false;
    }
    return any;
}

static bool two_methods(const char *methods)
{
    struct str rest = str_of(methods), first, one;
    if (!str_next_field(&rest, ',', &first))
        return false;
    int colon = str_index(first, ':');
    first = colon < 0 ? first : str_slice(first, 0, (size_t)colon);
    while (str_next_field(&rest, ',', &one)) {
        colon = str_index(one, ':');
        if (!str_eq(first, colon < 0 ? one : str_slice(one, 0, (size_t)colon)))
            return true;
    }
    return false;
}

/* One answer for the fact: the line that names the methods if there is one. */
static struct sshd_answer methods_of(const struct sshd *conf, const struct sshd_context *c)
{
    struct sshd_answer answer = {0};
    (void)sshd_query(conf, "AuthenticationMethods", c, &answer);
    return answer;
}

static bool any_method(const struct sshd_answer *methods)
{
    return !methods->values.n || cstr_eq(methods->values.v[0], "any");
}

/* With UsePAM, keyboard-interactive asks for the same password (sshd_config(5) UsePAM); without PAM
 * there is no device behind it. */
static void password_effective(struct host *h, const struct sshd *conf,
                               const struct sshd_context *c, const struct want *w,
                               struct facts *ret)
{
    (void)h;
    (void)w;
    bool by_pam = sshd_kbdint_enabled(conf, c) && is_yes(conf, "UsePAM", NULL);
    bool possible = is_yes(conf, "PasswordAuthentication", c) || by_pam;
    struct sshd_answer methods = methods_of(conf, c), password = {0}, answer;
    bool alone = any_method(&methods);
    for (size_t i = 0; !alone && i < methods.values.n; i++)
        alone = password_alone(methods.values.v[i]);
    (void)sshd_query(conf, "PasswordAuthentication", c, &password);
    answer = possible && !any_method(&methods) ? methods : password;
    if (by_pam && !is_yes(conf, "PasswordAuthentication", c) && any_method(&methods))
        (void)sshd_query(conf,
                         sshd_conf_program(conf)->version >= 807
                             ? "KbdInteractiveAuthentication"
                             : "ChallengeResponseAuthentication",
                         c, &answer);
    sshd_add_fact(ret, c->label, value_yes_no(possible && alone), &answer, conf);
}

static void two_factor(struct host *h, const struct sshd *conf, const struct sshd_context *c,
                       const struct want *w, struct facts *ret)
{
    (void)h;
    (void)w;
    struct sshd_answer methods = methods_of(conf, c);
    bool all = !any_method(&methods);
    for (size_t i = 0; all && i < methods.values.n; i++)
        all = two_methods(methods.values.v[i]);
    sshd_add_fact(ret, c->label, value_yes_no(all), &methods, conf);
}

static void weak(struct host *h, const struct sshd *conf, const struct sshd_context *c,
                 const struct want *w, struct facts *ret)
{
    static const struct {
        const char *key, *keyword, *patterns;
    } kinds[] = {
        {"weak-ciphers", "Ciphers", "*-cbc*,arcfour*,3des*,blowfish*,cast128*,none"},
        {"weak-macs", "MACs", "*md5*,*sha1*,*ripemd*,*-96*,umac-64*,none"},
        {"weak-kex", "KexAlgorithms", "*-sha1,*group1-*"},
    };
    size_t k = 0;
    while (k + 1 < ARRAY_SIZE(kinds) && !cstr_eq(kinds[k].key, w->key_name))
        k++;
    const char *given = want_arg(w, "weak");
    struct strings patterns = {0}, found = {0};
    struct str rest = str_of(given ? given : kinds[k].patterns), one;
    while (str_next_field(&rest, ',', &one))
        if (str_trim(one).n)
            strings_add(h->arena, &patterns, str_dup(h->arena, str_trim(one)));
    struct sshd_answer answer;
    int r = sshd_query(conf, kinds[k].keyword, c, &answer);
    if (r < 0) {
        (void)facts_unknown(ret, c->label,
                            text_make(h->arena, "the default %s of %s are not known",
                                      "%s 的默认值未知（%s）", kinds[k].keyword,
                                      sshd_conf_program(conf)->name));
        return;
    }
    rest = str_of(answer.values.n ? answer.values.v[0] : "");
    while (str_next_field(&rest, ',', &one)) {
        const char *name = str_dup(h->arena, one);
        for (size_t i = 0; i < patterns.n; i++)
            if (sshd_name_matches(name, patterns.v[i]) && strings_find(&found, name) < 0)
                strings_add(h->arena, &found, name);
    }
    sshd_add_fact(ret, c->label, value_list(found), &answer, conf);
}

static void protocol_1(struct host *h, const struct sshd *conf, struct facts *ret)
{
    const struct sshd_program *p = sshd_conf_program(conf);
    if (p->version < 704) {
        (void)facts_unknown(
            ret, NULL,
            text_make(h->arena, "%s may still speak protocol 1", "%s 可能仍支持协议 1", p->name));
        return;
    }
    struct fact *f = facts_configured(ret, NULL, value_yes_no(false));
    f->reason = text_make(h->arena, "%s: OpenSSH has no protocol 1 server since 7.4",
                          "%s：OpenSSH 7.4 起不再包含协议 1 服务端", p->name);
    if (p->where.path)
        fact_add_where(ret, f, p->where.path, p->where.line);
}

static const char *root_subject(const struct sshd_context *c, bool first, struct arena *a)
{
    if (first)
        return NULL;
    if (c->label && !cstr_eq(c->label, "no Match"))
        return c->label;
    return arena_printf(a, "from %s", c->address);
}

static void root_login(struct host *h, const struct sshd *conf, struct facts *ret)
{
    struct sshd_contexts contexts = {0};
    if (sshd_contexts_of_user(conf, "root", &contexts) < 0) {
        (void)facts_unknown(ret, NULL,
                            TEXT("too many combinations of Match blocks to look at all",
                                 "Match 块组合过多，无法逐一判断"));
        return;
    }
    for (size_t i = 0; i < contexts.n; i++) {
        const struct sshd_context *c = &contexts.v[i];
        struct sshd_answer answer = {0}, permit;
        const char *value = "no";
        if (sshd_query(conf, "PermitRootLogin", c, &permit) < 0)
            continue;
        if (sshd_user_allowed(conf, c, &answer)) {
            answer = permit;
            value = cstr_eq(permit.values.v[0], "without-password") ? "prohibit-password"
                                                                    : permit.values.v[0];
        } else if (cstr_eq(permit.values.v[0], "no")) {
            answer = permit;
        }
        sshd_add_fact(ret, root_subject(c, i == 0, h->arena), value_word(value), &answer, conf);
    }
    if (!ret->n)
        (void)facts_unknown(ret, NULL,
                            TEXT("sshd refuses every connection of root by a bad Match block",
                                 "Match 块错误，sshd 拒绝 root 的所有连接"));
}

typedef void (*derive)(struct host *h, const struct sshd *conf, const struct sshd_context *c,
                       const struct want *w, struct facts *ret);

int sshd_observe_derived(struct host *h, const struct sshd *conf, const struct want *w,
                         struct facts *ret)
{
    static const struct {
        const char *key;
        derive derive;
    } table[] = {
        {"idle-disconnect", idle_disconnect},
        {"password-authentication-effective", password_effective},
        {"two-factor", two_factor},
        {"weak-ciphers", weak},
        {"weak-macs", weak},
        {"weak-kex", weak},
    };
    if (cstr_eq(w->key_name, "protocol-1")) {
        protocol_1(h, conf, ret);
        return 0;
    }
    if (cstr_eq(w->key_name, "root-login")) {
        root_login(h, conf, ret);
        return 0;
    }
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        if (!cstr_eq(table[i].key, w->key_name))
            continue;
        const struct sshd_contexts *contexts;
        if (sshd_contexts(conf, &contexts) < 0)
            (void)facts_unknown(ret, NULL,
                                TEXT("too many combinations of Match blocks to look at all",
                                     "Match 块组合过多，无法逐一判断"));
        else
            /* algorithms are agreed on before anybody is known: Match does not reach them */
            for (size_t k = 0; k < (table[i].derive == weak ? 1 : contexts->n); k++)
                table[i].derive(h, conf, &contexts->v[k], w, ret);
        return 0;
    }
    return -ENOENT;
}
