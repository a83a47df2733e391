/*
 * A result -> the assessment record (model/record.h).  Pure: reads nothing but its arguments.
 */
#pragma once

#include "model/record.h"

/* Lives in the arena; points into result and units. */
struct record *record_make(struct arena *a, const struct result *result, const struct units *units);
