/*
 * Which start of the system this is, and how long it lasts already: by a clock that nobody sets.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

struct boot_identity {
    const char *kernel; /* /proc/sys/kernel/random/boot_id */
    int64_t
        first_start; /* of process 1, in clock ticks: a container starts anew under one kernel */
};

/* Of the machine (or container) this program runs in. -errno: /proc does not show it. */
int boot_identity(struct arena *a, struct boot_identity *ret);
bool boot_identity_equal(const struct boot_identity *a, const struct boot_identity *b);

/* Milliseconds of CLOCK_BOOTTIME: goes on while the machine sleeps, no matter who sets the date. */
int64_t boot_time_ms(void);
/* Waits until then; signals do not shorten it. */
void boot_time_wait(int64_t until_ms);
