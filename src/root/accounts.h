/*
 * The accounts of a root, from its own passwd, shadow, group and gshadow files, never from NSS.
 */
#pragma once

#include "root/root.h"

enum { ACCOUNT_UNSET = -1 };

struct account {
    const char *name, *gecos, *home, *shell;
    const char *passwd_field; /* field 2 of passwd: "x" where shadow is used */
    int64_t uid, gid;         /* -1: field malformed */
    unsigned passwd_line;
    bool in_shadow;
    const char *hash; /* field 2 of shadow, or of passwd if that is not "x"; never printed */
    unsigned shadow_line;
    /* days since 1970 and days; ACCOUNT_UNSET where the field is empty */
    int64_t last_change, min_days, max_days, warn_days, inactive_days, expire_date;
};

struct group {
    const char *name;
    int64_t gid;
    unsigned line;
    struct strings members; /* as listed; see account_groups for primary groups */
};

struct accounts {
    struct {
        struct account *v;
        size_t n, cap;
    } users;
    struct {
        struct group *v;
        size_t n, cap;
    } groups;
    int passwd_error, shadow_error, group_error; /* 0 or -errno of reading each file */
    /* lines that are not accounts and not NIS "+" entries; a malformed file is not silently good */
    struct {
        struct malformed_line {
            const char *path;
            unsigned line;
        } * v;
        size_t n, cap;
    } malformed;
    bool has_nis_entries;
    const struct accounts_index *index; /* of root_accounts; NULL: searched line by line */
};

/* Read once per root. Never NULL; look at the _error fields. */
const struct accounts *root_accounts(struct root *r);
const struct account *accounts_find(const struct accounts *a, const char *name);
const struct account *accounts_find_uid(const struct accounts *a, int64_t uid);
const struct group *accounts_find_group(const struct accounts *a, const char *name);
const struct group *accounts_find_gid(const struct accounts *a, int64_t gid);
/* Names of all groups of a user, the primary one first. */
struct strings account_groups(struct arena *arena, const struct accounts *a,
                              const struct account *user);

/* The state of a password hash, as crypt(5), shadow(5) and pam_unix see it. */
enum password_state {
    PASSWORD_UNKNOWN, /* shadow could not be read */
    PASSWORD_EMPTY,   /* anybody gets in where nullok allows it */
    PASSWORD_LOCKED,  /* "!…": a usable hash behind a lock mark, or none */
    PASSWORD_NONE,    /* "*", "x", "!!", "": nothing that a password can match */
    PASSWORD_SET,
};
enum password_state account_password(const struct account *user);
/* Is the shell one that lets a person work? "", /bin/sh … yes; nologin, false, sync … no. */
bool account_has_login_shell(const struct account *user);
