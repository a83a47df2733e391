/* Parse, print the same bytes; disable every line, and no keyword is left. */
#include <stdint.h>

#include "format/sshd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_arena_ struct arena *a = arena_new();
    _cleanup_buf_ struct buf out = {0};
    struct sshd_doc *doc = sshd_doc_parse(a, (struct str){(const char *)data, size});
    sshd_doc_print(doc, &out);
    if (out.len != size || (size && memcmp(out.data, data, size) != 0))
        abort();
    for (size_t i = 0; i < doc->lines.n; i++) {
        struct strings args = {0};
        (void)sshd_arguments(a, doc->lines.v[i].rest, SSHD_ARGUMENTS_SPLIT, &args);
        (void)sshd_arguments(a, doc->lines.v[i].rest, SSHD_ARGUMENTS_DELIM, &args);
        sshd_doc_disable(doc, i, "off");
        if (doc->lines.v[i].keyword)
            abort();
    }
    sshd_doc_insert(doc, sshd_doc_first_match(doc), "UsePAM yes");
    buf_clear(&out);
    sshd_doc_print(doc, &out);
    doc = sshd_doc_parse(a, (struct str){out.data, out.len});
    size_t keywords = 0;
    for (size_t i = 0; i < doc->lines.n; i++)
        keywords += doc->lines.v[i].keyword != NULL;
    if (keywords != 1)
        abort();
    return 0;
}
