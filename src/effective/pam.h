/*
 * What PAM would really do: the stack of a service, resolved as libpam loads it, and what becomes
 * of a login attempt on it.  Evaluation follows libpam/pam_dispatch.c; what a module answers is
 * modelled from its manual page and source, one row a module (pam_module.h).  A module that is not
 * known well enough answers with a set of possible codes and every one of them is followed, so an
 * outcome is accepted, refused, or undecided with the line that decides.
 *
 *     const struct pam_service *s;  struct text why;
 *     if (pam_service(host, "sshd", &s, &why) < 0) … cannot be read: unknown …
 *     struct pam_scenario in = pam_scenario_user(host, "alice");
 *     in.secret = PAM_SECRET_WRONG;
 *     struct pam_outcome out;
 *     pam_login_outcome(host, "sshd", &in, &out);        // authentication, then account
 *
 * Nothing is run; the files of modules are read through the root handle and recorded in its trace.
 */
#pragma once

#include "effective/host.h"
#include "model/value.h"
#include "root/accounts.h"

enum pam_group { PAM_GROUP_AUTH, PAM_GROUP_ACCOUNT, PAM_GROUP_PASSWORD, PAM_GROUP_SESSION };
#define PAM_GROUP_COUNT 4
const char *pam_group_name(enum pam_group g); /* "auth" */

/* The numbers of security/_pam_types.h. */
enum pam_code {
    PAM_CODE_SUCCESS,
    PAM_CODE_OPEN_ERR,
    PAM_CODE_SYMBOL_ERR,
    PAM_CODE_SERVICE_ERR,
    PAM_CODE_SYSTEM_ERR,
    PAM_CODE_BUF_ERR,
    PAM_CODE_PERM_DENIED,
    PAM_CODE_AUTH_ERR,
    PAM_CODE_CRED_INSUFFICIENT,
    PAM_CODE_AUTHINFO_UNAVAIL,
    PAM_CODE_USER_UNKNOWN,
    PAM_CODE_MAXTRIES,
    PAM_CODE_NEW_AUTHTOK_REQD,
    PAM_CODE_ACCT_EXPIRED,
    PAM_CODE_SESSION_ERR,
    PAM_CODE_CRED_UNAVAIL,
    PAM_CODE_CRED_EXPIRED,
    PAM_CODE_CRED_ERR,
    PAM_CODE_NO_MODULE_DATA,
    PAM_CODE_CONV_ERR,
    PAM_CODE_AUTHTOK_ERR,
    PAM_CODE_AUTHTOK_RECOVERY_ERR,
    PAM_CODE_AUTHTOK_LOCK_BUSY,
    PAM_CODE_AUTHTOK_DISABLE_AGING,
    PAM_CODE_TRY_AGAIN,
    PAM_CODE_IGNORE,
    PAM_CODE_ABORT,
    PAM_CODE_AUTHTOK_EXPIRED,
    PAM_CODE_MODULE_UNKNOWN,
    PAM_CODE_BAD_ITEM,
    PAM_CODE_CONV_AGAIN,
    PAM_CODE_INCOMPLETE,
};
#define PAM_CODE_COUNT 32
const char *pam_code_name(enum pam_code c); /* "perm_denied" */

/* ---- the stack ---- */

/* An action is one of these or a positive number of handlers to jump over. */
enum pam_action {
    PAM_ACTION_IGNORE = 0,
    PAM_ACTION_OK = -1,
    PAM_ACTION_DONE = -2,
    PAM_ACTION_BAD = -3,
    PAM_ACTION_DIE = -4,
    PAM_ACTION_RESET = -5,
    PAM_ACTION_UNDEFINED = -6,
};

/* "required", "sufficient", "success=ok default=2" as libpam reads it (brackets already gone).
 * False: a syntax error, on which libpam treats every return code as bad. */
bool pam_control_parse(const char *control, int actions[PAM_CODE_COUNT]);

enum pam_handler_kind {
    PAM_HANDLER_MODULE,
    PAM_HANDLER_MUST_FAIL, /* a line libpam could not use: fails when reached */
    PAM_HANDLER_SUBSTACK,  /* marks the start of a substack; does nothing */
};

enum pam_presence { PAM_PRESENT, PAM_MISSING, PAM_PRESENCE_UNKNOWN };

struct pam_module;

struct pam_handler {
    enum pam_handler_kind kind;
    unsigned level; /* of substacks */
    int actions[PAM_CODE_COUNT];
    const char *control; /* as written */
    const char *module;  /* as written: "pam_unix.so", "/lib/security/$ISA/pam_unix.so" */
    const char *name;    /* "pam_unix" */
    struct strings args;
    bool silent;                    /* the "-" before the type */
    enum pam_presence presence;     /* of the module's file */
    const struct pam_module *model; /* NULL: a module we know nothing of */
    const void *settings;           /* what the module makes of its options and files */
    const char *path;               /* file, resolved: where an edit would go */
    unsigned line;
};

struct pam_stack {
    struct pam_handler *v;
    size_t n, cap;
};

struct pam_service {
    const char *name;
    const char *path;                         /* its own file; NULL: only "other" */
    struct pam_stack stacks[PAM_GROUP_COUNT]; /* with "other" where the service has none */
    bool from_other[PAM_GROUP_COUNT];
    bool aborted; /* libpam refuses the configuration: every call fails with PAM_ABORT */
    const char *abort_path;
    unsigned abort_line;
    struct text abort_why;
    struct strings files; /* every file that was read, resolved, in order */
};

/* 0, or -errno with *ret_why: a file is there and cannot be read, so nothing is known. A service
 * without a file is not an error: libpam falls back to "other". Read once per root and service. */
int pam_service(struct host *h, const char *name, const struct pam_service **ret,
                struct text *ret_why);

