/*
 * YAML as people write policies in it: one document of maps, lists and plain scalars, every value
 * with its line and column. What makes YAML surprising is refused: anchors, aliases, tags, several
 * documents, keys that are not scalars, keys given twice, deep nesting.
 *
 * Scalars stay the text that was written ("no" is the word no, 0640 has its zero): whoever knows
 * what a value should be reads it as that.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml_value {
    enum yaml_kind kind;
    unsigned line, column;        /* from 1; column counts characters */
    const char *text;             /* YAML_TEXT: without NUL bytes */
    const struct yaml_value *key; /* of a member of a map, otherwise NULL */
    struct {
        struct yaml_value *v;
        size_t n, cap;
    } items; /* members of a list or map, in the order written */
};

enum { YAML_SIZE_LIMIT = 1 << 20, YAML_DEPTH_LIMIT = 32 };

/* Reads one document; `path` is only for messages. Everything lives in the arena. 0, or -EINVAL
 * with at least one problem: syntax errors end the reading, the rest is collected. */
int yaml_read(struct arena *a, const char *path, struct str bytes, const struct yaml_value **ret,
              struct problems *problems);
/* The same with the values in an arena of their own, so that they can go while their texts stay. */
int yaml_read_in(struct arena *values, struct arena *texts, const char *path, struct str bytes,
                 const struct yaml_value **ret, struct problems *problems);

/* The member of a map with that key, or NULL (also when `map` is NULL or no map). */
const struct yaml_value *yaml_member(const struct yaml_value *map, const char *key);
struct text yaml_kind_text(enum yaml_kind kind); /* "a list" */
