#include "engine/build_sums.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "engine/digest.h"
#include "root/own_store.h"

enum { SHA256, SM3, KINDS, CHUNK = 256 << 10 };

/* One digest of a file; SM3 takes four times as long as SHA-256, so each has a thread. */
struct one {
    struct build_sums *sums;
    pthread_t thread;
    bool started;
    struct digest *digest;
    uint64_t size;
    struct arena *arena; /* for the error */
    struct err error;
    int code;
};

struct build_sums {
    const char *path;
    enum media_kind kind;
    struct media_stamp stamp;
    struct one one[KINDS]; /* a directory has one thread, which feeds both */
};

static void take_bytes(void *context, const void *bytes, size_t n)
{
    struct one *o = context;
    digest_bytes(o->digest, bytes, n);
    o->size += n;
}

/* ---- the listing of a directory ---- */

struct lister {
    struct tree_sink sink; /* first: what tree_copy holds */
    struct build_sums *sums;
    struct buf line;
    char *bytes;
};

/* Spaces and everything that is not printable ASCII as \ooo, so that a line is a line. */
static void put_name(struct buf *b, const char *s)
{
    for (; *s; s++)
        if (*s > ' ' && *s <= '~' && *s != '\\')
            buf_putc(b, *s);
        else
            buf_printf(b, "\\%03o", (unsigned)(unsigned char)*s);
}

static int put_body(struct lister *l, struct tree_source *from, uint64_t size)
{
    struct digest *d = digest_new(DIGEST_SHA256);
    _cleanup_arena_ struct arena *a = arena_new();
    uint64_t left = size;
    ssize_t n = 1;
    while (left && n > 0) {
        n = from->body(from, l->bytes, left < CHUNK ? (size_t)left : CHUNK);
        if (n > 0)
            digest_bytes(d, l->bytes, (size_t)n);
        left -= n > 0 ? (uint64_t)n : 0;
    }
    buf_printf(&l->line, " size=%" PRIu64 " sha256=%s", size, digest_hex(a, d));
    return left ? (n < 0 ? (int)n : -EIO) : 0;
}

static void put_xattrs(struct lister *l, const struct tar_member *m)
{
    vec_each (x, &m->xattrs) {
        buf_puts(&l->line, " xattr.");
        put_name(&l->line, x->name);
        buf_putc(&l->line, '=');
        for (size_t i = 0; i < x->value.n; i++)
            buf_printf(&l->line, "%02x", (unsigned)(unsigned char)x->value.p[i]);
    }
}

static int lister_put(struct tree_sink *s, const struct tar_member *m, struct tree_source *from,
                      struct err *e)
{
    static const char *const types[] = {
        [TAR_FILE] = "file",     [TAR_HARD_LINK] = "hard", [TAR_SYMLINK] = "link",
        [TAR_DIRECTORY] = "dir", [TAR_CHARACTER] = "char", [TAR_BLOCK_DEVICE] = "block",
        [TAR_FIFO] = "fifo"};
    struct lister *l = (struct lister *)s;
    bool socket = m->type == TAR_FIFO && m->major;
    int code = 0;
    buf_clear(&l->line);
    buf_puts(&l->line, *m->path ? "./" : ".");
    put_name(&l->line, m->path);
    buf_printf(&l->line, " type=%s", socket ? "socket" : types[m->type]);
    if (m->type == TAR_HARD_LINK || m->type == TAR_SYMLINK) {
        buf_puts(&l->line, " link=");
        put_name(&l->line, m->link);
    }
    if (m->type != TAR_HARD_LINK) {
        buf_printf(&l->line, " uid=%u gid=%u", m->uid, m->gid);
        if (m->type != TAR_SYMLINK)
            buf_printf(&l->line, " mode=%04o", m->mode);
        if (m->type == TAR_CHARACTER || m->type == TAR_BLOCK_DEVICE)
            buf_printf(&l->line, " device=%u,%u", m->major, m->minor);
        if (m->type == TAR_FILE)
            code = put_body(l, from, m->size);
        put_xattrs(l, m);
    }
    buf_putc(&l->line, '\n');
    for (int i = 0; i < KINDS; i++)
        if (l->sums->one[i].digest)
            digest_bytes(l->sums->one[i].digest, l->line.data, l->line.len);
    l->sums->one[SHA256].size += l->line.len;
    return code < 0 ? err_set(e, code, "cannot read /%s: %s", "无法读取 /%s：%s", m->path,
                              errno_text(code).en)
                    : 0;
}

static int lister_finish(struct tree_sink *s, struct err *e)
{
    (void)s;
    (void)e;
    return 0;
}

static int list_directory(struct one *o)
{
    struct lister l = {
        .sink = {.put = lister_put, .finish = lister_finish}, .sums = o->sums, .bytes = NULL};
    struct tree_counts counts = {0};
    l.bytes = mem_alloc(CHUNK);
    int code = tree_copy_path(o->arena, o->sums->path, &l.sink, &counts, &o->error);
    free(l.bytes);
    buf_done(&l.line);
    return code;
}

/* ---- threads ---- */

static void *run(void *context)
{
    struct one *o = context;
    o->code = o->sums->kind == MEDIA_DIRECTORY
                  ? list_directory(o)
                  : own_stream(o->sums->path, take_bytes, o, &o->error);
    return NULL;
}

int build_sums_start(const char *path, enum media_kind kind, struct build_sums **ret)
{
    static const enum digest_kind kinds[KINDS] = {DIGEST_SHA256, DIGEST_SM3};
    struct build_sums *s = mem_alloc(sizeof *s);
    *s = (struct build_sums){.path = path, .kind = kind};
    media_stamp_of(path, &s->stamp);
    for (int i = 0; i < KINDS; i++) {
        struct one *o = &s->one[i];
        o->sums = s;
        o->arena = arena_new();
        o->error.arena = o->arena;
        o->digest = digest_new(kinds[i]);
    }
    int code = 0;
    for (int i = 0; i < KINDS && code == 0; i++)
        if (s->one[i].digest && (i == SHA256 || kind != MEDIA_DIRECTORY)) {
            code = -pthread_create(&s->one[i].thread, NULL, run, &s->one[i]);
            s->one[i].started = code == 0;
        }
    *ret = s; /* also of a failure: finish takes it apart */
    s->one[SHA256].code = code;
    return code;
}

int build_sums_finish(struct build_sums *s, struct arena *a, struct sums *ret, struct err *e)
{
    struct sums sums = {0};
    int code = 0;
    for (int i = 0; i < KINDS; i++) {
        struct one *o = &s->one[i];
        if (o->started)
            (void)pthread_join(o->thread, NULL);
        if (o->code < 0 && code == 0) {
            code = o->code;
            if (e)
                e->message = o->error.message.en
                                 ? (struct text){arena_strdup(e->arena, o->error.message.en),
                                                 arena_strdup(e->arena, o->error.message.zh)}
                                 : errno_text(code);
        }
        const char *hex = o->digest ? digest_hex(a, o->digest) : NULL;
        if (i == SHA256)
            sums.sha256 = hex;
        else
            sums.sm3 = hex;
        arena_free(o->arena);
    }
    sums.size = s->one[SHA256].size;
    struct media_stamp now;
    media_stamp_of(s->path, &now);
    if (code == 0 && s->kind != MEDIA_DIRECTORY && memcmp(&now, &s->stamp, sizeof now) != 0)
        code = err_set(e, -EBUSY, "%s changed while it was read", "%s 在读取过程中被更改", s->path);
    free(s);
    if (code == 0)
        *ret = sums;
    return code;
}
