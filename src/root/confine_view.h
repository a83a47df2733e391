/* What a confined program sees as "/"; for confine.c only. */
#pragma once

#include "root/confine.h"

/* In a mount, pid and ipc namespace of its own: the image becomes "/", with /dev, /proc, /run and
 * /tmp of its own, and nothing else is reachable any more. 0 or -errno; ret_what says at what. */
int confine_enter(const struct confine *c, const char **ret_what);
