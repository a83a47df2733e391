#include "format/osrelease.h"

#include "base/cleanup.h"
#include "format/keyvalue.h"

/* The last assignment counts, as for the shell that may source the file; "" means not given. */
static const char *field(struct arena *a, const struct keyvalue *kv, const char *key,
                         unsigned *ret_line)
{
    const struct keyvalue_line *l = keyvalue_get(kv, key);
    if (!l || !l->value.n || memchr(l->value.p, '\0', l->value.n))
        return NULL;
    if (ret_line)
        *ret_line = l->line;
    return str_dup(a, l->value);
}

void osrelease_parse(struct arena *a, struct str bytes, struct osrelease *ret)
{
    const struct keyvalue *kv = keyvalue_parse(a, &keyvalue_shell, bytes);
    *ret = (struct osrelease){0};
    const char *id = field(a, kv, "ID", &ret->id_line);
    char *lower = arena_strdup(a, id ? id : "linux");
    for (char *c = lower; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + 32);
    ret->id = lower;
    ret->version_id = field(a, kv, "VERSION_ID", &ret->version_line);
    ret->version = field(a, kv, "VERSION", NULL);
    ret->name = field(a, kv, "NAME", NULL);
    ret->pretty_name = field(a, kv, "PRETTY_NAME", NULL);
    ret->platform_id = field(a, kv, "PLATFORM_ID", NULL);
    ret->variant_id = field(a, kv, "VARIANT_ID", NULL);
    ret->version_codename = field(a, kv, "VERSION_CODENAME", NULL);
}
