/* Directories above a file that a plan is about to stage. */
#pragma once

#include "root/root.h"

/* Stages what is missing of them, root's and 0755 (audit's 0750), as the packages make them. */
int stage_parents(struct root *staged, const char *path);
