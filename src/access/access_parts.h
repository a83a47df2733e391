/*
 * Inside of access/: one run over the accounts, and how an answer is put together.
 */
#pragma once

#include "access/access.h"
#include "effective/sshd.h"
#include "effective/sudo.h"

enum access_setuid { ACCESS_PROGRAM_MISSING, ACCESS_PROGRAM_CLOSED, ACCESS_PROGRAM_OPEN };

struct access_socket {
    const char *local; /* NULL: every address of the host */
    unsigned port;
};

struct access_place {
    const char *local, *rdomain;
};

struct access_run {
    struct host *host;
    const struct accounts *accounts;
    const char *from, *address; /* address: never NULL */

    /* ssh, asked for once */
    const struct sshd *sshd; /* NULL: ssh_state and ssh_fact say why */
    enum access_state ssh_state;
    struct access_fact ssh_fact;
    struct {
        struct access_socket *v;
        size_t n, cap;
    } sockets; /* that the client can reach; never empty where sshd is set */
    struct {
        struct access_place *v;
        size_t n, cap;
    } places;     /* that Match lines tell apart */
    bool by_name; /* lines that a host name could match (UseDNS yes) */

    const struct sudo_conf *sudo; /* NULL: sudo_fact, sudo_state */
    enum access_state sudo_state;
    struct access_fact sudo_fact;
    size_t sudo_next;           /* where the search for a user of sudoers goes on */
    const struct account *root; /* uid 0, by preference "root"; NULL */
};

/* Adds a fact and sets the state. */
void access_says(struct access_run *run, struct access_answer *a, enum access_state state,
                 struct where where, struct text text);
#define access_nowhere ((struct where){0})
struct where access_passwd(const struct account *a); /* its lines */
struct where access_shadow(const struct account *a);

/* A shell that can be started. False: says so. */
bool access_shell(struct access_run *run, const struct account *account, struct access_answer *a);
/* Mode and owner of a program that must run as root, for who starts it (NULL: does not matter). */
enum access_setuid access_program(struct access_run *run, const char *const *paths,
                                  const struct account *who, const char **ret_path);
/* May the account open or search it? By mode bits. */
bool access_may(struct access_run *run, const struct account *account, const struct file_info *info,
                unsigned bits);

/* What the PAM service says, as an answer; needs the account's tally files. */
void access_pam_login(struct access_run *run, const char *service, struct pam_scenario *in,
                      struct access_answer *a);
void access_pam_account(struct access_run *run, const char *service, struct pam_scenario *in,
                        bool exempt, struct access_answer *a);
/* The same, after sshd has tried an empty password on its own account (userauth_none()), as
 * `where` lets it. */
void access_pam_after_empty(struct access_run *run, const char *service, struct pam_scenario *in,
                            struct where where, struct access_answer *a);
/* Fills the failures on record; one_more: a bit for each store with another one right now. */
void access_tallies(struct access_run *run, const char *service, struct pam_scenario *in,
                    unsigned one_more);

/* Fills sockets and places. False: no socket can be reached from the address. */
bool access_listen(struct access_run *run);
void access_ssh_open(struct access_run *run);
void access_ssh(struct access_run *run, const struct account *account, struct access_account *ret);
/* A key on file that opens the account. */
void access_key(struct access_run *run, const struct account *account, const struct sshd_context *c,
                struct access_answer *a);
void access_console(struct access_run *run, const struct account *account, struct access_answer *a);
void access_su(struct access_run *run, const struct account *account, struct access_answer *a);
void access_sudo_open(struct access_run *run);
void access_sudo(struct access_run *run, const struct account *account, struct access_answer *a);
void access_services(struct host *h, struct access *ret);
