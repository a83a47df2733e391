/* pam_succeed_if(8): modules/pam_succeed_if/pam_succeed_if.c of Linux-PAM 1.5.2. */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "effective/pam_module.h"

struct subject {
    const char *user;
    bool exists;
    int64_t uid, gid;
    const char *shell, *home;
    const struct strings *groups;
};

static uint32_t truth(bool t)
{
    return t ? PAM_BIT(SUCCESS) : PAM_BIT(AUTH_ERR);
}

static bool number(const char *s, long long *ret)
{
    char *end;
    errno = 0;
    *ret = strtoll(s, &end, 0);
    return *end == '\0' && errno == 0;
}

static uint32_t compare(const char *op, const char *left, const char *right)
{
    static const struct {
        const char *sign, *word;
        int accept; /* bits: 1 less, 2 equal, 4 greater */
    } ops[] = {{"<", "lt", 1},  {"<=", "le", 3}, {">", "gt", 4},
               {">=", "ge", 6}, {"eq", "eq", 2}, {"ne", "ne", 5}};
    for (size_t i = 0; i < 6; i++) {
        long long l, r;
        if (!cstr_eq_nocase(op, ops[i].sign) && !cstr_eq_nocase(op, ops[i].word))
            continue;
        if (!number(left, &l) || !number(right, &r))
            return PAM_BIT(SERVICE_ERR);
        return truth(ops[i].accept & (l < r ? 1 : l == r ? 2 : 4));
    }
    return 0;
}

static bool in_list(const char *item, const char *list)
{
    struct str rest = str_of(list), field;
    while (str_next_field(&rest, ':', &field))
        if (str_is(field, item))
            return true;
    return false;
}

static bool in_groups(struct arena *a, const struct strings *groups, const char *list)
{
    struct str rest = str_of(list), field;
    while (str_next_field(&rest, ':', &field))
        if (field.n && pam_in_group(groups, str_dup(a, field)))
            return true;
    return false;
}

/* The value of an attribute; NULL with *ret set: what the module returns. */
static const char *attribute(const struct pam_call *c, const struct subject *s, const char *name,
                             uint32_t *ret)
{
    struct arena *a = c->host->arena;
    static const char *const of_account[] = {"uid", "gid", "shell", "home", "dir", "homedir"};
    const struct pam_scenario *in = c->in;
    for (size_t i = 0; i < 6; i++) {
        if (!cstr_eq_nocase(name, of_account[i]))
            continue;
        *ret = PAM_BIT(USER_UNKNOWN);
        if (!s->exists)
            return NULL;
        return i == 0   ? arena_printf(a, "%lld", (long long)s->uid)
               : i == 1 ? arena_printf(a, "%lld", (long long)s->gid)
               : i == 2 ? (s->shell ? s->shell : "")
                        : (s->home ? s->home : "");
    }
    *ret = PAM_BIT(SERVICE_ERR);
    if (cstr_eq_nocase(name, "user") || cstr_eq_nocase(name, "login") ||
        cstr_eq_nocase(name, "name"))
        return s->user;
    if (cstr_eq_nocase(name, "service"))
        return c->service->name;
    if (cstr_eq_nocase(name, "ruser"))
        return in->ruser ? in->ruser : "";
    if (cstr_eq_nocase(name, "rhost"))
        return in->rhost ? in->rhost : "";
    if (cstr_eq_nocase(name, "tty"))
        return in->tty ? in->tty : "";
    return NULL;
}

static uint32_t evaluate(const struct pam_call *c, const struct subject *s, const char *name,
                         const char *op, const char *right)
{
    uint32_t ret = 0;
    const char *left = attribute(c, s, name, &ret);
    if (!left)
        return ret;
    ret = compare(op, left, right);
    if (ret)
        return ret;
    bool same = strcmp(left, right) == 0;
    if (strcmp(op, "=") == 0 || strcmp(op, "!=") == 0)
        return truth(same == (op[0] == '='));
    bool negative = op[0] == '!' || cstr_starts(op, "not") || cstr_starts(op, "no");
    if (strcmp(op, "=~") == 0 || strcmp(op, "!~") == 0 || cstr_eq_nocase(op, "glob") ||
        cstr_eq_nocase(op, "noglob"))
        return truth((fnmatch(right, left, 0) == 0) != negative);
    if (cstr_eq_nocase(op, "in") || cstr_eq_nocase(op, "notin"))
        return truth(in_list(left, right) != (op[0] == 'n' || op[0] == 'N'));
    if (cstr_eq_nocase(op, "ingroup") || cstr_eq_nocase(op, "notingroup")) {
        if (cstr_eq_nocase(name, "ruser")) /* groups of the remote name */
            return PAM_BIT(SUCCESS) | PAM_BIT(AUTH_ERR);
        return truth(in_groups(c->host->arena, s->groups, right) != (op[0] == 'n' || op[0] == 'N'));
    }
    if (cstr_eq_nocase(op, "innetgr") || cstr_eq_nocase(op, "notinnetgr"))
        return PAM_BIT(SUCCESS) | PAM_BIT(AUTH_ERR); /* a name service is asked */
    return PAM_BIT(SERVICE_ERR);
}

static struct subject subject_of(const struct pam_call *c)
{
    const struct pam_scenario *in = c->in;
    struct subject s = {in->user, in->exists, in->uid, in->gid, in->shell, in->home, &in->groups};
    if (!pam_arg(c->handler, "use_uid"))
        return s;
    const struct account *a =
        in->caller ? accounts_find(root_accounts(c->host->root), in->caller) : NULL;
    return (struct subject){in->caller,        in->caller != NULL,  in->caller_uid,
                            a ? a->gid : -1,   a ? a->shell : NULL, a ? a->home : NULL,
                            &in->caller_groups};
}

uint32_t pam_answer_succeed_if(const struct pam_call *c, struct pam_run *run)
{
    static const char *const words[] = {"debug",      "use_uid",       "quiet",
                                        "quiet_fail", "quiet_success", "audit"};
    struct subject s = subject_of(c);
    const char *part[3];
    size_t n = 0;
    uint32_t all = PAM_BIT(SUCCESS);
    (void)run;
    if (!s.user)
        return PAM_BIT(USER_UNKNOWN);
    vec_each (arg, &c->handler->args) {
        bool word = false;
        for (size_t i = 0; i < 6; i++)
            word = word || strcmp(*arg, words[i]) == 0;
        if (word)
            continue;
        part[n++] = *arg;
        if (n < 3)
            continue;
        n = 0;
        uint32_t one = evaluate(c, &s, part[0], part[1], part[2]);
        if (!(one & PAM_BIT(SUCCESS)))
            return (all & ~PAM_BIT(SUCCESS)) | one;
        all |= one;
    }
    return n ? PAM_BIT(SERVICE_ERR) : all;
}
