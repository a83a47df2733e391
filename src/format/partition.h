/*
 * What a disk image begins with: a GPT or MBR partition table, or a file system, by their magic
 * numbers. Pure; sectors are 512 bytes (what qemu-img, mkosi and the clouds make).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum { PARTITION_SECTOR = 512, PARTITION_MOST = 128, FILESYSTEM_PROBE = 68 << 10 };

struct partition {
    uint64_t offset, size; /* bytes */
    bool swap_or_boot;     /* by its type it cannot be the root: ESP, BIOS boot, swap, … */
    bool root;             /* its type says that it is (Discoverable Partitions Specification) */
};

struct partitions {
    struct partition v[PARTITION_MOST];
    size_t n;
    bool gpt;
};

/* Reads n bytes at an offset; 0 or -errno, -EIO beyond the end. */
typedef int (*partition_read)(void *context, uint64_t at, void *bytes, size_t n);

/* 0; -ENOENT: no partition table; -EINVAL with e: one that makes no sense (overlaps the end of the
 * image, wrong checksum). Logical partitions of an MBR are followed. */
int partition_table(partition_read read, void *context, uint64_t size, struct partitions *ret,
                    struct err *e);

enum filesystem {
    FILESYSTEM_NONE,
    FILESYSTEM_EXT4, /* ext2 and ext3 too */
    FILESYSTEM_XFS,
    FILESYSTEM_BTRFS,
    FILESYSTEM_LUKS,
    FILESYSTEM_LVM,
    FILESYSTEM_RAID,
    FILESYSTEM_SWAP,
    FILESYSTEM_SQUASHFS,
    FILESYSTEM_FAT,
};

/* From the first FILESYSTEM_PROBE bytes of a partition (fewer are fine). */
enum filesystem filesystem_of(struct str head);
