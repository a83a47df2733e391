/*
 * A result back from its JSON (docs/result.schema.json), so that every format can be written from
 * a saved check, and two checks compared.  Strict where a mistake would be believed: a file that
 * is cut, is something else, or is of a later schema is refused with one message; keys that this
 * version does not know are skipped, as the schema promises.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "model/brief.h"
#include "model/result.h"

enum { RESULT_FILE_LIMIT = 64 << 20 };

/*
 * Everything, in the arena; nothing points into `bytes`. 0, or -EINVAL with one message in e.
 * Values come back as number, text or list: they show, compare and are written as before, but
 * carry no key row (want.key is NULL).
 */
int result_read(struct arena *a, struct str bytes, const struct result **ret, struct err *e);

/*
 * Only what a table over many hosts shows, in one pass without a tree in memory. 0 or -EINVAL.
 * The syntax of everything is checked, the content of what is skipped is not.
 */
int result_read_brief(struct arena *a, struct str bytes, struct brief *ret, struct err *e);
