#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/result_read.h"
#include "report/compare.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every format can be written from whatever is accepted, and JSON comes back as the same JSON. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_arena_ struct arena *a = arena_new();
    _cleanup_buf_ struct buf first = {0};
    _cleanup_buf_ struct buf second = {0};
    const struct result *result = NULL, *again = NULL;
    struct brief brief;
    struct err e = {.arena = a};
    struct str bytes = {(const char *)data, size};
    int r = result_read(a, bytes, &result, &e);
    if ((r == 0) != (result != NULL) || (r < 0 && (!e.message.en || !e.message.zh)))
        abort();
    (void)result_read_brief(a, bytes, &brief, &e);
    if (r < 0)
        return 0;
    for (const struct report *const *f = report_all(); *f; f++)
        for (int lang = LANG_EN; lang <= LANG_ZH; lang++) {
            _cleanup_buf_ struct buf out = {0};
            struct report_options o = {.lang = (enum lang)lang, .verbose = lang == LANG_ZH};
            if ((*f)->write(result, &o, &out) < 0)
                abort();
            if (cstr_eq((*f)->name, "html") && memmem(out.data, out.len, "<b>", 3))
                abort();
        }
    struct report_options o = {0};
    (void)report_find("json")->write(result, &o, &first);
    if (result_read(a, (struct str){first.data, first.len}, &again, &e) < 0)
        abort();
    (void)report_find("json")->write(again, &o, &second);
    if (first.len != second.len || memcmp(first.data, second.data, first.len) != 0)
        abort();
    buf_clear(&second);
    comparison_find("html")->changes(changes_find(a, result, again), &o, &second);
    return 0;
}
