/* Inside of firewall_load_firewalld(). */
#pragma once

#include "effective/firewall.h"
#include "format/xml.h"

struct firewalld {
    struct host *host;
    struct packet_filter *filter;
    struct err *why;
    bool drifting;   /* a source zone without a target of its own goes on to the next */
    size_t services; /* read so far; includes may go round */
};

/* A file of /etc/firewalld/KIND or /usr/lib/firewalld/KIND. -ENOENT without a message. */
int firewalld_file(struct firewalld *f, const char *kind, const char *name,
                   const struct xml_node **ret, const char **ret_path);
/* The chain of a zone: "zone NAME", with "source NAME" for those that drift. */
int firewalld_zone(struct firewalld *f, const char *name, const struct xml_node *zone,
                   const char *path, const char *chain, bool drifts);
/* The address, set or MAC of a <source>; -EINVAL: what cannot be told. */
int firewalld_source(struct firewalld *f, const struct xml_node *source, struct packet_match *ret);
