/*
 * Policy files -> struct policy. All errors of all files are reported with line and column, then
 * the policy is refused. docs/policy.md describes the format.
 */
#pragma once

#include "base/err.h"
#include "model/rule.h"

struct root;

struct policy_options {
    const char *directory; /* a path on the machine we run on; NULL: installed, else built in */
    const char *overrides; /* "/etc/dengbao" or a test's; NULL: none */
    const char *preset;    /* NULL: "alinux" */
};

/* 0, or -EINVAL with at least one problem; -ENOENT unknown preset (also a problem). Files that
 * others than root (or the caller) can write are refused. */
int policy_load(struct arena *a, const struct policy_options *options, struct policy **ret,
                struct problems *problems);
/* By item number, item id, rule id or rule number ("1.4"); appends to the selection. -ENOENT. */
struct selection {
    const struct rule **v;
    size_t n, cap;
};
int policy_select(struct arena *a, const struct policy *p, const char *name, struct selection *ret);
