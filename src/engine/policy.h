/*
 * Policy files -> struct policy. All errors of all files are reported with line and column, then
 * the policy is refused. docs/policy.md describes the format.
 */
#pragma once

#include "base/err.h"
#include "effective/host.h"
#include "model/rule.h"

#define POLICY_DEFAULT_PRESET "alinux"

struct policy_options {
    const char *directory;              /* a path on the machine we run on, or one item file *.yaml;
                                           NULL: installed, else built in */
    const char *overrides;              /* "/etc/dengbao" or a test's; NULL: none; need not exist */
    const struct site_file *site_files; /* more overrides, in place of files of the same name */
    size_t site_file_count;
    const char *preset; /* NULL: what the overrides say, else POLICY_DEFAULT_PRESET */
};

/* 0, or -EINVAL with at least one problem; -ENOENT unknown preset (also a problem). Files that
 * others than root (or the caller) can write are refused. */
int policy_load(struct arena *a, const struct policy_options *options, struct policy **ret,
                struct problems *problems);

/* One item file from memory, without presets and overrides; for tests. */
int policy_load_bytes(struct arena *a, const char *path, struct str bytes, struct policy **ret,
                      struct problems *problems);

/* A data file of the policy ("data/products.yaml") for struct host_options; `policy` is the struct
 * policy. 0 or -ENOENT. */
int policy_data(void *policy, const char *name, struct str *ret);

/* What a command is about: whole items and single rules. */
struct selection {
    const struct rule **v;
    size_t n, cap;
    struct {
        const struct item **v;
        size_t n, cap;
    } items;
};
/* By item number, item id, rule id or rule number ("1.4", which may name several rules); appends
 * to the selection. -ENOENT. */
int policy_select(struct arena *a, const struct policy *p, const char *name, struct selection *ret);
const struct item *policy_item_of(const struct policy *p, const struct rule *rule);
/* Every name policy_select takes, for suggestions. */
struct strings policy_names(struct arena *a, const struct policy *p);
