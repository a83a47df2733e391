/*
 * Archives of file trees: ustar, pax and what GNU tar adds (long names, numbers in base 256). Pure:
 * bytes come from a function of the caller, headers go into a buffer.
 *
 *     struct tar_reader t = {.pull = pull, .context = file, .globals = arena};
 *     while ((r = tar_next(&t, member_arena, &m, &e)) > 0)
 *         while ((n = tar_body(&t, bytes, sizeof bytes)) > 0) …
 *
 * Names are made safe when read: without a leading "/" or "./", without doubled slashes; a ".."
 * anywhere, or a NUL, refuses the archive. Owners are the numbers; names of users are not used,
 * because an archive of a system names the accounts of that system.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

enum {
    TAR_BLOCK = 512,
    TAR_META_LIMIT = 1 << 20, /* a pax header or a long name */
    TAR_PATH_LIMIT = 4095,
};

enum tar_type {
    TAR_FILE,
    TAR_HARD_LINK,
    TAR_SYMLINK,
    TAR_CHARACTER,
    TAR_BLOCK_DEVICE,
    TAR_DIRECTORY,
    TAR_FIFO,
};

struct tar_xattr {
    const char *name;
    struct str value;
};

struct tar_member {
    enum tar_type type;
    const char *path; /* "" is the top directory */
    const char *link; /* hard link: a path like the one above; symbolic link: as written */
    unsigned mode;    /* permission bits */
    uint32_t uid, gid;
    uint64_t size; /* of the body; 0 for all but files */
    int64_t mtime;
    uint32_t mtime_nsec;
    unsigned major, minor;
    struct {
        struct tar_xattr *v;
        size_t n, cap;
    } xattrs;
};

/* Fills up to n bytes; fewer only at the end of the input; -errno. */
typedef ssize_t (*tar_pull)(void *context, void *bytes, size_t n);

struct tar_reader {
    tar_pull pull;
    void *context;
    struct arena *globals; /* pax headers for all members that follow */
    /* of the reader itself */
    struct tar_member defaults;
    uint64_t left, padding, offset;
    unsigned fields; /* which the globals set */
};

/* 1: a member; 0: the end; -EINVAL with e: no tar, cut, damaged or not supported (sparse members,
 * several volumes); another -errno of pull. Skips what is left of the body before. */
int tar_next(struct tar_reader *t, struct arena *a, struct tar_member *ret, struct err *e);
/* The bytes of the member; 0 at their end; -EINVAL when the input ends before. */
ssize_t tar_body(struct tar_reader *t, void *bytes, size_t n);

/* Appends the header of a member, with a pax header before it where ustar cannot say it. The body
 * and tar_padding(size) zero bytes follow; after the last member come TAR_END zero bytes. */
void tar_put_header(struct buf *out, const struct tar_member *m);
static inline size_t tar_padding(uint64_t size)
{
    return (size_t)(-size % TAR_BLOCK);
}
enum { TAR_END = 2 * TAR_BLOCK };
