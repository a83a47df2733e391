#include "format/xml.h"

#include <errno.h>
#include <expat.h>

enum { DEPTH_MAX = 32, NODES_MAX = 200000, BYTES_MAX = 16 << 20 };

struct builder {
    struct arena *arena;
    XML_Parser parser;
    struct xml_node *stack[DEPTH_MAX], *top;
    size_t depth, nodes;
    int error;
};

static void stop(struct builder *b, int error)
{
    b->error = error;
    (void)XML_StopParser(b->parser, XML_FALSE);
}

static void start(void *context, const char *name, const char **attributes)
{
    struct builder *b = context;
    if (b->depth == DEPTH_MAX || ++b->nodes > NODES_MAX) {
        stop(b, -E2BIG);
        return;
    }
    struct xml_node *n = arena_make(b->arena, struct xml_node);
    n->name = arena_strdup(b->arena, name);
    n->line = (unsigned)XML_GetCurrentLineNumber(b->parser);
    for (; attributes[0]; attributes += 2) {
        struct xml_attribute one = {arena_strdup(b->arena, attributes[0]),
                                    arena_strdup(b->arena, attributes[1])};
        vec_push(b->arena, &n->attributes, one);
    }
    if (b->depth)
        vec_push(b->arena, &b->stack[b->depth - 1]->children, n);
    else
        b->top = n;
    b->stack[b->depth++] = n;
}

static void end(void *context, const char *name)
{
    struct builder *b = context;
    (void)name;
    b->depth--;
}

static void text(void *context, const char *bytes, int n)
{
    struct builder *b = context;
    struct xml_node *node = b->depth ? b->stack[b->depth - 1] : NULL;
    enum { TEXT_MAX = 4096 };
    if (!node || (node->text && strlen(node->text) > TEXT_MAX))
        return;
    node->text = arena_printf(b->arena, "%s%.*s", node->text ? node->text : "", n, bytes);
}

static void doctype(void *context, const char *name, const char *sysid, const char *pubid,
                    int internal)
{
    (void)name;
    (void)sysid;
    (void)pubid;
    (void)internal;
    stop(context, -EINVAL);
}

int xml_parse(struct arena *a, struct str bytes, const struct xml_node **ret, unsigned *ret_line)
{
    struct builder b = {.arena = a};
    if (bytes.n > BYTES_MAX)
        return -E2BIG;
    b.parser = XML_ParserCreate(NULL);
    if (!b.parser)
        return -ENOMEM;
    XML_SetUserData(b.parser, &b);
    XML_SetElementHandler(b.parser, start, end);
    XML_SetCharacterDataHandler(b.parser, text);
    XML_SetStartDoctypeDeclHandler(b.parser, doctype);
    bool good = XML_Parse(b.parser, bytes.p ? bytes.p : "", (int)bytes.n, 1) == XML_STATUS_OK;
    *ret_line = (unsigned)XML_GetCurrentLineNumber(b.parser);
    XML_ParserFree(b.parser);
    if (!good || b.error)
        return b.error ? b.error : -EINVAL;
    *ret = b.top;
    return 0;
}

const char *xml_attribute(const struct xml_node *n, const char *name)
{
    for (size_t i = 0; i < n->attributes.n; i++)
        if (cstr_eq(n->attributes.v[i].name, name))
            return n->attributes.v[i].value;
    return NULL;
}

const struct xml_node *xml_child(const struct xml_node *n, const char *name)
{
    for (size_t i = 0; i < n->children.n; i++)
        if (cstr_eq(n->children.v[i]->name, name))
            return n->children.v[i];
    return NULL;
}
