/*
 * The units of the assessment record from the policy's data file units.yaml.
 */
#pragma once

#include "base/err.h"
#include "model/record.h"
#include "base/str.h"

/* 0, or -EINVAL with the first problem in e. */
int units_read(struct arena *a, const char *path, struct str bytes, struct units *ret,
               struct err *e);
