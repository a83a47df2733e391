/*
 * The kernel values that systemd-sysctl sets at boot (sysctl.d(5), systemd-sysctl.service(8)).
 *
 * /etc/sysctl.conf counts only where a link in a sysctl.d directory leads to it; `sysctl --system`
 * of procps reads it always and last: that difference is reported, not followed.
 * tests/os/oracle-sysctl runs the real systemd-sysctl against a stand-in for /proc/sys.
 */
#pragma once

#include "effective/host.h"
#include "model/fact.h"

struct sysctl_answer {
    const char *value; /* NULL: nothing sets it at boot */
    struct where where;
    struct text remark;  /* what is worth knowing about it; may be empty */
    bool kernel_default; /* value is the kernel's own; no file sets it */
};

/* `key` in any spelling. 0, or -errno of a file or directory that could not be read, with e. */
int sysctl_at_boot(struct host *h, const char *key, struct sysctl_answer *ret, struct err *e);
/* Blanks and tabs between numbers are all the same to the kernel: "4 4 1 7". */
const char *sysctl_tidy(struct arena *a, const char *value);
/* All assignments in the order in which they are applied, for oracle tests: path below /proc/sys,
 * value (NULL: takes a key out of globs). */
struct sysctl_setting {
    const char *path, *value;
    struct where where;
};
struct sysctl_settings {
    struct {
        struct sysctl_setting *v;
        size_t n, cap;
    } list;
    int error;
    const char *error_path;
};
const struct sysctl_settings *sysctl_settings(struct host *h);
