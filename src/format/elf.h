/*
 * Which shared libraries a program is linked with: DT_NEEDED of an ELF file of either class and
 * byte order, bounds checked; nothing is executed.
 */
#pragma once

#include "base/str.h"
#include "base/vec.h"

/* A file of which only pieces are read: programs are large, what is asked of them is small. */
struct elf_source {
    void *context;
    uint64_t size;
    /* Up to n bytes at an offset: how many there were, or -errno. */
    int (*read)(void *context, uint64_t at, void *bytes, size_t n);
};

/* 0; -ENOEXEC: no ELF file, or a damaged one; what read() failed with. A static program gives an
 * empty list. */
int elf_needed(struct arena *a, const struct elf_source *source, struct strings *ret);
/* The same of bytes in memory. */
int elf_needed_of(struct arena *a, struct str bytes, struct strings *ret);
