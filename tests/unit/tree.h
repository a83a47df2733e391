/* A throw-away directory tree for tests of the root handle. */
#pragma once

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct tree {
    char dir[64];
    int fd;
};

static inline bool tree_make(struct tree *t)
{
    (void)snprintf(t->dir, sizeof t->dir, "/tmp/dengbao-test-XXXXXX");
    if (!mkdtemp(t->dir))
        return false;
    t->fd = open(t->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return t->fd >= 0 && chmod(t->dir, 0755) == 0 && mkdirat(t->fd, "etc", 0755) == 0;
}

static inline int tree_remove_one(const char *path, const struct stat *st, int type,
                                  struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

static inline void tree_done(struct tree *t)
{
    (void)close(t->fd);
    (void)nftw(t->dir, tree_remove_one, 32, FTW_DEPTH | FTW_PHYS);
}

/* Paths are relative to the tree. */
static inline bool tree_file(const struct tree *t, const char *path, const char *bytes, size_t n)
{
    int fd = openat(t->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
                    0644);
    if (fd < 0)
        return false;
    bool good = write(fd, bytes, n) == (ssize_t)n;
    return close(fd) == 0 && good;
}

static inline bool tree_text(const struct tree *t, const char *path, const char *text)
{
    return tree_file(t, path, text, strlen(text));
}

static inline bool tree_dir(const struct tree *t, const char *path)
{
    return mkdirat(t->fd, path, 0755) == 0;
}

static inline bool tree_link(const struct tree *t, const char *path, const char *target)
{
    return symlinkat(target, t->fd, path) == 0;
}

/* xorshift64*: the same trees for the same seed everywhere. */
static inline uint64_t random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1du;
}

static inline size_t random_below(uint64_t *state, size_t n)
{
    return (size_t)((random_next(state) >> 33) % n);
}

static inline uint64_t random_seed(uint64_t fallback)
{
    const char *seed = getenv("SEED");
    return seed && strtoull(seed, NULL, 10) ? strtoull(seed, NULL, 10) : fallback;
}

static inline size_t random_count(size_t fallback)
{
    const char *count = getenv("COUNT");
    return count && strtoull(count, NULL, 10) ? strtoull(count, NULL, 10) : fallback;
}
