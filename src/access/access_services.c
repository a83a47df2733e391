/*
 * The other half of the proof: no service lets anybody in without the right credential.
 */
#include <string.h>

#include "access/access_parts.h"
#include "effective/pam_su.h"

static const char *const services[] = {"sshd", "login", "su", "su-l", "sudo"};

static struct pam_scenario scenario(struct host *h, const char *service, enum password_state state,
                                    bool root, bool exists)
{
    struct pam_scenario in = root ? pam_scenario_root(h) : pam_scenario_ordinary(h);
    pam_scenario_service(&in, service);
    if (cstr_starts(service, "su"))
        pam_scenario_by_user(h, service, true, &in);
    if (cstr_eq(service, "sudo")) { /* asks for the caller's own password */
        in.caller_uid = in.uid;
        in.caller = in.ruser = in.user;
    }
    in.password = state;
    in.exists = exists;
    return in;
}

static void judge(struct host *h, const char *service, const struct pam_scenario *in,
                  enum pam_decision *worst, struct access_fact *ret)
{
    static const unsigned badness[] = {[PAM_REFUSED] = 0, [PAM_UNDECIDED] = 1, [PAM_ACCEPTED] = 2};
    struct pam_outcome out;
    pam_login_outcome(h, service, in, &out);
    if (ret->text.en && badness[out.decision] <= badness[*worst])
        return;
    *worst = out.decision;
    ret->where = (struct where){out.path, out.line};
    bool empty = in->secret == PAM_SECRET_EMPTY;
    if (out.decision == PAM_ACCEPTED)
        ret->text = empty ? text_make(h->arena, "%s lets %s in with an empty password",
                                      "%s 允许 %s 以空口令登录", service, in->user)
                          : text_make(h->arena, "%s lets %s in with a wrong password",
                                      "%s 允许 %s 以错误口令登录", service, in->user);
    else if (out.decision == PAM_UNDECIDED)
        ret->text = out.why.en ? out.why : TEXT("not decided", "无法判定");
    else
        ret->text = text_make(h->arena, "%s refuses wrong passwords", "%s 拒绝错误口令", service);
}

static void one_service(struct host *h, const char *name, struct access *ret)
{
    static const struct {
        enum password_state password;
        bool root, exists;
    } tried[] = {
        {PASSWORD_SET, false, true},
        {PASSWORD_SET, true, true},
        {PASSWORD_LOCKED, false, true},
        {PASSWORD_NONE, false, false},
    };
    struct access_service s = {.name = name, .wrong = PAM_REFUSED, .right = PAM_REFUSED};
    for (size_t i = 0; i < sizeof tried / sizeof *tried; i++)
        for (int secret = PAM_SECRET_WRONG; secret <= PAM_SECRET_EMPTY; secret++) {
            struct pam_scenario in =
                scenario(h, name, tried[i].password, tried[i].root, tried[i].exists);
            in.secret = (enum pam_secret)secret;
            judge(h, name, &in, &s.wrong, &s.wrong_at);
        }
    struct pam_outcome out;
    struct pam_scenario in =
        scenario(h, name, PASSWORD_SET, cstr_starts(name, "su-") || cstr_eq(name, "su"), true);
    in.secret = PAM_SECRET_RIGHT;
    pam_login_outcome(h, name, &in, &out);
    s.right = out.decision;
    s.right_at = (struct access_fact){{out.path, out.line}, out.why};
    vec_push(h->arena, &ret->services, s);
}

void access_services(struct host *h, struct access *ret)
{
    for (size_t i = 0; i < sizeof services / sizeof *services; i++)
        one_service(h, services[i], ret);
}
