/* The roles of policy/data/roles.yaml in sudo: which one an account has, and giving it one. */
#pragma once

#include "effective/sudo.h"
#include "resource/resource.h"

/* One fact: the word of the role whose commands the account `user` has and no others; "none": it
 * may do nothing; "other". */
void sudo_role_observe(struct host *h, const struct want *w, const struct sudo_conf *conf,
                       struct facts *ret);
/* Stages /etc/sudoers.d/zz-dengbao-role-USER. */
int sudo_role_plan(struct host *h, const struct want *w, struct changes *ret);
