#include "effective/program_file.h"

#include <errno.h>

#include "format/elf.h"

enum { WINDOW = 16384, TEXT_MAX = 256 };

int64_t program_file_find(const struct root_file *f, uint64_t from, const char *text)
{
    char window[WINDOW];
    size_t n = strlen(text);
    if (!n || n > TEXT_MAX)
        return -EINVAL;
    for (uint64_t at = from; at < f->size; at += WINDOW - (n - 1)) {
        int got = root_file_read(f, at, window, WINDOW);
        if (got < 0)
            return got;
        const char *hit = memmem(window, (size_t)got, text, n);
        if (hit)
            return (int64_t)(at + (size_t)(hit - window));
        if (got < WINDOW)
            break;
    }
    return -ENOENT;
}

static int read_piece(void *context, uint64_t at, void *bytes, size_t n)
{
    return root_file_read(context, at, bytes, n);
}

int program_file_needs(struct arena *a, const struct root_file *f, struct strings *ret)
{
    struct root_file file = *f;
    struct elf_source source = {&file, f->size, read_piece};
    return elf_needed(a, &source, ret);
}
