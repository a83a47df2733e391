/* What is forwarded is one head, whatever came in: nothing is smuggled behind it. */
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "format/proxy_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = {(const char *)data, size};
    struct proxy_request q;
    _cleanup_buf_ struct buf b = {0};
    bytes.n = proxy_head_length(bytes);
    if (!bytes.n || proxy_request_read(bytes, &q) < 0 || str_is(q.method, "CONNECT"))
        return 0;
    proxy_request_forward(&q, &b);
    if (proxy_head_length((struct str){b.data, b.len}) != b.len)
        abort();
    return 0;
}
