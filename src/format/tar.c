#include "format/tar.h"

#include <errno.h>
#include <limits.h>

#include "base/cleanup.h"
#include "format/tar_parts.h"

static int broken(const struct tar_reader *t, struct err *e)
{
    if (t->offset <= TAR_BLOCK)
        return err_set(e, -EINVAL,
                       "this is no tar archive (compressed archives: unpack them first)",
                       "这不是 tar 归档（压缩的归档请先解压）");
    return err_set(e, -EINVAL, "the tar archive is damaged at byte %llu",
                   "tar 归档在第 %llu 字节处损坏", (unsigned long long)t->offset);
}

static int cut(struct err *e)
{
    return err_set(e, -EINVAL, "the tar archive ends in the middle", "tar 归档不完整");
}

/* All n bytes, or how many there were. */
static ssize_t pull(struct tar_reader *t, void *bytes, size_t n)
{
    ssize_t got = t->pull(t->context, bytes, n);
    if (got > 0)
        t->offset += (uint64_t)got;
    return got;
}

static int skip(struct tar_reader *t, struct err *e)
{
    char bytes[16384];
    uint64_t left = t->left + t->padding;
    t->left = t->padding = 0;
    while (left) {
        size_t n = left < sizeof bytes ? (size_t)left : sizeof bytes;
        ssize_t got = pull(t, bytes, n);
        if (got < 0)
            return (int)got;
        if ((size_t)got < n)
            return cut(e);
        left -= n;
    }
    return 0;
}

/* Octal with blanks or NUL around it, or base 256 with the first bit set. */
static int number(const char *field, size_t n, int64_t *ret)
{
    const unsigned char *p = (const unsigned char *)field;
    if (p[0] & 0x80) {
        uint64_t v = p[0] == 0xff ? UINT64_MAX : p[0] & 0x7f;
        if (p[0] != 0x80 && p[0] != 0xff)
            return -EINVAL;
        for (size_t i = 1; i < n; i++) {
            /* The block was read whole. */
            // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult)
            if (v >> 55 != 0 && v >> 55 != 0x1ff)
                return -EINVAL;
            v = v << 8 | p[i];
        }
        *ret = (int64_t)v;
        return 0;
    }
    size_t i = 0;
    uint64_t v = 0;
    while (i < n && p[i] == ' ')
        i++;
    for (; i < n && p[i] >= '0' && p[i] <= '7'; i++)
        v = v << 3 | (p[i] - '0'); /* 12 octal digits are 36 bits */
    for (; i < n; i++)
        if (p[i] != ' ' && p[i] != 0)
            return -EINVAL;
    *ret = (int64_t)v;
    return 0;
}

static int unsigned_number(const char *field, size_t n, int64_t most, int64_t *ret)
{
    int64_t v;
    if (number(field, n, &v) < 0 || v < 0 || v > most)
        return -EINVAL;
    *ret = v;
    return 0;
}

static struct str field_text(const char *field, size_t n)
{
    return (struct str){field, strnlen(field, n)};
}

static bool checksum_holds(const struct tar_block *b)
{
    int64_t said, is_signed = 8 * ' ';
    const char *bytes = (const char *)b;
    if (unsigned_number(b->checksum, sizeof b->checksum, INT_MAX, &said) < 0)
        return false;
    if ((uint64_t)said == tar_sum(b))
        return true;
    for (size_t i = 0; i < sizeof *b; i++) /* some old programs summed signed bytes */
        if (i < offsetof(struct tar_block, checksum) || i >= offsetof(struct tar_block, type))
            is_signed += (signed char)bytes[i];
    return said == is_signed;
}

/* A name made safe: no leading "/", no ".", no "..", no doubled slash. */
static int clean_path(struct arena *a, const char *name, const char **ret)
{
    _cleanup_buf_ struct buf b = {0};
    struct str rest = str_of(name), part;
    while (str_next_field(&rest, '/', &part)) {
        if (part.n == 0 || str_is(part, "."))
            continue;
        if (str_is(part, ".."))
            return -EINVAL;
        if (part.n > NAME_MAX)
            return -ENAMETOOLONG;
        if (b.len)
            buf_putc(&b, '/');
        buf_append(&b, part.p, part.n);
    }
    if (b.len > TAR_PATH_LIMIT)
        return -ENAMETOOLONG;
    *ret = arena_strndup(a, b.len ? b.data : "", b.len);
    return 0;
}

