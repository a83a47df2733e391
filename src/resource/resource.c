#include "resource/resource.h"

#include "base/cleanup.h"

#define RESOURCE(name) extern const struct resource resource_##name;
#include "resource/table.h"
#undef RESOURCE

static const struct resource *const table[] = {
#define RESOURCE(name) &resource_##name,
#include "resource/table.h"
#undef RESOURCE
    NULL,
};

const struct resource *const *resource_all(void)
{
    return table;
}

const struct resource *resource_find(const char *name)
{
    for (size_t i = 0; table[i]; i++)
        if (cstr_eq(table[i]->name, name))
            return table[i];
    return NULL;
}

const struct key *resource_key(struct arena *a, const struct resource *r, const char *name)
{
    for (const struct key *k = r->keys; k && k->name; k++)
        if (cstr_eq(k->name, name))
            return k;
    if (!r->any_key)
        return NULL;
    struct key *own = arena_make(a, struct key);
    *own = (struct key){.name = arena_strdup(a, name), .kind = VALUE_TEXT};
    return own;
}
