#include <stdlib.h>
#include <string.h>

#include "effective/pam.h"

static const char *const code_names[PAM_CODE_COUNT] = {
    "success",
    "open_err",
    "symbol_err",
    "service_err",
    "system_err",
    "buf_err",
    "perm_denied",
    "auth_err",
    "cred_insufficient",
    "authinfo_unavail",
    "user_unknown",
    "maxtries",
    "new_authtok_reqd",
    "acct_expired",
    "session_err",
    "cred_unavail",
    "cred_expired",
    "cred_err",
    "no_module_data",
    "conv_err",
    "authtok_err",
    "authtok_recover_err",
    "authtok_lock_busy",
    "authtok_disable_aging",
    "try_again",
    "ignore",
    "abort",
    "authtok_expired",
    "module_unknown",
    "bad_item",
    "conv_again",
    "incomplete",
};
static const char *const action_names[] = {"ignore", "ok", "done", "bad", "die", "reset"};

const char *pam_code_name(enum pam_code c)
{
    return (unsigned)c < PAM_CODE_COUNT ? code_names[c] : "unknown";
}

const char *pam_group_name(enum pam_group g)
{
    static const char *const names[] = {"auth", "account", "password", "session"};
    return names[g];
}

static void set_rest(int actions[PAM_CODE_COUNT], int action)
{
    for (int i = 0; i < PAM_CODE_COUNT; i++)
        if (actions[i] == PAM_ACTION_UNDEFINED)
            actions[i] = action;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static const char *skip(const char *p)
{
    while (is_space(*p))
        p++;
    return p;
}

/* The first name of the list that the text starts with, whatever follows it: libpam compares
 * prefixes in the order of the list. Returns its index, or count. */
static int starts_with(const char **p, const char *const *names, int count)
{
    for (int i = 0; i < count; i++) {
        size_t n = strlen(names[i]);
        if (strncmp(*p, names[i], n) == 0) {
            *p += n;
            return i;
        }
    }
    return count;
}

/* "bad", or a number of lines to jump. False: neither. */
static bool take_action(const char **p, int *ret)
{
    int index = starts_with(p, action_names, 6);
    if (index < 6) {
        *ret = -index;
        return true;
    }
    int jump = 0;
    if (**p < '0' || **p > '9')
        return false;
    for (; **p >= '0' && **p <= '9'; (*p)++)
        jump = jump > 100000 ? jump : jump * 10 + (**p - '0'); /* beyond every stack */
    *ret = jump;
    return jump != 0;
}

/* "success=ok default=2 …". False: a syntax error. */
static bool take_pairs(const char *p, int actions[PAM_CODE_COUNT])
{
    for (p = skip(p); *p; p = skip(p)) {
        int code = starts_with(&p, code_names, PAM_CODE_COUNT), action;
        bool rest = code == PAM_CODE_COUNT;
        if (rest) {
            if (strncmp(p, "default", 7) != 0)
                return false;
            p += 7;
        }
        p = skip(p);
        if (*p++ != '=')
            return false;
        p = skip(p);
        if (!take_action(&p, &action))
            return false;
        if (rest)
            set_rest(actions, action);
        else
            actions[code] = action;
    }
    return true;
}

bool pam_control_parse(const char *control, int actions[PAM_CODE_COUNT])
{
    static const struct {
        const char *name;
        int success, rest;
    } words[] = {
        {"required", PAM_ACTION_OK, PAM_ACTION_BAD},
        {"requisite", PAM_ACTION_OK, PAM_ACTION_DIE},
        {"optional", PAM_ACTION_OK, PAM_ACTION_IGNORE},
        {"sufficient", PAM_ACTION_DONE, PAM_ACTION_IGNORE},
    };
    for (int i = 0; i < PAM_CODE_COUNT; i++)
        actions[i] = PAM_ACTION_UNDEFINED;
    for (size_t i = 0; i < 4; i++) {
        if (!cstr_eq_nocase(control, words[i].name))
            continue;
        actions[PAM_CODE_SUCCESS] = actions[PAM_CODE_NEW_AUTHTOK_REQD] = words[i].success;
        actions[PAM_CODE_IGNORE] = PAM_ACTION_IGNORE;
        set_rest(actions, words[i].rest);
        return true;
    }
    bool good = take_pairs(control, actions);
    for (int i = 0; i < PAM_CODE_COUNT && !good; i++)
        actions[i] = PAM_ACTION_BAD;
    set_rest(actions, PAM_ACTION_BAD);
    return good;
}
