/*
 * Who can get into a system and become root, and what each answer rests on.
 *
 *     struct access before, after;
 *     access_table(host, "10.0.0.7", &before);         // NULL: an address that no rule names
 *     access_table(staged, "10.0.0.7", &after);
 *     struct access_changes diff;
 *     access_compare(&before, &after, &diff);
 *     struct where at;
 *     if (access_refusal(&before, &after, ACCESS_BY_SSH, &at).en) … must not be done …
 *
 * Rows are root (every account with uid 0) and every account with a shell that lets a person work.
 * "Possible" means: with the right password of that account (and root's for su), or a key that is
 * on file; whether somebody has them is not known to the system. Everything is read through the
 * root handle of the host, so a staged view is answered for as if it were in place. Not looked at:
 * firewalls, PAM session modules, polkit, SELinux users. All memory belongs to the host's arena.
 */
#pragma once

#include "effective/host.h"
#include "effective/pam.h"
#include "model/fact.h"

enum access_way {
    ACCESS_SSH_PASSWORD, /* password or keyboard-interactive */
    ACCESS_SSH_KEY,
    ACCESS_SSH_BOTH, /* a key and then a password, where AuthenticationMethods asks for both */
    ACCESS_CONSOLE,  /* login(1) on tty1 */
    ACCESS_SU,       /* to root, with root's password */
    ACCESS_SUDO,     /* to root */
};
#define ACCESS_WAYS 6
#define ACCESS_WAYS_IN 4 /* the first of them */

const char *access_way_name(enum access_way w); /* "ssh-password" */
struct text access_way_text(enum access_way w);

enum access_state { ACCESS_NO, ACCESS_UNDECIDED, ACCESS_YES };
const char *access_state_name(enum access_state s); /* "no", "undecided", "yes" */

struct access_fact {
    struct where where; /* path NULL: it stands nowhere */
    struct text text;
};

struct access_answer {
    enum access_state state;
    bool must_change; /* the password has to be changed on the way */
    bool nothing;     /* no password is asked for */
    struct {
        struct access_fact *v;
        size_t n, cap;
    } facts; /* the last one decides */
};
const struct access_fact *access_deciding(const struct access_answer *a); /* NULL: no fact */

struct access_account {
    const char *name;
    int64_t uid;
    struct access_answer ways[ACCESS_WAYS]; /* su and sudo of uid 0: no, without a fact */
};

/* What a service says to somebody without the right credential. */
struct access_service {
    const char *name;        /* "sshd" */
    enum pam_decision wrong; /* ACCEPTED: some wrong or empty password opens it */
    enum pam_decision right; /* for an ordinary account */
    struct access_fact wrong_at, right_at;
};

struct access {
    struct host *host;
    const char *from; /* NULL: an address that no rule names */
    struct {
        struct access_account *v;
        size_t n, cap;
    } accounts; /* in passwd order */
    struct {
        struct access_service *v;
        size_t n, cap;
    } services;
    struct text unknown; /* the accounts cannot be read */
};

/* Always fills ret. from: an IPv4 or IPv6 address in numbers; else -EINVAL. */
int access_table(struct host *h, const char *from, struct access *ret);

/* The paths on which somebody comes in. */
enum { ACCESS_BY_SSH = 1, ACCESS_BY_CONSOLE = 2 };

/* The best way in of an account on those paths, and on to root (uid 0 is there already). */
enum access_state access_in(const struct access_account *a, unsigned paths);
enum access_state access_to_root(const struct access_account *a);
enum access_state access_root(const struct access_account *a, unsigned paths); /* both */
/* The best of all accounts. */
enum access_state access_anybody_root(const struct access *a, unsigned paths);
/* Some account that is not root gets in on those paths and becomes root. */
bool access_operator_keeps_root(const struct access *a, unsigned paths);

struct access_change {
    const struct access_account *before, *after; /* NULL: no such row */
};
struct access_changes {
    struct access_change *v;
    size_t n, cap;
};
/* Rows in which a state differs. */
void access_compare(const struct access *before, const struct access *after,
                    struct access_changes *ret);

/* Why a change must not be made; no text: it may. paths: on which the operator comes. `ret_where`
 * is what decides it in the changed state. */
struct text access_nobody_text(const struct access *after, unsigned paths); /* nobody but root */
/* Why that account is not certain to get in on those paths and become root; no text: it is, or
 * there is none of that name. */
struct text access_kept_out(const struct access *after, const char *name, unsigned paths,
                            struct where *ret_where);
struct text access_refusal(const struct access *before, const struct access *after, unsigned paths,
                           struct where *ret_where);
