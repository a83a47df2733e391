/* What is there already, and which answers do not fit together or are missing. */
#include "engine/setup.h"

#include "effective/pam_su.h"
#include "effective/password_hash.h"
#include "resource/resource.h"
#include "root/accounts.h"

/* The same question that the rule asks, so that setup and check cannot disagree. */
static struct value ask(struct host *h, const char *key, const char *name)
{
    struct facts facts = {.arena = h->arena};
    const struct resource *account = resource_find("account");
    struct want w = {.resource = "account",
                     .key = resource_key(h->arena, account, key),
                     .key_name = key,
                     .op = WANT_IS};
    vec_push(h->arena, &w.args, (struct want_arg){"select", name});
    account->observe(h, &w, &facts);
    return facts.n && facts.v[0].state == FACT_KNOWN ? facts.v[0].configured : VALUE_UNSET;
}

struct setup_state setup_state_of(struct host *h, const char *name)
{
    struct value exists = ask(h, "exists", name);
    struct value password = ask(h, "usable-password", name);
    struct value keys = ask(h, "authorized-keys", name);
    return (struct setup_state){
        .exists = cstr_eq(exists.text, "yes"),
        .usable_password = cstr_eq(password.text, "yes"),
        .has_keys = keys.kind == VALUE_LIST && keys.list.n > 0,
    };
}

const char *setup_su_group(struct host *h)
{
    struct pam_su su;
    pam_su(h, "su", &su);
    return su.restricted == PAM_ACCEPTED && su.group ? su.group : "wheel";
}

bool setup_is_done(struct root *r)
{
    return root_exists(r, SETUP_ACCOUNTS_PATH) && root_exists(r, SETUP_ROLES_PATH);
}

/* ---- together ---- */

struct check {
    struct host *h;
    const struct setup_answers *answers;
    struct problems *problems;
};

static void add(struct check *c, struct text why)
{
    problems_add_text(c->problems, NULL, 0, 0, why);
}

static bool gets_password(const struct setup_person *p)
{
    return p->hash || p->password_fd >= 0;
}

static void check_person(struct check *c, enum setup_role role)
{
    struct arena *a = c->h->arena;
    const struct setup_person *p = &c->answers->people[role];
    const struct setup_role_row *row = &setup_roles[role];
    if (!p->name)
        return;
    struct setup_state is = setup_state_of(c->h, p->name);
    if (!gets_password(p) && !is.usable_password && !p->keys.n && !is.has_keys)
        add(c, text_make(a, "%s (%s) could not log in: give password_hash, password_fd or keys",
                         "%s（%s）将无法登录：请给出 password_hash、password_fd 或 keys", p->name,
                         row->field));
    else if (role == SETUP_OFFICER && !gets_password(p) && !is.usable_password)
        add(c, text_make(a,
                         "%s (%s) works by sudo, which asks for a password: give password_hash or "
                         "password_fd",
                         "%s（%s）通过 sudo 工作，需要口令：请给出 password_hash 或 password_fd",
                         p->name, row->field));
    for (int other = 0; other < (int)role; other++)
        if (cstr_eq(c->answers->people[other].name, p->name))
            add(c, text_make(a, "%s cannot be both %s and %s: each role has an account of its own",
                             "%s 不能同时担任 %s 与 %s：每个角色须有自己的账户", p->name,
                             setup_roles[other].field, row->field));
}

static void check_root(struct check *c)
{
    const struct setup_answers *o = c->answers;
    if (gets_password(&o->root) || setup_state_of(c->h, "root").usable_password)
        return;
    add(c, TEXT("root has no usable password, and su asks for root's password: nobody could become "
                "root. Give root: {password_hash: …} or {password_fd: …}",
                "root 没有可用口令，而 su 需要 root 的口令：将无人能成为 root。请给出 "
                "root: {password_hash: …} 或 {password_fd: …}"));
}

size_t setup_answers_check(struct host *h, const struct setup_answers *answers, const char *own,
                           struct problems *ret)
{
    struct check c = {h, answers, ret};
    size_t before = ret->n;
    for (int i = 0; i < SETUP_ROLES; i++)
        check_person(&c, (enum setup_role)i);
    check_root(&c);
    if (own && answers->sources.n && !answers->without_own_address &&
        !setup_sources_cover(&answers->sources, own))
        add(&c, text_make(h->arena,
                          "allow_from leaves out %s, from which you are connected; add it, or say "
                          "without_own_address: yes",
                          "allow_from 未包含您当前连接的地址 %s；请加入，或写明 "
                          "without_own_address: yes",
                          own));
    return ret->n - before;
}
