/*
 * The handle over a system: "/" of this machine, or the root directory of an image.
 *
 * Every path above this floor is a path *inside* that root ("/etc/passwd"); absolute links and ".."
 * are resolved inside it and never lead out.  Opened with openat2(2) RESOLVE_IN_ROOT |
 * RESOLVE_NO_MAGICLINKS, or by a walker with the same results on kernels before 5.6.  Only regular
 * files up to a size limit are read; a FIFO or a device is never opened for reading.
 *
 *     struct root *root;  struct str bytes;
 *     root_open(arena, "/srv/image", 0, &root, &err);
 *     int r = root_read(root, "/etc/passwd", &bytes);   // the same bytes however often asked
 *     root_close(root);
 *
 * Ownership: everything returned lives in the arena given to root_open.  Not thread-safe, except
 * where said.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

struct root;

enum root_flags {
    ROOT_FORCE_WALKER = 1, /* tests: do not use openat2 */
};

enum { ROOT_FILE_LIMIT = 16 << 20 }; /* larger files give -EFBIG; root_load takes its own */

/* `dir` is a path of the machine we run on. "/" is live. 0, -ENOENT, -ENOTDIR, -EACCES, -EINVAL
 * (an empty directory, or one without /etc: not a system root). */
int root_open(struct arena *a, const char *dir, unsigned flags, struct root **ret, struct err *e);
void root_close(struct root *r); /* takes NULL */
bool root_is_live(const struct root *r);
const char *root_name(const struct root *r); /* the directory as given */
struct arena *root_arena(const struct root *r);

/* ---- reading; 0 or -errno: -ENOENT, -EACCES, -ELOOP, -ENOTDIR, -EISDIR, -ENODEV (neither file nor
 * directory), -EFBIG ---- */

int root_read(struct root *r, const char *path, struct str *ret);
/* For databases and programs: a copy the caller frees, not kept; limit in bytes. No mapping:
 * whoever may write the file could cut it short while it is read, and that would end us with a
 * SIGBUS. */
int root_load(struct root *r, const char *path, size_t limit, struct buf *ret);

/* A regular file that is read in pieces: programs, of which little is asked. */
struct root_file {
    int fd; /* -1: the bytes of a staged view */
    struct str staged;
    uint64_t size;
};
int root_file_open(struct root *r, const char *path, struct root_file *ret);
/* Up to n bytes at an offset, fewer only at the end of the file: how many, or -errno. */
int root_file_read(const struct root_file *f, uint64_t at, void *bytes, size_t n);
void root_file_close(struct root_file *f);
#define _cleanup_root_file_ _cleanup_(root_file_close) /* set fd to -1 first */

struct file_info {
    mode_t mode; /* type and permission bits */
    uid_t uid;
    gid_t gid;
    off_t size;
    dev_t dev;
    ino_t ino;
    nlink_t nlink;
    struct timespec mtime;
};

int root_stat(struct root *r, const char *path, struct file_info *ret);  /* follows links */
int root_lstat(struct root *r, const char *path, struct file_info *ret); /* does not */
int root_readlink(struct root *r, const char *path, const char **ret);
/* The path that remains when all links are resolved inside the root: /etc/pam.d/system-auth ->
 * /etc/authselect/system-auth. */
int root_resolve(struct root *r, const char *path, const char **ret);
bool root_exists(struct root *r, const char *path); /* only for optional paths: hides -EACCES */
/* Names in a directory without "." and "..", in byte order. */
int root_list(struct root *r, const char *dir, struct strings *ret);
/* glob(7) without braces and tilde; matches in byte order; nothing matched: 0 and empty. */
int root_glob(struct root *r, const char *pattern, struct strings *ret);
/* An extended attribute; -ENODATA when absent. */
int root_getxattr(struct root *r, const char *path, const char *name, struct str *ret);
/* First of the directories that holds `name` decides (systemd and sysctl search paths);
 * NULL-terminated list. */
int root_find(struct root *r, const char *const *dirs, const char *name, const char **ret);

/* "cannot read /etc/shadow: permission denied" for an errno of the calls above. */
struct text root_error_text(struct root *r, const char *path, int code);

/* ---- what an answer rests on ----
 * Between begin and end every path that was read or found absent is recorded; scopes nest, inner
 * ones also count for the outer. Memoised answers replay their own trace. */
struct root_trace {
    struct strings read, absent;
};
void root_trace_begin(struct root *r);
void root_trace_end(struct root *r, struct root_trace *ret); /* ret may be NULL */

/* One value per key and root for the length of the run: `make` is called once, its result kept
 * (also a NULL). `key` is the address of a static object of the caller. */
typedef void *(*root_make)(struct root *r, void *context);
void *root_memo(struct root *r, const void *key, root_make make, void *context);

/* ---- the staged view ----
 * A root over a root: planned contents shadow the disk and every reader sees them; the disk is not
 * touched. Memoised answers whose trace meets a staged path are made afresh; so what root_memo
 * keeps must not hold the root it was made with.
 *
 * Paths are resolved as by the real calls (through links, -ENOENT without the parent, -EISDIR …).
 * stage_symlink replaces a file or link; stage_mkdir of what is a directory only sets attributes
 * (new ones are 0755 root:root); stage_remove takes an empty directory as well. A directory of the
 * base is never turned into something else (-EISDIR), nor the other way round (-EEXIST). Do not
 * stage into a view that has views over it. Nothing is staged through a link of an account other
 * than root that leads to what is not that account's: -EPERM. */
int root_stage(struct root *base, struct root **ret);
struct root *root_staged_base(struct root *r); /* NULL: not a staged view */

struct attributes {
    bool set; /* false: keep what is there, or the defaults of a new file (0600 root:root) */
    mode_t mode;
    uid_t uid;
    gid_t gid;
};

int stage_write(struct root *staged, const char *path, struct str bytes,
                const struct attributes *attributes); /* attributes may be NULL: keep */
int stage_attributes(struct root *staged, const char *path, const struct attributes *attributes);
int stage_symlink(struct root *staged, const char *path, const char *target);
int stage_mkdir(struct root *staged, const char *path, const struct attributes *attributes);
int stage_remove(struct root *staged, const char *path);

enum staged_kind { STAGED_WRITE, STAGED_ATTRIBUTES, STAGED_SYMLINK, STAGED_MKDIR, STAGED_REMOVE };
struct staged_change {
    enum staged_kind kind;
    const char *path;   /* fully resolved: no link is followed when it is written */
    struct str bytes;   /* write */
    const char *target; /* symlink */
    struct attributes attributes;
};
/* What differs from the base, in path order (so removals are carried out in reverse, children
 * first); a change that restores the base is not listed. */
void root_staged_changes(struct root *staged, const struct staged_change **ret, size_t *ret_count);
