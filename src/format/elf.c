#include "format/elf.h"

#include <elf.h>
#include <errno.h>

enum { SEGMENTS_MAX = 512, DYNAMIC_MAX = 4096 };

struct image {
    struct str bytes;
    bool wide, big;
};

struct segment {
    uint64_t type, offset, address, size;
};

/* 0 beyond the end: every use checks what it points to. */
static uint64_t number(const struct image *i, uint64_t at, unsigned size)
{
    uint64_t n = 0;
    if (at > i->bytes.n || i->bytes.n - at < size)
        return 0;
    for (unsigned k = 0; k < size; k++) {
        unsigned char byte = (unsigned char)i->bytes.p[at + (i->big ? k : size - 1 - k)];
        n = n << 8 | byte;
    }
    return n;
}

static struct segment segment_at(const struct image *i, uint64_t at)
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

int elf_needed(struct arena *a, struct str bytes, struct strings *ret)
{
    if (bytes.n < 52 || memcmp(bytes.p, ELFMAG, SELFMAG) != 0)
        return -ENOEXEC;
    struct image i = {bytes, bytes.p[EI_CLASS] == ELFCLASS64, bytes.p[EI_DATA] == ELFDATA2MSB};
    uint64_t table = i.wide ? number(&i, 32, 8) : number(&i, 28, 4);
    uint64_t entry = number(&i, i.wide ? 54 : 42, 2), count = number(&i, i.wide ? 56 : 44, 2);
    if (count > SEGMENTS_MAX || entry < 32 || table > bytes.n)
        return -ENOEXEC;
    struct segment *v = arena_new_array(a, struct segment, count + 1), dynamic = {0};
    for (size_t k = 0; k < count; k++) {
        v[k] = segment_at(&i, table + k * entry);
        if (v[k].type == PT_DYNAMIC)
            dynamic = v[k];
    }
    const unsigned word = i.wide ? 8 : 4;
    uint64_t strings = UINT64_MAX;
    struct strings found = {0};
    for (unsigned pass = 0; pass < 2; pass++)
        for (uint64_t k = 0; k < dynamic.size / (2 * word) && k < DYNAMIC_MAX; k++) {
            uint64_t tag = number(&i, dynamic.offset + 2 * k * word, word);
            uint64_t value = number(&i, dynamic.offset + (2 * k + 1) * word, word);
            if (tag == DT_STRTAB && pass == 0)
                strings = file_offset(v, count, value);
            if (tag != DT_NEEDED || pass == 0)
                continue;
            if (strings >= bytes.n || value >= bytes.n - strings)
                return -ENOEXEC;
            const char *name = bytes.p + strings + value;
            strings_add(a, &found,
                        arena_strndup(a, name, strnlen(name, (size_t)(bytes.n - strings - value))));
        }
    *ret = found;
    return 0;
}
