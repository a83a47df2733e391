/* Lookups in accounts without walking them, for this floor only. */
#pragma once

#include "root/accounts.h"

/* After users and groups are complete; values of users may still change, their order not. */
const struct accounts_index *accounts_index_make(struct arena *arena, const struct accounts *a);
/* Indices into a->users of one name, in file order; SIZE_MAX: no more. */
size_t accounts_first_user(const struct accounts *a, struct str name);
size_t accounts_next_user(const struct accounts *a, size_t index);