static const char *header_name(struct arena *a, const struct tar_block *b)
{
    struct str name = field_text(b->name, sizeof b->name);
    struct str prefix = field_text(b->prefix, sizeof b->prefix);
    bool ustar = memcmp(b->magic, "ustar", 6) == 0; /* GNU has "ustar " and no prefix */
    if (!ustar || !prefix.n)
        return str_dup(a, name);
    return arena_printf(a, "%.*s/%.*s", STR_ARG(prefix), STR_ARG(name));
}

/* The numbers of a header, where no pax record has given them. */
static int header_numbers(const struct tar_block *b, unsigned given, struct tar_member *m)
{
    int64_t mode, uid, gid, size, mtime, major = 0, minor = 0;
    bool device = b->type == '3' || b->type == '4';
    if (unsigned_number(b->mode, sizeof b->mode, UINT32_MAX, &mode) < 0 ||
        unsigned_number(b->uid, sizeof b->uid, UINT32_MAX - 1LL, &uid) < 0 ||
        unsigned_number(b->gid, sizeof b->gid, UINT32_MAX - 1LL, &gid) < 0 ||
        unsigned_number(b->size, sizeof b->size, INT64_MAX, &size) < 0 ||
        number(b->mtime, sizeof b->mtime, &mtime) < 0)
        return -EINVAL;
    if (device && (unsigned_number(b->major, sizeof b->major, 0xfff, &major) < 0 ||
                   unsigned_number(b->minor, sizeof b->minor, 0xfffff, &minor) < 0))
        return -EINVAL;
    m->mode = (unsigned)mode & 07777;
    m->major = (unsigned)major;
    m->minor = (unsigned)minor;
    if (!(given & PAX_UID))
        m->uid = (uint32_t)uid;
    if (!(given & PAX_GID))
        m->gid = (uint32_t)gid;
    if (!(given & PAX_SIZE))
        m->size = (uint64_t)size;
    if (!(given & PAX_MTIME)) {
        m->mtime = mtime;
        m->mtime_nsec = 0;
    }
    return 0;
}

static int member_type(const struct tar_block *b, const char *name, enum tar_type *ret)
{
    static const char letters[] = "01234567";
    static const enum tar_type types[] = {TAR_FILE,      TAR_HARD_LINK,    TAR_SYMLINK,
                                          TAR_CHARACTER, TAR_BLOCK_DEVICE, TAR_DIRECTORY,
                                          TAR_FIFO,      TAR_FILE};
    const char *found = b->type ? strchr(letters, b->type) : letters;
    if (!found)
        return -EINVAL;
    *ret = types[found - letters];
    /* Before POSIX a directory was a file whose name ends in a slash. */
    if (*ret == TAR_FILE && cstr_ends(name, "/"))
        *ret = TAR_DIRECTORY;
    return 0;
}

static int unsupported(struct err *e, char type)
{
    if (type == 'S')
        return err_set(e, -EINVAL, "the archive has sparse members; make it without --sparse",
                       "归档含有稀疏成员；请不加 --sparse 重新制作");
    return err_set(e, -EINVAL, "the archive has a member of a kind that is not known: 0x%02x",
                   "归档含有未知类型的成员：0x%02x", (unsigned char)type);
}

static int make_member(struct tar_reader *t, struct arena *a, const struct tar_block *b,
                       unsigned given, struct tar_member *m, struct err *e)
{
    const char *name = given & PAX_PATH ? m->path : header_name(a, b);
    if (member_type(b, name, &m->type) < 0)
        return unsupported(e, b->type);
    if (header_numbers(b, given, m) < 0)
        return broken(t, e);
    if (clean_path(a, name, &m->path) < 0)
        return err_set(e, -EINVAL, "the archive has a name that leads out of it or is too long: %s",
                       "归档中有指向归档之外或过长的名称：%s", name);
    const char *link = given & PAX_LINK ? m->link : str_dup(a, field_text(b->link, sizeof b->link));
    m->link = NULL;
    if (m->type == TAR_HARD_LINK && clean_path(a, link, &m->link) < 0)
        return err_set(e, -EINVAL, "the archive has a link that leads out of it: %s",
                       "归档中有指向归档之外的链接：%s", link);
    if (m->type == TAR_SYMLINK)
        m->link = link;
    if (m->link && !*m->link)
        return broken(t, e);
    if (m->type != TAR_FILE) {
        /* Only files have bodies; a hard link of pax may, but then it repeats the file. */
        t->left = m->type == TAR_HARD_LINK ? m->size : 0;
        m->size = 0;
    } else {
        t->left = m->size;
    }
    t->padding = tar_padding(t->left);
    return 1;
}

