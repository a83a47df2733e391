#include <stdint.h>
#include <stdlib.h>

#include "format/dpkg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dpkg_reader r = {.rest = {(const char *)data, size}};
    struct dpkg_stanza s;
    size_t stanzas = 0, names = 0;
    while (dpkg_next(&r, &s)) {
        struct str *const fields[] = {&s.package, &s.version, &s.depends, &s.pre_depends};
        struct dpkg_dependency d;
        for (size_t i = 0; i < 4; i++)
            if (fields[i]->p && (fields[i]->p < (const char *)data ||
                                 fields[i]->p + fields[i]->n > (const char *)data + size))
                abort();
        while (dpkg_next_dependency(&s.depends, &d))
            names++;
        (void)dpkg_installed(&s);
        stanzas++;
    }
    if (stanzas > size || names > size)
        abort();
    return 0;
}
