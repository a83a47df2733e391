/*
 * Records that this program keeps about the machine it runs on (waivers, evidence), and files that
 * people hand to it.  The records steer what is judged: their directory is root's (or the
 * caller's), not writable by others, and each record is 0600.  What a person hands over is only
 * read: it is told by its digest, so it may belong to anybody.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

/* Makes `directory` (0700, and its parent 0755) where it is missing; writes the whole file beside
 * its name, fsync, rename. `name` is one path component. 0; -EPERM: others can write the
 * directory; other -errno. */
int own_store(const char *directory, const char *name, struct str bytes, struct err *e);
/* 0, -ENOENT … */
int own_discard(const char *directory, const char *name, struct err *e);

/* A regular file in blocks, of any size. Links are followed; FIFOs and devices give -ENODEV. */
int own_stream(const char *path, void (*block)(void *context, const void *bytes, size_t n),
               void *context, struct err *e);
/* The same in memory, up to `limit` bytes (-EFBIG). */
int own_load(struct arena *a, const char *path, size_t limit, struct str *ret, struct err *e);
/* The absolute path without links and dots. 0 or -errno. */
int own_absolute(struct arena *a, const char *path, const char **ret, struct err *e);