/* The body of a header that speaks of the next one. */
static int read_meta(struct tar_reader *t, struct arena *a, const struct tar_block *b,
                     struct str *ret, struct err *e)
{
    int64_t size = 0;
    if (unsigned_number(b->size, sizeof b->size, TAR_META_LIMIT, &size) < 0)
        return broken(t, e);
    size_t whole = (size_t)size + tar_padding((uint64_t)size);
    char *bytes = arena_alloc(a, whole + 1);
    ssize_t got = pull(t, bytes, whole);
    if (got < 0)
        return (int)got;
    if ((size_t)got < whole)
        return cut(e);
    *ret = (struct str){bytes, (size_t)size};
    return 0;
}

static int apply_meta(struct tar_reader *t, struct arena *a, const struct tar_block *b,
                      struct tar_member *m, unsigned *given, struct err *e)
{
    struct str bytes = {0};
    int code = read_meta(t, b->type == 'g' ? t->globals : a, b, &bytes, e);
    if (code < 0)
        return code;
    if (b->type == 'x')
        return tar_read_pax(a, bytes, m, given, e);
    if (b->type == 'g') {
        code = tar_read_pax(t->globals, bytes, &t->defaults, &t->fields, e);
        *m = t->defaults;
        *given = t->fields;
        return code;
    }
    size_t n = bytes.p ? strnlen(bytes.p, bytes.n) : 0;
    if (n > TAR_PATH_LIMIT)
        return broken(t, e);
    *(b->type == 'L' ? &m->path : &m->link) = arena_strndup(a, bytes.p, n);
    *given |= b->type == 'L' ? PAX_PATH : PAX_LINK;
    return 0;
}

static bool is_zero(const struct tar_block *b)
{
    static const struct tar_block zero;
    return memcmp(b, &zero, sizeof zero) == 0;
}

/* What the member's own header is started with; xattrs are copied, they may be added to. */
static struct tar_member start(struct arena *a, const struct tar_reader *t)
{
    struct tar_member m = t->defaults;
    m.xattrs.v = NULL;
    m.xattrs.n = m.xattrs.cap = 0;
    vec_each (x, &t->defaults.xattrs)
        vec_push(a, &m.xattrs, *x);
    return m;
}

int tar_next(struct tar_reader *t, struct arena *a, struct tar_member *ret, struct err *e)
{
    struct tar_member m = start(a, t);
    unsigned given = t->fields, metas = 0;
    int code = skip(t, e);
    while (code == 0) {
        struct tar_block b;
        ssize_t got = pull(t, &b, sizeof b);
        if (got < 0)
            return (int)got;
        if (got == 0 && t->offset) /* some programs leave the zero blocks away */
            return metas ? cut(e) : 0;
        if (got < (ssize_t)sizeof b)
            return t->offset < TAR_BLOCK ? broken(t, e) : cut(e);
        if (is_zero(&b))
            return metas ? broken(t, e) : 0;
        if (!checksum_holds(&b))
            return broken(t, e);
        if (b.type && strchr("xgLK", b.type) != NULL) {
            if (metas++ > 8)
                return broken(t, e);
            code = apply_meta(t, a, &b, &m, &given, e);
        } else if (b.type == 'V') {
            int64_t size; /* the name of the volume */
            if (unsigned_number(b.size, sizeof b.size, TAR_META_LIMIT, &size) < 0)
                return broken(t, e);
            t->left = (uint64_t)size;
            t->padding = tar_padding(t->left);
            code = skip(t, e);
        } else {
            code = make_member(t, a, &b, given, &m, e);
        }
    }
    if (code > 0)
        *ret = m;
    return code;
}

ssize_t tar_body(struct tar_reader *t, void *bytes, size_t n)
{
    if (n > t->left)
        n = (size_t)t->left;
    if (n == 0)
        return 0;
    ssize_t got = pull(t, bytes, n);
    if (got == 0)
        return -EINVAL;
    if (got > 0)
        t->left -= (uint64_t)got;
    return got;
}
