#include "effective/packages.h"

#include <errno.h>

/* Until the databases are read: nothing is known, which every caller must be able to say. */
int host_package(struct host *h, const char *name, const struct package **ret)
{
    (void)h;
    (void)name;
    (void)ret;
    return -ENODATA;
}

const struct packages *host_packages(struct host *h)
{
    static const struct packages none = {
        .error = -ENODATA,
        .reason = {"package databases are not read by this build", "此版本不读取软件包数据库"},
    };
    (void)h;
    return &none;
}
