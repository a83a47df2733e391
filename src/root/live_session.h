/* From where the person who runs this program came in. */
#pragma once

#include "root/root.h"

/* The client's address of the ssh session this process runs in: from SSH_CONNECTION of its own
 * environment, else of the nearest parent process that has one (sudo and `su -` drop the variable).
 * 0; -ENODATA: no such session is seen; -EOPNOTSUPP: an image. */
int live_ssh_client(struct root *r, const char **ret);
