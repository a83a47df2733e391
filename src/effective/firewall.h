/*
 * Packet filters: may a new TCP connection from an address reach a port of this host?
 * Rules of nftables, iptables, ufw and firewalld are brought into one form (chains of matches and
 * verdicts) and a packet is sent through it: tcp, destination port, source address, first of its
 * connection, from an interface other than lo.
 *
 * What cannot be told of a packet (its own address here, marks, the time of day) is neither matched
 * nor not: both ways are followed, and where they end differently the answer is unknown, with the
 * line.  Rate limits let some connections through, which is enough for "reachable".
 *
 * Evidence: nft(8), iptables(8), iptables-extensions(8), firewalld.zone(5), ufw-framework(8);
 * tests/os/oracle-firewall connects through rule sets loaded into a real kernel.
 */
#pragma once

#include "effective/host.h"
#include "model/fact.h"

enum firewall_answer { FIREWALL_BLOCKED, FIREWALL_REACHED, FIREWALL_UNDECIDED };

enum packet_field {
    FIELD_SOURCE,    /* address, of the packet's family */
    FIELD_LOCAL,     /* the address here: not known, but no loopback or multicast one */
    FIELD_PORT,      /* destination port */
    FIELD_PROTOCOL,  /* 6 */
    FIELD_FAMILY,    /* 4 or 6 */
    FIELD_INTERFACE, /* name; "eth+" in iptables, "eth*" in nft: a trailing * here */
    FIELD_STATE,     /* conntrack state word */
    FIELD_FLAGS,     /* SYN alone: value under mask */
    FIELD_ALWAYS,
    FIELD_SOMETIMES, /* a limit: holds for some connections */
    FIELD_DOUBT,     /* not known */
};

struct packet_value {
    unsigned family;              /* of addresses: 4, 6 */
    unsigned char lo[16], hi[16]; /* addresses; numbers in the last four bytes, big endian */
    const char *name;             /* interfaces, states */
};

/* Holds if one row does: every field of it in its value. */
struct packet_match {
    bool negated;
    size_t fields, rows;
    enum packet_field *field;
    struct packet_value *value; /* rows * fields */
};

enum packet_verdict {
    VERDICT_NONE, /* the rule only counts, logs or marks */
    VERDICT_ACCEPT,
    VERDICT_DROP,
    VERDICT_JUMP,
    VERDICT_GOTO,
    VERDICT_RETURN,
    VERDICT_DOUBT, /* a target that may do anything */
};

struct packet_rule {
    VEC(struct packet_match) matches;
    enum packet_verdict verdict;
    const char *chain; /* of jump and goto */
    size_t target;     /* its index + 1, by packet_filter_link() */
    struct where where;
};

struct packet_chain {
    const char *name; /* unique in the rule set: "ip filter INPUT" */
    bool v4, v6;      /* packets of these families come here */
    bool base;        /* called by the kernel before a packet is delivered */
    bool early;       /* before NAT: at prerouting or ingress */
    enum packet_verdict policy;
    struct where where;
    VEC(struct packet_rule) rules;
};

struct packet_filter {
    struct arena *arena;
    VEC(struct packet_chain) chains;
    bool untracked; /* something turns connection tracking off: its states are in doubt */
    bool redirects; /* NAT may lead other ports here: what an early chain blocks is in doubt */
};

struct packet {
    unsigned family;           /* 4 or 6 */
    unsigned char address[16]; /* network order */
    unsigned port;
    const char *interface; /* never "lo" */
};

/* Where the answer comes from: the line that blocks, or the one that cannot be decided. */
enum firewall_answer packet_filter_judge(const struct packet_filter *f, const struct packet *p,
                                         struct where *ret_where);

/* ---- building ---- */

/* Finds the chains that jumps name; before the first judging. -E2BIG: more than we look at. */
int packet_filter_link(struct packet_filter *f);
struct packet_chain *packet_chain_get(struct packet_filter *f, const char *name); /* or NULL */
struct packet_chain *packet_chain_add(struct packet_filter *f, const char *name);
/* A match on one field with room for rows. */
struct packet_match packet_match_make(struct arena *a, size_t fields, size_t rows);
struct packet_match packet_match_one(struct arena *a, enum packet_field field,
                                     struct packet_value value, bool negated);
struct packet_value packet_number(unsigned lo, unsigned hi);
/* "192.0.2.0/24", "192.0.2.0/255.255.255.0", "2001:db8::1", "10.0.0.1-10.0.0.9"; -EINVAL. */
int packet_address(struct str text, struct packet_value *ret);
/* A port, a range with `between` ("-" or ":"), or a name of /etc/services; -EINVAL. */
int packet_port(struct host *h, struct str text, char between, struct packet_value *ret);
int packet_packet(const char *address, unsigned port, const char *interface, struct packet *ret);

/* ---- loading: 0; -ENOENT; another -errno with why ---- */

/* nft(8) input and its includes; `text` from a running kernel counts as a file of that name. */
int firewall_load_nft(struct host *h, const char *path, const struct str *text,
                      struct packet_filter *ret, struct err *why);
/* One family in iptables-save form. */
int firewall_load_iptables(struct host *h, const char *path, const struct str *text,
                           unsigned family, struct packet_filter *ret, struct err *why);
int firewall_load_firewalld(struct host *h, struct packet_filter *ret, struct err *why);
int firewall_load_ufw(struct host *h, struct packet_filter *ret, struct err *why);

/* ---- the host ---- */

struct firewall {
    const char *name; /* "nftables", "iptables", "ip6tables", "firewalld", "ufw", "running rules" */
    struct packet_filter filter;
    bool v4, v6;         /* the families it speaks of */
    struct text problem; /* it could not be read: every answer of it is in doubt */
    struct where where;
};

struct firewalls {
    VEC(struct firewall) list;
};

/* What a boot loads, and what the kernel has now (`running`: -EOPNOTSUPP on an image). */
int firewall_configured(struct host *h, struct firewalls *ret);
int firewall_running(struct host *h, struct firewalls *ret);

/* From where can the port be reached, over all sources and interfaces that the rules tell apart? */
struct firewall_reach {
    enum firewall_answer arbitrary; /* more than a /8 (IPv6: a /16) of public addresses */
    struct strings sources;         /* what is let in when it is limited, "192.0.2.0/24" */
    const char *mechanism;
    struct text reason;
    struct where where;
};
void firewall_reach(struct host *h, const struct firewalls *all, unsigned family, unsigned port,
                    struct firewall_reach *ret);
