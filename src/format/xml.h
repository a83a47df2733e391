/*
 * Small XML files as a tree: elements, attributes, text.  Read by expat; a document type
 * declaration is refused, so no entity can be defined, and nesting, size and count are bounded.
 */
#pragma once

#include "base/str.h"
#include "base/vec.h"

struct xml_attribute {
    const char *name, *value;
};

struct xml_node {
    const char *name, *text; /* text: of the element itself, blanks as written; NULL: none */
    unsigned line;
    VEC(struct xml_attribute) attributes;
    VEC(struct xml_node *) children;
};

/* 0; -EINVAL: not well-formed, at *ret_line; -E2BIG: more than we look at. */
int xml_parse(struct arena *a, struct str bytes, const struct xml_node **ret, unsigned *ret_line);
const char *xml_attribute(const struct xml_node *n, const char *name); /* NULL: not there */
const struct xml_node *xml_child(const struct xml_node *n, const char *name);
