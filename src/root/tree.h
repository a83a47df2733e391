/*
 * Whole file trees on their way from one place to another: a source gives members one by one, a
 * sink takes them. A directory and a tar archive are both.
 *
 *     struct tree_source *from;  struct tree_sink *to;
 *     tree_open_directory(a, fd, &from);  tree_make_tar(a, out_fd, epoch, &to);
 *     r = tree_copy(from, to, &counts, &e);
 *
 * What a tree holds is never trusted: a sink makes names only below its directory and never goes
 * through a link; a source opens nothing but directories and regular files. Metadata is kept:
 * owners, modes, times, extended attributes (ACLs, capabilities, labels), hard links, devices,
 * holes. Not kept: inode flags of chattr, times of access, sockets in archives.
 */
#pragma once

#include "format/tar.h"
#include "root/root.h"

enum { TREE_DEPTH = 256, TREE_NO_EPOCH = -1 };
#define TREE_FILE_LIMIT (UINT64_C(1) << 40) /* more, holes included, is in no image of a system */

struct tree_source {
    int (*next)(struct tree_source *s, struct arena *a, struct tar_member *ret, struct err *e);
    ssize_t (*body)(struct tree_source *s, void *bytes, size_t n);
    void (*done)(struct tree_source *s);
    int body_fd; /* the file of the member itself, at its beginning; -1: only body() */
};

struct tree_sink {
    int (*put)(struct tree_sink *s, const struct tar_member *m, struct tree_source *from,
               struct err *e);
    int (*finish)(struct tree_sink *s, struct err *e);
    void (*done)(struct tree_sink *s);
};

struct tree_counts {
    uint64_t members, bytes;
    uint64_t sockets, devices, labels; /* left out: by an archive; without the right; likewise */
};

/* fd is a directory open for reading; other file systems mounted below it are left out. */
void tree_open_directory(struct arena *a, int fd, struct tree_source **ret);
void tree_open_tar(struct arena *a, int fd, struct tree_source **ret);
/* fd is an empty directory. `counts` gets what could not be kept. */
void tree_make_directory(struct arena *a, int fd, struct tree_counts *counts,
                         struct tree_sink **ret);
/* Times after `epoch` (seconds; TREE_NO_EPOCH: none) become `epoch`. */
void tree_make_tar(struct arena *a, int fd, int64_t epoch, struct tree_counts *counts,
                   struct tree_sink **ret);

/* Everything, then finish. 0 or -errno with e. Does not call done. */
int tree_copy(struct tree_source *from, struct tree_sink *to, struct tree_counts *counts,
              struct err *e);
/* The tree at a path of this machine into a sink. 0 or -errno with e. */
int tree_copy_path(struct arena *a, const char *path, struct tree_sink *to,
                   struct tree_counts *counts, struct err *e);
void tree_source_done(struct tree_source *s); /* takes NULL */
void tree_sink_done(struct tree_sink *s);     /* takes NULL */

/* errno_text, but -ELOOP means too many directories in each other, -ENODATA the end of an archive.
 */
struct text tree_error(int code);

/* The bytes of a file, holes kept, blocks shared where the file system can. 0 or -errno. */
int tree_copy_file(int from, int to, uint64_t size);
/* Removes name below dirfd with all it holds; absent is fine. 0 or -errno. */
int tree_remove(int dirfd, const char *name);
/* Likewise, but -EXDEV at another file system mounted below: what is in that is not ours. */
int tree_remove_own(int dirfd, const char *name);

/* The same in a system root; parents are canonical, a link in them gives -ELOOP. */
int tree_remove_in(struct root *r, const char *path);
/* Makes a regular file empty, keeping what else it is; -ENODEV: it is something else. */
int tree_empty_in(struct root *r, const char *path);
