/*
 * Steps: everything this program can change, as plain data. Apply and undo live once per kind in
 * the engine; a resource only describes. Files are not described here but staged in the root's
 * staged view (root/root.h): the engine turns the difference into write-file, set-attributes,
 * make-directory, symlink and remove steps, so that many rules on one file make one diff.
 */
#pragma once

#include "base/text.h"
#include "model/rule.h"

enum step_kind {
    STEP_WRITE_FILE,
    STEP_SET_ATTRIBUTES,
    STEP_MAKE_DIRECTORY,
    STEP_SYMLINK,
    STEP_REMOVE,
    STEP_UNIT_STATE,   /* enable, disable, mask, start, stop, reload of a unit on a live host */
    STEP_KERNEL_VALUE, /* a running sysctl value */
    STEP_LOAD_RULES,   /* audit rules into the kernel */
    STEP_PACKAGE,      /* install or remove through the distribution's tool */
    STEP_RUN_TOOL,     /* a tool of the fixed table in engine/tools.h */
};

const char *step_kind_name(enum step_kind k); /* "write-file" */

/* What a resource asks for beyond staged files. */
struct action {
    enum step_kind kind;
    const char *target; /* unit, sysctl name, package, tool id */
    const char *verb;   /* "reload", "install", …; the value for kernel-value */
};

struct changes {
    struct arena *arena;
    struct {
        struct action *v;
        size_t n, cap;
    } actions;
    struct text why; /* set when plan returns an error */
    struct {
        struct text *v;
        size_t n, cap;
    } notes; /* what a person should know of the change: a date on which it will be felt */
};

void changes_note(struct changes *c, struct text note);
void changes_add(struct changes *c, enum step_kind kind, const char *target, const char *verb);
