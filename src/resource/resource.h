/*
 * A resource is one kind of thing rules speak of. Its file ends in one
 *
 *     const struct resource resource_sshd = {"sshd", …, keys, observe, plan};
 *
 * and is listed once in table.h. It turns a want into facts and, for plan, into staged changes; it
 * never writes to the disk, prints or compares (model/want.h compares).
 */
#pragma once

#include "effective/host.h"
#include "model/fact.h"
#include "model/want.h"
#include "model/step.h"

struct resource {
    const char *name;
    struct text summary;
    const struct key *keys;  /* ends with a row whose name is NULL */
    const char *const *args; /* argument names every key takes; NULL-terminated, or NULL */
    bool any_key;            /* keys not in the table are allowed (sysctl, logindefs, …):
                                they are VALUE_TEXT unless the operator asks for numbers */
    /* Adds at least one fact. */
    void (*observe)(struct host *h, const struct want *w, struct facts *ret);
    /* Stages what makes w hold on h (whose root is a staged view); 0, or -errno with ret->why:
     * it cannot be done here and why. NULL: this resource is never changed by us. */
    int (*plan)(struct host *h, const struct want *w, struct changes *ret);
};

const struct resource *resource_find(const char *name); /* NULL: no such resource */
const struct resource *const *resource_all(void);       /* NULL-terminated, in table order */
/* The key row for a name (a row of its own for any_key resources), or NULL. */
const struct key *resource_key(struct arena *a, const struct resource *r, const char *name);
