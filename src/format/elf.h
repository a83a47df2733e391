/*
 * Which shared libraries a program is linked with: DT_NEEDED of an ELF file of either class and
 * byte order, bounds checked; nothing is executed.
 */
#pragma once

#include "base/str.h"
#include "base/vec.h"

/* 0; -ENOEXEC: no ELF file, or a damaged one. A static program gives an empty list. */
int elf_needed(struct arena *a, struct str bytes, struct strings *ret);
