/*
 * The patterns of hosts_access(5), as libwrap of tcp_wrappers 7.6.q reads them: lists of daemons
 * and lists of clients, EXCEPT, networks, wildcards, names.  What depends on something that is not
 * known here (the client's name, a user name asked by ident, a netgroup) is a maybe.
 */
#pragma once

#include "effective/host.h"

enum hosts_match { HOSTS_NO, HOSTS_YES, HOSTS_MAYBE };

struct hosts_client {
    const char *address;  /* as inet_ntop() writes it */
    const char *name;     /* "unknown": none resolves; "paranoid": one that does not lead back;
                           * NULL: not known to us */
    unsigned *words_left; /* of files that patterns name, a limit of work; NULL: none are read */
};

/* The list is written between two colons of a line; separated by blanks, commas, CR. */
enum hosts_match hosts_daemons_match(struct host *h, struct str list, const char *daemon);
enum hosts_match hosts_clients_match(struct host *h, struct str list,
                                     const struct hosts_client *client);
/* The next pattern of a list: EXCEPT is one of them. */
bool hosts_next_token(struct str *rest, struct str *ret);
