/* The plan of resource `syslog` (resource/syslog.c). */
#pragma once

#include "effective/syslog.h"
#include "resource/resource.h"

/* 0, or -errno with ret->why. */
int syslog_plan(struct host *h, const struct want *w, struct changes *ret);
