#include <stdint.h>
#include <stdlib.h>

#include "format/ndb.h"

static int each(void *context, struct str blob)
{
    *(size_t *)context += blob.n;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t bytes = 0;
    (void)ndb_read((struct str){(const char *)data, size}, each, &bytes);
    if (bytes > size)
        abort();
    return 0;
}
