#include "engine/identity.h"

#include <ctype.h>

#include "base/width.h"
#include "engine/digest.h"
#include "root/live.h"

enum { MACHINE_ID_LENGTH = 32 };

static const char *machine_id(struct host *h)
{
    struct str bytes;
    if (root_read(h->root, "/etc/machine-id", &bytes) < 0)
        return NULL;
    bytes = str_trim(bytes);
    if (bytes.n != MACHINE_ID_LENGTH)
        return NULL; /* empty or "uninitialized" on images that are yet to be booted */
    for (size_t i = 0; i < bytes.n; i++)
        if (!isxdigit((unsigned char)bytes.p[i]))
            return NULL;
    struct digest *d = digest_new(DIGEST_SHA256);
    digest_field(d, "dengbao");
    digest_block(d, bytes);
    return digest_hex(h->arena, d);
}

/* hostname(5): the first line that is neither empty nor a comment. */
static const char *host_name(struct host *h)
{
    const char *name;
    struct str bytes, line;
    if (root_is_live(h->root) && live_hostname(h->root, &name) == 0)
        return name;
    if (root_read(h->root, "/etc/hostname", &bytes) < 0)
        return NULL;
    while (str_next_line(&bytes, &line)) {
        line = str_trim(line);
        if (line.n && line.p[0] != '#' && line.n <= HOST_NAME_LIMIT && !memchr(line.p, 0, line.n))
            return str_dup(h->arena, line);
    }
    return NULL;
}

struct host_facts host_identity(struct host *h)
{
    struct host_facts f = {
        .id = machine_id(h),
        .name = host_name(h),
        .root = root_name(h->root),
        .live = root_is_live(h->root),
        .privileged = live_privileged(),
    };
    if (h->release) {
        f.os_id = text_cut(h->arena, h->release->id, HOST_NAME_LIMIT);
        f.os_version = text_cut(h->arena, h->release->version_id, HOST_NAME_LIMIT);
        f.os_name = text_cut(h->arena, h->release->pretty_name, HOST_NAME_LIMIT);
    }
    if (f.live && live_kernel(h->root, &f.kernel) < 0)
        f.kernel = NULL;
    return f;
}
