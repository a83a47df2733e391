/*
 * One row a module: which of the functions it has, and what each says, from its manual page and
 * source.  A module without a row may say anything.
 */
#include <string.h>

#include "effective/pam_module.h"

#define ANSWER(name_, codes_)                                                                      \
    static uint32_t name_(const struct pam_call *c, struct pam_run *run)                           \
    {                                                                                              \
        (void)c;                                                                                   \
        (void)run;                                                                                 \
        return (codes_);                                                                           \
    }

ANSWER(succeeds, PAM_BIT(SUCCESS))
ANSWER(ignored, PAM_BIT(IGNORE))
ANSWER(auth_error, PAM_BIT(AUTH_ERR))
ANSWER(token_error, PAM_BIT(AUTHTOK_ERR))
ANSWER(session_error, PAM_BIT(SESSION_ERR))
ANSWER(service_error, PAM_BIT(SERVICE_ERR))
ANSWER(anything, PAM_ANY_CODE)
ANSWER(session_any, PAM_BIT(SUCCESS) | PAM_BIT(IGNORE) | PAM_BIT(SESSION_ERR))
ANSWER(calm, PAM_BIT(SUCCESS) | PAM_BIT(IGNORE))

/* A directory service or a further factor: right credentials may pass, wrong ones never do. */
static uint32_t remote_password(const struct pam_call *c, struct pam_run *run)
{
    uint32_t codes = PAM_BIT(USER_UNKNOWN) | PAM_BIT(AUTHINFO_UNAVAIL) | PAM_BIT(AUTH_ERR) |
                     PAM_BIT(SYSTEM_ERR) | PAM_BIT(PERM_DENIED) | PAM_BIT(MODULE_UNKNOWN);
    if (pam_arg(c->handler, "ignore_unknown_user") ||
        pam_arg(c->handler, "ignore_authinfo_unavail"))
        codes |= PAM_BIT(IGNORE);
    if (c->in->secret == PAM_SECRET_RIGHT && c->in->exists)
        codes |= PAM_BIT(SUCCESS);
    run->token = 1;
    return codes;
}

/* For an account of the root's own passwd file: the directory does not know it. */
static uint32_t remote_account(const struct pam_call *c, struct pam_run *run)
{
    (void)run;
    uint32_t codes = PAM_BIT(USER_UNKNOWN) | PAM_BIT(AUTHINFO_UNAVAIL);
    if (pam_arg(c->handler, "ignore_unknown_user") ||
        pam_arg(c->handler, "ignore_authinfo_unavail"))
        codes |= PAM_BIT(IGNORE);
    return codes | PAM_BIT(SUCCESS) | PAM_BIT(PERM_DENIED);
}

static uint32_t remote_change(const struct pam_call *c, struct pam_run *run)
{
    (void)c;
    (void)run;
    return PAM_BIT(USER_UNKNOWN) | PAM_BIT(AUTHINFO_UNAVAIL) | PAM_BIT(AUTHTOK_ERR) |
           PAM_BIT(PERM_DENIED);
}

/* One-time passwords, keys, cards, fingers. */
static uint32_t factor(const struct pam_call *c, struct pam_run *run)
{
    (void)run;
    uint32_t codes = PAM_BIT(AUTH_ERR) | PAM_BIT(AUTHINFO_UNAVAIL) | PAM_BIT(USER_UNKNOWN) |
                     PAM_BIT(CRED_INSUFFICIENT);
    if (pam_arg(c->handler, "nullok")) /* users without a secret pass, by SUCCESS in old versions */
        codes |= PAM_BIT(IGNORE) | PAM_BIT(SUCCESS);
    if (c->in->secret == PAM_SECRET_RIGHT && c->in->exists)
        codes |= PAM_BIT(SUCCESS);
    return codes;
}

static uint32_t known_user(const struct pam_call *c, struct pam_run *run)
{
    (void)run;
    return c->in->exists ? PAM_BIT(SUCCESS) : PAM_BIT(USER_UNKNOWN);
}

/* pam_rhosts, pam_userdb, pam_ldap of any kind with a wrong password: they have files of their
 * own that we do not judge. */
static uint32_t own_files(const struct pam_call *c, struct pam_run *run)
{
    (void)c;
    (void)run;
    return PAM_BIT(SUCCESS) | PAM_BIT(AUTH_ERR) | PAM_BIT(USER_UNKNOWN) | PAM_BIT(SERVICE_ERR) |
           PAM_BIT(IGNORE);
}

/* pam_time without a rule lets everybody in. */
static uint32_t time_of_day(const struct pam_call *c, struct pam_run *run)
{
    struct str bytes, line;
    (void)run;
    if (root_read(c->host->root, "/etc/security/time.conf", &bytes) < 0)
        return PAM_BIT(SUCCESS) | PAM_BIT(ABORT);
    while (str_next_line(&bytes, &line)) {
        line = str_trim(line);
        if (line.n && line.p[0] != '#')
            return PAM_BIT(SUCCESS) | PAM_BIT(PERM_DENIED);
    }
    return PAM_BIT(SUCCESS);
}

