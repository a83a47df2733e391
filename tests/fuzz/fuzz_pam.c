/* Parse, print the same bytes; controls of any text; edits keep everything else. */
#include <stdint.h>
#include <string.h>

#include "effective/pam.h"
#include "format/pam.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_print(struct pam_document *d, const uint8_t *data, size_t size)
{
    _cleanup_buf_ struct buf out = {0};
    pam_print(d, &out);
    if (out.len != size || (size && memcmp(out.data, data, size) != 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_arena_ struct arena *a = arena_new();
    struct str bytes = {(const char *)data, size};
    for (int service = 0; service < 2; service++) {
        struct pam_document *d = pam_parse(a, bytes, service);
        must_print(d, data, size);
        vec_each (l, &d->lines) {
            int actions[PAM_CODE_COUNT];
            if (pam_token(l, 1))
                (void)pam_control_parse(pam_token(l, 1), actions);
            bool empty = l->tokens.n == 0 && !l->service;
            if (l->kind != PAM_LINE_CUT && (l->kind == PAM_LINE_BLANK) != empty)
                abort(); /* a lone backslash at the end is cut and holds nothing */
        }
        if (size == 0 || data[size - 1] != '\n')
            continue;
        size_t at = d->lines.n / 2;
        pam_insert(a, d, at, "auth required pam_deny.so");
        if (!cstr_eq(pam_token(&d->lines.v[at], service ? 1 : 2), "pam_deny.so"))
            abort();
        pam_remove(d, at);
        must_print(d, data, size);
    }
    return 0;
}
