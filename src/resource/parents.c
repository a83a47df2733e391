#include "resource/parents.h"

#include <errno.h>
#include <string.h>

int stage_parents(struct root *staged, const char *path)
{
    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        const char *dir = arena_strndup(root_arena(staged), path, (size_t)(slash - path));
        bool audit = cstr_eq(dir, "/etc/audit") || cstr_starts(dir, "/etc/audit/");
        const struct attributes fresh = {.set = true, .mode = audit ? 0750 : 0755};
        struct file_info info;
        int r = root_stat(staged, dir, &info);
        if (r == -ENOENT)
            r = stage_mkdir(staged, dir, &fresh);
        if (r < 0)
            return r;
    }
    return 0;
}
