/*
 * JSON text, written as it comes: two blanks of indentation, keys in the order they are put.
 * What a checked system wrote may be anything; in the output it is always valid UTF-8 (other bytes
 * as the text \xNN) and never a control character, an escape or a bidirectional mark.
 *
 *     struct json j = {.out = &buf};
 *     json_open(&j, NULL, '{');
 *     json_text(&j, "name", "dengbao");
 *     json_close(&j);
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/text.h"

enum { JSON_DEPTH = 32 };

struct json {
    struct buf *out;
    char closing[JSON_DEPTH];
    unsigned depth;
    bool filled, flat; /* the open one has members; write it on one line */
};

/* key is NULL inside lists and for the document itself. */
void json_open(struct json *j, const char *key, char bracket);      /* '{' or '[' */
void json_open_flat(struct json *j, const char *key, char bracket); /* up to its close: one line */
void json_close(struct json *j);
void json_text(struct json *j, const char *key, const char *s); /* NULL: null */
void json_number(struct json *j, const char *key, int64_t n);
void json_bool(struct json *j, const char *key, bool b);
void json_both(struct json *j, const char *key, struct text t); /* {"zh", "en"} */
