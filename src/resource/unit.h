/* Shared by the files of resource `unit`. */
#pragma once

#include "resource/resource.h"

/* Stages the links, masks and drop-ins that systemctl would make; see resource.h. */
int unit_plan(struct host *h, const struct want *w, struct changes *ret);
