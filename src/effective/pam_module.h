/*
 * Inside of effective/pam: what a module answers.  One row a module in pam_modules.c, written from
 * its manual page and source; the answers of the larger modules live in files of their own.
 */
#pragma once

#include "effective/pam.h"

/* What modules leave for later modules of the same attempt. */
struct pam_run {
    unsigned events;       /* enum pam_event */
    uint8_t token;         /* PAM_AUTHTOK is set */
    uint8_t old_token;     /* PAM_OLDAUTHTOK is set */
    uint8_t unix_failures; /* of this user in this handle: the third makes pam_unix say MAXTRIES */
    uint8_t counted[PAM_STORES_MAX]; /* failures this attempt has added to each store */
    uint8_t unix_code;               /* what pam_unix auth said + 1; 0: it was not called */
};

struct pam_call {
    struct host *host;
    const struct pam_service *service;
    const struct pam_handler *handler;
    enum pam_group group;
    const struct pam_scenario *in;
    bool update; /* password: the second pass (PAM_UPDATE_AUTHTOK) */
};

/* The possible return codes as bits (1 << PAM_CODE_…); several: we cannot tell. */
typedef uint32_t (*pam_answer)(const struct pam_call *c, struct pam_run *run);

#define PAM_BIT(code) (UINT32_C(1) << PAM_CODE_##code)
#define PAM_ANY_CODE (~PAM_BIT(INCOMPLETE)) /* what a module we do not know may say */

struct pam_module {
    const char *name;
    pam_answer answer[PAM_GROUP_COUNT]; /* NULL: the module has no such function */
    /* Reads options and files once, when the stack is loaded. May be NULL. */
    const void *(*prepare)(struct host *h, const struct pam_handler *handler);
};

const struct pam_module *pam_module_find(const char *name); /* "pam_unix"; NULL: not known */

bool pam_arg(const struct pam_handler *h, const char *name);         /* the bare word is there */
bool pam_arg_prefix(const struct pam_handler *h, const char *start); /* an argument starts so */
/* Value of the last "name=…" ("remember="); NULL: not given. */
const char *pam_arg_value(const struct pam_handler *h, const char *name);
bool pam_in_group(const struct strings *groups, const char *name);

/* ---- facts of the release (pam_release.c) ---- */

enum pam_feature {
    PAM_FEATURE_FAILLOCK_CONF,
    PAM_FEATURE_PWHISTORY_CONF,
    PAM_FEATURE_QUALITY_DIRECTORY, /* pwquality.conf.d and the defaults of libpwquality 1.3.0 */
    PAM_FEATURE_QUALITY_ROOT,      /* enforce_for_root, local_users_only, retry in the file */
    PAM_FEATURE_LIB_DIRECTORY,     /* /usr/lib/pam.d */
    PAM_FEATURE_SHARE_DIRECTORY,   /* /usr/share/pam.d */
    PAM_FEATURE_AT_INCLUDE,        /* Debian's @include, include from /etc/pam.d only */
    PAM_FEATURE_LONG_LINES,        /* no limit of 1023 bytes */
    PAM_FEATURE_WHEEL_REAL_UID,    /* Debian: pam_wheel always takes the real uid */
    PAM_FEATURE_TALLY2,            /* the package still has pam_tally2 */
    PAM_FEATURE_CRACKLIB,
    PAM_FEATURE_UNIX_MINLEN_6, /* Debian: pam_unix wants six characters */
};
/* 1 yes, 0 no, -1 not known. The module's own file on the root is asked first (it holds the path
 * of the file it reads), then the package version, then the release. */
int pam_feature(struct host *h, enum pam_feature f);
/* Directories of modules on this root; empty: the root holds none at all. */
const struct strings *pam_module_directories(struct host *h);
const char *pam_module_file(struct host *h, const char *module, enum pam_presence *ret);

/* ---- settings ---- */

struct pam_setting {
    int64_t value;
    const char *path;
    unsigned line;
};

