/*
 * Everything that makes up one name in a directory: absent, a regular file, a directory, a link or
 * a special file; with bytes, mode, owner, time of change, and all extended attributes (ACLs, the
 * SELinux label and file capabilities among them). The unit in which a transaction remembers what
 * was and writes what shall be.
 */
#pragma once

#include "root/root.h"

enum image_kind { IMAGE_ABSENT, IMAGE_FILE, IMAGE_DIRECTORY, IMAGE_SYMLINK, IMAGE_OTHER };

struct image_xattr {
    const char *name;
    struct str value;
};

struct image {
    enum image_kind kind;
    mode_t mode; /* permission bits */
    uid_t uid;
    gid_t gid;
    struct timespec mtime; /* tv_nsec UTIME_OMIT: whatever the write gives */
    nlink_t nlink;
    bool immutable;     /* chattr +i or +a: cannot be changed */
    struct str bytes;   /* file */
    const char *target; /* symlink */
    struct {
        struct image_xattr *v; /* by name */
        size_t n, cap;
    } xattrs;
};

/*
 * Paths must be canonical (staged_change.path, root_resolve): a link in any parent gives -ELOOP, so
 * that nobody who owns a directory on the way can lead a write elsewhere.
 */

/* What is at `path` now, asked of the disk, not of the cache; a link is not followed. 0 (also for
 * absent), or -errno. Bytes beyond ROOT_FILE_LIMIT: -EFBIG. */
int image_capture(struct root *r, const char *path, struct image *ret);
/* Makes `path` be `image`, whatever is there: a file or link is written beside its target as
 * `temporary` (a name), synced and renamed over it; a directory is made, or its attributes are set;
 * absent removes a file, a link or an empty directory. The parent directory is synced. All or
 * nothing: on an error the old state stands (or, where only that last sync failed, the new one). */
int image_put(struct root *r, const char *path, const struct image *image, const char *temporary);
/* The same without syncing the parent directory, for many names in one: image_sync_directory(). */
int image_put_unsynced(struct root *r, const char *path, const struct image *image,
                       const char *temporary);
int image_sync_directory(struct root *r, const char *path);
/* A new file, 0600, synced; its name is not until its directory is. -EEXIST. */
int image_create(struct root *r, const char *path, struct str bytes);
/* Sets only what differs in mode, owner, extended attributes and time on what is there. */
int image_put_attributes(struct root *r, const char *path, const struct image *image);
/* Same kind, contents, mode, owner and extended attributes (labels the kernel gave by itself do not
 * count); times are compared only if asked. */
bool image_equal(const struct image *expected, const struct image *is, bool times);
/* Removes a left-over temporary beside `path`; absent is fine. */
int image_clean(struct root *r, const char *path, const char *temporary);
/* Names in a directory, asked of the disk now, not of the cache. */
int root_list_now(struct root *r, const char *dir, struct strings *ret);
