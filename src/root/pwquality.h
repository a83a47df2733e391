/* What libpwquality of the running system says to a password: pwquality(3) with its pwquality.conf,
 * loaded when it is there. Never on an image, and not in a static build. */
#pragma once

#include "root/root.h"

/* 0 with ret_message NULL: it is good; 0 with a message in the library's own words: it is not;
 * -ENOENT: there is no libpwquality; -EOPNOTSUPP. */
int live_password_quality(struct root *r, const char *account, const char *password,
                          const char **ret_message);
