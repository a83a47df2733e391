#include "engine/data_file.h"

#include "base/buf.h"
#include "base/str.h"

const char *data_text(struct arena *a, const char *name, const char *program)
{
    static const char mark[] = "@PROGRAM@";
    const struct data_file *f = data_files;
    while (f->name && !cstr_eq(f->name, name))
        f++;
    if (!f->name)
        return NULL;
    _cleanup_buf_ struct buf b = {0};
    for (const char *p = f->text, *at; *p; p = at + strlen(mark)) {
        at = strstr(p, mark);
        if (!at) {
            buf_puts(&b, p);
            break;
        }
        buf_append(&b, p, (size_t)(at - p));
        buf_puts(&b, program);
    }
    return arena_strndup(a, b.data ? b.data : "", b.len);
}
