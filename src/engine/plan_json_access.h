/* The access proof as members of a plan's "proof". */
#pragma once

#include <jansson.h>

#include "engine/plan.h"

/* What differs: [{"account", "way", "before", "after", "why", "why_zh", "path", "line"}]. */
json_t *plan_access_json(const struct plan *plan);
/* null, or {"reason", "reason_zh", "rules", "path", "line"}. */
json_t *plan_refusal_json(const struct plan *plan);
