/*
 * The audit rules that the running kernel has, and its state, over netlink (needs CAP_AUDIT_CONTROL
 * in the first user and pid name space).
 */
#pragma once

#include "root/root.h"

struct live_audit {
    struct str lines; /* the rules in the kernel's order, as auditctl lines: "-a always,exit …" */
    unsigned enabled; /* 0, 1, 2 (locked until reboot) */
    unsigned failure; /* 0 silent, 1 printk, 2 panic */
    unsigned backlog; /* limit */
    int64_t daemon;   /* process id of auditd; 0: none */
};

/* Asked once per root. 0; -EOPNOTSUPP on an image; -EPERM without the right; -ECONNREFUSED or
 * -EPROTONOSUPPORT where the kernel (or a container) has no audit. */
int live_audit(struct root *r, const struct live_audit **ret);
