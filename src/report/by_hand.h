/*
 * How an assessor looks at the same thing by hand, on the running system: one shell command a fact.
 * It is what to compare with, not what was run.
 */
#pragma once

#include "model/result.h"

/* "chage -l alice"; names of the checked system are quoted for a shell. NULL: there is none. */
const char *by_hand(struct arena *a, const struct host_facts *host, const struct judged *j);
/* Those of a rule, each once, at most `most`. */
struct strings by_hand_all(struct arena *a, const struct host_facts *host,
                           const struct rule_result *r, size_t most);
