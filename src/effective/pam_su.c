#include "effective/pam_su.h"

#include <string.h>

#include "effective/pam_module.h"

enum { CROWD = 3 }; /* so many accounts, all of them members: the group restricts nobody */

static bool is_wheel(const struct pam_handler *h)
{
    return h->model && h->model->answer[PAM_GROUP_AUTH] == pam_answer_wheel;
}

/* Groups a new account gets anyway: its own and, by adduser of Debian 13 or useradd without private
 * groups, "users". */
static struct strings ordinary_groups(struct host *h)
{
    struct strings groups = {0};
    strings_add(h->arena, &groups, "dengbao-caller");
    strings_add(h->arena, &groups, "users");
    return groups;
}

void pam_scenario_by_user(struct host *h, const char *service, bool member, struct pam_scenario *s)
{
    struct strings groups = ordinary_groups(h);
    const struct pam_service *loaded;
    if (member && pam_service(h, service, &loaded, NULL) == 0) {
        const struct pam_stack *k = &loaded->stacks[PAM_GROUP_AUTH];
        for (size_t i = 0; i < k->n; i++) {
            const char *group = is_wheel(&k->v[i]) ? pam_wheel_group(h, &k->v[i]) : NULL;
            if (group && !pam_arg(&k->v[i], "deny"))
                strings_add(h->arena, &groups, group);
        }
    }
    pam_scenario_caller(s, "dengbao-caller", 54322, &groups);
}

/* Every account a person can use is in the group. */
static bool everybody_is_in(struct host *h, const char *group)
{
    const struct accounts *all = root_accounts(h->root);
    size_t people = 0;
    vec_each (a, &all->users) {
        if (a->uid < 1000 || a->uid == 65534 || !account_has_login_shell(a))
            continue;
        struct strings groups = account_groups(h->arena, all, a);
        if (!pam_in_group(&groups, group))
            return false;
        people++;
    }
    return people >= CROWD;
}

static const struct pam_handler *line_at(const struct pam_service *s, const char *path,
                                         unsigned line)
{
    for (int g = PAM_GROUP_AUTH; g <= PAM_GROUP_ACCOUNT; g++)
        for (size_t i = 0; i < s->stacks[g].n; i++) {
            const struct pam_handler *h = &s->stacks[g].v[i];
            if (h->line == line && cstr_eq(h->path, path))
                return h;
        }
    return NULL;
}

void pam_su(struct host *h, const char *service, struct pam_su *ret)
{
    const struct pam_service *s;
    struct pam_outcome out;
    *ret = (struct pam_su){.restricted = PAM_UNDECIDED};
    if (pam_service(h, service, &s, &ret->why) < 0)
        return;
    struct pam_scenario in = pam_scenario_root(h);
    pam_scenario_by_user(h, service, false, &in);
    in.secret = PAM_SECRET_RIGHT;
    pam_login_outcome(h, service, &in, &out);
    ret->path = out.path;
    ret->line = out.line;
    ret->why = out.why;
    if (out.decision == PAM_UNDECIDED)
        return;
    ret->restricted = out.decision == PAM_REFUSED ? PAM_ACCEPTED : PAM_REFUSED;
    if (ret->restricted == PAM_REFUSED) {
        ret->why = TEXT("whoever knows root's password becomes root",
                        "任何知道 root 口令的用户都可以切换为 root");
        return;
    }
    const struct pam_handler *line = line_at(s, out.path, out.line);
    if (line && is_wheel(line) && !pam_arg(line, "deny"))
        ret->group = pam_wheel_group(h, line);
    if (ret->group && everybody_is_in(h, ret->group)) {
        ret->restricted = PAM_REFUSED;
        ret->why = text_make(h->arena, "every user account is in the group %s",
                             "所有用户账户都在组 %s 中", ret->group);
    }
}
