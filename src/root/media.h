/*
 * Systems as they are kept in files: a directory, a tar archive, a raw or qcow2 disk image. One is
 * taken as a working copy below a work directory, changed there, and written as another; the
 * original is only read. All of this happens in a worker (root/worker.h), whose mounts end with it.
 *
 *     media_open(a, from, kind, "/srv/.work", &m, &e);
 *     … media_root(m) is a directory to open with root_open …
 *     media_write(m, MEDIA_QCOW2, epoch, size, &e);
 *     media_publish(m, "/srv/out.qcow2", manifest, &e);
 */
#pragma once

#include "root/root.h"
#include "root/tree.h"

enum media_kind { MEDIA_DIRECTORY, MEDIA_TAR, MEDIA_RAW, MEDIA_QCOW2 };

const char *media_kind_name(enum media_kind k); /* "dir", "tar", "raw", "qcow2" */
/* By --format, or by the end of a name (.tar, .raw, .img, .qcow2; a name without one of these is a
 * directory). -EINVAL: no such format. */
int media_kind_from_name(const char *format, const char *path, enum media_kind *ret);
/* By what is there. 0 or -errno with e. */
int media_kind_of(const char *path, enum media_kind *ret, struct err *e);

/* What tells whether a file was changed between two looks; all zero: it cannot be seen. */
struct media_stamp {
    uint64_t device, inode, size;
    int64_t changed_s, changed_ns;
};
void media_stamp_of(const char *path, struct media_stamp *ret);

bool media_exists(const char *path); /* anything, also a dangling link */

/* The directory a name is in, as an absolute path; NULL: there is none. */
const char *media_directory(struct arena *a, const char *path);

struct media;

/* Makes the working copy. 0 or -errno with e. */
int media_open(struct arena *a, const char *from, enum media_kind kind, const char *work,
               struct media **ret, struct err *e);
const char *media_root(const struct media *m);
const struct tree_counts *media_counts(const struct media *m);
/* Further file systems of a disk image (/boot, /var, …), which stay as they are. */
unsigned media_others(const struct media *m);
/* Makes the output in the work directory; the root must not be in use any more. `size`: bytes of a
 * disk image made of a tree; 0: what it needs and some room. */
int media_write(struct media *m, enum media_kind kind, int64_t epoch, uint64_t size, struct err *e);
/* The finished output, before it is published: a file's path, or a directory's. */
const char *media_output(const struct media *m);
/* A file beside an output: its name is the output's and a suffix. */
struct media_beside {
    const char *suffix;
    struct str bytes;
};
/* Moves the output to its place after what belongs beside it. -EEXIST: something is there. */
int media_publish(struct media *m, const char *to, const struct media_beside *beside, size_t n,
                  struct err *e);
void media_close(struct media *m); /* takes NULL */
