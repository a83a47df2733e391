/* The inside of struct media, for media*.c only. */
#pragma once

#include "root/media.h"

struct media {
    struct arena *arena;
    const char *work, *root; /* paths; root is below work */
    int work_fd;
    bool mounted;
    const char *disk;    /* the working copy of a disk image; NULL: the root is a plain directory */
    uint64_t superblock; /* of its ext file system, in bytes from the beginning; 0: another kind */
    unsigned others;     /* further file systems of the disk, not looked into */
    const char *output;
    struct tree_counts counts;
};

/* Runs a program of this machine without a limit worth the name; what it said goes into e. */
int media_run(struct media *m, const char *const argv[], struct err *e);
/* Copies or converts a disk image to m->disk and mounts its root file system. */
int media_open_disk(struct media *m, const char *from, int fd, enum media_kind kind, struct err *e);
/* Unmounts; then the disk is complete. */
int media_finish_disk(struct media *m, struct err *e);
/* A disk image of the tree at `root`: one ext4 file system, no partition table. */
int media_make_disk(struct media *m, const char *to, uint64_t size, struct err *e);
int media_convert(struct media *m, const char *from, const char *from_format, const char *to,
                  const char *to_format, struct err *e);
