/*
 * Text for HTML and XML, in content and in quoted attributes alike: nothing in it can be taken for
 * markup, and what XML 1.0 forbids or a reader cannot see (controls, invalid UTF-8, bidirectional
 * marks) becomes visible as \xNN.
 */
#pragma once

#include "base/buf.h"

void markup_text(struct buf *out, const char *s); /* NULL: nothing */
