/*
 * The vocabulary of a resource: one row per key that rules may speak of.  The policy loader checks
 * rules against these rows, `dengbao list --keys` and docs/resources/ are written from them.
 */
#pragma once

#include "base/text.h"
#include "model/value.h"

struct key {
    const char *name; /* as written in a policy; NULL-named row: any key (see any_key) */
    enum value_kind kind;
    const char *builtin;     /* what the program does when the key is unset; NULL: nothing */
    const char *source;      /* man page or document, e.g. "sshd_config(5)" */
    struct text doc;         /* one line */
    const char *const *args; /* argument names this key takes beyond the resource's, or NULL */
};
