#include "format/diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"

enum { CONTEXT = 3, MOST_EDITS = 1500 };

struct lines {
    struct str *v;
    size_t n;
    bool cut; /* the last line has no newline */
};

static struct lines split(struct str bytes)
{
    struct lines l = {.cut = bytes.n && bytes.p[bytes.n - 1] != '\n'};
    size_t cap = 1;
    for (size_t i = 0; i < bytes.n; i++)
        cap += bytes.p[i] == '\n';
    l.v = mem_alloc(cap * sizeof *l.v);
    struct str line;
    while (str_next_line(&bytes, &line))
        l.v[l.n++] = line;
    return l;
}

/* One entry per line of the edit script: ' ' both, '-' only before, '+' only after. */
struct script {
    char *op;
    size_t n;
};

static bool same_line(const struct lines *a, size_t x, const struct lines *b, size_t y)
{
    bool a_cut = a->cut && x + 1 == a->n, b_cut = b->cut && y + 1 == b->n;
    return a_cut == b_cut && str_eq(a->v[x], b->v[y]);
}

static struct script replace_all(size_t from, size_t removed, size_t added, size_t to)
{
    struct script s = {.op = mem_alloc(from + removed + added + to + 1)};
    s.n = from + removed + added + to;
    memset(s.op, ' ', s.n);
    memset(s.op + from, '-', removed);
    memset(s.op + from + removed, '+', added);
    return s;
}

/* Walks the stored frontiers back from the end and writes the script of the middle part. */
static void backtrack(int *const *trace, long d, long n, long m, char *op_end)
{
    long x = n, y = m;
    for (; d > 0; d--) {
        const int *v = trace[d - 1]; /* frontier after d - 1 edits, index k + d - 1 */
        long k = x - y, offset = d - 1;
        bool down = k == -d || (k != d && v[k - 1 + offset] < v[k + 1 + offset]);
        long previous_k = down ? k + 1 : k - 1;
        long previous_x = v[previous_k + offset], previous_y = previous_x - previous_k;
        while (x > previous_x && y > previous_y) {
            *--op_end = ' ';
            x--;
            y--;
        }
        *--op_end = down ? '+' : '-';
        x = previous_x;
        y = previous_y;
    }
    while (x-- > 0)
        *--op_end = ' ';
}

struct middle {
    const struct lines *a, *b;
    size_t start;
    long n, m;
};

static long frontier_step(const struct middle *w, const int *previous, int *next, long d)
{
    for (long k = -d; k <= d; k += 2) {
        long offset = d - 1, x = 0;
        if (d > 0 && (k == -d || (k != d && previous[k - 1 + offset] < previous[k + 1 + offset])))
            x = previous[k + 1 + offset];
        else if (d > 0)
            x = previous[k - 1 + offset] + 1;
        long y = x - k;
        while (x < w->n && y < w->m && y >= 0 &&
               same_line(w->a, w->start + (size_t)x, w->b, w->start + (size_t)y)) {
            x++;
            y++;
        }
        next[k + d] = (int)x;
        if (x >= w->n && y >= w->m)
            return d;
    }
    return -1;
}

static struct script compare(const struct lines *a, const struct lines *b)
{
    size_t start = 0, end = 0;
    while (start < a->n && start < b->n && same_line(a, start, b, start))
        start++;
    while (end < a->n - start && end < b->n - start &&
           same_line(a, a->n - 1 - end, b, b->n - 1 - end))
        end++;
    struct middle w = {a, b, start, (long)(a->n - start - end), (long)(b->n - start - end)};
    int *trace[MOST_EDITS + 1] = {0};
    long found = -1, d = 0;
    for (; d <= MOST_EDITS && found < 0; d++) {
        trace[d] = mem_alloc((size_t)(2 * d + 1) * sizeof **trace);
        found = frontier_step(&w, d ? trace[d - 1] : NULL, trace[d], d);
    }
    struct script s = replace_all(start, (size_t)w.n, (size_t)w.m, end);
    if (found >= 0) {
        size_t length = (size_t)((w.n + w.m + found) / 2);
        memset(s.op, ' ', s.n);
        s.n = start + length + end;
        backtrack(trace, found, w.n, w.m, s.op + start + length);
        memset(s.op + start + length, ' ', end);
    }
    for (long i = 0; i < d; i++)
        free(trace[i]);
    return s;
}

static void put_line(struct buf *ret, char op, const struct lines *l, size_t i)
{
    buf_putc(ret, op);
    buf_append(ret, l->v[i].p, l->v[i].n);
    buf_putc(ret, '\n');
    if (l->cut && i + 1 == l->n)
        buf_puts(ret, "\\ No newline at end of file\n");
}

static void put_range(struct buf *ret, size_t first, size_t count)
{
    if (count == 1)
        buf_printf(ret, "%zu", first + 1);
    else
        buf_printf(ret, "%zu,%zu", count ? first + 1 : first, count);
}

/* Writes the hunk of script entries [from, to), whose first lines are x and y. */
static void put_hunk(struct buf *ret, const struct script *s, size_t from, size_t to,
                     const struct lines *a, const struct lines *b, size_t x, size_t y)
{
    size_t removed = 0, added = 0;
    for (size_t i = from; i < to; i++) {
        removed += s->op[i] != '+';
        added += s->op[i] != '-';
    }
    buf_puts(ret, "@@ -");
    put_range(ret, x, removed);
    buf_puts(ret, " +");
    put_range(ret, y, added);
    buf_puts(ret, " @@\n");
    for (size_t i = from; i < to; i++) {
        if (s->op[i] == '+') {
            put_line(ret, '+', b, y++);
        } else {
            put_line(ret, s->op[i], a, x++);
            y += s->op[i] == ' ';
        }
    }
}

static size_t next_change(const struct script *s, size_t from)
{
    while (from < s->n && s->op[from] == ' ')
        from++;
    return from;
}

static void put_hunks(struct buf *ret, const struct script *s, const struct lines *a,
                      const struct lines *b)
{
    size_t at = 0, x = 0, y = 0;
    for (size_t change = next_change(s, 0); change < s->n;) {
        size_t from = change > at + CONTEXT ? change - CONTEXT : at;
        size_t last = change;
        for (size_t i = change; i < s->n && i <= last + 2 * CONTEXT; i++)
            if (s->op[i] != ' ')
                last = i;
        size_t to = last + 1 + CONTEXT < s->n ? last + 1 + CONTEXT : s->n;
        for (; at < from; at++) { /* unchanged lines between the hunks */
            x++;
            y++;
        }
        put_hunk(ret, s, from, to, a, b, x, y);
        for (; at < to; at++) {
            x += s->op[at] != '+';
            y += s->op[at] != '-';
        }
        change = next_change(s, to);
    }
}

void diff_unified(struct buf *ret, const char *path, struct diff_side before,
                  struct diff_side after)
{
    if (before.exists == after.exists && str_eq(before.bytes, after.bytes))
        return;
    buf_printf(ret, "--- %s%s\n", before.exists ? "a" : "/dev/null", before.exists ? path : "");
    buf_printf(ret, "+++ %s%s\n", after.exists ? "b" : "/dev/null", after.exists ? path : "");
    struct lines a = split(before.bytes), b = split(after.bytes);
    struct script s = compare(&a, &b);
    put_hunks(ret, &s, &a, &b);
    free(s.op);
    free(a.v);
    free(b.v);
}
