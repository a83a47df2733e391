/* Text into jansson values: what a checked system wrote becomes visible and valid UTF-8 first. */
#pragma once

#include <jansson.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/vec.h"

json_t *json_of_text(struct arena *a, const char *s); /* NULL: null */
json_t *json_of_both(struct arena *a, struct text t); /* {"en", "zh"} */
json_t *json_of_strings(struct arena *a, const struct strings *list);

static inline void json_freep(json_t **j)
{
    json_decref(*j);
}
#define _cleanup_json_ _cleanup_(json_freep)
