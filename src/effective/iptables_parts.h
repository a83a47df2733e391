/* Inside of firewall_load_iptables(). */
#pragma once

#include "effective/firewall.h"

struct iptables {
    struct host *host;
    struct packet_filter *filter;
    struct err *why;
    const char *path, *table; /* table NULL: between COMMIT and the next */
    unsigned family, line;
    size_t inserted;
};

struct packet_chain *iptables_chain(struct iptables *t, const char *name);
/* The words of a rule from `first` on. -ENOENT: it is for the other family (-4, -6); -EINVAL. */
int iptables_rule(struct iptables *t, const struct strings *words, size_t first,
                  struct packet_rule *ret);
