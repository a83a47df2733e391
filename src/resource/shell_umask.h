/* The umask of sessions whose shell reads no start-up file: PAM gives it (pam_umask(8)). */
#pragma once

#include "resource/resource.h"

/* Stages UMASK of login.defs and a pam_umask line in every session stack; the caller judges. */
int shell_umask_plan(struct host *h, const struct want *w, struct changes *ret);
