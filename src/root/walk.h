/*
 * One pass over the local file systems of a root, for every rule about trees at once.
 *
 * Directories are read with getdents64(2) and files looked at by directory descriptor, on several
 * threads; memory stays bounded however wide or deep the tree: at most WALK_QUEUE directories wait,
 * the rest are entered at once. Links are not followed and not counted as writable. Network, pseudo
 * and container-layer file systems are left out and named.
 */
#pragma once

#include "root/root.h"

enum walk_kind {
    WALK_UNOWNED = 1,        /* uid or gid that passwd and group of this root do not know */
    WALK_WORLD_WRITABLE = 2, /* file writable by all; directory so without the sticky bit */
    WALK_SET_ID = 4,         /* regular file with setuid or setgid */
    WALK_TRUST_FILE = 8,     /* .rhosts, .shosts, .netrc, hosts.equiv, shosts.equiv */
};
enum { WALK_KINDS = 4, WALK_HITS_KEPT = 1000, WALK_QUEUE = 1024 };

struct walk_hit {
    const char *path;
    unsigned kinds; /* of enum walk_kind */
    mode_t mode;
    uid_t uid;
    gid_t gid;
};

struct walk_skipped {
    const char *path;
    struct text reason;
};

struct walk {
    struct {
        struct walk_hit *v; /* by path; at most WALK_HITS_KEPT of each kind */
        size_t n, cap;
    } hits;
    uint64_t counts[WALK_KINDS]; /* all hits, also those not kept */
    struct {
        struct walk_skipped *v;
        size_t n, cap;
    } skipped;
    uint64_t directories, others;
    uint64_t unreadable; /* directories that could not be read */
    const char *unreadable_path;
    int unreadable_error; /* of that path, the first of them by name */
};

struct walk_options {
    unsigned threads;                                  /* 0: by the number of processors */
    void (*progress)(void *context, uint64_t entries); /* about five times a second; may be NULL */
    void *context;
};

/* 0 or -errno; the walk lives in the arena of the root. Not for staged views. */
int root_walk(struct root *r, const struct walk_options *options, const struct walk **ret);

/* Which kind of file system a directory with another st_dev is on: NULL: walk it. */
const struct text *walk_skip_filesystem(long magic);
/* A directory of container layers or the like, by its path; NULL: walk it. */
const struct text *walk_skip_path(const char *path);