/* pam_debug says what its arguments name ("auth=perm_denied"). */
static uint32_t scripted(const struct pam_call *c, struct pam_run *run)
{
    static const char *const names[PAM_GROUP_COUNT] = {"auth=", "acct=", NULL, "open_session="};
    const char *name = names[c->group];
    (void)run;
    if (c->group == PAM_GROUP_PASSWORD)
        name = c->update ? "chauthtok=" : "prechauthtok=";
    const char *value = name ? pam_arg_value(c->handler, name) : NULL;
    for (unsigned code = 0; value && code < PAM_CODE_COUNT; code++)
        if (strcmp(value, pam_code_name((enum pam_code)code)) == 0)
            return UINT32_C(1) << code;
    return value ? PAM_ANY_CODE : PAM_BIT(SUCCESS);
}

/* pam_exec runs a program of the administrator; by type= it may not run for this group. */
static uint32_t program(const struct pam_call *c, struct pam_run *run)
{
    static const char *const types[PAM_GROUP_COUNT] = {"auth", "account", "password", NULL};
    const char *type = pam_arg_value(c->handler, "type=");
    (void)run;
    if (type && types[c->group] && strcmp(type, types[c->group]) != 0)
        return PAM_BIT(IGNORE);
    if (c->group == PAM_GROUP_PASSWORD && !c->update)
        return PAM_BIT(SUCCESS);
    return PAM_BIT(SUCCESS) | PAM_BIT(SYSTEM_ERR) | PAM_BIT(SERVICE_ERR) | PAM_BIT(IGNORE);
}

#define GROUPS(auth, account, password, session)                                                   \
    {                                                                                              \
        auth, account, password, session                                                           \
    }

