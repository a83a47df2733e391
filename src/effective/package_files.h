/*
 * Which of some files belong to an installed package: /var/lib/dpkg/info (*.list) and .md5sums of
 * distroless status.d, or the file lists of the rpm database.
 */
#pragma once

#include "effective/packages.h"

/* Sets ret_owned[i] for every path of the list. /bin/x and /usr/bin/x are one where the root has
 * merged them. 0, or -ENODATA: there is no database to ask; or -errno of reading it. */
int package_files_owned(struct host *h, const struct strings *paths, bool *ret_owned);
