/*
 * The kernel command line of the next boot, from what the boot loader has on disk: Boot Loader
 * Specification entries (with grubenv's kernelopts), grub.cfg, or only /etc/default/grub where no
 * configuration was generated yet.
 */
#pragma once

#include "effective/host.h"

struct boot_entry {
    const char *name;    /* title or file of the menu entry */
    const char *cmdline; /* without the kernel's own path */
    const char *path;
    unsigned line;
};

struct boot {
    struct {
        struct boot_entry *v; /* normal entries; recovery and rescue entries are left out */
        size_t n, cap;
    } entries;
    bool from_defaults; /* only /etc/default/grub is there: what grub-mkconfig would write */
    int error;          /* -ENOENT: no boot loader configuration; or why it could not be read */
    const char *error_path;
};

const struct boot *host_boot(struct host *h); /* never NULL; read once */
/* The last value of a parameter on a command line; "" for a bare word; NULL: not there.
 * Quotes as kernel-parameters.rst reads them. */
const char *cmdline_value(struct arena *a, const char *cmdline, const char *name);
