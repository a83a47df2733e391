/*
 * systemd units as systemd itself sees them on disk, without running it: search path, links, masks,
 * templates, drop-ins, presets, SysV scripts, and what the default target really starts.
 * Sources: systemd.unit(5), systemctl(1), systemd.preset(5); tests/os/oracle-unit compares the
 * state with `systemctl --root=DIR is-enabled`.
 *
 * On a running host the generated and transient units under /run are seen as well; on an image
 * whatever lies under /run counts for the state (as with systemctl --root), not for booting.
 */
#pragma once

#include "effective/host.h"
#include "model/fact.h"

struct unit_view {
    const char *name;   /* as asked, with its suffix */
    const char *id;     /* the unit it is once aliases are followed */
    const char *path;   /* its file; NULL for a SysV script without one */
    const char *script; /* /etc/init.d/NAME where that decides; else NULL */
    const char *state;  /* what `systemctl is-enabled` prints */
    bool masked;
    struct strings links; /* the links that make the state: paths, in search order */
};

/* "ssh" -> "ssh.service"; names with a unit suffix stay. */
const char *unit_full_name(struct arena *a, const char *name);
/* 0; -ENOENT: no such unit; -EINVAL: not a unit name; -EBADMSG: systemd refuses the file;
 * -EACCES … with e filled. */
int host_unit(struct host *h, const char *name, struct unit_view *ret, struct err *e);

/* The value of a setting after all drop-ins, from the section that has it ("Service.Restart" or
 * "Restart").  Lists (ExecStart, After, Environment …) obey the empty assignment that resets them
 * and come joined by "; ".  0 and NULL: not set. Errors as host_unit. */
int unit_setting(struct host *h, const char *name, const char *key, const char **ret,
                 struct where *ret_where, struct err *e);

enum unit_start {
    UNIT_STARTS_NOT,
    UNIT_STARTS_BOOT,      /* wanted or required, in the end by default.target */
    UNIT_STARTS_ON_DEMAND, /* a socket, path or timer that is started at boot triggers it */
};
/* via: the unit that pulls it in or triggers it; NULL for UNIT_STARTS_NOT. */
int unit_starts(struct host *h, const char *name, enum unit_start *ret, const char **ret_via,
                struct err *e);

enum unit_preset { PRESET_ENABLE, PRESET_DISABLE, PRESET_IGNORE };
/* What `systemctl preset` would do, and at first boot does; where may say nothing (no line). */
enum unit_preset unit_preset(struct host *h, const char *name, struct where *ret_where);
