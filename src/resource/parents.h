/* Directories above a file that a plan is about to stage. */
#pragma once

#include "root/root.h"

/* Stages what is missing of them, 0755 root:root as the distributions' packages make them. */
int stage_parents(struct root *staged, const char *path);
