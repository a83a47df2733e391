/*
 * The way to package mirrors for programs of an image, which have no network: an HTTP proxy on the
 * loopback of their network namespace, served by a process outside of it. It leads to the mirrors
 * that were named, or else to ports 80 and 443 of public addresses: never to this machine, its
 * neighbours or the metadata service of a cloud.
 *
 *     in the worker:   fd = gate_listen(&port);  gate_send(socket, fd);
 *     outside of it:   gate_serve(socket, &gate);
 */
#pragma once

#include "base/vec.h"
#include "base/str.h"

struct gate_host {
    const char *name; /* as it stands in a URL */
    unsigned port;
};
struct gate {
    struct {
        struct gate_host *v; /* none: every public one */
        size_t n, cap;
    } hosts;
};

/* Allows the host and port of an http or https URL. 0 or -EINVAL. */
int gate_allow(struct arena *a, struct gate *g, const char *url);

/* A listening socket on 127.0.0.1 in the network namespace of the caller, whose loopback is brought
 * up. The descriptor or -errno. */
int gate_listen(unsigned *ret_port);
int gate_send(int socket, int listener);
/* Takes the listener from the socket and serves it until the other end of the socket is closed. A
 * process of its own, which gives up root first. */
__attribute__((noreturn)) void gate_serve(int socket, const struct gate *g);
