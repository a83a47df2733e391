/*
 * pam_unix(8): modules/pam_unix/{pam_unix_auth,pam_unix_acct,pam_unix_passwd,support}.c of 1.5.2.
 * Options are compared by prefix there ("nullok_secure" is "nullok").
 */
#include <stdlib.h>

#include "effective/pam_module.h"

enum { MAX_RETRIES = 3 }; /* UNIX_MAX_RETRIES */

static bool nullok(const struct pam_call *c)
{
    const struct pam_scenario *in = c->in;
    if (pam_arg_prefix(c->handler, "nullresetok") && in->exists &&
        in->aging == PAM_AGING_CHANGE_NOW)
        return true; /* set behind PAM_DISALLOW_NULL_AUTHTOK */
    return pam_arg_prefix(c->handler, "nullok") && !in->refuse_null;
}

/* The answer to the prompt, or what an earlier module asked for. False: use_first_pass without. */
static bool get_token(const struct pam_call *c, struct pam_run *run)
{
    if (!run->token && pam_arg_prefix(c->handler, "use_first_pass"))
        return false;
    run->token = 1;
    return true;
}

static uint32_t failed(struct pam_run *run, uint32_t code)
{
    if (run->unix_failures < MAX_RETRIES)
        run->unix_failures++;
    return run->unix_failures >= MAX_RETRIES ? PAM_BIT(MAXTRIES) : code;
}

/* _unix_verify_password() with the password of the scenario. */
static uint32_t verify(const struct pam_call *c, struct pam_run *run)
{
    const struct pam_scenario *in = c->in;
    run->events |= PAM_EVENT_JUDGED;
    if (!in->exists)
        return failed(run, PAM_BIT(USER_UNKNOWN));
    if (in->no_shadow)
        return failed(run, PAM_BIT(AUTHINFO_UNAVAIL));
    switch (in->password) {
    case PASSWORD_EMPTY:
        if (nullok(c))
            break;
        return failed(run, PAM_BIT(AUTH_ERR));
    case PASSWORD_SET:
        if (in->secret == PAM_SECRET_RIGHT)
            break;
        return failed(run, PAM_BIT(AUTH_ERR));
    case PASSWORD_UNKNOWN:
        if (in->secret == PAM_SECRET_RIGHT)
            return PAM_BIT(SUCCESS) | PAM_BIT(AUTH_ERR);
        return failed(run, PAM_BIT(AUTH_ERR));
    default:
        return failed(run, PAM_BIT(AUTH_ERR));
    }
    run->unix_failures = 0;
    return PAM_BIT(SUCCESS);
}

static uint32_t authenticate(const struct pam_call *c, struct pam_run *run)
{
    const struct pam_scenario *in = c->in;
    if (in->user && (in->user[0] == '-' || in->user[0] == '+'))
        return PAM_BIT(USER_UNKNOWN);
    if (in->exists && in->password == PASSWORD_EMPTY && nullok(c)) {
        run->events |= PAM_EVENT_JUDGED;
        return PAM_BIT(SUCCESS); /* without asking */
    }
    if (!get_token(c, run))
        return PAM_BIT(AUTH_ERR);
    return verify(c, run);
}

uint32_t pam_answer_unix_auth(const struct pam_call *c, struct pam_run *run)
{
    uint32_t codes = authenticate(c, run);
    run->unix_code = (codes & (codes - 1)) ? 0 : (uint8_t)(__builtin_ctz(codes) + 1);
    return codes;
}

static uint32_t aging_code(enum pam_aging aging)
{
    switch (aging) {
    case PAM_AGING_CHANGE_NOW:
        return PAM_BIT(NEW_AUTHTOK_REQD);
    case PAM_AGING_PASSWORD_EXPIRED:
        return PAM_BIT(AUTHTOK_EXPIRED);
    case PAM_AGING_ACCOUNT_EXPIRED:
        return PAM_BIT(ACCT_EXPIRED);
    case PAM_AGING_UNKNOWN:
        return PAM_BIT(SUCCESS) | PAM_BIT(NEW_AUTHTOK_REQD) | PAM_BIT(AUTHTOK_EXPIRED) |
               PAM_BIT(ACCT_EXPIRED);
    default:
        return PAM_BIT(SUCCESS);
    }
}

