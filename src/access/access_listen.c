/*
 * Where a client can reach sshd: the sockets of ListenAddress and Port, and what Match LocalAddress
 * and RDomain may make of an address of the host that no file names.
 */
#include <string.h>

#include "access/access_parts.h"

enum { SOCKETS_MAX = 16, PLACES_MAX = 16 };

static bool is_loopback(const char *address)
{
    return cstr_starts(address, "127.") || cstr_eq(address, "::1");
}

/* "192.0.2.1:22", "[2001:db8::1]:22" */
static struct access_socket socket_of(struct arena *a, const char *value)
{
    struct access_socket s = {.port = 22};
    const char *colon = strrchr(value, ':');
    int64_t port;
    if (!colon)
        return s;
    const char *end = colon;
    if (*value == '[' && end > value && end[-1] == ']') {
        value++;
        end--;
    }
    s.local = arena_strndup(a, value, (size_t)(end - value));
    if (cstr_eq(s.local, "0.0.0.0") || cstr_eq(s.local, "::"))
        s.local = NULL;
    if (str_to_int64(str_of(colon + 1), 10, &port) == 0 && port > 0 && port < 65536)
        s.port = (unsigned)port;
    return s;
}

static void add_socket(struct access_run *run, struct access_socket s)
{
    vec_each (have, &run->sockets)
        if (have->port == s.port && cstr_eq(have->local, s.local))
            return;
    if (run->sockets.n < SOCKETS_MAX)
        vec_push(run->host->arena, &run->sockets, s);
}

/* The addresses and routing domains of which some Match line speaks. */
static void look_for_places(struct access_run *run)
{
    const struct sshd_contexts *all;
    if (sshd_contexts(run->sshd, &all) < 0)
        return;
    vec_each (c, all) {
        struct access_place p = {c->local_address, c->rdomain};
        bool known = !p.local && !p.rdomain;
        vec_each (have, &run->places)
            known |= cstr_eq(have->local, p.local) && cstr_eq(have->rdomain, p.rdomain);
        if (!known && run->places.n < PLACES_MAX)
            vec_push(run->host->arena, &run->places, p);
    }
}

bool access_listen(struct access_run *run)
{
    struct sshd_answer answer;
    struct arena *a = run->host->arena;
    bool six = strchr(run->address, ':') != NULL;
    look_for_places(run);
    if (sshd_query(run->sshd, "ListenAddress", NULL, &answer) < 0 || !answer.values.n) {
        add_socket(run, (struct access_socket){.port = 22});
        return true;
    }
    for (size_t i = 0; i < answer.values.n; i++) {
        const char *value = answer.values.v[i];
        struct access_socket s = socket_of(a, value);
        if ((*value == '[') == six &&
            (is_loopback(run->address) || !s.local || !is_loopback(s.local)))
            add_socket(run, s);
    }
    return run->sockets.n > 0;
}
