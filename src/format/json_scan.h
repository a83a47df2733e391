/*
 * JSON read in one pass, without a tree: the caller walks into what it knows and skips the rest at
 * the speed of the memory.  RFC 8259, strict; nesting is limited.  Pure.
 *
 *     struct json_scan s = json_scan_of(bytes);
 *     struct str key;
 *     json_scan_enter(&s, '{');
 *     while (json_scan_key(&s, &key))
 *         if (str_is(key, "name"))
 *             json_scan_text(&s, arena, &name);
 *         else
 *             json_scan_skip(&s);
 *     bool good = json_scan_end(&s);
 *
 * After a mistake everything answers false, and json_scan_end() says so: no check in between.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/text.h"

enum { JSON_SCAN_DEPTH = 64 };

struct json_scan {
    const char *p, *end, *start;
    struct text problem; /* none yet, or what is wrong at p */
    unsigned depth;
    bool fresh; /* just entered: no comma is due */
};

struct json_scan json_scan_of(struct str bytes);
/* What comes next: '{' '[' '"' 't' 'f' 'n' '0' (a number), or 0: nothing that could begin a value.
 */
char json_scan_peek(struct json_scan *s);
bool json_scan_enter(struct json_scan *s, char bracket);
/* The next member of the object entered last; false at its end, which is then left. The key is raw:
 * escapes in it are not resolved, so keys are compared as this program writes them. */
bool json_scan_key(struct json_scan *s, struct str *ret_key);
/* Is there another element of the list entered last? false at its end, which is then left. */
bool json_scan_element(struct json_scan *s);
bool json_scan_skip(struct json_scan *s); /* one value of any kind */
/* A string, or null which gives NULL. Valid UTF-8 without NUL, or it is a mistake. */
bool json_scan_text(struct json_scan *s, struct arena *a, const char **ret);
bool json_scan_number(struct json_scan *s, int64_t *ret); /* whole, within int64_t */
bool json_scan_bool(struct json_scan *s, bool *ret);
/* Only blanks are left and there was no mistake. */
bool json_scan_end(struct json_scan *s);
unsigned json_scan_line(const struct json_scan *s); /* from 1 */