static const struct pam_module modules[] = {
    {"pam_access",
     GROUPS(pam_answer_access, pam_answer_access, pam_answer_access, pam_answer_access), NULL},
    {"pam_cap", GROUPS(calm, NULL, NULL, NULL), NULL},
    {"pam_ck_connector", GROUPS(NULL, NULL, NULL, calm), NULL},
    {"pam_console", GROUPS(own_files, NULL, NULL, calm), NULL},
    {"pam_cracklib", GROUPS(NULL, NULL, pam_answer_quality, NULL), pam_prepare_cracklib},
    {"pam_debug", GROUPS(scripted, scripted, scripted, scripted), NULL},
    {"pam_deny", GROUPS(auth_error, auth_error, token_error, session_error), NULL},
    /* It has shown its text: SUCCESS; the program was silent, or its file is not read: IGNORE. */
    {"pam_echo", GROUPS(calm, calm, calm, calm), NULL},
    {"pam_ecryptfs", GROUPS(calm, NULL, calm, calm), NULL},
    {"pam_env", GROUPS(ignored, service_error, service_error, session_any), NULL},
    {"pam_exec", GROUPS(program, program, program, session_any), NULL},
    {"pam_faildelay", GROUPS(ignored, NULL, NULL, NULL), NULL},
    {"pam_faillock", GROUPS(pam_answer_faillock_auth, pam_answer_faillock_account, NULL, NULL),
     pam_prepare_faillock},
    {"pam_filter", GROUPS(anything, anything, anything, session_any), NULL},
    {"pam_fprintd", GROUPS(factor, NULL, NULL, NULL), NULL},
    {"pam_gdm", GROUPS(anything, NULL, NULL, NULL), NULL},
    {"pam_gnome_keyring", GROUPS(calm, NULL, calm, calm), NULL},
    {"pam_google_authenticator", GROUPS(factor, NULL, NULL, NULL), NULL},
    {"pam_group", GROUPS(ignored, NULL, NULL, NULL), NULL},
    {"pam_issue", GROUPS(calm, NULL, NULL, NULL), NULL},
    {"pam_keyinit", GROUPS(ignored, NULL, NULL, calm), NULL},
    {"pam_krb5", GROUPS(remote_password, remote_account, remote_change, calm), NULL},
    {"pam_kwallet", GROUPS(calm, NULL, NULL, calm), NULL},
    {"pam_kwallet5", GROUPS(calm, NULL, NULL, calm), NULL},
    {"pam_lastlog", GROUPS(own_files, own_files, NULL, calm), NULL},
    {"pam_ldap", GROUPS(remote_password, remote_account, remote_change, calm), NULL},
    {"pam_limits", GROUPS(NULL, NULL, NULL, session_any), NULL},
    {"pam_listfile",
     GROUPS(pam_answer_listfile, pam_answer_listfile, pam_answer_listfile, pam_answer_listfile),
     NULL},
    {"pam_localuser",
     GROUPS(pam_answer_localuser, pam_answer_localuser, pam_answer_localuser, pam_answer_localuser),
     NULL},
    {"pam_loginuid", GROUPS(NULL, session_any, NULL, session_any), NULL},
    {"pam_mail", GROUPS(ignored, NULL, NULL, calm), NULL},
    {"pam_mkhomedir", GROUPS(NULL, NULL, NULL, session_any), NULL},
    {"pam_motd", GROUPS(NULL, NULL, NULL, calm), NULL},
    {"pam_namespace", GROUPS(NULL, NULL, NULL, session_any), NULL},
    {"pam_nologin", GROUPS(pam_answer_nologin, pam_answer_nologin, NULL, NULL), NULL},
    {"pam_oath", GROUPS(factor, NULL, NULL, NULL), NULL},
    {"pam_oddjob_mkhomedir", GROUPS(NULL, NULL, NULL, session_any), NULL},
    {"pam_passwdqc", GROUPS(NULL, NULL, pam_answer_quality, NULL), pam_prepare_passwdqc},
    {"pam_permit", GROUPS(succeeds, succeeds, succeeds, succeeds), NULL},
    {"pam_pkcs11", GROUPS(factor, calm, calm, calm), NULL},
    {"pam_postgresok", GROUPS(auth_error, NULL, NULL, NULL), NULL},
    {"pam_pwhistory", GROUPS(NULL, NULL, pam_answer_pwhistory, NULL), pam_prepare_pwhistory},
    {"pam_pwquality", GROUPS(NULL, NULL, pam_answer_quality, NULL), pam_prepare_pwquality},
    {"pam_rhosts", GROUPS(own_files, NULL, NULL, NULL), NULL},
    {"pam_rootok", GROUPS(pam_answer_rootok, pam_answer_rootok, pam_answer_rootok, NULL), NULL},
    {"pam_script", GROUPS(anything, anything, anything, session_any), NULL},
    {"pam_securetty", GROUPS(pam_answer_securetty, pam_answer_securetty, NULL, NULL), NULL},
    {"pam_selinux", GROUPS(ignored, NULL, NULL, session_any), NULL},
    {"pam_sepermit", GROUPS(calm, calm, NULL, NULL), NULL},
    {"pam_shells", GROUPS(pam_answer_shells, pam_answer_shells, NULL, NULL), NULL},
    {"pam_sss", GROUPS(remote_password, remote_account, remote_change, calm), NULL},
    {"pam_sss_gss", GROUPS(factor, NULL, NULL, NULL), NULL},
    {"pam_succeed_if",
     GROUPS(pam_answer_succeed_if, pam_answer_succeed_if, pam_answer_succeed_if,
            pam_answer_succeed_if),
     NULL},
    {"pam_systemd", GROUPS(NULL, NULL, NULL, calm), NULL},
    {"pam_systemd_home", GROUPS(remote_password, remote_account, remote_change, calm), NULL},
    {"pam_tally", GROUPS(pam_answer_tally2_auth, pam_answer_tally2_account, NULL, NULL),
     pam_prepare_tally2},
    {"pam_tally2", GROUPS(pam_answer_tally2_auth, pam_answer_tally2_account, NULL, NULL),
     pam_prepare_tally2},
    {"pam_time", GROUPS(NULL, time_of_day, NULL, NULL), NULL},
    {"pam_timestamp", GROUPS(own_files, NULL, NULL, calm), NULL},
    {"pam_tty_audit", GROUPS(NULL, NULL, NULL, session_any), NULL},
    {"pam_u2f", GROUPS(factor, NULL, NULL, NULL), NULL},
    {"pam_umask", GROUPS(NULL, NULL, NULL, known_user), NULL},
    {"pam_unix",
     GROUPS(pam_answer_unix_auth, pam_answer_unix_account, pam_answer_unix_password, succeeds),
     NULL},
    {"pam_unix_acct", GROUPS(NULL, pam_answer_unix_account, NULL, NULL), NULL},
    {"pam_unix_auth", GROUPS(pam_answer_unix_auth, NULL, NULL, NULL), NULL},
    {"pam_unix_passwd", GROUPS(NULL, NULL, pam_answer_unix_password, NULL), NULL},
    {"pam_unix_session", GROUPS(NULL, NULL, NULL, succeeds), NULL},
    {"pam_userdb", GROUPS(own_files, own_files, NULL, NULL), NULL},
    {"pam_usertype",
     GROUPS(pam_answer_usertype, pam_answer_usertype, pam_answer_usertype, pam_answer_usertype),
     NULL},
    {"pam_warn", GROUPS(ignored, ignored, ignored, ignored), NULL},
    {"pam_wheel", GROUPS(pam_answer_wheel, pam_answer_wheel, NULL, NULL), NULL},
    {"pam_winbind", GROUPS(remote_password, remote_account, remote_change, calm), NULL},
    {"pam_wtmpdb", GROUPS(NULL, NULL, NULL, calm), NULL},
    {"pam_xauth", GROUPS(NULL, NULL, NULL, session_any), NULL},
};

const struct pam_module *pam_module_find(const char *name)
{
    for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++)
        if (strcmp(modules[i].name, name) == 0)
            return &modules[i];
    return NULL;
}
