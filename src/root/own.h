/*
 * Files that steer this program, on the machine we run on (never in a checked root): policies and
 * the administrator's overrides.  Whoever can write them decides what is judged and changed, so a
 * file or directory is refused unless its owner is root or the caller and neither group nor others
 * may write it.  What is checked is what was opened (fstat), and only regular files are read.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

enum { OWN_FILE_LIMIT = 1 << 20 };

/* Names in a directory that end in `suffix` (hidden files left out), in byte order. 0; -ENOENT,
 * -ENOTDIR, -EACCES …; -EPERM: others can write the directory. The error says what to do. */
int own_list(struct arena *a, const char *directory, const char *suffix, struct strings *ret,
             struct err *e);
/* The bytes of a file. 0; -ENOENT, -EACCES, -EISDIR, -ENODEV, -EFBIG …; -EPERM as above. */
int own_read(struct arena *a, const char *path, struct str *ret, struct err *e);
/* The bytes of a file that steers nothing (a result, evidence): whoever owns it, and pipes too; at
 * most `limit` bytes, appended to *ret. 0; -ENOENT, -EACCES, -EISDIR, -EFBIG …, the error says it.
 */
int own_read_input(const char *path, size_t limit, struct buf *ret, struct err *e);
/* The same for larger files. */
int own_read_up_to(struct arena *a, const char *path, size_t limit, struct str *ret, struct err *e);
/* A private key: a regular file of root or the caller that nobody else can read or write. -EPERM:
 * it is open to others; otherwise as above. */
int own_read_secret(const char *path, size_t limit, struct buf *ret, struct err *e);
/* May group or others read it? For files that hold secrets. */
bool own_is_exposed(const char *path);
/* Is there a directory? Links are followed. */
bool own_is_directory(const char *path);

/* Writes what the person asked for into a file of theirs (-o FILE). A regular file is replaced as a
 * whole or not at all and keeps its mode; a new one gets 0666 less the umask; a FIFO or a device is
 * written into, and "/dev/stdout" and "/dev/fd/N" are the open file itself. A link is followed, but
 * not one (or a FIFO) that another user put into a directory like /tmp: -EACCES. 0 or -errno. */
int own_write(const char *path, struct str bytes);
/* The same for its owner alone: 0600. */
int own_write_private(const char *path, struct str bytes);
