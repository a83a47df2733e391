/*
 * Looking into programs of the root without holding them whole in memory.
 */
#pragma once

#include "effective/host.h"

/* Where these bytes (at most 256) next stand in the file, from an offset on: the offset, -ENOENT,
 * or what reading failed with. */
int64_t program_file_find(const struct root_file *f, uint64_t from, const char *text);
/* Shared libraries a program is linked with, see elf_needed(). */
int program_file_needs(struct arena *a, const struct root_file *f, struct strings *ret);