/* Lines of "name = value" files of modules: name, value, line; returns 0 or -errno. The callback
 * returns false to stop (libpwquality gives up at the first mistake). */
typedef bool (*pam_conf_line)(void *context, const char *name, const char *value, unsigned line);
int pam_conf_read(struct host *h, const char *path, bool split_at_equals, pam_conf_line each,
                  void *context);

enum pam_lock_action { PAM_LOCK_PREAUTH, PAM_LOCK_AUTHSUCC, PAM_LOCK_AUTHFAIL, PAM_LOCK_TALLY2 };

struct pam_lock {
    enum pam_lock_action action;
    struct pam_setting deny, unlock, root_unlock, interval; /* seconds; 0: never */
    bool root, local_only;
    const char *admin_group;
    const char *store;   /* "faillock:/var/run/faillock" */
    int code;            /* >= 0: the module fails with it before it looks at anything */
    struct text unknown; /* set: a setting could not be told */
};

struct pam_quality {
    /* pwquality.conf(5) names; credits may be negative */
    struct pam_setting minlen, dcredit, ucredit, lcredit, ocredit, minclass, difok, maxrepeat,
        maxclassrepeat, maxsequence, gecoscheck, dictcheck, usercheck, usersubstr, enforcing,
        enforce_for_root, local_users_only, retry;
    const char *dictpath;
    struct text unknown;
};

struct pam_history {
    struct pam_setting remember, enforce_for_root, retry;
    struct text unknown;
};

/* The group a pam_wheel line asks for: group=, else wheel, else the group of gid 0. NULL: it does
 * not exist. */
const char *pam_wheel_group(struct host *h, const struct pam_handler *handler);

uint32_t pam_answer_unix_auth(const struct pam_call *c, struct pam_run *run);
uint32_t pam_answer_unix_account(const struct pam_call *c, struct pam_run *run);
uint32_t pam_answer_unix_password(const struct pam_call *c, struct pam_run *run);

uint32_t pam_answer_faillock_auth(const struct pam_call *c, struct pam_run *run);
uint32_t pam_answer_faillock_account(const struct pam_call *c, struct pam_run *run);
const void *pam_prepare_faillock(struct host *h, const struct pam_handler *handler);
uint32_t pam_answer_tally2_auth(const struct pam_call *c, struct pam_run *run);
uint32_t pam_answer_tally2_account(const struct pam_call *c, struct pam_run *run);
const void *pam_prepare_tally2(struct host *h, const struct pam_handler *handler);

uint32_t pam_answer_quality(const struct pam_call *c, struct pam_run *run);
const void *pam_prepare_pwquality(struct host *h, const struct pam_handler *handler);
const void *pam_prepare_cracklib(struct host *h, const struct pam_handler *handler);
const void *pam_prepare_passwdqc(struct host *h, const struct pam_handler *handler);
uint32_t pam_answer_pwhistory(const struct pam_call *c, struct pam_run *run);
const void *pam_prepare_pwhistory(struct host *h, const struct pam_handler *handler);

uint32_t pam_answer_wheel(const struct pam_call *c, struct pam_run *run);
uint32_t pam_answer_rootok(const struct pam_call *c, struct pam_run *run);
uint32_t pam_answer_nologin(const struct pam_call *c, struct pam_run *run);
uint32_t pam_answer_localuser(const struct pam_call *c, struct pam_run *run);
uint32_t pam_answer_shells(const struct pam_call *c, struct pam_run *run);
uint32_t pam_answer_securetty(const struct pam_call *c, struct pam_run *run);
uint32_t pam_answer_usertype(const struct pam_call *c, struct pam_run *run);
uint32_t pam_answer_succeed_if(const struct pam_call *c, struct pam_run *run);
uint32_t pam_answer_listfile(const struct pam_call *c, struct pam_run *run);
uint32_t pam_answer_access(const struct pam_call *c, struct pam_run *run);
