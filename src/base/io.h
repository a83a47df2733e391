/* Bytes into a descriptor, all of them. */
#pragma once

#include "base/str.h"

/* Writes all bytes, again after an interruption and from where a short write ended.
 * Returns 0 or -errno; then it is not known how much was written. */
int io_write_all(int fd, struct str bytes);