/* Version of Linux-PAM from the package database: <0, 0, >0 against `than`; false: not known. */
bool pam_version_compare(struct host *h, const char *than, int *ret);

/* ---- an attempt ---- */

enum pam_secret {
    PAM_SECRET_RIGHT, /* the right password, and every further factor right */
    PAM_SECRET_WRONG,
    PAM_SECRET_EMPTY, /* an empty line */
};

enum pam_aging {
    PAM_AGING_FINE,
    PAM_AGING_CHANGE_NOW,       /* the password must be changed: the login goes on */
    PAM_AGING_PASSWORD_EXPIRED, /* beyond the inactive days: no way back */
    PAM_AGING_ACCOUNT_EXPIRED,
    PAM_AGING_UNKNOWN, /* shadow could not be read */
};

enum pam_new_secret {
    PAM_NEW_GOOD, /* long, all classes, never used */
    PAM_NEW_POOR, /* fails every quality rule that is set */
    PAM_NEW_USED, /* good, but one of the remembered ones */
};

enum { PAM_STORES_MAX = 8 };

struct pam_scenario {
    const char *user;
    bool exists;
    int64_t uid, gid;
    const char *shell, *home;
    struct strings groups; /* of the user */
    enum pam_secret secret;
    enum password_state password;
    bool no_shadow; /* "x" in passwd and no line in shadow */
    enum pam_aging aging;
    bool refuse_null; /* the caller passes PAM_DISALLOW_NULL_AUTHTOK (sshd) */
    bool by_root;     /* the process runs with real uid 0 (login, sshd; su started by root) */
    /* who runs it (su, sudo): real uid, name, groups */
    int64_t caller_uid;
    const char *caller;
    struct strings caller_groups;
    const char *tty;   /* "tty1", "pts/0"; NULL: none */
    const char *rhost; /* NULL: local */
    const char *ruser; /* NULL: none */
    int nologin;       /* 1 there, 0 not there, -1: as the root has it */
    /* Recent failures per store of the service (pam_stores), seconds since the last one. */
    int64_t failures[PAM_STORES_MAX];
    int64_t since_failure;
    /* Password group. */
    enum pam_new_secret new_secret;
    bool expired_change; /* PAM_CHANGE_EXPIRED_AUTHTOK */
};

/* A user of the root with everything right, at a terminal and run by root; not found: a user that
 * does not exist. */
struct pam_scenario pam_scenario_user(struct host *h, const char *user);
/* A made-up ordinary account with a password, and root: for questions about the stack itself. */
struct pam_scenario pam_scenario_ordinary(struct host *h);
struct pam_scenario pam_scenario_root(struct host *h);
/* What the program of that service sets: sshd a remote host and no empty passwords. */
void pam_scenario_service(struct pam_scenario *s, const char *service);
/* su, sudo: who runs it. groups: of the caller, may be NULL. */
void pam_scenario_caller(struct pam_scenario *s, const char *caller, int64_t uid,
                         const struct strings *groups);

enum pam_decision { PAM_REFUSED, PAM_ACCEPTED, PAM_UNDECIDED };

/* What happened on the way. */
enum pam_event {
    PAM_EVENT_JUDGED = 1 << 0,       /* the password was compared */
    PAM_EVENT_LOCK_CHECKED = 1 << 1, /* a failure count was looked at and could have refused */
    PAM_EVENT_LOCK_REFUSED = 1 << 2, /* … and did */
    PAM_EVENT_LOCK_RESET = 1 << 3,
    PAM_EVENT_QUALITY = 1 << 4, /* a quality module judged the new password */
    PAM_EVENT_HISTORY = 1 << 5, /* a history was consulted */
    PAM_EVENT_STORED = 1 << 6,  /* a new password was written */
    PAM_EVENT_WHEEL = 1 << 7,   /* pam_wheel looked at the caller */
    PAM_EVENT_COUNTED = 1 << 8, /* a failure was counted in store 0; next bits: 1… */
};

struct pam_outcome {
    enum pam_decision decision;
    int code;                /* what the application gets; -1: more than one is possible */
    uint32_t codes;          /* every possible one, as bits */
    unsigned sure, possible; /* enum pam_event bits: on every way, on some way */
    const char *path;        /* the line that decides (the last that changed the verdict) */
    unsigned line;
    struct text why; /* UNDECIDED: what is not known */
};

/* One group of a loaded service. Session is not modelled: -ENOTSUP. */
int pam_evaluate(struct host *h, const struct pam_service *s, enum pam_group group,
                 const struct pam_scenario *in, struct pam_outcome *ret);
/* Authentication and then account, as login programs call them. An expired password that must be
 * changed counts as accepted. Never fails: what cannot be read is UNDECIDED. */
void pam_login_outcome(struct host *h, const char *service, const struct pam_scenario *in,
                       struct pam_outcome *ret);

/* Where failures are counted: "faillock:/var/run/faillock", "tally2:/var/log/tallylog". */
void pam_stores(struct host *h, const struct pam_service *s, struct strings *ret);

/* ---- questions about a service ---- */

struct pam_lockout {
    enum pam_decision effective; /* ACCEPTED: failures really lock; REFUSED: they do not */
    int64_t deny;           /* smallest number of failures after which the right password fails */
    int64_t unlock_time;    /* seconds; NUMBER_NEVER */
    enum pam_decision root; /* root is locked too */
    const char *path, *unlock_path;
    unsigned line, unlock_line;
    struct text why; /* why not, or what is not known */
};
/* user: an account to judge with (not uid 0); NULL: the ordinary one. Wrong passwords are tried on
 * the model of the whole stack until the right one is refused. */
void pam_lockout(struct host *h, const char *service, const struct pam_scenario *user,
                 struct pam_lockout *ret);
