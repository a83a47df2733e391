#include "model/step.h"

#include "base/vec.h"

const char *step_kind_name(enum step_kind k)
{
    static const char *const names[] = {
        [STEP_WRITE_FILE] = "write-file",
        [STEP_SET_ATTRIBUTES] = "set-attributes",
        [STEP_MAKE_DIRECTORY] = "make-directory",
        [STEP_SYMLINK] = "symlink",
        [STEP_REMOVE] = "remove",
        [STEP_UNIT_STATE] = "unit-state",
        [STEP_KERNEL_VALUE] = "kernel-value",
        [STEP_LOAD_RULES] = "load-rules",
        [STEP_PACKAGE] = "package",
        [STEP_RUN_TOOL] = "run-tool",
    };
    return names[k];
}

void changes_add(struct changes *c, enum step_kind kind, const char *target, const char *verb)
{
    for (size_t i = 0; i < c->actions.n; i++)
        if (c->actions.v[i].kind == kind && cstr_eq(c->actions.v[i].target, target) &&
            cstr_eq(c->actions.v[i].verb, verb))
            return;
    struct action action = {kind, target, verb};
    vec_push(c->arena, &c->actions, action);
}

void changes_note(struct changes *c, struct text note)
{
    vec_push(c->arena, &c->notes, note);
}
