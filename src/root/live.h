/*
 * What only a running system can tell. On an image root every call returns -EOPNOTSUPP
 * ("needs a running system, this is an image"), so that running state is unknown, never guessed.
 */
#pragma once

#include "root/root.h"

/* "net.ipv4.ip_forward" or "net/ipv4/ip_forward"; value without the newline. */
int live_sysctl(struct root *r, const char *name, const char **ret);
/* Sets a running value; nothing is kept over a reboot. */
int live_set_sysctl(struct root *r, const char *name, const char *value);
int live_kernel(struct root *r, const char **ret); /* uname -r */
int live_hostname(struct root *r, const char **ret);
int live_cmdline(struct root *r, const char **ret); /* /proc/cmdline */
/* "docker", "podman", "systemd-nspawn", "lxc", "other"; NULL: no container. */
int live_container(struct root *r, const char **ret);

struct listener {
    const char *protocol; /* "tcp", "tcp6", "udp", "udp6" */
    const char *address;  /* "0.0.0.0", "::", "127.0.0.1" */
    unsigned port;
    bool loopback;
    int64_t pid;         /* 0: not known (no root rights) */
    const char *process; /* comm, or NULL */
};
struct listeners {
    struct listener *v;
    size_t n, cap;
};
int live_listeners(struct root *r, const struct listeners **ret);

struct process {
    int64_t pid, uid, euid;
    const char *comm, *exe; /* exe NULL: kernel thread or not readable */
    const char *cmdline;    /* arguments joined by blanks */
};
struct processes {
    struct process *v;
    size_t n, cap;
};
int live_processes(struct root *r, const struct processes **ret);

/* systemd's view, by running `systemctl show` once for all units that are asked for. */
struct unit_state {
    const char *load, *active, *sub, *file; /* LoadState, ActiveState, SubState, UnitFileState */
};
/* -EOPNOTSUPP: image; -ENOSYS: systemd is not running here. */
int live_unit(struct root *r, const char *unit, struct unit_state *ret);

/* One line to the system log (authpriv.notice) and, where there is one, to the audit log
 * (USYS_CONFIG); best effort, nothing on an image. */
void live_log(struct root *r, const char *line);

/* The caller's uid is 0 (and the root is not in a user namespace without rights). */
bool live_privileged(void);
