#include "engine/trailer.h"

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/digest.h"
#include "root/own_store.h"

/* No trailer is longer. */
enum { TAIL = 256 };

struct form {
    const char *before, *between, *after;
};

static const struct form forms[] = {
    [TRAILER_JSON] = {"  \"integrity\": {\"sha256\": \"", "\", \"sm3\": \"", "\"}\n}\n"},
    [TRAILER_MARKUP] = {"<!-- dengbao sha256:", " sm3:", " -->\n"},
    [TRAILER_HASH] = {"# dengbao sha256:", " sm3:", "\n"},
};

enum trailer_kind trailer_of_format(const char *name)
{
    static const struct {
        const char *name;
        enum trailer_kind kind;
    } table[] = {{"json", TRAILER_JSON},    {"html", TRAILER_MARKUP}, {"xccdf", TRAILER_MARKUP},
                 {"junit", TRAILER_MARKUP}, {"md", TRAILER_MARKUP},   {"prometheus", TRAILER_HASH}};
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        if (cstr_eq(name, table[i].name))
            return table[i].kind;
    return TRAILER_NONE;
}

static void put(struct buf *b, const struct form *f, const struct sums *s)
{
    buf_printf(b, "%s%s%s%s%s", f->before, s->sha256, f->between, s->sm3 ? s->sm3 : "-", f->after);
}

void trailer_add(struct arena *a, enum trailer_kind kind, struct buf *b)
{
    static const char end[] = "\n}\n";
    if (kind == TRAILER_NONE)
        return;
    if (kind == TRAILER_JSON) {
        if (!str_ends((struct str){b->data, b->len}, end))
            return;
        b->len -= sizeof end - 1;
        buf_puts(b, ",\n");
    }
    struct sums sums = sums_of(a, (struct str){b->data, b->len});
    put(b, &forms[kind], &sums);
}

static bool is_digest(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!memchr("0123456789abcdef", s.p[i], 16))
            return false;
    return s.n == 64;
}

/* How long the trailer at the end of these bytes is; 0: there is none. */
static size_t read_form(struct arena *a, const struct form *f, struct str tail, struct sums *ret)
{
    size_t before = strlen(f->before), between = strlen(f->between), after = strlen(f->after);
    for (int with_sm3 = 1; with_sm3 >= 0; with_sm3--) {
        size_t sm3 = with_sm3 ? 64 : 1, n = before + 64 + between + sm3 + after;
        if (tail.n < n)
            continue;
        struct str s = str_slice(tail, tail.n - n, tail.n);
        struct str first = str_slice(s, before, before + 64);
        struct str second = str_slice(s, before + 64 + between, n - after);
        if (!str_starts(s, f->before) || !str_ends(s, f->after) || !is_digest(first) ||
            !str_starts(str_slice(s, before + 64, n), f->between) ||
            !(with_sm3 ? is_digest(second) : str_is(second, "-")))
            continue;
        *ret = (struct sums){.sha256 = str_dup(a, first)};
        if (with_sm3)
            ret->sm3 = str_dup(a, second);
        return n;
    }
    return 0;
}

static size_t read_any(struct arena *a, struct str tail, struct sums *ret)
{
    for (size_t k = TRAILER_JSON; k < ARRAY_SIZE(forms); k++) {
        size_t n = read_form(a, &forms[k], tail, ret);
        if (n)
            return n;
    }
    return 0;
}

static enum trailer_state compare(struct sums *told, const struct sums *seen)
{
    told->size = seen->size;
    return sums_equal(told, seen) ? TRAILER_FITS : TRAILER_DIFFERS;
}

enum trailer_state trailer_check(struct arena *a, struct str bytes)
{
    struct sums told;
    size_t n = read_any(a, str_slice(bytes, bytes.n > TAIL ? bytes.n - TAIL : 0, bytes.n), &told);
    if (!n)
        return TRAILER_ABSENT;
    struct sums seen = sums_of(a, str_slice(bytes, 0, bytes.n - n));
    return compare(&told, &seen);
}

enum trailer_state trailer_check_sha256(struct arena *a, struct str bytes)
{
    struct sums told;
    size_t n = read_any(a, str_slice(bytes, bytes.n > TAIL ? bytes.n - TAIL : 0, bytes.n), &told);
    if (!n)
        return TRAILER_ABSENT;
    struct digest *d = digest_new(DIGEST_SHA256);
    digest_bytes(d, bytes.p, bytes.n - n);
    return cstr_eq(digest_hex(a, d), told.sha256) ? TRAILER_FITS : TRAILER_DIFFERS;
}

/* Two digests at once: of the whole, and of all but the last bytes, which may be the trailer. */
struct passage {
    struct summer *whole, *front;
    struct buf held;
};

static void pass(void *context, const void *bytes, size_t n)
{
    struct passage *p = context;
    sums_bytes(p->whole, bytes, n);
    buf_append(&p->held, bytes, n);
    if (p->held.len <= TAIL)
        return;
    size_t gone = p->held.len - TAIL;
    sums_bytes(p->front, p->held.data, gone);
    memmove(p->held.data, p->held.data + gone, TAIL);
    p->held.len = TAIL;
}

int trailer_check_file(struct arena *a, const char *path, enum trailer_state *ret,
                       struct sums *ret_sums, struct err *e)
{
    struct passage p = {.whole = sums_begin(), .front = sums_begin()};
    struct sums told, seen, whole;
    int r = own_stream(path, pass, &p, e);
    struct str tail = {p.held.len ? p.held.data : "", p.held.len};
    size_t n = read_any(a, tail, &told);
    sums_bytes(p.front, tail.p, tail.n - n);
    sums_end(a, p.front, &seen);
    sums_end(a, p.whole, &whole);
    buf_done(&p.held);
    if (r < 0)
        return r;
    *ret = n ? compare(&told, &seen) : TRAILER_ABSENT;
    *ret_sums = whole;
    return 0;
}
