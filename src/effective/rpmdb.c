#include "effective/rpmdb.h"

#include <errno.h>

/* /usr/lib/sysimage/rpm: EL10, openSUSE; /usr/share/rpm: ostree systems. */
static const char *const places[] = {"/var/lib/rpm", "/usr/lib/sysimage/rpm", "/usr/share/rpm"};

/* Where an upgrade left several, the newer format is the one in use. */
static const struct {
    const char *name;
    enum rpmdb_format format;
} files[] = {
    {"rpmdb.sqlite", RPMDB_SQLITE},
    {"Packages.db", RPMDB_NDB},
    {"Packages", RPMDB_BDB},
};

int rpmdb_find(struct root *r, struct rpmdb_place *ret)
{
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        for (size_t k = 0; k < sizeof files / sizeof files[0]; k++) {
            const char *path = arena_printf(root_arena(r), "%s/%s", places[i], files[k].name);
            struct file_info info;
            int error = root_stat(r, path, &info);
            if (error == 0 && S_ISREG(info.mode) && info.size > 0) {
                *ret = (struct rpmdb_place){files[k].format, path};
                return 0;
            }
            if (error == -EACCES || error == -EPERM)
                return error;
        }
    }
    return -ENOENT;
}
