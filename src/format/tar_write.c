#include "base/cleanup.h"
#include "format/tar_parts.h"

static bool fits(uint64_t v, size_t digits)
{
    return v >> (3 * digits) == 0;
}

static void put_octal(char *field, size_t n, uint64_t v)
{
    for (size_t i = n - 1; i-- > 0; v >>= 3)
        field[i] = (char)('0' + (v & 7));
}

/* "LENGTH KEY=VALUE\n" where the length counts its own digits. */
static size_t digits_of(size_t v)
{
    size_t digits = 1;
    while (v >= 10) {
        v /= 10;
        digits++;
    }
    return digits;
}

static void put_record(struct buf *out, const char *key, struct str value)
{
    size_t rest = strlen(key) + value.n + 3, length = rest + 1;
    while (length != rest + digits_of(length))
        length = rest + digits_of(length);
    buf_printf(out, "%zu %s=", length, key);
    buf_append(out, value.p, value.n);
    buf_putc(out, '\n');
}

static void put_number_record(struct buf *out, const char *key, uint64_t v)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%llu", (unsigned long long)v);
    put_record(out, key, (struct str){text, (size_t)n});
}

static void put_time_record(struct buf *out, const struct tar_member *m)
{
    char text[48];
    int64_t seconds = m->mtime;
    uint32_t nsec = m->mtime_nsec;
    const char *sign = seconds < 0 ? "-" : "";
    if (seconds < 0 && nsec) {
        seconds++;
        nsec = 1000000000 - nsec;
    }
    uint64_t whole = seconds < 0 ? -(uint64_t)seconds : (uint64_t)seconds;
    int n = nsec ? snprintf(text, sizeof text, "%s%llu.%09u", sign, (unsigned long long)whole, nsec)
                 : snprintf(text, sizeof text, "%s%llu", sign, (unsigned long long)whole);
    put_record(out, "mtime", (struct str){text, (size_t)n});
}

static char type_letter(enum tar_type type)
{
    static const char letters[] = {
        [TAR_FILE] = '0',         [TAR_HARD_LINK] = '1', [TAR_SYMLINK] = '2', [TAR_CHARACTER] = '3',
        [TAR_BLOCK_DEVICE] = '4', [TAR_DIRECTORY] = '5', [TAR_FIFO] = '6',
    };
    return letters[type];
}

static void put_block(struct buf *out, struct tar_block *b)
{
    memcpy(b->magic, "ustar", 6);
    memcpy(b->version, "00", 2);
    (void)snprintf(b->checksum, sizeof b->checksum, "%06llo", (unsigned long long)tar_sum(b));
    b->checksum[7] = ' ';
    buf_append(out, b, sizeof *b);
}

static void put_pax(struct buf *out, const struct buf *records)
{
    struct tar_block b = {.name = "PaxHeader", .type = 'x'};
    put_octal(b.mode, sizeof b.mode, 0644);
    put_octal(b.uid, sizeof b.uid, 0);
    put_octal(b.gid, sizeof b.gid, 0);
    put_octal(b.size, sizeof b.size, records->len);
    put_octal(b.mtime, sizeof b.mtime, 0);
    put_block(out, &b);
    buf_append(out, records->data, records->len);
    buf_fill(out, 0, tar_padding(records->len));
}

static void put_id(struct buf *pax, char field[8], const char *key, uint32_t id)
{
    put_octal(field, 8, fits(id, 7) ? id : 0);
    if (!fits(id, 7))
        put_number_record(pax, key, id);
}

static void put_name(struct buf *pax, char field[100], const char *key, const char *name)
{
    size_t n = strlen(name);
    memcpy(field, name, n < 100 ? n : 100);
    if (n > 100)
        put_record(pax, key, str_of(name));
}

void tar_put_header(struct buf *out, const struct tar_member *m)
{
    _cleanup_buf_ struct buf pax = {0};
    _cleanup_buf_ struct buf name = {0};
    struct tar_block b = {.type = type_letter(m->type)};
    buf_puts(&name, *m->path ? m->path : ".");
    if (m->type == TAR_DIRECTORY)
        buf_putc(&name, '/');
    put_name(&pax, b.name, "path", name.data);
    if (m->link)
        put_name(&pax, b.link, "linkpath", m->link);
    put_octal(b.mode, sizeof b.mode, m->mode & 07777);
    put_id(&pax, b.uid, "uid", m->uid);
    put_id(&pax, b.gid, "gid", m->gid);
    uint64_t size = m->type == TAR_FILE ? m->size : 0;
    put_octal(b.size, sizeof b.size, fits(size, 11) ? size : 0);
    if (!fits(size, 11))
        put_number_record(&pax, "size", size);
    bool plain = m->mtime >= 0 && fits((uint64_t)m->mtime, 11) && m->mtime_nsec == 0;
    put_octal(b.mtime, sizeof b.mtime, plain ? (uint64_t)m->mtime : 0);
    if (!plain)
        put_time_record(&pax, m);
    if (m->type == TAR_CHARACTER || m->type == TAR_BLOCK_DEVICE) {
        put_octal(b.major, sizeof b.major, m->major);
        put_octal(b.minor, sizeof b.minor, m->minor);
    }
    vec_each (x, &m->xattrs) {
        _cleanup_buf_ struct buf key = {0};
        buf_puts(&key, "SCHILY.xattr.");
        for (const char *c = x->name; *c; c++) /* as GNU tar does: the key ends at the first = */
            if (*c == '=' || *c == '%')
                buf_puts(&key, *c == '=' ? "%3D" : "%25");
            else
                buf_putc(&key, *c);
        put_record(&pax, key.data, x->value);
    }
    if (pax.len)
        put_pax(out, &pax);
    put_block(out, &b);
}
