/* No input reads outside its bytes; what was read is written and read again the same; no name leads
 * out of the archive. */
#include <stdint.h>
#include <stdlib.h>

#include "format/tar.h"

struct input {
    struct str left;
};

static ssize_t pull(void *context, void *bytes, size_t n)
{
    struct input *in = context;
    n = n < in->left.n ? n : in->left.n;
    if (n)
        memcpy(bytes, in->left.p, n);
    in->left = str_slice(in->left, n, in->left.n);
    return (ssize_t)n;
}

static void check_safe(const char *path)
{
    struct str rest = str_of(path), part;
    if (path[0] == '/')
        abort();
    while (str_next_field(&rest, '/', &part))
        if (str_is(part, "..") || (part.n == 0 && *path))
            abort();
}

static void check_same(const struct tar_member *a, const struct tar_member *b)
{
    if (a->type != b->type || !cstr_eq(a->path, b->path) || !cstr_eq(a->link, b->link) ||
        a->mode != b->mode || a->uid != b->uid || a->gid != b->gid || a->size != b->size ||
        a->mtime != b->mtime || a->mtime_nsec != b->mtime_nsec || a->major != b->major ||
        a->minor != b->minor || a->xattrs.n != b->xattrs.n)
        abort();
    for (size_t i = 0; i < a->xattrs.n; i++)
        if (!cstr_eq(a->xattrs.v[i].name, b->xattrs.v[i].name) ||
            !str_eq(a->xattrs.v[i].value, b->xattrs.v[i].value))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct input in = {{(const char *)data, size}};
    struct tar_reader t = {.pull = pull, .context = &in, .globals = a};
    struct tar_member m, again;
    struct err e = {.arena = a};
    char bytes[100];
    while (tar_next(&t, a, &m, &e) > 0) {
        _cleanup_buf_ struct buf header = {0};
        check_safe(m.path);
        if (m.type == TAR_HARD_LINK)
            check_safe(m.link);
        tar_put_header(&header, &m);
        struct input back = {{header.data, header.len}};
        struct tar_reader second = {.pull = pull, .context = &back, .globals = a};
        if (tar_next(&second, a, &again, &e) != 1)
            abort();
        check_same(&m, &again);
        while (tar_body(&t, bytes, sizeof bytes) > 0)
            ;
    }
    return 0;
}
