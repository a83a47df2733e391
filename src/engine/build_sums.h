/*
 * Size and digests of an image while something else is done: of a file its bytes, of a directory
 * its listing (docs/image.md), in which every regular file stands with its SHA-256.
 *
 *     build_sums_start(path, MEDIA_TAR, &s);  …  build_sums_finish(s, a, &sums, &e);
 *
 * What is never finished ends with the process.
 */
#pragma once

#include "engine/statement.h"
#include "root/media.h"

struct build_sums;

/* 0 or -errno (no thread). The path must stay valid. */
int build_sums_start(const char *path, enum media_kind kind, struct build_sums **ret);
/* Waits. 0 or -errno with e: it could not be read, or changed meanwhile (-EBUSY). */
int build_sums_finish(struct build_sums *s, struct arena *a, struct sums *ret, struct err *e);
