#include "format/elf.h"

#include <elf.h>
#include <errno.h>

enum { SEGMENTS_MAX = 512, DYNAMIC_MAX = 4096, WINDOW = 4096 };

struct image {
    const struct elf_source *source;
    bool wide, big;
    int error; /* of reading */
    uint64_t from;
    size_t held;
    char window[WINDOW];
};

struct segment {
    uint64_t type, offset, address, size;
};

/* The bytes at an offset, at least n of them (n <= WINDOW) but at the end of the file. */
static struct str bytes_at(struct image *i, uint64_t at, size_t n)
{
    if (at < i->from || at - i->from > i->held || i->held - (at - i->from) < n) {
        int got = 0;
        i->from = at;
        if (at < i->source->size && i->error == 0)
            got = i->source->read(i->source->context, at, i->window, WINDOW);
        if (got < 0)
            i->error = got;
        i->held = got > 0 ? (size_t)got : 0;
    }
    return (struct str){i->window + (at - i->from), i->held - (size_t)(at - i->from)};
}

/* 0 beyond the end: every use checks what it points to. */
static uint64_t number(struct image *i, uint64_t at, unsigned size)
{
    uint64_t n = 0;
    struct str bytes = bytes_at(i, at, size);
    if (bytes.n < size)
        return 0;
    for (unsigned k = 0; k < size; k++)
        n = n << 8 | (unsigned char)bytes.p[i->big ? k : size - 1 - k];
    return n;
}

static struct segment segment_at(struct image *i, uint64_t at)
{
    struct segment s = {.type = number(i, at, 4)};
    s.offset = i->wide ? number(i, at + 8, 8) : number(i, at + 4, 4);
    s.address = i->wide ? number(i, at + 16, 8) : number(i, at + 8, 4);
    s.size = i->wide ? number(i, at + 32, 8) : number(i, at + 16, 4);
    return s;
}

static uint64_t file_offset(const struct segment *v, size_t n, uint64_t address)
{
    for (size_t k = 0; k < n; k++)
        if (v[k].type == PT_LOAD && address >= v[k].address && address - v[k].address < v[k].size)
            return v[k].offset + (address - v[k].address);
    return UINT64_MAX;
}

/* One entry of the dynamic section; false: that was the last (as ld.so, up to DT_NULL). */
static bool dynamic_entry(struct image *i, const struct segment *dynamic, uint64_t k,
                          uint64_t *ret_tag, uint64_t *ret_value)
{
    const unsigned word = i->wide ? 8 : 4;
    if (k >= dynamic->size / (2 * word) || k >= DYNAMIC_MAX)
        return false;
    uint64_t at = dynamic->offset + 2 * k * word;
    *ret_tag = number(i, at, word);
    *ret_value = number(i, at + word, word);
    return *ret_tag != DT_NULL;
}

/* A name longer than any path means that the table is damaged. */
static int read_name(struct arena *a, struct image *i, uint64_t strings, uint64_t value,
                     struct strings *ret)
{
    if (strings >= i->source->size || value >= i->source->size - strings)
        return -ENOEXEC;
    struct str bytes = bytes_at(i, strings + value, WINDOW);
    size_t n = strnlen(bytes.p, bytes.n);
    if (n == bytes.n)
        return i->error < 0 ? i->error : -ENOEXEC;
    strings_add(a, ret, arena_strndup(a, bytes.p, n));
    return 0;
}

static int read_needed(struct arena *a, struct image *i, const struct segment *segments, size_t n,
                       const struct segment *dynamic, struct strings *ret)
{
    uint64_t tag, value, strings = UINT64_MAX;
    for (uint64_t k = 0; dynamic_entry(i, dynamic, k, &tag, &value); k++)
        if (tag == DT_STRTAB)
            strings = file_offset(segments, n, value);
    int r = i->error;
    for (uint64_t k = 0; r == 0 && dynamic_entry(i, dynamic, k, &tag, &value); k++)
        if (tag == DT_NEEDED)
            r = read_name(a, i, strings, value, ret);
    return r < 0 ? r : i->error;
}

int elf_needed(struct arena *a, const struct elf_source *source, struct strings *ret)
{
    struct image i = {.source = source};
    struct str head = bytes_at(&i, 0, 52);
    if (i.error < 0)
        return i.error;
    if (head.n < 52 || memcmp(head.p, ELFMAG, SELFMAG) != 0)
        return -ENOEXEC;
    i.wide = head.p[EI_CLASS] == ELFCLASS64;
    i.big = head.p[EI_DATA] == ELFDATA2MSB;
    uint64_t table = i.wide ? number(&i, 32, 8) : number(&i, 28, 4);
    uint64_t entry = number(&i, i.wide ? 54 : 42, 2), count = number(&i, i.wide ? 56 : 44, 2);
    if (count > SEGMENTS_MAX || entry < 32 || table > source->size)
        return -ENOEXEC;
    struct segment *v = arena_new_array(a, struct segment, count + 1), dynamic = {0};
    for (size_t k = 0; k < count; k++) {
        v[k] = segment_at(&i, table + k * entry);
        if (v[k].type == PT_DYNAMIC)
            dynamic = v[k];
    }
    struct strings found = {0};
    int r = i.error < 0 ? i.error : read_needed(a, &i, v, count, &dynamic, &found);
    if (r == 0)
        *ret = found;
    return r;
}

static int read_memory(void *context, uint64_t at, void *bytes, size_t n)
{
    const struct str *all = context;
    struct str piece = str_slice(*all, (size_t)at, (size_t)at + n);
    memcpy(bytes, piece.p, piece.n);
    return (int)piece.n;
}

int elf_needed_of(struct arena *a, struct str bytes, struct strings *ret)
{
    struct elf_source source = {&bytes, bytes.n, read_memory};
    return elf_needed(a, &source, ret);
}
