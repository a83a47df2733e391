/* Block devices over a part of a file, which go away with their last user. */
#pragma once

#include <stdint.h>

#include "base/arena.h"

/* A loop device over size bytes at offset of an open file. The descriptor of the device, whose
 * path is in ret_path; when it and every mount of it are closed the kernel lets go. -errno. */
int loop_open(struct arena *a, int fd, uint64_t offset, uint64_t size, const char **ret_path);
