/* Plans as JSON, schema 1 (docs/plan.schema.json). */
#pragma once

#include "base/buf.h"
#include "engine/plan.h"

int plan_json(const struct plan *plan, struct buf *ret);
/* What `apply PLAN.json` needs of a saved plan. 0, or -EINVAL with e. */
struct saved_plan {
    const char *preset, *digest;
    bool packages; /* it was made with them */
    struct strings rules;
};
int plan_json_read(struct arena *a, struct str bytes, struct saved_plan *ret, struct err *e);
