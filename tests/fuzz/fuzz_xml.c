/* Whatever the bytes, a tree or a refusal; every node has a name and a line. */
#include <stdint.h>
#include <stdlib.h>

#include "format/xml.h"

static void visit(const struct xml_node *n)
{
    if (!n->name || !n->line)
        abort();
    for (size_t i = 0; i < n->children.n; i++)
        visit(n->children.v[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_arena_ struct arena *a = arena_new();
    const struct xml_node *top = NULL;
    unsigned line = 0;
    if (xml_parse(a, (struct str){(const char *)data, size}, &top, &line) == 0)
        visit(top);
    return 0;
}
