/* Which commands in sudoers are as good as a root shell; used by effective/sudo_users.c. */
#pragma once

#include "effective/sudo_match.h"

/* Is this COMMAND member a known way to everything? Sets the program it is. */
bool sudo_command_escapes(struct sudo_query *q, const struct sudoers_member *m, const char **ret);