uint32_t pam_answer_unix_account(const struct pam_call *c, struct pam_run *run)
{
    const struct pam_scenario *in = c->in;
    if (!in->exists)
        return PAM_BIT(USER_UNKNOWN);
    if (in->no_shadow)
        return pam_arg_prefix(c->handler, "broken_shadow") ? PAM_BIT(SUCCESS)
                                                           : PAM_BIT(AUTHINFO_UNAVAIL);
    uint32_t code = aging_code(in->aging);
    /* no_pass_expiry: the password did not open the door, so its age does not close it. */
    if (pam_arg_prefix(c->handler, "no_pass_expiry") && run->unix_code != PAM_CODE_SUCCESS + 1 &&
        (code & (PAM_BIT(NEW_AUTHTOK_REQD) | PAM_BIT(AUTHTOK_EXPIRED))))
        code = (code & PAM_BIT(ACCT_EXPIRED)) | PAM_BIT(SUCCESS);
    return code;
}

static uint32_t old_password(const struct pam_call *c, struct pam_run *run)
{
    const struct pam_scenario *in = c->in;
    if (in->no_shadow)
        return failed(run, PAM_BIT(AUTHINFO_UNAVAIL));
    if (in->password == PASSWORD_SET && in->secret == PAM_SECRET_RIGHT)
        return PAM_BIT(SUCCESS);
    return failed(run, PAM_BIT(AUTH_ERR));
}

/* PAM_PRELIM_CHECK: the old password, then whether it may be changed. */
static uint32_t preliminary(const struct pam_call *c, struct pam_run *run, bool root)
{
    const struct pam_scenario *in = c->in;
    if (in->password == PASSWORD_EMPTY || root)
        return PAM_BIT(SUCCESS);
    run->old_token = 1;
    uint32_t code = old_password(c, run);
    if (code != PAM_BIT(SUCCESS))
        return code;
    return in->aging == PAM_AGING_CHANGE_NOW ? PAM_BIT(SUCCESS) : aging_code(in->aging);
}

uint32_t pam_answer_unix_password(const struct pam_call *c, struct pam_run *run)
{
    const struct pam_scenario *in = c->in;
    const struct pam_handler *h = c->handler;
    if (!in->exists)
        return PAM_BIT(USER_UNKNOWN);
    bool root = in->by_root && !in->expired_change;
    if (!c->update)
        return preliminary(c, run, root);
    bool first = pam_arg_prefix(h, "use_authtok") || pam_arg_prefix(h, "use_first_pass");
    if (!run->token && first)
        return PAM_BIT(AUTHTOK_ERR);
    run->token = 1;
    const char *remember = pam_arg_value(h, "remember=");
    if (remember) { /* also with 0 the old ones are looked through */
        run->events |= strtol(remember, NULL, 10) > 0 ? PAM_EVENT_HISTORY : 0;
        if (in->new_secret == PAM_NEW_USED && !root) {
            run->token = 0;
            return PAM_BIT(AUTHTOK_ERR);
        }
    }
    if (run->old_token) { /* verified once more: an earlier line may have changed it already */
        uint32_t code =
            run->events & PAM_EVENT_STORED ? failed(run, PAM_BIT(AUTH_ERR)) : old_password(c, run);
        if (code != PAM_BIT(SUCCESS))
            return code;
    }
    if (!root && in->no_shadow)
        return PAM_BIT(AUTHINFO_UNAVAIL);
    if (!root && in->aging != PAM_AGING_CHANGE_NOW && in->aging != PAM_AGING_FINE)
        return aging_code(in->aging);
    run->events |= PAM_EVENT_STORED;
    return PAM_BIT(SUCCESS);
}
