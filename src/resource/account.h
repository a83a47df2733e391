/*
 * What the files of the resource `account` share; nobody else includes this.
 */
#pragma once

#include "resource/resource.h"
#include "root/accounts.h"

struct account_view {
    struct host *h;
    const struct accounts *all;
    int64_t uid_min, uid_max; /* of ordinary users, by the root's login.defs */
    int64_t today;            /* days since 1970 */
    struct text remark;       /* other sources of accounts that were not looked at; or empty */
};

struct account_view account_view_of(struct host *h);

/* The accounts that the argument `select` (or `fallback` without one) and `except` leave, in file
 * order. 0, or -EACCES and the like with ret_why: the shadow file is needed and cannot be read.
 * Names that do not exist go to ret_absent. */
struct account_list {
    const struct account **v;
    size_t n, cap;
};
int account_select(const struct account_view *view, const struct want *w, const char *fallback,
                   struct account_list *ret, struct strings *ret_absent, struct text *ret_why);

/* Why nothing can be said: a file that could not be read. False: both could. */
bool account_unreadable(const struct account_view *view, bool shadow, bool group,
                        struct text *ret_why);
/* May log in with a password, or holds a key file; false while locked and without keys. */
bool account_can_log_in(const struct account_view *view, const struct account *u);
bool account_has_keys(const struct account_view *view, const struct account *u);
bool account_is_human(const struct account_view *view, const struct account *u);

/* Keys about all accounts at once: one fact with a list. False: the key is not one of them. */
bool account_observe_set(const struct account_view *view, const struct want *w, struct facts *ret);

/* Keys about each account: one fact per account. */
void account_observe_each(const struct account_view *view, const struct want *w, struct facts *ret);
/* One account's value; false: not applicable to it, and why. */
bool account_value(const struct account_view *view, const char *key, const struct account *u,
                   struct value *ret, struct text *ret_why);
bool account_is_ageing_key(const char *key);
/* "yescrypt", "sha512", "sm3", …; NULL: a form we do not know. */
const char *account_hash_scheme(const char *hash);

/* The home directory: 0 with its resolved path, or -ENOENT with the reason why it is not judged. A
 * link into a system directory gives -EXDEV. */
int account_home(const struct account_view *view, const struct account *u, const char **ret,
                 struct text *ret_why);

int account_plan(struct host *h, const struct want *w, struct changes *ret);

/* ---- account_create.c: what useradd -m and groupadd -r would make; 0 or -errno with the reason
 * ----
 */
bool account_name_is_good(const char *name);
int account_create(struct host *h, const char *name, const char *comment, struct text *ret_why);
int account_create_group(struct host *h, const char *name, struct text *ret_why);

/* ---- account_person.c: exists, groups, usable-password, authorized-keys ---- */
bool account_is_person_key(const char *key);
void account_person_value(const struct account_view *view, const char *key, const struct account *u,
                          struct value *ret);
int account_plan_person(struct host *h, const struct want *w, struct changes *ret);
/* The hash that somebody chose for it in this run, or NULL. */
const char *account_chosen_password(const struct host *h, const char *name);
